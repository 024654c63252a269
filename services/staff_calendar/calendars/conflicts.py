"""Appointments at times at which the clerk is busy elsewhere: kept, and shown with who could take over."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, and_, select

from services.staff_calendar.allocation import day_stream
from services.staff_calendar.projections import busy_days, clerks, reservations
from services.staff_calendar.reservation import Reservation
from services.staff_calendar.staff import Staff
from services.staff_calendar.substitution import possible, takers
from shared.app import App


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody who could take over: competent, responsible, on duty there, and free."""

    clerk: str
    name: str


@dataclass(frozen=True, slots=True)
class Conflict:
    """One stop of a visit, and the busy times that it meets. Times are RFC 3339."""

    clerk: str
    name: str
    appointment: str
    attempt: int
    stop: int
    title: str
    site: str
    starts_at: str
    ends_at: str
    busy: tuple[tuple[str, str], ...]
    colleagues: tuple[Colleague, ...] = ()


def conflicts(app: App, clerk: str | None = None, department: str | None = None) -> list[Conflict]:
    """From now on, in order of time: of one clerk, of one department, or of everybody."""
    with app.read() as connection:
        found = list(_overlaps(connection, app.clock(), ZoneInfo(app.settings.timezone), clerk, department))
    staff: Staff | None = app.state("staff") if found else None
    return [_with_colleagues(app, staff, one) for one in found if staff is not None]


def _overlaps(
    connection: Connection, now: datetime, zone: ZoneInfo, clerk: str | None, department: str | None
) -> Iterator[Conflict]:
    same_day = and_(busy_days.c.clerk == reservations.c.clerk, busy_days.c.date == reservations.c.date)
    query = (
        select(reservations, busy_days.c.busy, clerks.c.name, clerks.c.departments)
        .join(busy_days, same_day)
        .join(clerks, clerks.c.clerk == reservations.c.clerk)
        .where(reservations.c.date >= now.astimezone(zone).date().isoformat())
        .order_by(reservations.c.date, reservations.c.starts_at, reservations.c.appointment)
    )
    if clerk is not None:
        query = query.where(reservations.c.clerk == clerk)
    for row in connection.execute(query).mappings():
        begins, ends = (datetime.fromisoformat(row[name]) for name in ("starts_at", "ends_at"))
        met = tuple((a, b) for a, b in row["busy"] if _meet((a, b), begins, ends))
        if met and ends > now and (department is None or department in row["departments"]):
            told = {name: row[name] for name in ("clerk", "name", "appointment", "attempt", "stop", "site")}
            yield Conflict(
                **told,
                title=row["title"] or row["concern"],
                starts_at=row["starts_at"],
                ends_at=row["ends_at"],
                busy=met,
            )


def _meet(busy: tuple[str, str], begins: datetime, ends: datetime) -> bool:
    return datetime.fromisoformat(busy[0]) < ends and begins < datetime.fromisoformat(busy[1])


def _with_colleagues(app: App, staff: Staff, found: Conflict) -> Conflict:
    conversation: Any = app.state(f"reservation-{found.appointment}")
    assert isinstance(conversation, Reservation)  # noqa: S101  (the stream's name says so)
    held = conversation.held.get(found.attempt, ())
    stop = next((one for one in held if one.stop == found.stop), None)
    if stop is None:
        return found
    streams = [day_stream(other.definition.clerk, stop.date) for other in possible(stop, staff)]
    days = {name: app.state(name) for name in streams}
    colleagues = tuple(Colleague(one.definition.clerk, one.definition.name) for one in takers(stop, staff, days))
    return replace(found, colleagues=colleagues)
