"""A log as it stands at one moment: nothing before its last event can still be committed.

Ids are given before the commit, so a reader by id could pass an event that commits late. Whoever waits once until no
writer is under way, and looks then, misses nothing; the writers wait for no longer than that.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, func, select, text

from shared.tables import events

LOCK = text("LOCK TABLE events IN SHARE ROW EXCLUSIVE MODE")
"""Keeps writers of the log off until the transaction ends, on PostgreSQL."""
PATIENCE = text("SET LOCAL lock_timeout = '10s'")


@contextmanager
def frozen(engine: Engine) -> Iterator[tuple[Connection, int]]:
    """A connection that sees the database as it stands now, however long it looks; and the id of the last event."""
    on_postgresql = engine.dialect.name == "postgresql"
    options = {"isolation_level": "REPEATABLE READ"} if on_postgresql else {}
    with (
        engine.connect().execution_options(**options) as snapshot,
        engine.connect().execution_options(foyer_writing=True) as gate,
    ):
        keep_writers_off(gate)
        with snapshot.begin():
            if on_postgresql:  # to work on a page for a while is no idling
                snapshot.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
            last = last_id(snapshot)
            gate.rollback()
            yield snapshot, last


def keep_writers_off(connection: Connection) -> None:
    """Nobody else appends to the log before this transaction ends."""
    if connection.dialect.name == "postgresql":
        connection.execute(PATIENCE)
        connection.execute(LOCK)
    elif not connection.in_transaction():
        connection.begin()


def last_id(connection: Connection) -> int:
    """The id of the last event that the connection sees; 0 for an empty log."""
    return connection.execute(select(func.max(events.c.id))).scalar() or 0
