"""One log by itself: versions and sequences of each stream and positions without gaps; all of it numbered and told."""

from collections.abc import Iterator

from sqlalchemy import Connection, text

from deploy.verify.log import AT_REST, WHOLE_LOG, Finding
from shared import sequencer

_STREAMS = text(
    "SELECT stream, min(version) AS first, max(version) AS last, count(*) AS there, "
    "max(sequence) AS said, count(sequence) AS said_there, min(sequence) AS said_first, count(said) AS to_say "
    "FROM events GROUP BY stream HAVING min(version) <> 0 OR max(version) <> count(*) - 1 "
    "OR (count(said) > 0 AND (min(sequence) <> 0 OR max(sequence) <> count(sequence) - 1)) "
    "OR count(said) <> count(sequence) ORDER BY stream LIMIT 20"
)
_POSITIONS = text(
    "SELECT count(position) AS there, coalesce(min(position), 1) AS first, coalesce(max(position), 0) AS last, "
    "count(*) AS events FROM events"
)
_GAPS = text(
    "SELECT position, stream FROM events e WHERE position > 1 AND NOT EXISTS "
    "(SELECT 1 FROM events before WHERE before.position = e.position - 1) ORDER BY position LIMIT 20"
)
_BACKWARDS = text(
    "SELECT later.stream, later.version FROM events earlier JOIN events later "
    "ON later.stream = earlier.stream AND later.version = earlier.version + 1 "
    "WHERE later.position < earlier.position OR later.id < earlier.id LIMIT 20"
)


def whole(connection: Connection, service: str) -> Iterator[Finding]:
    """What is wrong with a log as such, and what of it has not been told yet."""
    for row in connection.execute(_STREAMS):
        if (row.first, row.last) != (0, row.there - 1):
            detail = f"{row.there} versions from {row.first} to {row.last}"
        else:
            detail = f"{row.said_there} sequences from {row.said_first} to {row.said} for {row.to_say} messages"
        yield Finding(WHOLE_LOG, service, row.stream, detail)
    for row in connection.execute(_BACKWARDS):
        yield Finding(WHOLE_LOG, service, row.stream, f"version {row.version} stands before its predecessor")
    yield from _positions(connection, service)


def _positions(connection: Connection, service: str) -> Iterator[Finding]:
    found = connection.execute(_POSITIONS).one()
    if (found.first, found.last) != (1, found.there):
        for row in connection.execute(_GAPS):
            yield Finding(WHOLE_LOG, service, row.stream, f"before position {row.position} one is missing")
        if found.first != 1:
            yield Finding(WHOLE_LOG, service, "all streams", f"positions begin with {found.first}")
    if found.there < found.events:
        waiting = found.events - found.there
        yield Finding(
            AT_REST, service, "all streams", f"{waiting} events have no position yet: does its publisher run?"
        )
    told = sequencer.cursor(connection)
    if told < found.last:
        detail = f"told up to position {told} of {found.last}: does its publisher run?"
        yield Finding(AT_REST, service, "all streams", detail)
    if told > found.last:
        detail = f"told up to position {told}, but the log ends at {found.last}: events are lost"
        yield Finding(WHOLE_LOG, service, "all streams", detail)
