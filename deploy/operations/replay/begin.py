"""A replay planned, shown, begun and carried to its end; and what is said of it then."""

import secrets

from deploy.home import BadInput
from deploy.operations import databases
from deploy.operations.action import How, Outcome, Plan, Run, perform
from deploy.operations.commands import PlanReplay
from deploy.operations.log import stamp
from deploy.operations.replay import shown
from deploy.operations.replay.job import Job, Stopped
from deploy.operations.replay.selection import Selection, checked
from deploy.operations.replay.survey import Survey, survey
from deploy.parts import SERVICES, definition, place
from shared.replays import Mode


def redeliver(source: str, listener: str, wanted: Selection, bounded: bool, rate: float, how: How) -> None:
    """Give a listener again what it may have missed. Raises what `perform` raises."""
    hearing = [name for name in SERVICES if source in place(name).hears]
    if listener not in hearing:
        raise BadInput(f"Say with --to who shall hear {source} again: {', '.join(hearing) or 'nobody hears it'}.")
    if definition(listener).replays is None:
        raise BadInput(f"{listener} does not say what a replay does there, so it takes none.")
    with databases.opened(source) as log, databases.opened(listener) as gates:
        selection = checked(log, source, wanted, last_wanted=bounded)
        found = survey(log, gates, source, selection)
    job = secrets.token_hex(4)
    data = {"job": job, "from": source, "to": listener, "mode": "redeliver", "above": selection.above}
    data |= {"up_to": selection.up_to, "rate": rate, "selection": selection.as_data(), "survey": found.as_data()}
    lines = (f"Replay of {source} up to position {selection.up_to:,} to {listener}:", *found.lines(listener))

    def do(run: Run) -> Outcome:
        if not found.total:
            return Outcome(("Nothing to send.",), {"job": None, "taken": 0})
        _plan(run, job, source, listener, Mode.REDELIVER, selection, found.total, rate)
        return carry_on(run, job, quiet=how.json)

    perform(Plan("replay", listener, lines, data), how, do)


def redo(source: str, listener: str, effect: str, named: tuple[str, ...], rate: float, how: How) -> None:
    """Let a service do named side effects of its own once more. Raises what `perform` raises."""
    if listener != source:
        raise BadInput(f"redo means {source}'s own side effects: leave --to out.")
    replays = definition(source).replays
    can = {found.what for found in (replays.effects.values() if replays else ()) if found.redo}
    if effect not in can:
        can_words = f"it can do again: {', '.join(sorted(can))}" if can else "it can do nothing again"
        raise BadInput(f"--effect must name a side effect of {source} that can be done again; {can_words}.")
    if not named:
        raise BadInput("redo wants an explicit list: --id ID, again for each, or --ids FILE.")
    with databases.opened(source):  # it is there
        pass
    job = secrets.token_hex(4)
    data = {"job": job, "from": source, "to": source, "mode": "redo", "effect": effect, "ids": list(named)}
    lines = (f"{effect} is done once more at {source} for {len(named):,}:", *(f"  {one}" for one in named[:20]))
    lines += (f"  and {len(named) - 20:,} more",) if len(named) > 20 else ()

    def do(run: Run) -> Outcome:
        _plan(run, job, source, source, Mode.REDO, Selection(0, len(named)), len(named), rate, effect, named)
        return carry_on(run, job, quiet=how.json)

    perform(Plan("replay", source, lines, data), how, do)


def _plan(
    run: Run,
    job: str,
    source: str,
    listener: str,
    mode: Mode,
    selection: Selection,
    total: int,
    rate: float,
    effect: str = "",
    named: tuple[str, ...] = (),
) -> None:
    narrowed = selection.as_data() | ({"effect": effect} if effect else {})
    name, now = stamp()
    bounds = (selection.above, selection.up_to)
    run.log.note(
        PlanReplay(name, now, job, source, listener, mode, *bounds, total, narrowed, rate, named, run.who, run.reason)
    )


def carry_on(run: Run, job: str, *, quiet: bool, rate: float | None = None) -> Outcome:
    """Let a planned replay go on to its end; the outcome says what is still missed."""
    run.go_on = f"`foyer replay resume {job}` goes on where it stopped."
    with Job(run.log, job) as replay:
        plan = replay.plan
        with shown.progress(plan.listener, plan.total, quiet=quiet) as watch:
            replay.watch = watch
            replay.rate = plan.rate if rate is None else rate
            try:
                taken = replay.run()
            except Stopped:
                return Outcome((f"Stopped. {run.go_on}",), {"job": job, "status": "stopped"}, status=1)
    data = {"job": job, "status": "finished", "taken": taken}
    if plan.mode == Mode.REDO:
        return _redone(plan.listener, job, data)
    selection = Selection.from_data(plan.above, plan.up_to, plan.selection)
    with databases.opened(plan.source) as log, databases.opened(plan.listener) as hearing:
        left = survey(log, hearing, plan.source, selection)
    return _redelivered(plan.listener, taken, left, data)


def _redelivered(listener: str, taken: int, left: Survey, data: dict[str, object]) -> Outcome:
    lines = [f"{listener} was given {taken:,} messages again."]
    if left.missed:
        lines.append(f"{left.missed:,} of the selected are still missed there: `foyer replay` once more.")
    if left.kept:
        lines.append(f"{left.kept:,} wait or are parked there: see `foyer parked`.")
    return Outcome(tuple(lines), data | {"left": left.as_data()}, status=1 if left.missed or left.kept else 0)


def _redone(service: str, job: str, data: dict[str, object]) -> Outcome:
    with databases.opened(service) as connection:
        results, others = shown.redone(connection, job)
    lines = [f"{number:,} {result}" for result, number in sorted(results.items())]
    lines += [f"  {row['subject']}: {row['result']} {row['detail'] or ''}".rstrip() for row in others]
    return Outcome(tuple(lines), data | {"results": dict(results), "not_done": others}, status=1 if others else 0)
