"""The calendar entry, read back by icalendar."""

from datetime import UTC, datetime

import pytest

from tests.notifications.facts import A, letter, visit
from tests.notifications.reading import calendar, event, part, written

BERLIN_WINTER, BERLIN_SUMMER = "+01:00", "+02:00"


def test_a_confirmation_enters_the_visit():
    """RFC 5546: UID, SEQUENCE, ORGANIZER = sender, the guest as attendee who owes no answer."""
    mail = written()
    entry = event(mail)
    assert calendar(mail)["method"] == "REQUEST" == part(mail, "text/calendar").get_param("method")
    assert (entry["uid"], entry["sequence"], entry["status"]) == (f"{A}@guetersloh.example", 0, "CONFIRMED")
    assert entry["organizer"] == "mailto:termine@guetersloh.example"
    assert entry["attendee"] == "mailto:joerg@example.org"
    assert entry["attendee"].params["RSVP"] == "FALSE"
    assert entry["summary"] == "Reisepass, Ausgabe (Stadt Gütersloh)"
    assert entry["location"] == "Rathaus, Berliner Straße 70, 33330 Gütersloh"
    assert entry["dtstamp"].dt == datetime(2026, 11, 22, 9, tzinfo=UTC)


def test_what_to_bring_stands_in_the_entry():
    """And where to go; but no link, which could cancel."""
    description = event(written())["description"]
    assert description.split("\n") == [
        "09:00 Uhr: Reisepass, Ausgabe (Raum 101, J. Brinkmann)",
        "Bitte bringen Sie mit:",
        "- Bisheriger Reisepass",
        "Ihre Besuchsnummer: 7KQ4M2XD",
    ]
    assert b"token" not in event(written()).to_ical()


def test_the_sequence_rises():
    """With every attempt, and with the cancellation above the attempt it cancels."""
    letters = [
        letter(),
        letter("cancelled"),
        letter("moved"),
        letter("cancelled", attempt=2),
        letter("moved", attempt=3),
    ]
    entries = [event(written(one)) for one in letters]
    assert [entry["sequence"] for entry in entries] == [0, 1, 2, 3, 4]
    assert {entry["uid"] for entry in entries} == {f"{A}@guetersloh.example"}


def test_a_cancellation_takes_it_out():
    """METHOD:CANCEL of the same UID."""
    mail = written(letter("cancelled"))
    assert calendar(mail)["method"] == "CANCEL" == part(mail, "text/calendar").get_param("method")
    assert event(mail)["status"] == "CANCELLED"


@pytest.mark.parametrize(
    ("start", "utc_hour"),
    [
        ("2026-11-24T09:00:00+01:00", 8),
        ("2027-07-01T09:00:00+02:00", 7),
        ("2026-10-25T00:30:00+00:00", 0),
        ("2026-10-25T01:30:00+00:00", 1),
    ],
)
def test_times_are_local_with_their_zone(start, utc_hour):
    """TZID with a VTIMEZONE that covers them; also in the hour that comes twice, where the day ends up right."""
    mail = written(letter(visit=visit(start)))
    entry = event(mail)
    assert entry["dtstart"].params["TZID"] == "Europe/Berlin"
    (zone,) = calendar(mail).walk("VTIMEZONE")
    assert zone["tzid"] == "Europe/Berlin"
    assert entry["dtend"].dt > entry["dtstart"].dt
    assert entry["dtstart"].dt.astimezone(UTC).hour in {utc_hour, 0}


def test_lines_are_short_and_end_as_they_should():
    """RFC 5545: at most 75 octets, CRLF."""
    payload = part(written(), "text/calendar").get_payload(decode=True)
    assert isinstance(payload, bytes)
    assert payload.count(b"\n") == payload.count(b"\r\n")
    assert max(map(len, payload.split(b"\r\n"))) <= 75
