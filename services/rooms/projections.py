"""The read tables, rebuildable from the log; `taken` is also the last guard against two visits in one room.

Times are RFC 3339 in the local offset. A tick is five minutes, counted from the Unix epoch.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import JSON, BigInteger, Column, Index, Integer, MetaData, Table, Text, bindparam, delete, insert

from services.rooms.allocation import place
from services.rooms.contracts import OpeningV1, RoomDefinedV1
from services.rooms.day import ticks
from services.rooms.events import (
    WEEKDAYS,
    Closure,
    HoldForgone,
    HoursOpened,
    HoursSet,
    OpenDay,
    Pattern,
    RoomDeclined,
    RoomDefined,
    RoomEvent,
    RoomFreed,
    RoomReleased,
    RoomReserved,
    RoomTaken,
    SiteClosuresSet,
    StopHeld,
)
from shared.definition import Projection, Recorded
from shared.tables import Write, upsert

metadata = MetaData()

rooms = Table(
    "rooms",
    metadata,
    Column("room", Text, primary_key=True),
    Column("definition", JSON, nullable=False),
    Column("hours", JSON),
)

sites = Table(
    "sites",
    metadata,
    Column("site", Text, primary_key=True),
    Column("closures", JSON, nullable=False),
)

opened = Table(
    "opened",
    metadata,
    Column("room", Text, primary_key=True),
    Column("date", Text, primary_key=True),
    Column("open", JSON, nullable=False),
)

taken = Table(
    "taken",
    metadata,
    Column("resource", Text, primary_key=True),
    Column("tick", BigInteger, primary_key=True, autoincrement=False),
)

reservations = Table(
    "reservations",
    metadata,
    Column("appointment", Text, primary_key=True),
    Column("attempt", Integer, primary_key=True, autoincrement=False),
    Column("stop", Integer, primary_key=True, autoincrement=False),
    Column("room", Text, nullable=False),
    Column("date", Text, nullable=False),
    Column("starts_at", Text, nullable=False),
    Column("ends_at", Text, nullable=False),
    Column("blocked_until", Text, nullable=False),
    Index("reservations_room_date", "room", "date"),
)

_DEFINE = upsert(rooms, ["room"], ["definition"])
_SET_CLOSURES = upsert(sites, ["site"])
_SET_HOURS = rooms.update().where(rooms.c.room == bindparam("b_room"))
_CLOSE = delete(opened).where(
    opened.c.room == bindparam("b_room"),
    opened.c.date >= bindparam("b_from"),
    opened.c.date <= bindparam("b_until"),
)
_OPEN = insert(opened)
# Not an upsert: a tick that is taken already must make the transaction fail.
_TAKE = insert(taken)
_FREE = delete(taken).where(
    taken.c.resource == bindparam("b_resource"),
    taken.c.tick >= bindparam("b_from"),
    taken.c.tick < bindparam("b_until"),
)
_RESERVE = insert(reservations)
_RELEASE = delete(reservations).where(
    reservations.c.appointment == bindparam("b_appointment"), reservations.c.attempt == bindparam("b_attempt")
)
_DEFINITION, _OPENINGS = RoomDefinedV1(exclude=["room"]), OpeningV1(many=True)


def _define(event: RoomDefined, _at: Recorded) -> Iterable[Write]:
    return ((_DEFINE, {"room": event.room, "definition": _DEFINITION.dump(event)}),)


def _set_hours(event: HoursSet, _at: Recorded) -> Iterable[Write]:
    return ((_SET_HOURS, {"b_room": event.room, "hours": _hours(event.pattern)}),)


def _set_closures(event: SiteClosuresSet, _at: Recorded) -> Iterable[Write]:
    return ((_SET_CLOSURES, {"site": event.site, "closures": _closures(event.closures)}),)


def _open(event: HoursOpened, _at: Recorded) -> Iterable[Write]:
    return (_closed(event), *((_OPEN, _day(event.room, day)) for day in event.days))


def _take(event: RoomTaken, _at: Recorded) -> Iterable[Write]:
    resource = place(event.room, event.lane)
    return [(_TAKE, {"resource": resource, "tick": tick}) for tick in ticks(event.starts_at, event.blocked_until)]


def _free(event: RoomFreed, _at: Recorded) -> Iterable[Write]:
    touched = ticks(event.starts_at, event.blocked_until)
    span = {"b_resource": place(event.room, event.lane), "b_from": touched.start, "b_until": touched.stop}
    return ((_FREE, span),)


def _reserve(event: RoomReserved, _at: Recorded) -> Iterable[Write]:
    appointment, attempt = event.appointment, event.attempt
    return [(_RESERVE, _reservation(appointment, attempt, stop)) for stop in event.stops]


def _release(event: RoomReleased, _at: Recorded) -> Iterable[Write]:
    return ((_RELEASE, {"b_appointment": event.appointment, "b_attempt": event.attempt}),)


project = Projection(
    RoomEvent,
    {
        rooms: {RoomDefined: _define, HoursSet: _set_hours},
        sites: {SiteClosuresSet: _set_closures},
        opened: {HoursOpened: _open},
        taken: {RoomTaken: _take, RoomFreed: _free},
        reservations: {RoomReserved: _reserve, RoomReleased: _release},
    },
    unseen=(RoomDeclined, HoldForgone),
)


def _hours(pattern: Pattern) -> dict[str, Any]:
    """As they are given in `PUT /api/rooms/ID`."""
    weekly = {day: [[h.from_, h.until] for h in pattern.weekly if h.weekday == day] for day in WEEKDAYS}
    return {"weekly": weekly, "closures": _closures(pattern.closures)}


def _closures(closures: Iterable[Closure]) -> list[dict[str, Any]]:
    return [{"from": str(c.from_), "until": str(c.until), "reason": c.reason} for c in closures]


def _closed(event: HoursOpened) -> Write:
    return _CLOSE, {"b_room": event.room, "b_from": str(event.from_), "b_until": str(event.until)}


def _day(room: str, day: OpenDay) -> dict[str, Any]:
    return {"room": room, "date": str(day.date), "open": _OPENINGS.dump(day.open)}


def _reservation(appointment: str, attempt: int, stop: StopHeld) -> dict[str, Any]:
    return {
        "appointment": appointment,
        "attempt": attempt,
        "stop": stop.stop,
        "room": stop.room,
        "date": str(stop.date),
        "starts_at": stop.starts_at.isoformat(),
        "ends_at": stop.ends_at.isoformat(),
        "blocked_until": stop.blocked_until.isoformat(),
    }
