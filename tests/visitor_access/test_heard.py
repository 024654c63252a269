"""What booking says decides who is on the list."""

import pytest

from services.visitor_access import decider
from tests.given_when_then import Scenario
from tests.visitor_access.facts import (
    ANNOUNCED,
    ARRIVED,
    LEFT,
    REGISTERED,
    TOKEN,
    announce,
    announced,
    arrived,
    at,
    ended,
    forget,
    left,
    missed,
    register,
    registered,
    remove,
    removed,
    reserved,
    unreadable,
)

visits = Scenario(decider)


def test_a_requested_appointment_announces_the_guest():
    """At the entrance the guest is known before the confirmation."""
    visits.given().when(announce()).then(reserved(), announced())


def test_a_guest_is_announced_once():
    """A second announcement changes nothing, whatever came in between."""
    visits.given(*ANNOUNCED).when(announce()).then()
    visits.given(*REGISTERED).when(announce()).then()
    visits.given(*ANNOUNCED, removed("expired")).when(announce()).then()


def test_a_confirmed_appointment_registers_the_guest_with_a_pass():
    """The pass is issued when the appointment is confirmed."""
    visits.given(*ANNOUNCED).when(register()).then(registered())


def test_a_guest_is_registered_once_for_each_attempt():
    """A confirmation that comes again changes nothing."""
    visits.given(*REGISTERED).when(register()).then()


def test_a_moved_guest_keeps_the_pass():
    """The new time and site are registered under the old pass."""
    new = {"attempt": 2, "day": 25, "clock": "14:00", "site": "nord"}
    visits.given(*REGISTERED).when(register(**new)).then(registered(**new))


def test_an_old_confirmation_does_not_undo_a_move():
    """Attempts only go up."""
    visits.given(*REGISTERED, registered(attempt=3, day=25)).when(register(attempt=2, day=26)).then()


@pytest.mark.parametrize("because", ["declined", "expired", "cancelled"])
@pytest.mark.parametrize("before", [ANNOUNCED, REGISTERED])
def test_a_guest_who_is_not_to_come_is_removed(before, because):
    """Declined, expired and cancelled appointments leave the list."""
    visits.given(*before).when(remove(because)).then(removed(because))


def test_a_removed_guest_is_removed_as_last_registered():
    """The removal names the attempt that stood."""
    visits.given(*REGISTERED, registered(attempt=2, day=25)).when(remove("cancelled")).then(
        removed("cancelled", attempt=2)
    )


@pytest.mark.parametrize("before", [(), (*REGISTERED, removed("cancelled"))])
def test_a_removal_changes_nothing_for_others(before):
    """Nobody is removed twice, nor whom nobody announced."""
    visits.given(*before).when(remove("cancelled")).then()


@pytest.mark.parametrize("before", [ARRIVED, LEFT])
def test_who_has_been_in_the_house_stays_on_the_list(before):
    """That the appointment has ended is kept, once, and brings nobody back either."""
    over = visits.given(*before).when(remove("cancelled")).then(ended("cancelled"))
    assert over.states["visit-a1"].status == before[-1].__class__.__name__.removeprefix("Guest").lower()
    over.when(remove("cancelled")).then()
    over.when(register(attempt=2, day=25)).then()


def test_who_called_off_has_missed_nothing():
    """The day may have ended before we hear of it: we were down, or the clock was ahead."""
    visits.given(*REGISTERED, missed()).when(remove("cancelled")).then(removed("cancelled"))


def test_a_removed_guest_is_never_registered():
    """A late confirmation brings nobody back."""
    visits.given(*ANNOUNCED, removed("expired")).when(register()).then()
    visits.given(*REGISTERED, removed("cancelled")).when(register(attempt=2, day=25)).then()


def test_a_guest_nobody_announced_is_a_fault():
    """Streams come in order, so this message is parked where operations see it."""
    with pytest.raises(LookupError, match="a1"):
        visits.given().when(register())


def test_a_guest_in_the_house_stays_there_when_the_time_moves_on_the_same_day():
    """The list of people in the house must stay right."""
    new = {"attempt": 2, "clock": "11:00"}
    visits.given(*ARRIVED).when(register(**new)).then(registered(**new), arrived())


@pytest.mark.parametrize("elsewhere", [{"day": 25}, {"site": "nord"}])
def test_a_guest_in_the_house_is_assumed_to_leave_when_moved_elsewhere(elsewhere):
    """Sent to another day or site, the guest is expected there."""
    moved = register(attempt=2, now=at("09:05"), **elsewhere)
    visits.given(*ARRIVED).when(moved).then(left("09:05", assumed=True), registered(attempt=2, **elsewhere))


@pytest.mark.parametrize("before", [LEFT, (*REGISTERED, missed())])
def test_a_guest_who_has_left_or_missed_is_expected_again_after_a_move(before):
    """The new attempt counts."""
    visits.given(*before).when(register(attempt=2, day=25)).then(registered(attempt=2, day=25))


@pytest.mark.parametrize("before", [(), ANNOUNCED, REGISTERED, ARRIVED, LEFT])
def test_a_forgotten_guest_becomes_unreadable(before):
    """Whatever has happened, the key goes."""
    visits.given(*before).when(forget()).then(unreadable())


def test_a_guest_is_forgotten_once():
    """There is nothing left to forget."""
    visits.given(*REGISTERED, unreadable()).when(forget()).then()


def test_the_same_token_of_another_appointment_does_not_share_the_pass():
    """The pass belongs to the appointment, not to the token."""
    decided = visits.given(*ANNOUNCED).when(announce("a2", token=TOKEN)).decided
    assert decided[0].appointment == "a2"
    assert decided[0].number != reserved().number
