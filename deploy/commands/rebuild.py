"""`foyer rebuild`: a read model made anew beside the present one, compared, and put in its place; and taken back."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from sqlalchemy.exc import SQLAlchemyError

from deploy.home import BadInput, CannotDo
from deploy.operations.action import DryRun, How, Json, Outcome, Plan, Reason, Run, Who, Yes, perform
from deploy.operations.asked import print_json
from deploy.operations.running import service_app
from shared.alone import AlreadyRunning
from shared.app import App
from shared.beside import ALL, Beside, NothingToUndo, leftovers, projections
from shared.codec import UnknownEvent
from shared.compare import Difference
from shared.fold import TakenTwice

Undo = Annotated[bool, typer.Option("--undo", help="Put the former version back, brought up to date")]
GiveUp = Annotated[bool, typer.Option("--give-up", help="Drop what is not in use: a building begun, a former version")]
SHOWN = 5
"""Examples of a table's differences."""
_INTERRUPTED = "The present read model is in use as before; the same command goes on where this one stopped."


def rebuild(
    service: Annotated[str, typer.Argument(help="The service")],
    projection: Annotated[
        str, typer.Argument(help=f"A read table, 'timers', or '{ALL}'; without it: which there are")
    ] = "",
    undo: Undo = False,
    give_up: GiveUp = False,
    dry_run: DryRun = False,
    yes: Yes = False,
    reason: Reason = "",
    who: Who = "",
    json: Json = False,
) -> None:
    """Make a read model anew from the log, beside the present one, while the service goes on; it takes its place in one
    transaction. The former version is kept for --undo.
    """
    how = How(dry_run, yes, reason, who, json)
    with service_app(service) as app, _said(app):
        if not projection:
            _list(app, json)
            return
        one = _one(app, projection)
        with one.alone():
            if undo:
                perform(_plan(app, one, "rebuild --undo", _former(app, one)), how, lambda run: _undo(one, run, how))
            elif give_up:
                perform(_plan(app, one, "rebuild --give-up", _leftover(app, one)), how, lambda run: _drop(one, run))
            elif dry_run:
                _look(app, one, json)
            else:
                perform(_plan(app, one, "rebuild", _begin(app, one)), how, lambda run: _build(one, run, how))


def _one(app: App, projection: str) -> Beside:
    there = projections(app)
    if projection not in there:
        name = app.definition.name
        raise BadInput(f"{name} has no read model {projection!r}; there are {', '.join(there)}.")
    return Beside(app, projection)


def _list(app: App, json: bool) -> None:
    kept = set(leftovers(app))
    if json:
        print_json([{"projection": name, "kept": name in kept} for name in projections(app)])
        return
    for name in projections(app):
        typer.echo(f"{name}{'  (one that is not in use is kept beside it)' if name in kept else ''}")


def _plan(app: App, one: Beside, what: str, line: str) -> Plan:
    target = f"{app.definition.name} {one.projection}"
    return Plan(what, target, (line,), {"service": app.definition.name, "projection": one.projection})


def _begin(app: App, one: Beside) -> str:
    stage = one.stage()
    names = ", ".join(table.name for table in one.tables)
    if stage is not None and stage.name == "building" and stage.upto:
        return f"{app.definition.name}: go on making {names} anew after event {stage.upto:,}, compare, change places."
    return f"{app.definition.name}: make {names} anew from the whole log, compare, change places."


def _former(app: App, one: Beside) -> str:
    stage = one.stage()
    if stage is None or stage.name == "building":
        raise CannotDo(f"No former version of {app.definition.name}'s {one.projection} is kept: nothing to undo.")
    return (
        f"{app.definition.name}: bring the former {one.projection} up to date (from event {stage.upto:,}) and use it."
    )


def _leftover(app: App, one: Beside) -> str:
    if one.stage() is None:
        raise CannotDo(f"Nothing is kept beside {app.definition.name}'s {one.projection}.")
    return f"{app.definition.name}: drop what is kept beside {one.projection}; what is in use stays in use."


def _look(app: App, one: Beside, json: bool) -> None:
    with _bar(json) as bar:
        differences = one.differences(bar)
    _show(differences, json, _begin(app, one))
    if not json:
        typer.echo("Nothing was done (--dry-run).")


def _build(one: Beside, run: Run, how: How) -> Outcome:
    run.go_on = _INTERRUPTED
    with _bar(how.json) as bar:
        differences = one.build(bar)
    lines = [*_lines(differences)]
    if not how.yes:
        for line in lines:
            typer.echo(line)
        lines = []
        if not typer.confirm("Use the new version?"):
            raise CannotDo("The former version stays in use; the same command goes on, --give-up drops the new one.")
    one.swap()
    lines.append("The new version is in use. To go back: the same command with --undo.")
    return Outcome(tuple(lines), {"tables": [_data(difference) for difference in differences]})


def _undo(one: Beside, run: Run, how: How) -> Outcome:
    run.go_on = _INTERRUPTED
    with _bar(how.json) as bar:
        one.undo(bar)
    return Outcome(("The former version is in use again. --undo once more brings the newer one back.",))


def _drop(one: Beside, _run: Run) -> Outcome:
    one.give_up()
    return Outcome(("Dropped.",))


def _show(differences: Sequence[Difference], json: bool, first: str) -> None:
    if json:
        print_json({"dry_run": True, "tables": [_data(difference) for difference in differences]})
        return
    typer.echo(first)
    for line in _lines(differences):
        typer.echo(line)


def _lines(differences: Sequence[Difference]) -> Iterator[str]:
    for one in differences:
        counts = f"{one.changed:,} different, {one.missing:,} missing, {one.surplus:,} surplus"
        yield f"{one.table}: {one.equal:,} rows as the log says" + (f"; {counts}" if one.found else "")
        yield from (f"  {example}" for example in one.examples[:SHOWN])
        if one.found > SHOWN:
            yield "  ..."


def _data(one: Difference) -> dict[str, Any]:
    names = ("table", "equal", "changed", "missing", "surplus", "examples")
    return {name: getattr(one, name) for name in names}


@contextmanager
def _bar(json: bool) -> Iterator[Any]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=json) as progress:
        task = progress.add_task("events", total=None)
        yield lambda done, of: progress.update(task, completed=done, total=of)


@contextmanager
def _said(app: App) -> Iterator[None]:
    """What goes wrong in one sentence."""
    name = app.definition.name
    try:
        yield
    except AlreadyRunning:
        raise CannotDo(f"Another rebuild of {name} is under way.") from None
    except NothingToUndo as error:
        raise CannotDo(f"Not undone: {error}.") from None
    except UnknownEvent as error:
        raise CannotDo(f"{name}'s log can't be read by this version of Foyer: {error}. Nothing has changed.") from None
    except TakenTwice as error:
        raise CannotDo(f"{name}'s log says that {error}. Nothing has changed; see `foyer verify`.") from None
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
        raise BadInput(f"{name}'s database does not do it ({reason}). {_INTERRUPTED}") from None
