"""What the index of proposals learns from booking's own events; and the same from the read tables at the start."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any

import orjson
from sqlalchemy import Connection, select

from services.booking.appointment import Pending
from services.booking.events import (
    AppointmentCancelled,
    AppointmentDeclined,
    AppointmentExpired,
    AppointmentMoved,
    AppointmentReassigned,
    AppointmentRequested,
    BookingEvent,
    BusyDay,
    ClerkBusyNoted,
    ClerkHoursNoted,
    ClerkNoted,
    Held,
    MoveDeclined,
    MoveRequested,
    OpenDay,
    Opening,
    Plan,
    RoomHeld,
    RoomHoursNoted,
    RoomNoted,
    Span,
    StaffHeld,
)
from services.booking.projections import HOLD, busy_days, holds, open_days, resources
from services.booking.proposals.index import Asked, Index
from services.booking.proposals.timetable import Hours
from services.booking.proposals.views import PUBLIC
from shared.tables import timers

Days = Mapping[date, Sequence[Hours]]


def learn(index: Index, event: BookingEvent, rest_until: datetime | None = None) -> None:
    """Take one committed event into the index. Microseconds.

    `rest_until`: others get a place that a guest gives up only from then on, so that it can't be traded; None = now.
    """
    match event:
        case RoomNoted() | ClerkNoted():
            define(index, event)
        case RoomHoursNoted():
            for place in places(index, event.room):
                index.open_room(place, event.from_, event.until, _without_site(_days(event.days)))
        case ClerkHoursNoted() | ClerkBusyNoted():
            be_there(index, event)
        case AppointmentRequested() | MoveRequested():
            pend(index, event.appointment, event.attempt, event.plan)
        case RoomHeld():
            take(index, event.appointment, event.attempt, "room", event.stops)
        case StaffHeld():
            take(index, event.appointment, event.attempt, "clerk", event.stops)
        case AppointmentReassigned():
            take(index, event.appointment, event.attempt, "clerk", event.clerks)
        case AppointmentMoved():
            for attempt in range(1, event.attempt):
                index.free(event.appointment, attempt, rest_until=rest_until)
        case MoveDeclined():
            index.free(event.appointment, event.attempt)
        case AppointmentCancelled():
            index.free(event.appointment, rest_until=rest_until)
        case AppointmentDeclined() | AppointmentExpired():
            index.free(event.appointment)
        case _:
            pass


def take(index: Index, appointment: str, attempt: int, kind: str, stops: Sequence[Held]) -> None:
    """Rooms or clerks are held, in place of what was held or pending of that kind before."""
    index.free(appointment, attempt, kind)
    for held in stops:
        index.take(
            appointment,
            attempt,
            kind,
            held.place,
            held.starts_at,
            held.blocked_until,
            ends_at=held.ends_at,
            blocked_from=held.blocked_from,
        )


def define(index: Index, event: RoomNoted | ClerkNoted) -> None:
    """A room or clerk is known from now on, or known differently."""
    match event:
        case RoomNoted():
            define_room(index, event)
        case ClerkNoted():
            index.define_clerk(
                event.clerk,
                name=event.name,
                departments=event.departments,
                competences=event.competences,
                responsibility=[asdict(rule) for rule in event.responsibility],
                languages=event.languages,
            )


def define_room(index: Index, event: RoomNoted) -> None:
    """A room is one place, or a place for each party; a place that is no more keeps what is held, and has no seats."""
    known = places(index, event.room)
    for lane in range(1, max(event.parties, len(known)) + 1):
        place = event.room if lane == 1 else f"{event.room}/{lane}"
        seats = event.seats // event.parties if lane <= event.parties else 0
        index.define_room(
            place, name=event.name, site=event.site, seats=seats, equipment=event.equipment, step_free=event.step_free
        )
        if place not in known and lane > 1:
            index.copy_openings("room", event.room, place)


def places(index: Index, room: str) -> list[str]:
    """What one party at a time may have of a room that is known so far; the room itself always."""
    found = [room]
    while (place := f"{room}/{len(found) + 1}") in index.rooms:
        found.append(place)
    return found


def be_there(index: Index, event: ClerkHoursNoted | ClerkBusyNoted) -> None:
    """When a clerk is open for visits, and when elsewhere."""
    match event:
        case ClerkHoursNoted():
            index.open_clerk(event.clerk, event.from_, event.until, _days(event.days))
        case ClerkBusyNoted():
            for busy in event.days:
                be_busy(index, event.clerk, busy)


def be_busy(index: Index, clerk: str, day: BusyDay) -> None:
    """A clerk is elsewhere at these times of a day and free at others, as if a guest without a visit were there."""
    whose = f"calendar/{clerk}/{day.date}"
    index.free(whose)
    for n, span in enumerate(day.busy):
        index.take(whose, n, "clerk", clerk, span.from_, span.until)


def pend(index: Index, appointment: str, attempt: int, plan: Plan) -> None:
    """What is being asked for is not proposed to others meanwhile."""
    asked = [stop for stop in plan.stops if stop.room and stop.clerk]
    stops = [Asked(s.room, s.clerk, s.starts_at, s.blocked_until, s.ends_at, s.blocked_from) for s in asked]
    index.pend(appointment, attempt, stops)


def load(index: Index, connection: Connection, today: date, rest: timedelta = timedelta()) -> None:
    """Fill an empty index from the read tables, from `today` on. `rest`: how long a place given up is kept back."""
    for row in connection.execute(select(resources)):
        _define_stored(index, row.kind, orjson.loads(row.definition))
    whose = open_days.c.kind, open_days.c.resource
    stored = connection.execute(select(open_days).where(open_days.c.date >= today).order_by(*whose))
    # One after the other: the hours of a whole city would take a hundred megabytes that are never given back.
    for (kind, resource), rows in groupby(stored, key=lambda row: (row.kind, row.resource)):
        days = {row.date: _stored_hours(row.open) for row in rows}
        if kind == "room":
            for place in places(index, resource):
                index.open_room(place, min(days), max(days), _without_site(days))
        else:
            index.open_clerk(resource, min(days), max(days), days)
    for row in connection.execute(select(busy_days).where(busy_days.c.date >= today)):
        spans = (Span(*map(datetime.fromisoformat, times)) for times in orjson.loads(row.busy))
        be_busy(index, row.clerk, BusyDay(row.date, tuple(spans)))
    held = connection.execute(select(holds).where(holds.c.blocked_until >= today.isoformat())).all()
    for row in sorted(held, key=lambda row: row.freed_at is None):
        begins, until = datetime.fromisoformat(row.starts_at), datetime.fromisoformat(row.blocked_until)
        ends, reaches = (one and datetime.fromisoformat(one) for one in (row.ends_at, row.blocked_from))
        about = row.appointment, row.attempt, row.kind, row.resource
        index.take(*about, begins, until, ends_at=ends, blocked_from=reaches)
        if row.freed_at is not None:
            rest_until = datetime.fromisoformat(row.freed_at) + rest if rest else None
            index.free(row.appointment, row.attempt, row.kind, rest_until=rest_until)


def waiting(connection: Connection) -> list[str]:
    """The appointments that wait for an answer."""
    query = select(timers.c.subject).where(timers.c.kind == HOLD)
    return list(connection.execute(query).scalars())


def load_pending(index: Index, pending: Mapping[str, Pending]) -> None:
    """Take in what is being reserved while the service starts."""
    for appointment, asked in pending.items():
        pend(index, appointment, asked.attempt, asked.plan)


def _define_stored(index: Index, kind: str, stored: dict[str, Any]) -> None:
    if kind == "room":
        define_room(index, RoomNoted(**stored))
    else:
        index.define_clerk(stored.pop("clerk"), **stored)


def _stored_hours(opened: str) -> list[Hours]:
    return [
        (site, datetime.fromisoformat(begins), datetime.fromisoformat(ends), *kept)
        for site, begins, ends, *kept in orjson.loads(opened)
    ]


def _days(days: Sequence[OpenDay]) -> dict[date, list[Hours]]:
    return {day.date: [_hours(opening) for opening in day.open] for day in days}


def _hours(opening: Opening) -> Hours:
    if opening.quota_class == PUBLIC:
        return opening.site, opening.from_, opening.until
    return opening.site, opening.from_, opening.until, opening.quota_class, opening.release_minutes


def _without_site(days: Days) -> dict[date, list[tuple[datetime, datetime]]]:
    return {day: [(hours[1], hours[2]) for hours in openings] for day, openings in days.items()}
