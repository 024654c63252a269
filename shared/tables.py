"""The tables every service has in its own database. Times are ISO 8601 text in UTC: the same on both databases."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Delete,
    Index,
    Insert,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    Update,
)
from sqlalchemy.dialects import postgresql

metadata = MetaData()

KEYS = "foyer_keys"
"""Execution option of an upsert: the columns of which no two rows of one statement may share the values."""

SETS = "foyer_sets"
"""Execution option of an upsert: the columns that are set where the row exists."""

SECRET = "foyer_secret"
"""In the `info` of a table: what is written to it must not show where something else fails."""

Write = tuple[Insert | Update | Delete, dict[str, Any]]
"""A statement and its parameters, executed in the transaction that appends the events."""

BigId = BigInteger().with_variant(Integer(), "sqlite")

events = Table(
    "events",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("stream", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("type", Text, nullable=False),
    Column("schema_version", Integer, nullable=False),
    Column("data", Text, nullable=False),
    Column("meta", Text, nullable=False),
    Column("said", Text),
    Column("message", Text),
    Column("sequence", Integer),
    Column("position", BigInteger),
    Column("recorded_at", Text, nullable=False),
    UniqueConstraint("stream", "version", name="events_stream_version"),
    UniqueConstraint("position", name="events_position"),
)
# That an index is partial on SQLite, too, only its migration says: saying it here would load that dialect into every
# process on PostgreSQL.
Index("events_unnumbered", events.c.id, postgresql_where=events.c.position.is_(None))

cursors = Table(
    "cursors", metadata, Column("name", Text, primary_key=True), Column("position", BigInteger, nullable=False)
)

gates = Table(
    "gates",
    metadata,
    Column("stream", Text, primary_key=True),
    Column("source", Text, primary_key=True),
    Column("sequence", Integer, nullable=False),
)

held = Table(
    "held",
    metadata,
    Column("stream", Text, primary_key=True),
    Column("source", Text, primary_key=True),
    Column("sequence", Integer, primary_key=True),
    Column("type", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("reason", Text),
    Column("error", Text),
    Column("tries", Integer, nullable=False),
    Column("held_at", Text, nullable=False),
)

orders = Table(
    "orders",
    metadata,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("stream", Text, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("subject", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("result", Text, nullable=False),
    Column("detail", Text),
    Column("original", LargeBinary),
    Column("replacement", LargeBinary),
)
"""What operations have ordered here: what was parked is tried again, edited or discarded, an effect is done again."""

timers = Table(
    "timers",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("due_at", Text, nullable=False),
    Index("timers_due", "kind", "due_at"),
)

subject_keys = Table(
    "subject_keys",
    metadata,
    Column("subject", Text, primary_key=True),
    Column("wrapped", LargeBinary),
    Column("sent", Boolean, nullable=False),
    info={SECRET: True},
)
Index("subject_keys_unsent", subject_keys.c.subject, postgresql_where=subject_keys.c.sent.is_(False))

ended_sessions = Table(
    "ended_sessions", metadata, Column("who", Text, primary_key=True), Column("before", Text, nullable=False)
)
"""What an account (`name`) or one session of it (`name/session`) began until then counts no more."""


@lru_cache(4_096)
def instant(moment: datetime) -> str:
    """A moment as the text the tables hold; sorts by time. Raises ValueError for a naive time.

    Equal moments have the same text, whatever their offsets: what is written again and again is worked out once.
    """
    if moment.tzinfo is None:
        raise ValueError("a time needs an offset")
    return moment.astimezone(UTC).isoformat("T", "microseconds")


def upsert(table: Table, keys: Sequence[str], update: Sequence[str] | None = None) -> Insert:
    """Insert a row, or set the columns `update` where it exists (default: all but the keys; () leaves it as it is).

    PostgreSQL's construct; SQLAlchemy compiles it for SQLite too, whose syntax is the same.
    """
    names = [c.name for c in table.c if c.name not in keys] if update is None else list(update)
    statement = postgresql.insert(table).execution_options(**{KEYS: tuple(keys), SETS: tuple(names)})
    if not names:
        return statement.on_conflict_do_nothing(index_elements=list(keys))
    return statement.on_conflict_do_update(
        index_elements=list(keys), set_={name: statement.excluded[name] for name in names}
    )


def raising(table: Table, keys: Sequence[str], column: str) -> Insert:
    """Insert a row, or set its `column` where that makes it higher; it never becomes lower."""
    statement = postgresql.insert(table).execution_options(**{KEYS: tuple(keys)})
    new = statement.excluded[column]
    return statement.on_conflict_do_update(index_elements=list(keys), set_={column: new}, where=new > table.c[column])
