"""What this service says and hears is what tests/contracts shows."""

import json
from dataclasses import replace

import pytest
from marshmallow import ValidationError

from services.visitor_access import contracts, reactions
from services.visitor_access.commands import MakeUnreadable, RemoveGuest
from services.visitor_access.events import HostsChanged, Stop, VisitEvent
from shared.messages import following
from tests.visitor_access.facts import (
    SUNDAY,
    announce,
    announced,
    arrived,
    ended,
    left,
    missed,
    register,
    registered,
    removed,
    reserved,
    undone,
    unreadable,
)
from tests.visitor_access.heard import CONTRACTS, example, message

VISIT = "0192f0c1-7a50-7c3e-9d61-5b1f0c2a7e11"
NUMBER = "7KQ4M2XD"
SAID = {
    "GuestAnnounced": announced(VISIT, number=NUMBER),
    "GuestRegistered": registered(VISIT, number=NUMBER),
    "GuestRemoved": removed("cancelled", VISIT),
    "ArrivalUndone": replace(undone("08:56:03"), appointment=VISIT, number=NUMBER),
    "GuestArrived": replace(arrived("08:55:12", VISIT), number=NUMBER),
    "GuestLeft": replace(left("09:20", VISIT), number=NUMBER),
    "GuestMissed": replace(missed(VISIT), number=NUMBER),
}
PRIVATE = (reserved(), HostsChanged(VISIT, 1, (Stop("Raum 101", "A. Demir"),)), ended("cancelled"), unreadable())


def test_there_is_an_example_of_every_message_said():
    """No message is said that outsiders have not seen."""
    examples = {path.name.split(".")[1] for path in CONTRACTS.glob("visitor_access.*.json")}
    assert examples == {event.__name__ for event in contracts.SAYS} == SAID.keys()


@pytest.mark.parametrize("kind", SAID)
def test_a_message_is_said_exactly_as_shown(kind):
    """Type, version, subject and data, byte for byte."""
    shown = example(f"visitor_access.{kind}")
    said = contracts.say(SAID[kind])
    assert said is not None
    assert (f"foyer.visitor_access.{said.type}.v{said.version}", said.subject) == (shown["type"], shown["subject"])
    assert json.loads(json.dumps(said.data)) == shown["data"]


def test_a_departure_that_nobody_saw_is_said_to_be_assumed():
    """Whoever counts minutes leaves these out."""
    said = contracts.say(left("00:00", day=25, assumed=True))
    assert said is not None
    assert said.data["assumed"] is True


@pytest.mark.parametrize("event", PRIVATE)
def test_the_rest_is_private(event):
    """Publish less than you store."""
    assert contracts.say(event) is None


def test_every_event_is_either_said_or_private():
    """A new event must be put on one side."""
    assert {type(event) for event in (*SAID.values(), *PRIVATE)} == set(VisitEvent.__args__)


def test_nothing_said_holds_the_sealed_guest():
    """Booking says it; nobody needs it twice."""
    assert "s1." not in json.dumps([contracts.say(event).data for event in SAID.values()])


# --------------------------------------------------------------------------------------------------------------- hears


def reaction(kind: str, **data: object):
    heard = message(kind, **data)
    commands = reactions.react(heard, SUNDAY)
    assert [command.id for command in commands] == [following(heard, by="visitor_access")][: len(commands)]
    return commands


def same(command, other):
    return command == replace(other, id=command.id)


def test_a_request_is_an_announcement():
    """The sealed token is taken over as it is."""
    [command] = reaction("AppointmentRequested")
    assert same(command, announce())


def test_a_confirmation_is_a_registration():
    """Rooms and clerks are taken over by name."""
    [command] = reaction("AppointmentConfirmed")
    assert same(command, register())
    assert command.stops == (Stop("Raum 101", "J. Brinkmann"),)


def test_a_move_is_a_registration_of_the_next_attempt():
    """The new time counts."""
    [command] = reaction("AppointmentMoved")
    assert same(command, register(attempt=2, day=25, clock="14:00"))


@pytest.mark.parametrize("because", ["declined", "expired", "cancelled"])
def test_whoever_is_not_to_come_is_removed(because):
    """For the reason that booking gives."""
    assert [type(command) for command in reaction(f"Appointment{because.title()}")] == [RemoveGuest]
    assert reaction(f"Appointment{because.title()}")[0].because == because


def test_a_forgotten_guest_is_made_unreadable():
    """Booking decides when."""
    assert [type(command) for command in reaction("GuestForgotten")] == [MakeUnreadable]


@pytest.mark.parametrize("kind", ["AppointmentMoveRequested", "AppointmentMoveDeclined"])
def test_what_only_concerns_the_place_leaves_the_list_alone(kind):
    """The old time stands until the new one does."""
    assert reaction(kind) == ()


def test_every_message_of_booking_can_be_heard():
    """With fields we don't know, too."""
    for path in CONTRACTS.glob("booking.*.json"):
        reaction(path.name.split(".")[1], something_new=1)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("starts_at", "2026-11-24T09:00:00"),
        ("attempt", "1"),
        ("party_size", None),
        ("date", "24.11.2026"),
        ("date", "2026-11-25"),
        ("guest", 1),
    ],
)
def test_a_message_that_breaks_the_contract_is_not_taken(field, value):
    """It is parked, with the field named."""
    with pytest.raises(ValidationError, match=field):
        reaction("AppointmentRequested", **{field: value})
