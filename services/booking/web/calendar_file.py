"""The visit as a file for one's calendar (iCalendar, RFC 5545): the same entry as in the mail, by its UID.

icalendar is loaded when the first guest wants such a file: 80 modules, 2.5 MB.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from environs import Env

from shared.words import Words


def ics(
    visit: Mapping[str, Any], guest: str, number: str, attempt: int, now: datetime, words: Words, zone: ZoneInfo
) -> bytes:
    """`visit` as its holder sees it. It bears no link: entries are copied to many places, and the link can cancel."""
    from icalendar import Calendar, Event

    from shared.zones import explained

    event, cancelled = Event(), visit["status"] == "cancelled"
    event.add("uid", f"{visit['appointment']}@{domain()}")
    # As in the mails: whichever of them a calendar takes last, it keeps the newest.
    event.add("sequence", 2 * (attempt - 1) + cancelled)
    event.add("dtstamp", now.astimezone(UTC))
    # The town's zone, which the file explains; of a bare offset programs make what they like.
    event.add("dtstart", visit["starts_at"].astimezone(zone))
    event.add("dtend", visit["ends_at"].astimezone(zone))
    event.add("summary", f"{', '.join(_in(stop['name'], words) for stop in visit['stops'])} ({town()})")
    event.add("location", ", ".join(part for part in (_in(visit["site_name"], words), visit["address"]) if part))
    event.add("description", "\n".join(_description(visit, guest, number, words)))
    event.add("status", "CANCELLED" if cancelled else "CONFIRMED")
    event.add("class", "PRIVATE")
    calendar = Calendar()
    calendar.add("prodid", "-//Foyer//Booking//DE")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add_component(explained(zone.key, visit["starts_at"].year))
    calendar.add_component(event)
    made: bytes = calendar.to_ical()
    return made


def _description(visit: Mapping[str, Any], guest: str, number: str, words: Words) -> Iterator[str]:
    for stop in visit["stops"]:
        where = ", ".join(part for part in (stop["room"], stop["clerk"]) if part)
        yield f"{words.time(stop['starts_at'])}: {_in(stop['name'], words)}" + (f" ({where})" if where else "")
    if guest:
        yield f"{words.text('Name')}: {guest}"
    if visit["documents"]:
        yield words.text("Bitte mitbringen") + ":"
        yield from (f"- {_in(document, words)}" for document in visit["documents"])
    if number:
        yield f"{words.text('Ihre Besuchsnummer')}: {number}"


def _in(text: Any, words: Words) -> str:
    said: str = text.en if words.language == "en" else text.de
    return said


def domain() -> str:
    """The right-hand side of the UID, as in the mails."""
    return Env().str("FOYER_MAIL_FROM", "termine@guetersloh.example").rpartition("@")[2]


def town() -> str:
    """Who invites."""
    return Env().str("FOYER_TOWN", "Stadt Gütersloh")
