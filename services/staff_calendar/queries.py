"""The read side: the clerks, a clerk's day, and what a clerk holds. Guests are named by `opened` only."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date as Date
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import ColumnElement, Connection, Row, Table, func, select

from services.staff_calendar.events import Responsibility, StreetPart
from services.staff_calendar.projections import absences, busy_days, clerks, open_days, reservations, visits
from shared.tables import events
from shared.vault import BadToken, Vault

log = structlog.get_logger()


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


def agenda(connection: Connection, clerk: str, first: Date, last: Date | None = None) -> list[dict[str, Any]]:
    """A clerk's stops on a local date, or from one to another (both inclusive), with what is known of their visits.

    In order. The guest is a sealed token.
    """
    query = (
        select(reservations, *(visits.c[name] for name in ("guest", "party_size", "documents", "rooms", *_PRESENCE)))
        .outerjoin(visits, visits.c.appointment == reservations.c.appointment)
        .where(reservations.c.clerk == clerk, _within(reservations, first, last or first))
        .order_by(reservations.c.date, reservations.c.starts_at, reservations.c.appointment, reservations.c.stop)
    )
    return [dict(row) for row in connection.execute(query).mappings()]


def opened_hours(connection: Connection, clerk: str, first: Date, last: Date) -> dict[str, list[dict[str, Any]]]:
    """What a clerk has open, by local date, from one to another (both inclusive)."""
    query = select(open_days.c.date, open_days.c.open).where(
        open_days.c.clerk == clerk, _within(open_days, first, last)
    )
    return {row.date: row.open for row in connection.execute(query)}


def busy(connection: Connection, clerk: str, first: Date, last: Date) -> dict[str, list[tuple[str, str]]]:
    """When a clerk's own calendars make busy, by local date, from one to another (both inclusive)."""
    query = select(busy_days.c.date, busy_days.c.busy).where(
        busy_days.c.clerk == clerk, _within(busy_days, first, last)
    )
    return {row.date: row.busy for row in connection.execute(query)}


def _within(table: Table, first: Date, last: Date) -> ColumnElement[bool]:
    return table.c.date.between(first.isoformat(), last.isoformat())


_PRESENCE = ("presence", "presence_at")


def guests(connection: Connection, appointments: Collection[str]) -> dict[str, str]:
    """The sealed tokens of these appointments' guests, as far as they are known."""
    query = select(visits.c.appointment, visits.c.guest).where(visits.c.appointment.in_(appointments))
    return {row.appointment: row.guest for row in connection.execute(query) if row.guest} if appointments else {}


def opened(connection: Connection, vault: Vault, tokens: Sequence[str]) -> dict[str, dict[str, Any] | None]:
    """The personal data by token. One damaged token must not take the whole day with it: it is left out."""
    try:
        return vault.open(connection, tokens)
    except BadToken:
        if len(tokens) == 1:
            log.error("token_damaged", error="BadToken")
            return {}
        return {token: data for one in tokens for token, data in opened(connection, vault, [one]).items()}


def newest(connection: Connection) -> int:
    """Rises whenever anything happens."""
    return int(connection.execute(select(func.max(events.c.id))).scalar() or 0)


def away(connection: Connection, clerk: str, now: datetime) -> list[dict[str, Any]]:
    """The absences of a clerk that are not over at `now`, in order."""
    found = connection.execute(select(absences).where(absences.c.clerk == clerk)).mappings()
    ahead = [dict(row) for row in found if datetime.fromisoformat(row["until_at"]) > now]
    return sorted(ahead, key=lambda one: datetime.fromisoformat(one["from_at"]))


def renewed(connection: Connection, clerk: str) -> int:
    """How often the address of the clerk's feed was renewed."""
    return int(connection.execute(select(clerks.c.renewed).where(clerks.c.clerk == clerk)).scalar() or 0)


def _rule(told: Mapping[str, Any]) -> Responsibility:
    streets = tuple(StreetPart(**street) for street in told.get("streets", ()))
    return Responsibility(**{**told, "streets": streets})


def _held(one: Reserved) -> dict[str, Any]:
    shown = {name: getattr(one, name) for name in Reserved.__dataclass_fields__ if name != "reserved_at"}
    return shown | {"status": "held"}


def _clerk(row: Row[Any]) -> dict[str, Any]:
    return {str(name): value for name, value in row._mapping.items() if name != "renewed"}
