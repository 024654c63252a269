"""The visit as a calendar entry (iCalendar, RFC 5545) for its attendee (iTIP and iMIP, RFC 5546 and 6047)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote

from icalendar import Calendar, Event, vCalAddress

from services.notifications.drafts import Draft
from services.notifications.events import Visit
from services.notifications.letters.content import Content
from services.notifications.letters.house import House
from shared.words import Words
from shared.zones import explained

METHODS = {"confirmation": "REQUEST", "moved": "REQUEST", "cancelled": "CANCEL"}
"""REQUEST enters or changes the visit, CANCEL takes it out; the other kinds of letters change nothing in a calendar."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A calendar entry to be. It bears no link: entries are copied to many places, and the link can cancel."""

    draft: Draft
    visit: Visit
    content: Content
    address: str
    house: House
    words: Words
    now: datetime

    def ics(self) -> bytes:
        """The calendar object."""
        calendar = Calendar()
        calendar.add("prodid", "-//Foyer//Notifications//DE")
        calendar.add("version", "2.0")
        calendar.add("method", METHODS[self.draft.kind])
        calendar.add_component(explained(str(self.house.timezone), self.visit.starts_at.year))
        calendar.add_component(self._event())
        ics: bytes = calendar.to_ical()
        return ics

    def _event(self) -> Event:
        zone, visit, event = self.house.timezone, self.visit, Event()
        event.add("uid", f"{self.draft.appointment}@{self.house.domain}")
        event.add("sequence", self.draft.sequence)
        event.add("dtstamp", self.now.astimezone(UTC))
        event.add("dtstart", visit.starts_at.astimezone(zone))
        event.add("dtend", visit.ends_at.astimezone(zone))
        event.add("summary", f"{', '.join(row.concern for row in self.content.rows)} ({self.house.town})")
        event.add("location", self.content.place)
        event.add("description", "\n".join(self._description()))
        event.add("status", "CANCELLED" if self.draft.kind == "cancelled" else "CONFIRMED")
        event.add("class", "PRIVATE")
        event.add("organizer", _person(self.house.sender, self.house.town))
        event.add("attendee", _attendee(self.address, self.content.name))
        return event

    def _description(self) -> Iterator[str]:
        say, content = self.words.say, self.content
        yield from (f"{row.time}: {row.concern} ({row.room}, {row.clerk})" for row in content.rows)
        if content.documents:
            yield say("Bitte bringen Sie mit") + ":"
            yield from (f"- {document}" for document in content.documents)
        if content.number:
            yield f"{say('Ihre Besuchsnummer')}: {content.number}"


def _person(address: str, name: str) -> vCalAddress:
    person = vCalAddress(f"mailto:{quote(address, safe='@')}")
    person.params["CN"] = name
    return person


def _attendee(address: str, name: str) -> vCalAddress:
    attendee = _person(address, name)
    # Who has booked has accepted: nobody waits for an answer.
    attendee.params |= {"ROLE": "REQ-PARTICIPANT", "PARTSTAT": "ACCEPTED", "RSVP": "FALSE"}
    return attendee
