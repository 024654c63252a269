"""Clerks who have neither a CalDAV calendar nor the feed get their appointments by mail (iMIP)."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar

from deploy.servers.mail import MailSink
from services.staff_calendar.calendars.entry import Entry
from services.staff_calendar.calendars.invitation import Invitation, mail_of
from services.staff_calendar.calendars.links import Link
from services.staff_calendar.calendars.post import House
from services.staff_calendar.calendars.tables import written
from services.staff_calendar.calendars.uids import Uids
from services.staff_calendar.calendars.vault import Access
from services.staff_calendar.commands import SubstituteClerk
from shared.config import Settings
from tests import heads
from tests.calendars.desk import Desk
from tests.staff_calendar.office import wanted


@pytest.fixture
def settings(settings: Settings, smtp_sink: MailSink) -> Settings:
    """With a mail server."""
    return replace(settings, smtp_url=smtp_sink.url)


class Said(NamedTuple):
    """What a calendar program takes from a mail."""

    to: str
    method: str
    sequence: int
    status: str
    begins: str


def invited(desk: Desk, clerk: str, **how: Any) -> str:
    """A clerk with a mailbox; the name of it."""
    return desk.connect(clerk, Access(f"{clerk}@town.example"), "mail", blocks=False, writes=True, **how)


def ics(mail: EmailMessage) -> Calendar:
    """The calendar object of a mail."""
    part = mail.get_body(("calendar",)) or next(p for p in mail.iter_parts() if p.get_content_type() == "text/calendar")
    found: Calendar = Calendar.from_ical(part.get_payload(decode=True))
    assert part.get_param("method") == str(found["method"])
    return found


def said(mail: EmailMessage) -> Said:
    calendar = ics(mail)
    (event,) = calendar.walk("VEVENT")
    begins = f"{event.decoded('dtstart'):%H:%M}"
    return Said(mail["To"], str(calendar["method"]), int(event["sequence"]), str(event["status"]), begins)


def test_a_visit_is_mailed_when_it_is_sure_changed_and_gone(desk: Desk, smtp_sink: MailSink) -> None:
    """One UID, the one of the feed; a rising SEQUENCE; nothing while it is being asked for."""
    invited(desk, "c-17")
    desk.office.hear("AppointmentRequested", **wanted("09:00"))
    desk.sync()
    assert smtp_sink.messages() == []
    desk.office.hear("AppointmentConfirmed")
    desk.sync()
    desk.sync()
    desk.office.hear("AppointmentMoveRequested", attempt=2, **wanted("10:00"))
    desk.sync()
    desk.office.hear("AppointmentMoved", attempt=2)
    desk.sync()
    desk.office.hear("AppointmentCancelled")
    desk.sync()
    desk.sync()
    mails = smtp_sink.messages()
    assert [said(mail) for mail in mails] == [
        ("c-17@town.example", "REQUEST", 0, "CONFIRMED", "08:00"),
        ("c-17@town.example", "REQUEST", 2, "CONFIRMED", "09:00"),
        ("c-17@town.example", "CANCEL", 3, "CANCELLED", "09:00"),
    ]
    uid = Uids(desk.office.settings.secret).of("a1", 1)
    assert {str(ics(mail).walk("VEVENT")[0]["uid"]) for mail in mails} == {uid}
    assert len({mail["Message-ID"] for mail in mails}) == 3


def test_a_mail_says_what_the_clerk_needs_and_names_no_guest(desk: Desk, smtp_sink: MailSink) -> None:
    """As text, as a page and as an entry of a calendar; from the sender, who is the organizer."""
    invited(desk, "c-17")
    desk.office.expect("a1", "09:00", name="Ada Größe")
    desk.sync()
    (mail,) = smtp_sink.messages()
    parts = [part.get_content_type() for part in mail.iter_parts()]
    assert (mail.get_content_type(), parts) == (
        "multipart/alternative",
        ["text/plain", "text/html", "text/calendar"],
    )
    assert mail["Subject"] == "Termin: Dienstag, 24. November 2026, 09:00"
    texts = [str(part.get_payload(decode=True), "utf-8") for part in mail.iter_parts()]
    title = str(ics(mail).walk("VEVENT")[0]["summary"])
    for text in texts[:2]:
        assert "Dienstag, 24. November 2026, 09:00–09:20" in text
        assert title in text
        assert "/staff?date=2026-11-24" in text
    for text in (*texts, str(mail["Subject"])):
        assert "Größe" not in text
        assert "a@example.org" not in text
    (event,) = ics(mail).walk("VEVENT")
    sender = mail["From"].addresses[0].addr_spec
    assert (event["organizer"], event["attendee"]) == (f"mailto:{sender}", "mailto:c-17@town.example")


def test_a_clerk_is_mailed_in_the_own_language(desk: Desk, smtp_sink: MailSink) -> None:
    """Subject, texts and dates; no word of German is left but what the town calls the concern and the place."""
    invited(desk, "c-17", language="en")
    desk.office.expect("a1", "09:00")
    desk.sync()
    desk.office.hear("AppointmentMoveRequested", attempt=2, **wanted("10:00"))
    desk.office.hear("AppointmentMoved", attempt=2)
    desk.sync()
    desk.office.hear("AppointmentCancelled")
    desk.sync()
    mails = smtp_sink.messages()
    assert [mail["Subject"] for mail in mails] == [
        "Appointment: Tuesday, 24 November 2026, 09:00",
        "Appointment changed: Tuesday, 24 November 2026, 10:00",
        "Appointment removed: Tuesday, 24 November 2026, 10:00",
    ]
    for mail in mails:
        text, page, _ = (str(part.get_payload(decode=True), "utf-8") for part in mail.iter_parts())
        assert mail["Content-Language"] == "en"
        assert '<html lang="en">' in page
        for said_so in (text, page):
            assert "Hello," in said_so
            assert "Your day" in said_so
            assert re.search("Guten Tag|Termin|Wann|Anliegen|Personen", said_so) is None
    assert str(ics(mails[-1]).walk("VEVENT")[0]["summary"]) == "Appointment"


@pytest.mark.parametrize("kind", ["new", "changed", "gone"])
def test_the_head_is_read_as_it_was_meant(kind: str) -> None:
    """By a strict reader: no blank more beside an umlaut, and a long Message-ID is one."""
    at = datetime(2027, 3, 2, 8, tzinfo=UTC)
    entry = Entry("a1", 1, at.isoformat(), at.isoformat(), "Reisepass", "rathaus", confirmed=True, reserved_at="")
    town = House("Stadt Gütersloh", "termine@stadt.example", "http://x", "smtp://x")
    invitation, link = Invitation(kind, f"{'0123' * 20}.1", 0, entry), Link("c", "c-17", "mail", "", "")
    mail = mail_of(invitation, link, "c-17@town.example", town, at, ZoneInfo("Europe/Berlin"))
    said = heads.fields(mail.as_bytes())
    assert heads.text(said["Subject"]).endswith(": Dienstag, 2. März 2027, 09:00")
    assert heads.text(said["Subject"]) == mail["Subject"]
    assert heads.mailbox(said["From"]) == (town.town, town.sender)
    assert said["Message-ID"] == mail["Message-ID"]


def test_a_visit_that_is_handed_over_changes_mailboxes(desk: Desk, smtp_sink: MailSink) -> None:
    """And back again: SEQUENCE goes on rising in each."""
    desk.office.employ("c-18")
    invited(desk, "c-17")
    invited(desk, "c-18")
    desk.office.hear("AppointmentRequested", **wanted("09:00", clerk="c-17"))
    desk.office.hear("AppointmentConfirmed")
    desk.sync()
    for number, (giver, taker) in enumerate((("c-17", "c-18"), ("c-18", "c-17"))):
        desk.office.app.handle(SubstituteClerk(f"s{number}", desk.office.now, "a1", 1, 1, giver, taker))
        desk.sync()
    told = [(one.to.partition("@")[0], one.method, one.sequence) for one in map(said, smtp_sink.messages())]
    assert [one for one in told if one[0] == "c-17"] == [
        ("c-17", "REQUEST", 0),
        ("c-17", "CANCEL", 1),
        ("c-17", "REQUEST", 2),
    ]
    assert [one for one in told if one[0] == "c-18"] == [("c-18", "REQUEST", 0), ("c-18", "CANCEL", 1)]


def test_a_mail_of_which_nobody_knows_goes_out_again_as_the_same(desk: Desk, smtp_sink: MailSink) -> None:
    """Taken, and the connection lost before that was said: the same Message-ID, then quiet."""
    mailbox = invited(desk, "c-17")
    desk.office.hear("AppointmentRequested", **wanted("09:00"))
    desk.office.hear("AppointmentConfirmed")
    smtp_sink.behave("drop", times=1)
    desk.sync()
    assert desk.state(mailbox).because == "unreachable"
    desk.sync()
    assert desk.state(mailbox).because is None
    desk.sync()
    first, second = smtp_sink.messages()
    assert first["Message-ID"] == second["Message-ID"]
    assert said(first) == said(second)


def test_a_mail_of_which_nobody_knows_is_taken_back(desk: Desk, smtp_sink: MailSink) -> None:
    """The visit is gone before anybody knows whether the clerk was told of it: then the clerk is told that, too."""
    invited(desk, "c-17")
    desk.office.hear("AppointmentRequested", **wanted("09:00"))
    desk.office.hear("AppointmentConfirmed")
    smtp_sink.behave("drop", times=1)
    desk.sync()
    desk.office.hear("AppointmentCancelled")
    desk.sync()
    assert [said(mail)[1:3] for mail in smtp_sink.messages()] == [("REQUEST", 0), ("CANCEL", 1)]


def test_what_was_refused_is_tried_again(desk: Desk, smtp_sink: MailSink) -> None:
    """And where the visit is gone before it was mailed, nothing is."""
    mailbox = invited(desk, "c-17")
    desk.office.hear("AppointmentRequested", **wanted("09:00"))
    desk.office.hear("AppointmentConfirmed")
    desk.office.hear("AppointmentRequested", "a2", **wanted("10:00"))
    smtp_sink.behave("permanent")
    desk.office.hear("AppointmentConfirmed", "a2")
    desk.sync()
    state = desk.state(mailbox)
    assert (state.because, state.detail) == ("server_error", "the mail server refuses: 550")
    desk.office.hear("AppointmentCancelled")
    smtp_sink.behave("accept")
    desk.sync()
    assert desk.state(mailbox).because is None
    (mail,) = smtp_sink.messages()
    assert said(mail)[1:3] == ("REQUEST", 0)
    assert str(ics(mail).walk("VEVENT")[0]["uid"]).startswith("a2.")


@pytest.mark.parametrize(("name", "value"), [("MAIL_FROM", "Stadt <termine@stadt.example>"), ("TOWN", "Stadt\nX")])
def test_a_sender_that_cannot_be_right_is_said(
    desk: Desk, smtp_sink: MailSink, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    """As what holds the mailbox up, by the name of the variable; nothing is lost meanwhile."""
    mailbox = invited(desk, "c-17")
    desk.office.expect("a1", "09:00")
    with monkeypatch.context() as wrong:
        wrong.setenv(f"FOYER_{name}", value)
        desk.sync()
    state = desk.state(mailbox)
    assert (state.because, str(state.detail).partition(" ")[0]) == ("cannot", f"FOYER_{name}")
    desk.sync()
    assert len(smtp_sink.messages()) == 1


def test_what_is_over_is_forgotten_and_not_cancelled(desk: Desk, smtp_sink: MailSink) -> None:
    """What was stays in the clerk's calendar."""
    invited(desk, "c-17")
    desk.office.hear("AppointmentRequested", **wanted("09:00"))
    desk.office.hear("AppointmentConfirmed")
    desk.sync()
    desk.office.now = desk.office.now.replace(day=24, hour=15)
    desk.sync()
    assert len(smtp_sink.messages()) == 1
    with desk.office.app.read() as connection:
        assert connection.execute(written.select()).all() == []
