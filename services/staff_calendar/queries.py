"""The read side: the clerks, a clerk's day, and what a clerk holds. No guest is named in any of it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date as Date
from typing import Any

from sqlalchemy import Connection, Row, select

from services.staff_calendar.events import Responsibility, StreetPart
from services.staff_calendar.projections import clerks, open_days, reservations


@dataclass(frozen=True, slots=True)
class Reserved:
    """One stop that a clerk holds; times are RFC 3339."""

    appointment: str
    attempt: int
    stop: int
    site: str
    starts_at: str
    ends_at: str
    blocked_until: str
    concern: str
    title: str
    reserved_at: str


def staff(connection: Connection) -> list[dict[str, Any]]:
    """All clerks by id."""
    return [_clerk(row) for row in connection.execute(select(clerks).order_by(clerks.c.clerk))]


def clerk(connection: Connection, clerk: str) -> dict[str, Any] | None:
    """One clerk; None where there is none."""
    row = connection.execute(select(clerks).where(clerks.c.clerk == clerk)).one_or_none()
    return None if row is None else _clerk(row)


def rules(connection: Connection, departments: Collection[str]) -> list[Responsibility]:
    """The rules of all clerks in some departments."""
    told = (rule for row in connection.execute(select(clerks.c.responsibility)) for rule in row.responsibility)
    return [_rule(rule) for rule in told if rule["department"] in departments]


def day(connection: Connection, clerk: str, date: Date) -> dict[str, Any]:
    """What a clerk has open on a local date, and the reservations that are held on it."""
    opened = select(open_days.c.open).where(open_days.c.clerk == clerk, open_days.c.date == date.isoformat())
    return {
        "clerk": clerk,
        "date": date,
        "open": connection.execute(opened).scalar() or [],
        "reservations": [_held(one) for one in held(connection, clerk, date, date)],
    }


def held(connection: Connection, clerk: str, first: Date, last: Date = Date.max) -> list[Reserved]:
    """What a clerk holds from one local date to another (both inclusive), in order."""
    columns = [reservations.c[name] for name in Reserved.__dataclass_fields__]
    query = (
        select(*columns)
        .where(reservations.c.clerk == clerk, reservations.c.date.between(first.isoformat(), last.isoformat()))
        .order_by(reservations.c.date, reservations.c.starts_at, reservations.c.appointment, reservations.c.stop)
    )
    return [Reserved(*row) for row in connection.execute(query)]


def _rule(told: Mapping[str, Any]) -> Responsibility:
    streets = tuple(StreetPart(**street) for street in told.get("streets", ()))
    return Responsibility(**{**told, "streets": streets})


def _held(one: Reserved) -> dict[str, Any]:
    shown = {name: getattr(one, name) for name in Reserved.__dataclass_fields__ if name != "reserved_at"}
    return shown | {"status": "held"}


def _clerk(row: Row[Any]) -> dict[str, Any]:
    return {str(name): value for name, value in row._mapping.items() if name != "renewed"}
