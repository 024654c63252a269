"""Read a mail back as a mail program would."""

from email import message_from_bytes, policy
from email.message import EmailMessage

import icalendar

from services.notifications.drafts import Draft
from services.notifications.letters.compose import compose
from services.notifications.letters.house import Guest
from tests.notifications.facts import GUEST, HOUSE, NOW, letter


def written(draft: Draft | None = None, guest: Guest = GUEST) -> EmailMessage:
    """The letter as it is after its way over the wire."""
    draft = draft or letter()
    mail = compose(draft, guest, HOUSE, f"{draft.appointment}.{draft.kind}.{draft.attempt}", NOW)
    return message_from_bytes(mail.as_bytes(), policy=policy.default)


def part(mail: EmailMessage, kind: str) -> EmailMessage:
    """The one part of that content type."""
    (found,) = (one for one in mail.walk() if one.get_content_type() == kind)
    assert isinstance(found, EmailMessage)
    return found


def text(mail: EmailMessage) -> str:
    """The plain text, lines ended as Python does it."""
    return str(part(mail, "text/plain").get_content()).replace("\r\n", "\n")


def html(mail: EmailMessage) -> str:
    """The HTML source."""
    return str(part(mail, "text/html").get_content())


def calendar(mail: EmailMessage) -> icalendar.Calendar:
    """The calendar object."""
    return icalendar.Calendar.from_ical(part(mail, "text/calendar").get_content())


def event(mail: EmailMessage) -> icalendar.Event:
    """The entry in the calendar object."""
    (found,) = calendar(mail).walk("VEVENT")
    return found
