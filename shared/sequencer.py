"""Numbers committed events without gaps, and hands out what is to be published.

A reader by position must never skip an event that commits late. So positions are given after the commit, by one process
per database: whatever is not visible yet is numbered in a later round. Within a stream the order of `id` is that of the
versions, since version n+1 can only be written by one who has seen n committed.
"""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Connection, Row, Select, func, or_, select, text

from shared.tables import cursors, events, subject_keys, upsert

PUBLISHED = "published"
ARCHIVED = "archived"
_NUMBER = text(
    "UPDATE events SET position = numbered.position FROM ("
    "SELECT id, (SELECT coalesce(max(position), 0) FROM events) + row_number() OVER (ORDER BY id) AS position "
    "FROM (SELECT id, stream, min(version) OVER (PARTITION BY stream) AS earliest FROM ("
    "SELECT id, stream, version FROM events WHERE position IS NULL AND id > :above ORDER BY id LIMIT :limit"
    ") AS seen) AS fresh "
    "WHERE coalesce((SELECT before.position IS NOT NULL FROM events AS before "
    "WHERE before.stream = fresh.stream AND before.version = fresh.earliest - 1), true)"
    ") AS numbered WHERE events.id = numbered.id AND events.position IS NULL "
    "RETURNING events.id, events.position, events.said, events.message"
)
_MOVE_CURSOR = upsert(cursors, ["name"])
_COLUMNS = (events.c.position, events.c.said, events.c.message)


def number(connection: Connection, limit: int, above: int = 0) -> list[Row[Any]]:
    """Give the next positions to at most `limit` committed events; returns (id, position, said, message) in order.

    `above` leaves aside smaller ids, which spares PostgreSQL a walk past what was numbered since its last vacuum. What
    follows on an event that is left aside waits with it: each stream gets its positions in order.
    """
    return sorted(connection.execute(_NUMBER, {"limit": limit, "above": above}), key=lambda row: row.position)


def numbered_after(position: int, limit: int) -> Select[Any]:
    """Query for events that have their position already, in order."""
    return select(*_COLUMNS).where(events.c.position > position).order_by(events.c.position).limit(limit)


def cursor(connection: Connection, name: str = PUBLISHED) -> int:
    """The position up to which everything is done; 0 at the beginning."""
    return connection.execute(select(cursors.c.position).where(cursors.c.name == name)).scalar() or 0


def last(connection: Connection) -> int:
    """The highest position given so far."""
    return connection.execute(select(func.max(events.c.position))).scalar() or 0


def move_cursor(connection: Connection, position: int, name: str = PUBLISHED) -> None:
    """Remember that everything up to `position` is done."""
    connection.execute(_MOVE_CURSOR, {"name": name, "position": position})


def unpublished(connection: Connection, before: str | None = None) -> tuple[int, str | None]:
    """How many events the publisher's cursor has not passed, numbered or not, and when the oldest was recorded.

    Of those recorded before `before`, where it is given.
    """
    # The cursor is asked first: by a number that it knows PostgreSQL sees that there are few, and takes the index.
    waiting = or_(events.c.position.is_(None), events.c.position > cursor(connection))
    query = select(func.count(), func.min(events.c.recorded_at)).where(waiting)
    count, oldest = connection.execute(query if before is None else query.where(events.c.recorded_at < before)).one()
    return count, oldest


def unsent_keys(connection: Connection, limit: int, but: Collection[str] = ()) -> Sequence[Row[Any]]:
    """Subject keys that the other services don't have yet, `but` those that can't be sent."""
    query = select(subject_keys.c.subject, subject_keys.c.wrapped).where(subject_keys.c.sent.is_(False)).limit(limit)
    return list(connection.execute(query.where(subject_keys.c.subject.not_in(but)) if but else query))
