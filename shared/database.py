"""Engines for SQLite (WAL) and PostgreSQL (psycopg2): same code above, the differences are here."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import Dialect, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, DisconnectionError, InterfaceError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry

BUSY_SECONDS = 30
FREE_SECONDS = 5
"""So long a call waits for a connection when all are in use."""
IDLE_SECONDS = 5
"""A connection that was not used for longer may have been cut meanwhile."""
POSTGRESQL_SETTINGS = (
    "idle_in_transaction_session_timeout=60000",
    "client_min_messages=warning",
    # Few rows by key out of many, always: a plan that reads a whole table is a wrong one, whatever its size just now.
    "random_page_cost=1.1",
    "jit=off",
)
# As sqlite3.SQLITE_ERROR; on PostgreSQL that module would only take memory.
_SQLITE_ERROR = 1
# PostgreSQL's read_only_sql_transaction. Nothing here asks for one: it's a standby, or a primary that no longer is one.
_READ_ONLY = "25006"


def connect(url: str) -> Engine:
    """An engine for a database URL of either kind. Raises ValueError for any other."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise ValueError("not a database URL; one looks like sqlite:///var/{service}.db") from None
    match parsed.get_backend_name():
        case "sqlite" if not parsed.database or parsed.database == ":memory:":
            raise ValueError("an SQLite URL must name a file, as in sqlite:///var/{service}.db")
        case "sqlite":
            engine = create_engine(
                parsed,
                connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False},
                pool_size=5,
                max_overflow=20,
                pool_timeout=FREE_SECONDS,
                hide_parameters=True,
            )
            event.listen(engine, "connect", _sqlite_settings)
            event.listen(engine, "begin", _sqlite_begin)
            return engine
        case "postgresql":
            # Else each connection would first look for Kerberos; who has it says so in the URL.
            query = {"gssencmode": "disable", **parsed.query}
            # Those of the URL come last: of two, PostgreSQL takes the later.
            theirs = parsed.normalized_query.get("options", ())
            options = (*(f"-c {setting}" for setting in POSTGRESQL_SETTINGS), *theirs)
            engine = create_engine(
                parsed.set(drivername="postgresql+psycopg2", query=query),
                isolation_level="READ COMMITTED",  # psycopg2 says it with each BEGIN, whatever the server is set to
                executemany_mode="values_plus_batch",
                pool_size=5,
                max_overflow=20,
                pool_timeout=FREE_SECONDS,
                pool_pre_ping=False,
                hide_parameters=True,  # an error's text may be logged
                use_native_hstore=False,  # or each new connection asks first whether there is such a type
                # Else that of the server, which may take no umlaut.
                connect_args={"options": " ".join(options), "client_encoding": "utf8"},
            )
            event.listen(engine, "checkin", _put_back)
            event.listen(engine, "checkout", partial(_taken_again, engine.dialect))
            return engine
        case other:
            raise ValueError(f"a database URL must begin with sqlite or postgresql, not {other}")


def _sqlite_settings(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # transactions are begun by _sqlite_begin, not by the driver
    # FULL: what was answered with 2xx survives a power cut. secure_delete: what is forgotten is overwritten.
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _sqlite_begin(connection: Connection) -> None:
    # A writer takes the lock before it reads, so that what it read still holds when it writes.
    writing = connection.get_execution_options().get("foyer_writing", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


def _put_back(_connection: object, record: ConnectionPoolEntry) -> None:
    record.info["idle_since"] = time.monotonic()


def _taken_again(dialect: Dialect, connection: Any, record: ConnectionPoolEntry, _proxy: object) -> None:
    # Under load nothing is asked: each question is a round trip. A new connection has not been put back yet.
    now = time.monotonic()
    if now - record.info.get("idle_since", now) > IDLE_SECONDS:
        try:
            dialect.do_ping(connection)
        except dialect.loaded_dbapi.Error as error:
            raise DisconnectionError from error  # the pool makes another


def is_away(error: DBAPIError) -> bool:
    """Whether the database can't be reached or can't work now, rather than that it refuses what we want of it."""
    pgcode = str(getattr(error.orig, "pgcode", None))
    if error.connection_invalidated or isinstance(error, InterfaceError) or pgcode == _READ_ONLY:
        return True
    if not isinstance(error, OperationalError):
        return False
    code = getattr(error.orig, "sqlite_errorcode", None)
    if code is not None:
        return int(code) & 0xFF != _SQLITE_ERROR
    # Both drivers say OperationalError for some refusals, too: PostgreSQL for "too large for this index".
    return not pgcode.startswith("54")


def why(error: BaseException | None) -> str:
    """What the driver says, in a line."""
    return str(getattr(error, "orig", None) or error).strip().partition("\n")[0]


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One writing transaction: committed at the end of the block, rolled back when it raises."""
    with engine.connect().execution_options(foyer_writing=True) as connection, connection.begin():
        yield connection


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A connection for queries."""
    with engine.connect() as connection:
        yield connection
