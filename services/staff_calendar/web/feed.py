"""A clerk's reservations as a calendar to subscribe to; its address holds a key that only this server can make."""

import hashlib
from collections.abc import Sequence
from datetime import date as Date
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from icalendar import Calendar
from itsdangerous import Signer
from sqlalchemy import Connection, select

from services.staff_calendar import queries
from services.staff_calendar.calendars.entry import Entry, entry_of, event_of
from services.staff_calendar.calendars.uids import Uids
from services.staff_calendar.projections import reservations
from shared.app import App

REACHES_BACK = timedelta(days=30)
REFRESH = timedelta(minutes=15)


class Held(NamedTuple):
    """An entry of the feed; `noted_at` is when it became so (RFC 3339)."""

    entry: Entry
    attempt: int
    noted_at: str


def key_of(clerk: str, secret: bytes, renewed: int = 0) -> str:
    """The key of a clerk's feed; the same until it is renewed, as long as the secret is."""
    return _signer(secret).get_signature(_signed(clerk, renewed)).decode()


def opens(key: str, clerk: str, secret: bytes, renewed: int = 0) -> bool:
    """Is this the present key of the clerk's feed?"""
    return _signer(secret).verify_signature(_signed(clerk, renewed), key)


def address(app: App, request: Any, clerk: str) -> str:
    """Where the clerk's feed is found, with its key."""
    host = app.settings.public_url or request.host_url.rstrip("/")
    with app.read() as connection:
        key = key_of(clerk, app.settings.secret, queries.renewed(connection, clerk))
    return f"{host}/api/staff/{clerk}/calendar.ics?key={key}"


def _signed(clerk: str, renewed: int) -> str:
    return f"{clerk} {renewed}" if renewed else clerk


def calendar(name: str, held: Sequence[Held], uids: Uids) -> bytes:
    """iCalendar (RFC 5545) with an event per stop; the same bytes for the same reservations. Names no guest.

    The events have the UIDs that they have in the clerk's own calendar: whoever has both sees each once. While a visit
    is being moved, what is confirmed is shown until the new time is.
    """
    feed = Calendar()
    feed.add("prodid", "-//Foyer//staff_calendar//DE")
    feed.add("version", "2.0")
    feed.add("method", "PUBLISH")
    feed.add("x-wr-calname", f"Termine {name}")
    feed.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    feed.add("x-published-ttl", "PT15M")
    shown: dict[str, Held] = {}
    for one in sorted(held, key=lambda one: (not one.entry.confirmed, one.attempt)):
        shown.setdefault(uids.of(one.entry.appointment, one.entry.stop), one)
    for uid, one in sorted(shown.items(), key=lambda pair: (pair[1].entry.starts_at, pair[0])):
        sequence = 2 * (one.attempt - 1) + one.entry.confirmed
        feed.add_component(event_of(one.entry, uid, sequence, datetime.fromisoformat(one.noted_at)))
    return bytes(feed.to_ical())


def held(connection: Connection, clerk: str, first: Date) -> list[Held]:
    """What a clerk holds from a local date on."""
    query = select(reservations).where(reservations.c.clerk == clerk, reservations.c.date >= first.isoformat())
    rows = connection.execute(query).mappings()
    return [Held(entry_of(dict(row)), row["attempt"], row["confirmed_at"] or row["reserved_at"]) for row in rows]


def _signer(secret: bytes) -> Signer:
    return Signer(secret, salt="staff_calendar.feed", digest_method=hashlib.sha256)
