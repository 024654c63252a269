"""What rooms says is what the examples show; what booking says is understood."""

import json
from dataclasses import replace
from datetime import date
from typing import Any, get_args

import pytest
from marshmallow import ValidationError

from services.rooms import contracts, reactions
from services.rooms.commands import HoldRooms, LetGoRooms, Scope, StopWanted
from services.rooms.events import HoldForgone, HoursOpened, HoursSet, Pattern, RoomEvent, SiteClosuresSet
from shared.messages import following
from tests.rooms.heard import CONTRACTS, example, message
from tests.rooms.words import NOW, at, declined, freed, held, open_from, released, reserved, room, stop, taken

VISIT = "0192f0c1-7a50-7c3e-9d61-5b1f0c2a7e11"
NINE = replace(held("r-101", stop("09:00", "09:10", "09:15")), name="Raum 101")
SAID: dict[str, RoomEvent] = {
    "RoomDefined": replace(room("r-101", equipment=("fingerprint",)), name="Raum 101"),
    "RoomOpened": replace(open_from("r-101", ("08:00", "18:00")), from_=date(2026, 11, 23)),
    "RoomReserved": reserved(NINE, appointment=VISIT)[-1],
    "RoomDeclined": declined("taken", "09:10", appointment=VISIT),
    "RoomReleased": released(NINE, appointment=VISIT, kept=2, closed=True)[-1],
}
PRIVATE: tuple[RoomEvent, ...] = (
    HoursSet("r-101", Pattern()),
    SiteClosuresSet("rathaus", ()),
    taken(NINE),
    freed(NINE),
    HoldForgone(VISIT, 1),
)


def test_there_is_an_example_of_every_message_said() -> None:
    """No message is said that outsiders have not seen."""
    examples = {path.name.split(".")[1] for path in CONTRACTS.glob("rooms.*.json")}
    assert examples == {name for name, *_ in contracts.SAYS.values()} == SAID.keys()


@pytest.mark.parametrize("kind", SAID)
def test_a_message_is_said_exactly_as_shown(kind: str) -> None:
    """Type, version, subject and data."""
    shown = example(f"rooms.{kind}")
    said = contracts.say(SAID[kind])
    assert said is not None
    assert (f"foyer.rooms.{said.type}.v{said.version}", said.subject) == (shown["type"], shown["subject"])
    assert json.dumps(said.data) == json.dumps(shown["data"])


@pytest.mark.parametrize("event", PRIVATE)
def test_the_rest_is_private(event: RoomEvent) -> None:
    """Publish less than you store."""
    assert contracts.say(event) is None


def test_every_event_is_either_said_or_private() -> None:
    """A new event must be put on one side."""
    assert {type(event) for event in (*SAID.values(), *PRIVATE)} == set(get_args(RoomEvent))


def test_a_day_without_openings_says_the_range_only() -> None:
    """Closed is what is left out."""
    said = contracts.say(HoursOpened("r1", date(2026, 11, 23), date(2026, 11, 24), "Europe/Berlin", ()))
    assert said is not None
    assert said.data["days"] == []


# --------------------------------------------------------------------------------------------------------------- hears


def reaction(kind: str, **data: Any) -> HoldRooms | LetGoRooms:
    heard = message(kind, **data)
    [command] = reactions.react(heard, NOW)
    assert command.id == following(heard, by="rooms")
    return command


def test_a_request_is_an_order_to_hold_rooms() -> None:
    """The room of the proposal is a wish."""
    nine = StopWanted(1, 3, ("fingerprint",), True, at("09:00"), at("09:10"), at("09:15"), "r-101")
    command = reaction("AppointmentRequested")
    assert command == HoldRooms(command.id, NOW, "a1", 1, "rathaus", (nine,))


def test_a_request_to_move_is_an_order_to_hold_for_the_next_attempt() -> None:
    """The attempt says which place is meant."""
    command = reaction("AppointmentMoveRequested")
    assert isinstance(command, HoldRooms)
    assert (command.attempt, command.stops[0].starts_at) == (2, at("14:00", date(2026, 11, 25)))


@pytest.mark.parametrize(
    ("kind", "attempt", "scope"),
    [
        ("AppointmentMoved", 2, "others"),
        ("AppointmentMoveDeclined", 2, "this"),
        ("AppointmentDeclined", 1, "all"),
        ("AppointmentExpired", 1, "all"),
        ("AppointmentCancelled", 1, "all"),
    ],
)
def test_what_ends_an_attempt_lets_go(kind: str, attempt: int, scope: Scope) -> None:
    """Of the old place, of the new one, or of everything."""
    command = reaction(kind)
    assert command == LetGoRooms(command.id, NOW, "a1", attempt, scope)


@pytest.mark.parametrize("kind", ["AppointmentConfirmed", "GuestForgotten"])
def test_what_concerns_no_room_is_of_no_use(kind: str) -> None:
    """The gate moves, nothing else."""
    assert reactions.react(message(kind), NOW) == ()


def test_every_message_of_booking_can_be_heard() -> None:
    """With fields we don't know, too."""
    for path in CONTRACTS.glob("booking.*.json"):
        reactions.react(message(path.name.split(".")[1], something_new=1), NOW)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"attempt": "1"}, "attempt"),
        ({"attempt": None}, "attempt"),
        ({"site": 7}, "site"),
        ({"stops": []}, "stops"),
        ({"stops": [{"stop": 1}]}, "starts_at"),
        ({"wanted": (stop("09:10", "09:10"),)}, "ends_at"),
        ({"wanted": (stop("09:00", "09:10", "09:05"),)}, "ends_at"),
    ],
)
def test_a_message_that_breaks_the_contract_is_not_taken(wrong: dict[str, Any], field: str) -> None:
    """It is parked, with the field named."""
    with pytest.raises(ValidationError, match=field):
        reaction("AppointmentRequested", **wrong)


def test_a_stop_without_a_wish_is_heard() -> None:
    """Booking need not name a room."""
    command = reaction("AppointmentRequested", wanted=(stop("09:00", "09:10"),))
    assert isinstance(command, HoldRooms)
    assert command.stops == (stop("09:00", "09:10"),)
