"""What this service says and hears is what tests/contracts shows."""

import json
from dataclasses import replace
from datetime import date, datetime

import pytest
from marshmallow import ValidationError

from services.staff_calendar import contracts, reactions
from services.staff_calendar.commands import (
    ConfirmVisit,
    HoldStaff,
    LetGoStaff,
    MakeUnreadable,
    NotePresence,
    StopWanted,
)
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
    Document,
    GuestCalled,
    GuestUnreadable,
    HoldForgone,
    HoursOpened,
    OpenDay,
    Opening,
    Pattern,
    PresenceNoted,
    QuotasSet,
    Responsibility,
    RoomOfStop,
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
from shared.messages import following
from tests.staff_calendar.office import CONTRACTS, example, message, wanted
from tests.staff_calendar.words import DAY, NOW, ZONE, at, freed, taken

VISIT = "0192f0c1-7a50-7c3e-9d61-5b1f0c2a7e11"
HELD = StopHeld(
    1, "c-17", "J. Brinkmann", DAY, "rathaus", at("09:00"), at("09:10"), at("09:15"), "reisepass-ausgabe", "Reisepass"
)
SAID: dict[str, StaffCalendarEvent] = {
    "ClerkDefined": ClerkDefined(
        "c-17",
        "J. Brinkmann",
        ("buergerbuero",),
        ("pass", "meldewesen"),
        (Responsibility("buergerbuero", "anyone"),),
        ("de", "en"),
    ),
    "ClerkOpened": HoursOpened(
        "c-17",
        date(2026, 11, 23),
        DAY,
        ZONE,
        (
            OpenDay(
                DAY,
                (
                    Opening("rathaus", at("08:00"), at("12:30")),
                    Opening("rathaus", at("13:00"), at("16:00"), "internal", 2880),
                ),
            ),
        ),
    ),
    "StaffReserved": StaffReserved(VISIT, 1, (HELD,), guest="s1.sealed"),
    "StaffDeclined": StaffDeclined(VISIT, 1, "taken", (at("09:10"),)),
    "StaffReleased": StaffReleased(VISIT, 1, (HELD,), closed=True),
    "ClerkWished": ClerkWished(VISIT, 1, 1, "c-17", "move", at("11:00"), at("11:10")),
    "ClerkBusy": BusyTimesChanged(
        "c-17", (BusyDay(DAY, (Span(at("10:00"), at("11:30")),)), BusyDay(date(2026, 11, 25), ()))
    ),
    "StaffSubstituted": StaffSubstituted(VISIT, 1, "c-17", replace(HELD, clerk="c-18", name="A. Demir")),
    "StaffWithdrawn": StaffWithdrawn(VISIT, 1, (HELD,)),
    "GuestCalled": GuestCalled(VISIT, 1, 1, "c-17", "J. Brinkmann", "Raum 101", at("09:01")),
    "VisitFinished": VisitFinished(VISIT, 1, 1, "c-17", at("09:09")),
}
PRIVATE: tuple[StaffCalendarEvent, ...] = (
    QuotasSet("c-17", Pattern()),
    taken(HELD),
    freed(HELD),
    HoldForgone(VISIT, 1, closed=True),
    ClerkBecameBusy("c-17", DAY, (Span(at("10:00"), at("11:30")),)),
    ClerkBecameFree("c-17", DAY, (Span(at("10:00"), at("11:30")),)),
    CalendarHoursSet("c-17", (OpenDay(DAY, (Opening("rathaus", at("14:00"), at("16:00")),)),)),
    VisitConfirmed(VISIT, 1, 2, "de", (Document("Ausweis", "Identity card"),), (RoomOfStop(1, "Raum 101"),)),
    PresenceNoted(VISIT, "arrived", at("08:55")),
    GuestUnreadable(VISIT),
    AbsenceRecorded("c-17", "x1", at("08:00"), at("12:00"), "Fortbildung"),
    AbsenceEnded("c-17", "x1"),
    CalendarAddressRenewed("c-17"),
)


def test_there_is_an_example_of_every_message_said() -> None:
    """No message is said that outsiders have not seen."""
    assert {path.name.split(".")[1] for path in CONTRACTS.glob("staff_calendar.*.json")} == SAID.keys()


@pytest.mark.parametrize("kind", SAID)
def test_a_message_is_said_exactly_as_shown(kind: str) -> None:
    """Type, version, subject and data, in the order shown."""
    shown, said = example(f"staff_calendar.{kind}"), contracts.say(SAID[kind])
    assert said is not None
    assert (f"foyer.staff_calendar.{said.type}.v{said.version}", said.subject) == (shown["type"], shown["subject"])
    assert json.dumps(said.data) == json.dumps(shown["data"])


@pytest.mark.parametrize("event", PRIVATE, ids=lambda event: type(event).__name__)
def test_what_is_private_is_not_said(event: StaffCalendarEvent) -> None:
    """Outsiders hear results: not the pattern behind the hours, nor the ticks of a day."""
    assert contracts.say(event) is None


@pytest.mark.parametrize("event", [*SAID.values(), *PRIVATE], ids=lambda event: type(event).__name__)
def test_an_event_comes_back_from_the_log_as_it_was(event: StaffCalendarEvent) -> None:
    """Local offsets, too, so that what is said is the same after a restart."""
    codec = Codec(StaffCalendarEvent, {})
    loaded = codec.load(*codec.dump(event))
    assert loaded == event
    assert contracts.say(loaded) == contracts.say(event)


def test_a_request_becomes_an_order_to_hold() -> None:
    """All that allocation needs is taken from the message; its id is the same at every delivery."""
    request = message("AppointmentRequested", VISIT)
    stop = StopWanted(
        1,
        "buergerbuero",
        ("pass",),
        None,
        at("09:00"),
        at("09:10"),
        at("09:15"),
        "c-17",
        "reisepass-ausgabe",
        "Reisepass, Ausgabe",
    )
    guest = request.data["guest"]
    order = HoldStaff(following(request, by="staff_calendar"), NOW, VISIT, 1, "rathaus", (stop,), guest=guest)
    assert reactions.react(request, NOW) == (order,)


def test_a_wish_to_move_becomes_an_order_to_hold_the_next_attempt() -> None:
    """The old place is not touched yet."""
    (order,) = reactions.react(message("AppointmentMoveRequested", VISIT), NOW)
    assert isinstance(order, HoldStaff)
    assert (order.attempt, order.stops[0].starts_at) == (2, datetime.fromisoformat("2026-11-25T14:00:00+01:00"))


@pytest.mark.parametrize(
    ("kind", "scope", "attempt"),
    [
        ("AppointmentMoved", "others", 2),
        ("AppointmentMoveDeclined", "this", 2),
        ("AppointmentDeclined", "all", 1),
        ("AppointmentExpired", "all", 1),
        ("AppointmentCancelled", "all", 1),
    ],
)
def test_the_end_of_an_attempt_becomes_an_order_to_let_go(kind: str, scope: str, attempt: int) -> None:
    """Of everything, of the others, or of this one."""
    order, *_ = reactions.react(message(kind, VISIT), NOW)
    assert isinstance(order, LetGoStaff)
    assert (order.appointment, order.attempt, order.scope) == (VISIT, attempt, scope)


@pytest.mark.parametrize("kind", ["AppointmentConfirmed", "AppointmentMoved"])
def test_a_confirmation_says_what_the_clerk_may_expect(kind: str) -> None:
    """How many come, what they bring, and into which room."""
    *_, order = reactions.react(message(kind, VISIT), NOW)
    assert isinstance(order, ConfirmVisit)
    assert (order.attempt, order.party_size, order.language) == (1 if kind == "AppointmentConfirmed" else 2, 2, "de")
    assert order.documents == (Document("Bisheriger Reisepass", "Your previous passport"),)
    assert order.rooms == (RoomOfStop(1, "Raum 101"),)


@pytest.mark.parametrize(
    ("kind", "presence", "when"),
    [
        ("GuestRegistered", "expected", None),
        ("GuestArrived", "arrived", "08:55:12"),
        ("ArrivalUndone", "expected", None),
        ("GuestLeft", "left", "09:20:00"),
        ("GuestMissed", "missed", None),
    ],
)
def test_what_the_entrance_sees_is_noted(kind: str, presence: str, when: str | None) -> None:
    """The clerk knows whether the guest is in the house."""
    (order,) = reactions.react(message(kind, VISIT, source="visitor_access"), NOW)
    assert isinstance(order, NotePresence)
    assert (order.appointment, order.presence) == (VISIT, presence)
    assert (order.at and order.at.strftime("%H:%M:%S")) == when


def test_a_guest_is_forgotten_here_too() -> None:
    """Also one of whom nothing is held any more."""
    (order,) = reactions.react(message("GuestForgotten", VISIT), NOW)
    assert order == MakeUnreadable(order.id, NOW, VISIT)


def test_what_is_of_no_use_is_passed_over() -> None:
    """The entrance says more than a clerk must know."""
    assert reactions.react(message("GuestAnnounced", source="visitor_access"), NOW) == ()


def test_a_field_that_is_added_later_is_passed_over() -> None:
    """Messages may grow, on the top and in the stops."""
    grown = replace(message("AppointmentRequested"))
    grown.data["weather"] = "fair"
    grown.data["stops"][0]["chairs"] = 3
    assert len(reactions.react(grown, NOW)) == 1


@pytest.mark.parametrize(
    "data",
    [
        {"attempt": 0},
        {"attempt": "1"},
        {"stops": []},
        {"stops": wanted()["stops"] * 2},
        {"stops": wanted()["stops"] * 21},
        wanted(ends_at="2026-11-24T09:00:00+01:00"),
        wanted(blocked_until="2026-11-24T09:05:00+01:00"),
        wanted(starts_at="2026-11-24T09:00:00"),
        wanted(starts_at="soon"),
        wanted(department=None),
        wanted(competences="pass"),
        {"site": 7},
    ],
)
def test_a_request_that_makes_no_sense_is_not_read(data: dict[str, object]) -> None:
    """It raises, so that it is parked, and its stream with it."""
    with pytest.raises(ValidationError):
        reactions.react(message("AppointmentRequested", **data), NOW)
