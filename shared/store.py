"""The event log in the database: load streams as they stand, append with an expected version."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Connection, Row, insert, select, text

from shared.tables import events

# Locks are taken in sorted order and before the streams are read: a writer waits instead of failing on a conflict.
# 256 of them are enough, and keep a large batch within max_locks_per_transaction.
_LOCK = text(
    "SELECT pg_advisory_xact_lock(bucket) FROM "
    "(SELECT DISTINCT hashtext(stream) & 255 AS bucket "
    "FROM unnest(CAST(:streams AS text[])) AS stream ORDER BY 1) AS sorted"
)
_NEWER = {
    "postgresql": text(
        "SELECT e.stream, e.version, e.type, e.schema_version, e.data, e.sequence "
        "FROM unnest(CAST(:streams AS text[]), CAST(:versions AS int[])) AS known(stream, version) "
        "JOIN events e ON e.stream = known.stream AND e.version > known.version ORDER BY e.stream, e.version"
    ),
    "sqlite": text(
        "SELECT e.stream, e.version, e.type, e.schema_version, e.data, e.sequence "
        "FROM json_each(:known) AS known JOIN events e ON e.stream = json_extract(known.value, '$[0]') "
        "AND e.version > json_extract(known.value, '$[1]') ORDER BY e.stream, e.version"
    ),
}
_APPEND = insert(events)


class Stored(NamedTuple):
    """One event as it lies in the log, and as it was said (`message`, None for what is private)."""

    stream: str
    version: int
    type: str
    schema_version: int
    data: str
    sequence: int | None


def lock(connection: Connection, streams: Sequence[str]) -> None:
    """Keep other writers off these streams until the transaction ends. SQLite's BEGIN IMMEDIATE has done so already."""
    if connection.dialect.name == "postgresql":
        connection.execute(_LOCK, {"streams": list(streams)})


def newer(connection: Connection, known: Mapping[str, int]) -> Iterator[Row[Any]]:
    """The events behind the known version (-1: from the first) of each stream, in stream order."""
    if connection.dialect.name == "postgresql":
        parameters: dict[str, Any] = {"streams": list(known), "versions": list(known.values())}
    else:
        parameters = {"known": orjson.dumps(list(known.items())).decode()}
    yield from connection.execute(_NEWER[connection.dialect.name], parameters)


def append(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Append rows of `events` in one statement. Raises IntegrityError when a version is taken already."""
    if rows:
        connection.execute(_APPEND, rows)


def history(connection: Connection, stream: str) -> Sequence[Row[Any]]:
    """All of one stream, oldest first."""
    return connection.execute(select(events).where(events.c.stream == stream).order_by(events.c.version)).all()
