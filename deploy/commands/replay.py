"""`foyer replay SOURCE --to LISTENER`: give one listener again what one service has said."""

import secrets
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import Console

from deploy.commands.rebuild import rebuild
from deploy.home import BadInput
from deploy.operations import asked, databases
from deploy.operations.action import DryRun, How, Json, Outcome, Plan, Reason, Run, Who, Yes, perform, signed_in
from deploy.operations.commands import PlanReplay, ResumeReplay, StopReplay
from deploy.operations.decider import Replay, replay_stream
from deploy.operations.log import Log, opened, stamp
from deploy.operations.replay import shown
from deploy.operations.replay.job import Job, Stopped
from deploy.operations.replay.selection import Selection, checked
from deploy.operations.replay.survey import Survey, survey
from deploy.operations.starting import StartsByDefault
from deploy.parts import SERVICES, definition, place
from shared import config
from shared.beside import ALL
from shared.replays import Mode
from shared.tables import instant

EVERYTHING = 2**62
app = typer.Typer(
    cls=StartsByDefault,
    no_args_is_help=True,
    help="Give one listener again what a service has said, by its own queue.\n\n"
    "redeliver: the listener's gates decide; only what it missed takes effect, and no mail is sent twice.\n\n"
    "rebuild: no message is sent; all read models of SOURCE are made anew beside the present ones, as by "
    "`foyer rebuild SOURCE all`.\n\n"
    "redo: a named side effect once more, for an explicit list of ids. Never by reading events.\n\n"
    "foyer replay booking --to rooms --subject 0192f0c1-... --reason '...'",
)


@app.command("start")
def start(
    source: Annotated[str, typer.Argument(help="The service whose log is replayed")],
    to: Annotated[str, typer.Option("--to", help="The one listener that is told again")] = "",
    mode: Annotated[Mode, typer.Option(help="What it is for, see above")] = Mode.REDELIVER,
    since: Annotated[str, typer.Option("--since", help="Said from this time on: 2026-11-23T10:20")] = "",
    until: Annotated[str, typer.Option("--until", help="Said before this time")] = "",
    positions: Annotated[str, typer.Option(help="Positions in the log: 100..200, 100.., ..200")] = "",
    stream: Annotated[
        list[str] | None, typer.Option(help="Only this stream; appointment-* for all that begin so")
    ] = None,
    kind: Annotated[list[str] | None, typer.Option("--type", "-t", help="Only messages of this type")] = None,
    subject: Annotated[list[str] | None, typer.Option(help="Only about this appointment, room or clerk")] = None,
    rate: Annotated[float, typer.Option(min=0, help="Messages a second at most; 0: as the listener takes them")] = 0,
    effect: Annotated[str, typer.Option(help="redo: which side effect, e.g. mail")] = "",
    ids: Annotated[list[str] | None, typer.Option("--id", help="redo: what it is done again for")] = None,
    id_file: Annotated[Path | None, typer.Option("--ids", help="redo: a file of ids, one a line")] = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    reason: Reason = "",
    who: Who = "",
    json: Json = False,
) -> None:
    """Begin a replay: foyer replay SOURCE --to LISTENER. The word start may be left out."""
    how = How(dry_run, yes, reason, who, json)
    asked.service(source)
    if mode == Mode.REBUILD:
        if to not in ("", source) or since or until or positions or stream or kind or subject:
            raise BadInput(f"rebuild takes the whole log of {source} for {source} itself: leave the other options out.")
        rebuild(source, ALL, dry_run=dry_run, yes=yes, reason=reason, who=who, json=json)
        return
    listener = asked.service(to or source)
    if mode == Mode.REDO:
        _redo(source, listener, effect, _named(ids, id_file), rate, how)
        return
    if effect or ids or id_file:
        raise BadInput("--effect, --id and --ids belong to --mode redo.")
    zone = ZoneInfo(config.load("{service}").timezone)
    wanted, bounded = _wanted(positions, since, until, zone, kind, stream, subject)
    _redeliver(source, listener, wanted, bounded, rate, how)


def _redeliver(source: str, listener: str, wanted: Selection, bounded: bool, rate: float, how: How) -> None:
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


def _redo(source: str, listener: str, effect: str, named: tuple[str, ...], rate: float, how: How) -> None:
    if listener != source:
        raise BadInput(f"redo means {source}'s own side effects: leave --to out.")
    replays = definition(source).replays
    can = {found.what for found in (replays.effects.values() if replays else ()) if found.redo}
    if effect not in can:
        can_words = f"it can do again: {', '.join(sorted(can))}" if can else "it can do nothing again"
        raise BadInput(f"--effect must name a side effect of {source} that can be done again; {can_words}.")
    if not named:
        raise BadInput("redo wants an explicit list: --id ID, again for each, or --ids FILE.")
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


@app.command("resume")
def resume(
    job: Annotated[str, typer.Argument(help="See `foyer replay list`")],
    rate: Annotated[float | None, typer.Option(min=0, help="Another rate; 0: as the listener takes")] = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    reason: Reason = "",
    who: Who = "",
    json: Json = False,
) -> None:
    """Go on with a replay that was stopped, interrupted or killed."""
    with opened() as log:
        state = _state(log, job)
    plan = state.planned
    assert plan is not None  # noqa: S101  (_state)
    if state.status == "finished":
        raise BadInput(f"Replay {job} has come to its end.")
    how = How(dry_run, yes, reason or (plan.reason if yes else ""), who, json)
    line = f"Replay {job} of {plan.source} to {plan.listener} goes on: {state.sent:,} of {plan.total:,} are taken."

    def do(run: Run) -> Outcome:
        name, now = stamp()
        run.log.note(ResumeReplay(name, now, job, run.who))
        return carry_on(run, job, quiet=json, rate=rate)

    perform(Plan("replay resume", plan.listener, (line,), {"job": job, "taken": state.sent}), how, do)


@app.command("stop")
def stop(job: Annotated[str, typer.Argument(help="See `foyer replay list`")], who: Who = "") -> None:
    """Let a running replay stop where it stands; it can be resumed."""
    with opened() as log:
        state = _state(log, job)
        if state.status != "running":
            raise BadInput(f"Replay {job} is {state.status}.")
        name, now = stamp()
        log.note(StopReplay(name, now, job, who or signed_in()))
    typer.echo(f"Replay {job} stops. `foyer replay resume {job}` goes on where it stopped.")


@app.command("list")
def list_(json: Json = False) -> None:
    """All replays, and how far they have come."""
    with opened() as log:
        rows = shown.listed(log)
        zone = ZoneInfo(log.settings.timezone)
    if json:
        asked.print_json(rows)
        return
    for line in shown.lines(rows, zone):
        Console(highlight=False, soft_wrap=True).print(line)


def _state(log: Log, job: str) -> Replay:
    state: Replay = log.state(replay_stream(job))
    if state.planned is None:
        raise BadInput(f"There is no replay {job!r}; `foyer replay list` shows them.")
    return state


def _named(ids: list[str] | None, file: Path | None) -> tuple[str, ...]:
    named = list(ids or ())
    if file is not None:
        try:
            named += [line.strip() for line in file.read_text().splitlines() if line.strip()]
        except (OSError, ValueError) as error:
            raise BadInput(
                f"--ids: {file} can't be read ({type(error).__name__}); it is a text of one id a line."
            ) from None
    for one in named:
        if len(one) > asked.LONGEST_ID or not one.isprintable():
            raise BadInput(f"{one[:50]!r} is not an id.")
    return tuple(dict.fromkeys(named))


def _wanted(
    positions: str,
    since: str,
    until: str,
    zone: ZoneInfo,
    kinds: list[str] | None,
    streams: list[str] | None,
    subjects: list[str] | None,
) -> tuple[Selection, bool]:
    """What was asked for, and whether it was bounded above."""
    above, up_to = asked.positions(positions)
    first = instant(asked.moment(since, zone, "--since")) if since else ""
    last = instant(asked.moment(until, zone, "--until")) if until else ""
    if first and last and first >= last:
        raise BadInput("--since must be before --until.")
    lists = (tuple(given or ()) for given in (kinds, streams, subjects))
    return Selection(above, up_to or EVERYTHING, first, last, *lists), up_to is not None
