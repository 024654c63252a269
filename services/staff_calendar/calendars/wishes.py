"""What clerks have moved or deleted in their own calendars and nobody has settled yet: the visit stands as it was."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, and_, select

from services.staff_calendar.calendars.entry import entry_of
from services.staff_calendar.calendars.tables import links, written
from services.staff_calendar.projections import clerks, reservations
from shared.app import App


@dataclass(frozen=True, slots=True)
class OpenWish:
    """`wish`: move (to `wished_from`, `wished_until`) or cancel. Times are RFC 3339, local to the town."""

    clerk: str
    name: str
    appointment: str
    attempt: int
    stop: int
    title: str
    site: str
    starts_at: str
    ends_at: str
    wish: str
    wished_from: str | None = None
    wished_until: str | None = None


def wishes(app: App, clerk: str | None = None) -> list[OpenWish]:
    """From now on, in order of time: of one clerk, or of everybody. What is moved or put back is settled."""
    now, zone = app.clock(), ZoneInfo(app.settings.timezone)
    with app.read() as connection:
        found = list(_open(connection, now, zone, clerk))
    return sorted(found, key=lambda one: (one.starts_at, one.clerk, one.appointment, one.stop))


def _open(connection: Connection, now: datetime, zone: ZoneInfo, clerk: str | None) -> Iterator[OpenWish]:
    held = and_(reservations.c.appointment == written.c.appointment, reservations.c.stop == written.c.stop)
    query = (
        select(reservations, written.c.calendar, written.c.uid, written.c.digest, written.c.wish, clerks.c.name)
        .join(written, held)
        .join(links, and_(links.c.calendar == written.c.calendar, links.c.clerk == reservations.c.clerk))
        .join(clerks, clerks.c.clerk == reservations.c.clerk)
        .where(written.c.wish.is_not(None))
        # What stands in the calendar: while a visit is being moved, what is confirmed.
        .order_by(written.c.calendar, written.c.uid, reservations.c.confirmed_at.is_(None), reservations.c.attempt)
    )
    if clerk is not None:
        query = query.where(reservations.c.clerk == clerk)
    seen: set[tuple[str, str]] = set()
    for row in connection.execute(query).mappings():
        entry, key = entry_of(dict(row)), (row["calendar"], row["uid"])
        if key in seen:
            continue
        seen.add(key)
        # Of another time than the one the clerk has seen it is no wish any more.
        if entry.digest == row["digest"] and datetime.fromisoformat(entry.ends_at) > now:
            yield _told(row, zone)


def _told(row: Any, zone: ZoneInfo) -> OpenWish:
    _, *times = row["wish"].split(" ")
    begins, ends = (
        (datetime.fromisoformat(time).astimezone(zone).isoformat() for time in times) if times else (None, None)
    )
    return OpenWish(
        **{name: row[name] for name in ("clerk", "name", "appointment", "attempt", "stop", "site")},
        title=row["title"] or row["concern"],
        starts_at=row["starts_at"],
        ends_at=row["ends_at"],
        wish="move" if times else "cancel",
        wished_from=begins,
        wished_until=ends,
    )
