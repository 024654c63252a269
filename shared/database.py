"""Engines for SQLite (WAL) and PostgreSQL (psycopg2): same code above, the differences are here."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url

BUSY_SECONDS = 30


def connect(url: str) -> Engine:
    """An engine for a database URL of either kind. Raises ValueError for any other."""
    parsed = make_url(url)
    match parsed.get_backend_name():
        case "sqlite":
            engine = create_engine(
                parsed, connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False}, pool_size=5, max_overflow=20
            )
            event.listen(engine, "connect", _sqlite_settings)
            event.listen(engine, "begin", _sqlite_begin)
            return engine
        case "postgresql":
            return create_engine(
                parsed.set(drivername="postgresql+psycopg2"),
                executemany_mode="values_plus_batch",
                pool_size=5,
                max_overflow=20,
                pool_pre_ping=False,
                connect_args={"options": "-c idle_in_transaction_session_timeout=60000 -c client_min_messages=warning"},
            )
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
