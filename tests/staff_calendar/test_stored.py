"""A stored event is never edited: what once went into the log can always be read."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import get_args

import pytest

from services.staff_calendar import upcasts
from services.staff_calendar.events import (
    AbsenceEnded,
    AbsenceRecorded,
    BusyDay,
    BusyTimesChanged,
    CalendarAddressRenewed,
    CalendarHoursSet,
    ClerkBecameBusy,
    ClerkBecameFree,
    ClerkDefined,
    ClerkWished,
    Exceptional,
    GuestCalled,
    GuestUnreadable,
    HoldForgone,
    Hours,
    HoursOpened,
    Needs,
    OpenDay,
    Opening,
    Pattern,
    PresenceNoted,
    Quota,
    QuotasSet,
    Responsibility,
    Span,
    StaffCalendarEvent,
    StaffDeclined,
    StaffReleased,
    StaffReserved,
    StaffSubstituted,
    StaffWithdrawn,
    StopHeld,
    VisitConfirmed,
    VisitFinished,
)
from shared.codec import Codec
from tests.staff_calendar.words import DAY, ZONE, at, freed, taken

HELD = StopHeld(
    1, "c-17", "J. Brinkmann", DAY, "rathaus", at("09:00"), at("09:10"), at("09:15"), "reisepass-ausgabe", "Reisepass"
)
EVENTS: tuple[StaffCalendarEvent, ...] = (
    ClerkDefined(
        "c-17",
        "J. Brinkmann",
        ("buergerbuero",),
        ("pass",),
        (Responsibility("buergerbuero", "surname", "A-K", "A", "K"), Responsibility("buergerbuero", "anyone")),
        ("de", "en"),
    ),
    QuotasSet(
        "c-17",
        Pattern(
            (Quota("tue", "08:00", "12:30", "rathaus", 2, date(2026, 11, 24)),),
            (Exceptional(date(2026, 12, 1), (Hours("spexard", "09:00", "10:00"),), "Sprechtag"),),
        ),
    ),
    HoursOpened("c-17", DAY, DAY, ZONE, (OpenDay(DAY, (Opening("rathaus", at("08:00"), at("12:30")),)),)),
    replace(taken(HELD), ends_at=None),
    freed(HELD),
    StaffReserved("a1", 1, (HELD,)),
    StaffDeclined("a1", 1, "taken", (at("09:15"),)),
    StaffReleased("a1", 1, (HELD,), kept=2, closed=True),
    HoldForgone("a1", 2, kept=2, closed=True),
    ClerkWished("a1", 1, 1, "c-17", "move", at("11:00"), at("11:10")),
    CalendarHoursSet("c-17", (OpenDay(DAY, (Opening("rathaus", at("14:00"), at("16:00")),)),)),
    VisitConfirmed("a1", 1),
    ClerkBecameBusy("c-17", DAY, (Span(at("10:00"), at("11:00")),)),
    ClerkBecameFree("c-17", DAY, (Span(at("10:00"), at("10:30")),)),
    BusyTimesChanged("c-17", (BusyDay(DAY, (Span(at("10:30"), at("11:00")),)), BusyDay(date(2026, 11, 25), ()))),
    StaffSubstituted("a1", 1, "c-17", replace(HELD, clerk="c-18", needs=Needs("buergerbuero", ("pass",), "A-K", "de"))),
    StaffWithdrawn("a1", 1, (HELD,)),
    PresenceNoted("a1", "arrived", at("08:55")),
    GuestCalled("a1", 1, 1, "c-17", "J. Brinkmann", "Raum 101", at("09:01")),
    VisitFinished("a1", 1, 1, "c-17", at("09:09")),
    GuestUnreadable("a1"),
    AbsenceRecorded("c-17", "x1", at("08:00"), at("12:00"), "Fortbildung"),
    AbsenceEnded("c-17", "x1"),
    CalendarAddressRenewed("c-17"),
)
STORED = json.loads(Path(__file__).with_name("stored_v1.json").read_text())
WITH_BUFFERS = json.loads(Path(__file__).with_name("stored_v1_buffers.json").read_text())
codec = Codec(StaffCalendarEvent, upcasts.UPCASTS)


def test_every_event_has_its_stored_text() -> None:
    """Whoever adds an event keeps its text, too."""
    assert {type(event) for event in EVENTS} == set(get_args(StaffCalendarEvent))
    assert STORED.keys() == {type(event).__name__ for event in EVENTS}


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_what_was_stored_can_be_read(event: StaffCalendarEvent) -> None:
    """The text that version 1 of the service stored gives the event it stood for."""
    name = type(event).__name__
    assert codec.load(name, 1, json.dumps(STORED[name])) == event


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_what_is_stored_holds_what_was(event: StaffCalendarEvent) -> None:
    """Fields with a default may come; a change of those there are needs a new version and an upcast."""
    name, version, text = codec.dump(event)
    assert version == 1
    assert _holds(json.loads(text), STORED[name])


def test_rhythms_of_months_are_stored_as_ever() -> None:
    """They came later, as fields with a default."""
    quota = Quota("tue", "08:00", "12:30", "rathaus", of_month=-1, valid_from=date(2027, 1, 1), valid_until=date.max)
    event = QuotasSet("c-17", Pattern((quota,)))
    stored = """{"clerk": "c-17", "pattern": {"weekly": [{"weekday": "tue", "from_": "08:00", "until": "12:30",
        "site": "rathaus", "every_weeks": 1, "anchor": null, "quota_class": "public", "release_minutes": null,
        "of_month": -1, "valid_from": "2027-01-01", "valid_until": "9999-12-31"}], "exceptions": []}}"""
    assert json.loads(codec.dump(event)[2]) == json.loads(stored)
    assert codec.load("QuotasSet", 1, stored) == event


def test_buffers_before_a_visit_are_stored_as_ever() -> None:
    """They came later, as fields with a default."""
    stop = replace(HELD, blocked_from=at("08:50"))
    for event in (taken(stop), freed(stop), StaffReserved("a1", 1, (stop,))):
        name, version, text = codec.dump(event)
        assert (version, _holds(json.loads(text), WITH_BUFFERS[name])) == (1, True)
        assert codec.load(name, 1, json.dumps(WITH_BUFFERS[name])) == event


def _holds(new: object, old: object) -> bool:
    if isinstance(new, dict) and isinstance(old, dict):
        return all(name in new and _holds(new[name], value) for name, value in old.items())
    if isinstance(new, list) and isinstance(old, list):
        return len(new) == len(old) and all(map(_holds, new, old))
    return new == old
