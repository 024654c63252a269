"""The access list: who is expected on a day, who is in the house, who has left. Only here are names opened."""

from collections.abc import Sequence
from datetime import date as Date
from typing import Any

import structlog
from sqlalchemy import Connection, Row, Select, Text, cast, func, select

from services.visitor_access import passes
from services.visitor_access.projections import visits
from shared.tables import subject_keys
from shared.vault import BadToken, Vault

EXPECTED = ("announced", "registered")
STATUSES = (*EXPECTED, "arrived", "left", "missed", "removed")
log = structlog.get_logger()


def access_list(
    connection: Connection, vault: Vault, date: Date, site: str | None, *, removed: bool = False
) -> dict[str, Any]:
    """The guests of one day by the time of their visit, and counts per status: of visits, and of people.

    Removed guests are counted, and listed only when asked for.
    """
    query = select(visits).where(visits.c.date == date.isoformat()).order_by(visits.c.starts_at, visits.c.appointment)
    if site is not None:
        query = query.where(visits.c.site == site)
    rows = connection.execute(query).all()
    return {
        "site": site,
        "date": date,
        "counts": {status: sum(row.status == status for row in rows) for status in STATUSES},
        "people": {status: sum(row.party_size for row in rows if row.status == status) for status in STATUSES},
        "guests": _guests(connection, vault, [row for row in rows if removed or row.status != "removed"]),
    }


def standing(connection: Connection, date: Date, site: str | None) -> int:
    """A number that is another one as soon as the list of the day is.

    No name is opened for it: it counts whether its key is there.
    """
    shown = (visits.c.appointment, visits.c.status, visits.c.number, visits.c.starts_at, visits.c.site, visits.c.guest)
    more = cast(visits.c.stops, Text), subject_keys.c.wrapped.is_not(None)
    known = visits.outerjoin(subject_keys, subject_keys.c.subject == visits.c.appointment)
    query = select(*shown, *more).select_from(known)
    query = query.where(visits.c.date == date.isoformat()).order_by(visits.c.appointment)
    if site is not None:
        query = query.where(visits.c.site == site)
    return hash(tuple(tuple(row) for row in connection.execute(query)))


def next_day(connection: Connection, date: Date, site: str | None) -> tuple[Date, int] | None:
    """The first day after `date` on which anybody is expected, and how many people; None where there is none."""
    people = func.sum(visits.c.party_size)
    query = select(visits.c.date, people).where(visits.c.date > date.isoformat(), visits.c.status.in_(EXPECTED))
    if site is not None:
        query = query.where(visits.c.site == site)
    found = connection.execute(query.group_by(visits.c.date).order_by(visits.c.date).limit(1)).one_or_none()
    return None if found is None else (Date.fromisoformat(found[0]), int(found[1]))


def guest(connection: Connection, vault: Vault, code: str) -> dict[str, Any]:
    """The guest of a pass or an appointment, as the list shows them. Raises NoResultFound."""
    number = passes.read(code)
    query: Select[Any] = select(visits).where(visits.c.number == number if number else visits.c.appointment == code)
    return _guests(connection, vault, [connection.execute(query).one()])[0]


def _guests(connection: Connection, vault: Vault, rows: Sequence[Row[Any]]) -> list[dict[str, Any]]:
    opened = _open(connection, vault, [row.guest for row in rows if row.guest])
    return [_guest(row, opened.get(row.guest)) for row in rows]


def _open(connection: Connection, vault: Vault, tokens: Sequence[str]) -> dict[str, dict[str, Any] | None]:
    """One damaged token must not take the list of the whole day with it: its guest is shown without a name."""
    try:
        return vault.open(connection, tokens)
    except BadToken:
        if len(tokens) == 1:
            log.error("token_damaged", error="BadToken")
            return {}
        return {token: data for one in tokens for token, data in _open(connection, vault, [one]).items()}


def _guest(row: Row[Any], personal: dict[str, Any] | None) -> dict[str, Any]:
    """Little is shown: no mail address, no phone number, no concern."""
    return {
        "appointment": row.appointment,
        "name": personal and personal.get("name"),
        "status": row.status,
        "pass": row.number,
        "party_size": row.party_size,
        "site": row.site,
        "date": row.date,
        "starts_at": row.starts_at,
        "ends_at": row.ends_at,
        "stops": row.stops,
        "arrived_at": row.arrived_at,
        "left_at": row.left_at,
        "left_assumed": row.assumed,
    }
