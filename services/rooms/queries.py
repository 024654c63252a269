"""The rooms, and one room's day."""

from datetime import date as Date
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from services.rooms.projections import opened, reservations, rooms, sites

_EVERY = select(rooms).order_by(rooms.c.room)
_TIMES = ("starts_at", "ends_at", "blocked_until")


def all_rooms(connection: Connection) -> list[dict[str, Any]]:
    """Every room, by id."""
    return [_room(row) for row in connection.execute(_EVERY)]


def one_room(connection: Connection, room: str) -> dict[str, Any]:
    """A room as it was defined. Raises NoResultFound."""
    return _room(connection.execute(_EVERY.where(rooms.c.room == room)).one())


def all_sites(connection: Connection) -> list[dict[str, Any]]:
    """Every site that has a room, by id, and when all of it is closed."""
    closures = {row.site: row.closures for row in connection.execute(select(sites))}
    known = sorted({room["site"] for room in all_rooms(connection)})
    return [{"site": site, "closures": closures.get(site, [])} for site in known]


def room_day(connection: Connection, room: str, date: Date) -> dict[str, Any]:
    """When a room is open on a date, and its reservations by their start. Raises NoResultFound."""
    one_room(connection, room)
    on_the_day = reservations.c.room == room, reservations.c.date == date.isoformat()
    open_ = select(opened.c.open).where(opened.c.room == room, opened.c.date == date.isoformat())
    rows = connection.execute(select(reservations).where(*on_the_day)).all()
    return {
        "room": room,
        "date": date,
        "open": connection.execute(open_).scalar() or [],
        "reservations": [_reservation(row) for row in sorted(rows, key=_start)],
    }


def _room(row: Row[Any]) -> dict[str, Any]:
    return {"room": row.room, **row.definition, **(row.hours or {})}


def _reservation(row: Row[Any]) -> dict[str, Any]:
    numbers = {"appointment": row.appointment, "attempt": row.attempt, "stop": row.stop}
    return numbers | {name: getattr(row, name) for name in _TIMES}


def _start(row: Row[Any]) -> datetime:
    return datetime.fromisoformat(row.starts_at)
