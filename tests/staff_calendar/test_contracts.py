"""What this service says and hears is what tests/contracts shows."""

import json
from dataclasses import replace
from datetime import date, datetime

import pytest
from marshmallow import ValidationError

from services.staff_calendar import contracts, reactions
from services.staff_calendar.commands import ConfirmVisit, HoldStaff, LetGoStaff, StopWanted
from services.staff_calendar.events import (
    BusyDay,
    BusyTimesChanged,
    ClerkBecameBusy,
    ClerkBecameFree,
    ClerkDefined,
    HoldForgone,
    HoursOpened,
    OpenDay,
    Opening,
    Pattern,
    QuotasSet,
    Responsibility,
    Span,
    StaffCalendarEvent,
    StaffDeclined,
    StaffReleased,
    StaffReserved,
    StopHeld,
    VisitConfirmed,
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
    "StaffReserved": StaffReserved(VISIT, 1, (HELD,)),
    "StaffDeclined": StaffDeclined(VISIT, 1, "taken", (at("09:10"),)),
    "StaffReleased": StaffReleased(VISIT, 1, (HELD,), closed=True),
    "ClerkBusy": BusyTimesChanged(
        "c-17", (BusyDay(DAY, (Span(at("10:00"), at("11:30")),)), BusyDay(date(2026, 11, 25), ()))
    ),
}
PRIVATE: tuple[StaffCalendarEvent, ...] = (
    QuotasSet("c-17", Pattern()),
    taken(HELD),
    freed(HELD),
    HoldForgone(VISIT, 1, closed=True),
    VisitConfirmed(VISIT, 1),
    ClerkBecameBusy("c-17", DAY, (Span(at("10:00"), at("11:30")),)),
    ClerkBecameFree("c-17", DAY, (Span(at("10:00"), at("11:30")),)),
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
    order = HoldStaff(following(request, by="staff_calendar"), NOW, VISIT, 1, "rathaus", (stop,))
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
    (order,) = reactions.react(message(kind, VISIT), NOW)
    assert isinstance(order, LetGoStaff)
    assert (order.appointment, order.attempt, order.scope) == (VISIT, attempt, scope)


def test_a_confirmation_is_noted() -> None:
    """So that the visit stands in the clerk's calendar as one that takes place."""
    (order,) = reactions.react(message("AppointmentConfirmed", VISIT), NOW)
    assert isinstance(order, ConfirmVisit)
    assert (order.appointment, order.attempt) == (VISIT, 1)


def test_what_is_of_no_use_is_passed_over() -> None:
    """No guest is known here who could be forgotten."""
    assert reactions.react(message("GuestForgotten"), NOW) == ()


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
