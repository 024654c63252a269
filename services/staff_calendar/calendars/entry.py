"""How an appointment stands in a clerk's calendar. Names no guest: other people read calendars, too."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from icalendar import Calendar, Event


@dataclass(frozen=True, slots=True)
class Entry:
    """One stop of a visit; times are RFC 3339. `confirmed`: else it is still being asked for."""

    appointment: str
    stop: int
    starts_at: str
    ends_at: str
    title: str
    site: str
    confirmed: bool
    reserved_at: str

    @property
    def digest(self) -> str:
        """The same as long as nothing that is shown changes."""
        shown = (self.starts_at, self.ends_at, self.title, self.site, str(self.confirmed))
        return hashlib.sha256("\n".join(shown).encode()).hexdigest()[:32]

    @property
    def times(self) -> tuple[int, int]:
        """Unix seconds."""
        begins, ends = (datetime.fromisoformat(text).timestamp() for text in (self.starts_at, self.ends_at))
        return int(begins), int(ends)


def entry_of(row: Mapping[str, Any]) -> Entry:
    """Of a row of `reservations`."""
    return Entry(
        row["appointment"],
        row["stop"],
        row["starts_at"],
        row["ends_at"],
        row["title"] or row["concern"] or "Termin",
        row["site"],
        row["confirmed_at"] is not None,
        row["reserved_at"],
    )


def event_of(entry: Entry, uid: str, sequence: int, now: datetime) -> Event:
    """A VEVENT; tentative until the visit is confirmed."""
    event = Event()
    event.add("uid", uid)
    event.add("dtstamp", now.astimezone(UTC))
    event.add("dtstart", _utc(entry.starts_at))
    event.add("dtend", _utc(entry.ends_at))
    event.add("summary", entry.title)
    event.add("location", entry.site)
    event.add("status", "CONFIRMED" if entry.confirmed else "TENTATIVE")
    event.add("sequence", sequence)
    event.add("transp", "OPAQUE")
    return event


def calendar_of(event: Event, method: str | None = None) -> bytes:
    """The event alone, as it is put on a server or (with a method) into a mail."""
    calendar = Calendar()
    calendar.add("prodid", "-//Foyer//staff_calendar//DE")
    calendar.add("version", "2.0")
    if method is not None:
        calendar.add("method", method)
    calendar.add_component(event)
    return bytes(calendar.to_ical())


def _utc(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
