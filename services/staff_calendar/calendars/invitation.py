"""What a clerk without a calendar of Foyer's reach is mailed of a visit (iMIP, RFC 6047). Names no guest."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from html import escape
from pathlib import Path
from zoneinfo import ZoneInfo

from icalendar import Event, vCalAddress

from services.staff_calendar.calendars.entry import Entry, calendar_of, event_of
from services.staff_calendar.calendars.post import House
from services.staff_calendar.calendars.uids import HOST
from services.staff_calendar.web.sites import called
from shared.words import load

WORDS = load(Path(__file__).parents[1] / "locale")["de"]
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


def mail_of(one: Invitation, address: str, calendar: str, house: House, now: datetime, zone: ZoneInfo) -> EmailMessage:
    """The mail; the same Message-ID each time this invitation goes into this mailbox."""
    begins, ends = (datetime.fromisoformat(text).astimezone(zone) for text in (one.entry.starts_at, one.entry.ends_at))
    facts = _facts(one, begins, ends)
    page = f"{house.page}?date={begins.date()}"
    mail = EmailMessage(policy=SMTP)
    mail["Subject"] = f"{SUBJECTS[one.kind]}: {WORDS.day(begins)}, {WORDS.time(begins)}"
    mail["From"] = Address(display_name=house.town, addr_spec=house.sender)
    mail["To"] = address
    mail["Date"] = format_datetime(now)
    box = hashlib.sha256(calendar.encode()).hexdigest()[:8]
    mail["Message-ID"] = f"<{one.uid.removesuffix(f'@{HOST}')}.{one.sequence}.{box}@{house.domain}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["Content-Language"] = "de"
    mail.set_content(_text(one, facts, page, house.town))
    mail.add_alternative(_html(one, facts, page, house.town), subtype="html")
    ics = calendar_of(_event(one, address, house, now), one.method).decode()
    mail.add_alternative(ics, subtype="calendar", params={"method": one.method})
    return mail


def _event(one: Invitation, address: str, house: House, now: datetime) -> Event:
    event = event_of(one.entry, one.uid, one.sequence, now)
    if one.kind == "gone":
        event["status"] = "CANCELLED"
    else:
        event["location"] = _place(one)
    event.add("class", "PRIVATE")
    organizer, attendee = vCalAddress(f"mailto:{house.sender}"), vCalAddress(f"mailto:{address}")
    organizer.params["CN"] = house.town
    # Whoever is on duty has accepted: nobody waits for an answer.
    attendee.params |= {"ROLE": "REQ-PARTICIPANT", "PARTSTAT": "ACCEPTED", "RSVP": "FALSE"}
    event.add("organizer", organizer)
    event.add("attendee", attendee)
    return event


def _place(one: Invitation) -> str:
    return ", ".join(part for part in (one.room, called(one.entry.site, "de")) if part)


def _facts(one: Invitation, begins: datetime, ends: datetime) -> list[tuple[str, str]]:
    facts = [("Wann", f"{WORDS.day(begins)}, {WORDS.time(begins)}–{WORDS.time(ends)}")]
    if one.kind != "gone":
        facts += [("Anliegen", one.entry.title), ("Wo", _place(one)), ("Personen", str(one.party_size))]
    return facts


def _text(one: Invitation, facts: list[tuple[str, str]], page: str, town: str) -> str:
    told = "\n".join(f"{label}: {value}" for label, value in facts)
    return f"Guten Tag,\n\n{LEADS[one.kind]}\n\n{told}\n\nIhr Tag: {page}\n\n{town}\n"


def _html(one: Invitation, facts: list[tuple[str, str]], page: str, town: str) -> str:
    told = "\n".join(f"<dt><strong>{label}</strong></dt><dd>{escape(value)}</dd>" for label, value in facts)
    title = f"{SUBJECTS[one.kind]}: {facts[0][1]}"
    return (
        f'<!doctype html>\n<html lang="de">\n<head><meta charset="utf-8"><title>{escape(title)}</title></head>\n'
        f"<body>\n<p>Guten Tag,</p>\n<p>{escape(LEADS[one.kind])}</p>\n<dl>\n{told}\n</dl>\n"
        f'<p><a href="{escape(page)}">Ihr Tag</a></p>\n<p>{escape(town)}</p>\n</body>\n</html>\n'
    )
