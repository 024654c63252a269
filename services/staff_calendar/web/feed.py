"""A clerk's reservations as a calendar to subscribe to; its address holds a key that only this server can make."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from icalendar import Calendar, Event
from itsdangerous import Signer

from services.staff_calendar import queries
from services.staff_calendar.queries import Reserved
from shared.app import App

REACHES_BACK = timedelta(days=30)
REFRESH = timedelta(minutes=15)


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


def calendar(name: str, reservations: Sequence[Reserved]) -> bytes:
    """iCalendar (RFC 5545) with an event per reservation; the same bytes for the same reservations. Names no guest."""
    feed = Calendar()
    feed.add("prodid", "-//Foyer//staff_calendar//DE")
    feed.add("version", "2.0")
    feed.add("method", "PUBLISH")
    feed.add("x-wr-calname", f"Termine {name}")
    feed.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    feed.add("x-published-ttl", "PT15M")
    for reservation in reservations:
        feed.add_component(_event(reservation))
    return bytes(feed.to_ical())


def _event(reservation: Reserved) -> Any:
    event = Event()
    event.add("uid", f"{reservation.appointment}-{reservation.attempt}-{reservation.stop}@foyer")
    event.add("dtstamp", datetime.fromisoformat(reservation.reserved_at))
    event.add("dtstart", _utc(reservation.starts_at))
    event.add("dtend", _utc(reservation.ends_at))
    event.add("summary", reservation.title or reservation.concern or "Termin")
    event.add("location", reservation.site)
    event.add("transp", "OPAQUE")
    return event


def _utc(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _signer(secret: bytes) -> Signer:
    return Signer(secret, salt="staff_calendar.feed", digest_method=hashlib.sha256)
