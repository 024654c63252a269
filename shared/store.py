"""The event log in the database: load streams as they stand, append with an expected version."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import Connection, Row, insert, text

from shared.tables import events

# On PostgreSQL locks are taken in sorted order and before anything is read: a writer waits instead of failing on a
# conflict. 256 of them are enough, and keep a large batch within max_locks_per_transaction; those of the gates are
# others, behind them, since a batch asks for its gates after its streams. Lock and query go out as one string; in READ
# COMMITTED the query sees what was committed while the lock was waited for. SQLite's BEGIN IMMEDIATE has locked
# everything already.
_LOCKED = (
    "SELECT pg_advisory_xact_lock(bucket) FROM (SELECT DISTINCT (hashtext(name) & 255) + {} AS bucket "
    "FROM unnest(CAST(:names AS text[])) AS name ORDER BY 1) AS sorted; "
)
_COLUMNS = "SELECT e.stream, e.version, e.type, e.schema_version, e.data, e.sequence "
_KNOWN = (
    "FROM unnest(CAST(:names AS text[]), CAST(:versions AS int[])) AS known(stream, version) "
    "JOIN events e ON e.stream = known.stream AND e.version > known.version ORDER BY e.stream, e.version"
)
_NEWER = text(_COLUMNS + _KNOWN)
_NEWER_LOCKED = text(_LOCKED.format(0) + _COLUMNS + _KNOWN)
_NEWER_SQLITE = text(
    _COLUMNS + "FROM json_each(:known) AS known JOIN events e ON e.stream = json_extract(known.value, '$[0]') "
    "AND e.version > json_extract(known.value, '$[1]') ORDER BY e.stream, e.version"
)
_GATES = {
    "postgresql": text(
        _LOCKED.format(256)  # noqa: S608  (constants only)
        + "SELECT stream, source, sequence, NULL AS reason, NULL AS body, true AS passed "
        "FROM gates WHERE stream = ANY(CAST(:names AS text[])) UNION ALL "
        "SELECT stream, source, sequence, reason, body, false FROM held WHERE stream = ANY(CAST(:names AS text[]))"
    ),
    "sqlite": text(
        "SELECT stream, source, sequence, NULL AS reason, NULL AS body, 1 AS passed "
        "FROM gates WHERE stream IN (SELECT value FROM json_each(:streams)) UNION ALL "
        "SELECT stream, source, sequence, reason, body, 0 FROM held "
        "WHERE stream IN (SELECT value FROM json_each(:streams))"
    ),
}
APPEND = insert(events)
"""Raises IntegrityError, when executed for a row, where its version is taken already."""


def newer(connection: Connection, known: Mapping[str, int], *, locking: bool = False) -> Iterator[Row[Any]]:
    """The events behind the known version (-1: from the first) of each stream, in stream order.

    `locking` keeps other writers off these streams until the transaction ends.
    """
    if connection.dialect.name == "postgresql":
        parameters = {"names": list(known), "versions": list(known.values())}
        yield from connection.execute(_NEWER_LOCKED if locking else _NEWER, parameters)
    else:
        yield from connection.execute(_NEWER_SQLITE, {"known": orjson.dumps(list(known.items())).decode()})


def gates_and_held(connection: Connection, streams: Sequence[str]) -> Iterator[Row[Any]]:
    """For source streams of these names: the gates (`passed` is true), and the messages that are held.

    Others who hear the same streams are kept off until the transaction ends.
    """
    if connection.dialect.name == "postgresql":
        parameters: dict[str, Any] = {"names": list(streams)}
    else:
        parameters = {"streams": orjson.dumps(list(streams)).decode()}
    yield from connection.execute(_GATES[connection.dialect.name], parameters)
