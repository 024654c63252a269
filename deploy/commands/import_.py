"""`foyer import`: a log that `foyer export` wrote, taken into an empty database of either kind."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import structlog
import typer
from sqlalchemy.exc import SQLAlchemyError

from deploy.home import BadInput, CannotDo
from deploy.logfiles.load import NotEmpty, begun, check_empty, load
from deploy.logfiles.reading import BadFile, LogFile, opened
from deploy.operations import asked
from deploy.operations.action import DryRun, How, Json, Outcome, Plan, Reason, Run, Who, Yes, perform
from deploy.operations.databases import is_there
from deploy.operations.running import reason as said
from deploy.parts import definition
from shared import config
from shared.alone import AlreadyRunning, only_one
from shared.app import App
from shared.codec import UnknownEvent
from shared.migrate import migrate

_GO_ON = "What was taken in is kept; the same command with the same file goes on."


def import_(
    service: Annotated[str, typer.Argument(help="The service")],
    file: Annotated[Path | None, typer.Argument(help="The file; standard input if left out")] = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    reason: Reason = "",
    who: Who = "",
    json: Json = False,
) -> None:
    """Take a log into a service's empty database (the one of FOYER_DATABASE_URL, which may be of the other kind), and
    work out the read tables. The service must not run. An interrupted call is taken up by the same call.
    """
    asked.service(service)
    how = How(dry_run, yes, reason, who, json)
    with _stream(file) as stream, _sentences(service):
        log = opened(stream)
        if log.service != service:
            raise BadInput(f"This is a log of {log.service}, not of {service}.")
        settings = config.load(service)
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
        app = App(definition(service), settings)
        try:
            perform(_plan(app, log), how, lambda run: _do(app, log, run))
        finally:
            app.engine.dispose()


def _plan(app: App, log: LogFile) -> Plan:
    where = app.engine.url.render_as_string(hide_password=True)
    lines = [f"Take a log of {log.service} into {where} and work out its read tables."]
    if not log.personal:
        lines.append("It is a copy without personal data: nobody will be named from it.")
    done = 0
    if is_there(app.settings.database_url):
        check_empty(app)
        done = begun(app.engine)
    if done:
        lines.append(f"Go on behind line {done:,}: so far an interrupted call came.")
    return Plan("import", log.service, tuple(lines), {"service": log.service, "lines_there": done})


def _do(app: App, log: LogFile, run: Run) -> Outcome:
    run.go_on = _GO_ON
    migrate(app.definition, app.settings)
    with only_one(app.engine, app.settings, "publisher") as held:
        events = load(app, log, lambda _lines: held.check())
    return Outcome((f"{events:,} events are in; the read tables are worked out.",), {"events": events})


@contextmanager
def _stream(file: Path | None) -> Iterator[BinaryIO]:
    if file is None:
        if sys.stdin.isatty():
            raise BadInput("Give a file: `foyer import SERVICE log.jsonl.zst`.")
        yield sys.stdin.buffer
        return
    try:
        stream: Any = file.open("rb")
    except OSError as error:
        raise BadInput(f"{file} can't be read: {error.strerror}.") from None
    with stream:
        yield stream


@contextmanager
def _sentences(service: str) -> Iterator[None]:
    try:
        yield
    except BadFile as error:
        raise BadInput(f"Not taken in: {error}.") from None
    except NotEmpty as error:
        raise BadInput(
            f"{service}'s database is not empty ({error}). Give FOYER_DATABASE_URL an empty one, or move this one away."
        ) from None
    except AlreadyRunning:
        raise CannotDo(f"{service} is running on this database: `foyer down` first.") from None
    except UnknownEvent as error:
        raise CannotDo(f"The log was written by a newer version of Foyer: {error}.") from None
    except SQLAlchemyError as error:
        raise BadInput(f"{service}'s database does not take it ({said(error)}). {_GO_ON}") from None
