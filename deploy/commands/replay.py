"""`foyer replay SOURCE --to LISTENER`: give one listener again what one service has said."""

from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import Console

from deploy.commands.rebuild import rebuild
from deploy.home import BadInput
from deploy.operations import asked
from deploy.operations.action import DryRun, How, Json, Outcome, Plan, Reason, Run, Who, Yes, perform, signed_in
from deploy.operations.commands import ResumeReplay, StopReplay
from deploy.operations.decider import Replay, replay_stream
from deploy.operations.log import Log, existing, stamp
from deploy.operations.replay import begin, options, shown
from deploy.operations.starting import StartsByDefault
from shared import config
from shared.beside import ALL
from shared.replays import Mode

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
        begin.redo(source, listener, effect, options.named_ids(ids, id_file), rate, how)
        return
    if effect or ids or id_file:
        raise BadInput("--effect, --id and --ids belong to --mode redo.")
    zone = ZoneInfo(config.load(config.EVERY).timezone)
    wanted, bounded = options.selection(positions, since, until, zone, kind, stream, subject)
    begin.redeliver(source, listener, wanted, bounded, rate, how)


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
    with existing() as log:
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
        return begin.carry_on(run, job, quiet=json, rate=rate)

    perform(Plan("replay resume", plan.listener, (line,), {"job": job, "taken": state.sent}), how, do)


@app.command("stop")
def stop(job: Annotated[str, typer.Argument(help="See `foyer replay list`")], who: Who = "") -> None:
    """Let a running replay stop where it stands; it can be resumed."""
    with existing() as log:
        state = _state(log, job)
        if state.status != "running":
            raise BadInput(f"Replay {job} is {state.status}.")
        name, now = stamp()
        log.note(StopReplay(name, now, job, who or signed_in()))
    typer.echo(f"Replay {job} stops. `foyer replay resume {job}` goes on where it stopped.")


@app.command("list")
def list_(json: Json = False) -> None:
    """All replays, and how far they have come."""
    with existing() as log:
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
