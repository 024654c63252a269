"""The log of operations, opened where it lies; made where it is not there yet."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

from alembic.script import ScriptDirectory
from sqlalchemy import Connection, make_url, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from deploy.home import BadInput
from deploy.operations import decider, projections
from deploy.operations.commands import OperationsCommand
from deploy.operations.databases import is_there, there
from deploy.operations.events import OperationsEvent
from deploy.parts import SERVICES
from shared import config, migrations
from shared.app import App, Order
from shared.config import Settings
from shared.database import connect, reading
from shared.definition import Definition
from shared.messages import Cause
from shared.migrate import migrate
from shared.writer import Unavailable

NAME = "operations"
MIGRATIONS = Path(__file__).parent / "migrations"
DEFINITION = Definition(
    name=NAME,
    decider=decider,
    events=OperationsEvent,
    say=lambda _event: None,
    project=projections.project,
    metadata=projections.metadata,
    migrations=MIGRATIONS,
    http_default="127.0.0.1:0",
)


class Log:
    """The open log. Raises BadInput, which says what is not there."""

    def __init__(self, settings: Settings) -> None:
        try:
            _make_newest(settings)
        except (SQLAlchemyError, OSError) as error:
            raise _away(error) from None
        self.settings = settings
        self._app = App(DEFINITION, settings)

    def note(self, *commands: OperationsCommand) -> list[Any]:
        """Decide and commit; the events."""
        cause = Cause(correlation=str(uuid4()), causation=commands[0].id)
        try:
            # Not App.handle: that writes a line to the terminal for each command.
            decided: list[Any] = self._app.writer.submit(Order(commands, cause))
        except (Unavailable, SQLAlchemyError) as error:
            raise _away(error) from None
        return decided

    def state(self, stream: str) -> Any:
        """The present state of a stream."""
        with self._guarded():
            return self._app.state(stream)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection for queries."""
        with self._guarded(), self._app.read() as connection:
            yield connection

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        try:
            yield
        except (Unavailable, SQLAlchemyError) as error:
            raise _away(error) from None

    @property
    def engine(self) -> Any:
        """Its database."""
        return self._app.engine

    def close(self) -> None:
        """Let go of the database."""
        self._app.engine.dispose()


@contextmanager
def opened() -> Iterator[Log]:
    """The log of the ensemble that this command means. Raises BadInput, or EnvError."""
    config.load(config.EVERY)  # its tables must not come into the database of a service
    log = Log(config.load(NAME))
    try:
        yield log
    finally:
        log.close()


@contextmanager
def existing() -> Iterator[Log]:
    """The same for those who begin nothing. Raises BadInput also where no ensemble ever ran: nothing is made there."""
    pattern = config.load(config.EVERY).database_url
    if not is_there(config.url_of(NAME, pattern)):
        there(SERVICES[0], config.url_of(SERVICES[0], pattern))
    with opened() as log:
        yield log


def stamp() -> tuple[str, datetime]:
    """`id` and `now` of a command."""
    return str(uuid4()), datetime.now(UTC)


@cache
def newest() -> str:
    """The revision that this code wants."""
    scripts = Path(migrations.__file__).parent
    return str(ScriptDirectory(str(scripts), version_locations=[str(MIGRATIONS)]).get_current_head())


def _make_newest(settings: Settings) -> None:
    if _revision(settings) == newest():
        return
    _create_database(settings.database_url)
    migrate(DEFINITION, settings)


def _revision(settings: Settings) -> str | None:
    url = make_url(settings.database_url)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
        return None
    engine = connect(settings.database_url)
    try:
        with reading(engine) as connection:
            return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar())
    except DBAPIError:
        return None
    finally:
        engine.dispose()


def _create_database(url: str) -> None:
    """Where it is missing on PostgreSQL. The five of the services are made by whoever installs; this one is young."""
    wanted = make_url(url)
    if wanted.get_backend_name() != "postgresql":
        return
    engine = connect(url)
    try:
        engine.connect().close()
        return
    except DBAPIError as error:
        if "does not exist" not in str(error.orig):
            raise
    finally:
        engine.dispose()
    server = connect(wanted.set(database="postgres").render_as_string(hide_password=False))
    quoted = server.dialect.identifier_preparer.quote_identifier(str(wanted.database))
    with server.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"CREATE DATABASE {quoted}"))
    server.dispose()


def _away(error: BaseException) -> BadInput:
    reason = str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
    return BadInput(
        f"The log of operations can't be written ({reason}), so nothing is done: its database is the one "
        f"that FOYER_DATABASE_URL names with {{service}} = {NAME}."
    )
