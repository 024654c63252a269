"""What a clerk without a calendar of Foyer's reach is mailed of a visit (iMIP, RFC 6047). Names no guest."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from html import escape
from pathlib import Path
from zoneinfo import ZoneInfo

from icalendar import Event, vCalAddress

from services.staff_calendar.calendars.entry import Entry, calendar_of, event_of
from services.staff_calendar.calendars.links import Link
from services.staff_calendar.calendars.post import House
from services.staff_calendar.calendars.uids import HOST
from shared.headers import WIRE
from shared.named import called, names
from shared.words import SOURCE, Words, load

SPOKEN = load(Path(__file__).parents[1] / "locale")
"""The languages in which a clerk can be mailed."""
LEADS = {
    "new": "ein Termin ist für Sie gebucht.",
    "changed": "ein Termin hat sich geändert. Es gilt:",
    "gone": "dieser Termin ist nicht mehr bei Ihnen. Er ist abgesagt, verlegt oder abgegeben.",
}
SUBJECTS = {"new": "Termin", "changed": "Termin geändert", "gone": "Termin entfällt"}


@dataclass(frozen=True, slots=True)
class Invitation:
    """One mail about one stop. `kind`: new, changed or gone; of what is gone only the times are known."""

    kind: str
    uid: str
    sequence: int
    entry: Entry
    room: str = ""
    party_size: int = 1

    @property
    def method(self) -> str:
        """REQUEST enters or changes it, CANCEL takes it out."""
        return "CANCEL" if self.kind == "gone" else "REQUEST"

    @property
    def digest(self) -> str:
        """The same as long as nothing that is said changes."""
        said = "\n".join((self.entry.digest, self.room, str(self.party_size)))
        return hashlib.sha256(said.encode()).hexdigest()[:32]


def mail_of(one: Invitation, link: Link, address: str, house: House, now: datetime, zone: ZoneInfo) -> EmailMessage:
    """The mail, in the mailbox's language; the same Message-ID each time this invitation goes into this mailbox."""
    w = SPOKEN.get(link.language, SPOKEN[SOURCE])
    begins, ends = (datetime.fromisoformat(text).astimezone(zone) for text in (one.entry.starts_at, one.entry.ends_at))
    facts = _facts(w, one, begins, ends)
    page = f"{house.page}?date={begins.date()}"
    mail = EmailMessage(policy=WIRE)
    mail["Subject"] = f"{w.text(SUBJECTS[one.kind])}: {w.day(begins)}, {w.time(begins)}"
    mail["From"] = Address(display_name=house.town, addr_spec=house.sender)
    mail["To"] = address
    mail["Date"] = format_datetime(now)
    box = hashlib.sha256(link.calendar.encode()).hexdigest()[:8]
    mail["Message-ID"] = f"<{one.uid.removesuffix(f'@{HOST}')}.{one.sequence}.{box}@{house.domain}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(_text(w, one, facts, page, house.town))
    mail.add_alternative(_html(w, one, facts, page, house.town), subtype="html")
    ics = calendar_of(_event(w, one, address, house, now), one.method).decode()
    mail.add_alternative(ics, subtype="calendar", params={"method": one.method})
    # Of the whole mail: what was said before there were parts would have become one part's.
    mail["Content-Language"] = w.language
    return mail


def _event(w: Words, one: Invitation, address: str, house: House, now: datetime) -> Event:
    event = event_of(one.entry, one.uid, one.sequence, now)
    if one.kind == "gone":
        event["summary"], event["status"] = w.text("Termin"), "CANCELLED"
    else:
        event["location"] = _place(w, one)
    event.add("class", "PRIVATE")
    organizer, attendee = vCalAddress(f"mailto:{house.sender}"), vCalAddress(f"mailto:{address}")
    organizer.params["CN"] = house.town
    # Whoever is on duty has accepted: nobody waits for an answer.
    attendee.params |= {"ROLE": "REQ-PARTICIPANT", "PARTSTAT": "ACCEPTED", "RSVP": "FALSE"}
    event.add("organizer", organizer)
    event.add("attendee", attendee)
    return event


def _place(w: Words, one: Invitation) -> str:
    return ", ".join(part for part in (one.room, called(names("FOYER_SITES"), one.entry.site, w.language)) if part)


def _facts(w: Words, one: Invitation, begins: datetime, ends: datetime) -> list[tuple[str, str]]:
    facts = [(w.text("Wann"), f"{w.day(begins)}, {w.time(begins)}–{w.time(ends)}")]
    if one.kind != "gone":
        people = w.text("Personen"), str(one.party_size)
        facts += [(w.text("Anliegen"), one.entry.title), (w.text("Wo"), _place(w, one)), people]
    return facts


def _text(w: Words, one: Invitation, facts: list[tuple[str, str]], page: str, town: str) -> str:
    told = "\n".join(f"{label}: {value}" for label, value in facts)
    hello, lead, day = w.text("Guten Tag,"), w.text(LEADS[one.kind]), w.text("Ihr Tag")
    return f"{hello}\n\n{lead}\n\n{told}\n\n{day}: {page}\n\n{town}\n"


def _html(w: Words, one: Invitation, facts: list[tuple[str, str]], page: str, town: str) -> str:
    told = "\n".join(f"<dt><strong>{label}</strong></dt><dd>{escape(value)}</dd>" for label, value in facts)
    title = escape(f"{w.text(SUBJECTS[one.kind])}: {facts[0][1]}")
    hello, lead, day = (escape(w.text(text)) for text in ("Guten Tag,", LEADS[one.kind], "Ihr Tag"))
    return (
        f'<!doctype html>\n<html lang="{w.language}">\n<head><meta charset="utf-8"><title>{title}</title></head>\n'
        f"<body>\n<p>{hello}</p>\n<p>{lead}</p>\n<dl>\n{told}\n</dl>\n"
        f'<p><a href="{escape(page)}">{day}</a></p>\n<p>{escape(town)}</p>\n</body>\n</html>\n'
    )
