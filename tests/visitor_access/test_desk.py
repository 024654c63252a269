"""What the desk may enter, and what it is told otherwise."""

from datetime import UTC, timedelta

import pytest

from services.visitor_access import decider
from services.visitor_access.events import Entry
from tests.given_when_then import Scenario
from tests.visitor_access.facts import (
    ANNOUNCED,
    ARRIVED,
    LEFT,
    PASS,
    REGISTERED,
    arrive,
    arrived,
    at,
    ended,
    leave,
    left,
    missed,
    registered,
    removed,
    undo,
    undone,
)

visits = Scenario(decider)
MISSED = (*REGISTERED, missed())
LEFT_UNSEEN = (*ARRIVED, left("00:00", day=25, assumed=True))


def test_an_expected_guest_arrives():
    """Any time of the day will do: early guests may wait inside."""
    visits.given(*REGISTERED).when(arrive(at("08:55"))).then(arrived("08:55"))


def test_an_arrival_is_stored_in_local_time_to_the_second():
    """The desk reads local times."""
    now = at("08:55:12.345678").astimezone(UTC)
    [event] = visits.given(*REGISTERED).when(arrive(now)).decided
    assert event.at.isoformat() == "2026-11-24T08:55:12+01:00"


def test_a_guest_arrives_once():
    """The second entry changes nothing."""
    visits.given(*ARRIVED).when(arrive(at("08:58"))).then()


@pytest.mark.parametrize("code", ["XXXXXXXX", "nobody", "", "x" * 99, "a1\0", "ä", f"{PASS}0", "a1 "])
@pytest.mark.parametrize("entry", [arrive, leave, undo])
def test_an_unknown_pass_is_refused(entry, code):
    """Whoever is not on the list goes to the info desk."""
    visits.given(*REGISTERED).when(entry(at("08:55"), code)).then_refused("unknown")


def test_a_guest_is_found_by_the_appointment_too():
    """The list shows it, and a guest may have forgotten the pass."""
    visits.given(*REGISTERED).when(arrive(at("08:55"), "a1")).then(arrived("08:55"))


@pytest.mark.parametrize("code", [PASS, "a1"])
def test_a_guest_whose_appointment_is_not_confirmed_is_refused(code):
    """Announced is not expected."""
    visits.given(*ANNOUNCED).when(arrive(at("08:55"), code)).then_refused("not_confirmed")


def test_a_removed_guest_is_refused():
    """The pass of a cancelled visit opens nothing."""
    visits.given(*REGISTERED, removed("cancelled")).when(arrive(at("08:55"))).then_refused("removed")


@pytest.mark.parametrize("day", [22, 23, 25])
def test_the_wrong_day_is_refused(day):
    """A guest is expected on one day."""
    visits.given(*REGISTERED).when(arrive(at("08:55", day))).then_refused("wrong_day")


def test_after_a_move_the_old_day_is_wrong():
    """The new day counts."""
    moved = (*REGISTERED, registered(attempt=2, day=25))
    visits.given(*moved).when(arrive(at("08:55"))).then_refused("wrong_day")
    visits.given(*moved).when(arrive(at("08:55", 25))).then(arrived(day=25))


def test_the_wrong_site_is_refused():
    """Only a desk that says where it stands can be told."""
    visits.given(*REGISTERED).when(arrive(at("08:55"), site="nord")).then_refused("wrong_site")
    visits.given(*REGISTERED).when(arrive(at("08:55"), site="rathaus")).then(arrived("08:55"))


def test_whoever_has_left_does_not_arrive_again_unasked():
    """It would look like a visit that never ended."""
    visits.given(*LEFT).when(arrive(at("10:00"))).then_refused("already_left")


def test_an_arrival_can_be_brought_in_later():
    """A desk without a line writes down the time."""
    visits.given(*REGISTERED).when(arrive(at("12:00"), brought_in=at("08:55"))).then(arrived("08:55"))


def test_an_arrival_brought_in_on_the_next_day_corrects_the_list():
    """Missed was an assumption."""
    visits.given(*MISSED).when(arrive(at("08:00", 25), brought_in=at("08:55"))).then(arrived("08:55"))


def test_a_missed_visit_is_over():
    """On the next day the guest needs a new appointment."""
    visits.given(*MISSED).when(arrive(at("08:00", 25))).then_refused("wrong_day")


@pytest.mark.parametrize("entry", [arrive, leave])
def test_no_time_to_come_and_no_old_time_is_taken(entry):
    """Brought in later means within 24 hours."""
    day = timedelta(hours=24)
    now = at("08:55")
    visits.given(*ARRIVED).when(entry(now, brought_in=now + timedelta(seconds=1))).then_refused("in_the_future")
    visits.given(*ARRIVED).when(entry(now, brought_in=now - day - timedelta(seconds=1))).then_refused("too_old")


def test_a_time_of_24_hours_ago_is_taken():
    """The limit itself is within it."""
    visits.given(*MISSED).when(arrive(at("08:55", 25), brought_in=at("08:55"))).then(arrived("08:55"))


def test_the_same_arrival_brought_in_again_changes_nothing():
    """Also when the guest was assumed to have left in the meantime."""
    again = arrive(at("08:00", 25), brought_in=at("08:55"))
    visits.given(*LEFT_UNSEEN).when(again).then()
    visits.given(*LEFT).when(again).then()


def test_a_guest_leaves():
    """The departure is seen."""
    visits.given(*ARRIVED).when(leave(at("09:20"))).then(left("09:20"))


def test_a_guest_leaves_once():
    """The second entry changes nothing."""
    visits.given(*LEFT).when(leave(at("09:25"))).then()


@pytest.mark.parametrize("before", [REGISTERED, MISSED])
def test_nobody_leaves_who_has_not_arrived(before):
    """The desk is told, so that the arrival is entered first."""
    visits.given(*before).when(leave(at("09:20"))).then_refused("not_arrived")


def test_nobody_leaves_before_arriving():
    """Times brought in later must fit."""
    visits.given(*ARRIVED).when(leave(at("09:20"), brought_in=at("08:54"))).then_refused("before_arrival")


def test_a_departure_seen_replaces_one_assumed():
    """What was seen is better than what was assumed."""
    visits.given(*LEFT_UNSEEN).when(leave(at("08:00", 25), brought_in=at("09:20"))).then(left("09:20"))


def test_a_departure_assumed_stays_without_a_time_seen():
    """Pressing the button on the next day says nothing about yesterday."""
    visits.given(*LEFT_UNSEEN).when(leave(at("08:00", 25))).then()


def test_after_a_move_the_next_visit_begins_anew():
    """Arrival and departure belonged to the old day."""
    moved = (*LEFT, registered(attempt=2, day=25))
    visits.given(*moved).when(leave(at("09:20", 25))).then_refused("not_arrived")
    visits.given(*moved).when(arrive(at("08:55", 25))).then(arrived(day=25))


@pytest.mark.parametrize("before", [ARRIVED, LEFT])
def test_an_arrival_is_taken_back(before):
    """A mis-click is put right, also after a departure that was one."""
    visits.given(*before).when(undo(at("09:30"))).then(undone("09:30"))
    visits.given(*before, undone("09:30")).when(arrive(at("09:40"))).then(arrived("09:40"))


@pytest.mark.parametrize("before", [REGISTERED, MISSED, (*ARRIVED, undone("08:56"))])
def test_there_is_nothing_to_take_back_without_an_arrival(before):
    """The second click changes nothing."""
    visits.given(*before).when(undo(at("09:00"))).then()


@pytest.mark.parametrize("code", [PASS, "a1"])
def test_there_is_no_arrival_to_take_back_of_a_guest_who_was_never_expected(code):
    """The appointment ended before it was confirmed, and the pass was never issued."""
    visits.given(*ANNOUNCED, removed("expired")).when(undo(at("08:55"), code)).then_refused("unknown")


@pytest.mark.parametrize("before", [ARRIVED, LEFT])
def test_whoever_called_off_is_not_expected_when_the_arrival_is_taken_back(before):
    """The appointment ended while the guest was thought to be here."""
    back = visits.given(*before, ended("cancelled")).when(undo(at("09:30")))
    back.then(undone("09:30"), removed("cancelled")).when(arrive(at("09:40"))).then_refused("removed")


@pytest.mark.parametrize("key", [None, Entry("k1", "c1")])
def test_the_arrival_of_whoever_called_off_is_taken_back_once(key):
    """The second click changes nothing, with a key or without."""
    first, again = undo(at("09:30"), entry=key), undo(at("09:31"), entry=key)
    scenario = visits.given(*ARRIVED, ended("cancelled"))
    scenario.given(*scenario.when(first).decided).when(again).then()


def test_an_entry_that_bears_a_key_is_known_again_when_the_guest_is_removed():
    """It is no new one, which would be refused."""
    key = Entry("k1", "c1")
    before = (*REGISTERED, arrived("08:55", entry=key), ended("cancelled"), undone("08:56"), removed("cancelled"))
    visits.given(*before).when(arrive(at("08:57"), entry=key)).then()
    visits.given(*before).when(arrive(at("08:57"), entry=Entry("k2", "c1"))).then_refused("removed")


def test_an_arrival_is_taken_back_on_its_day_only():
    """Afterwards the day is history."""
    visits.given(*ARRIVED).when(undo(at("00:01", 25))).then_refused("wrong_day")


@pytest.mark.parametrize(
    ("before", "entry", "after"),
    [(REGISTERED, arrive, [undo]), (ARRIVED, leave, [undo, arrive]), (ARRIVED, undo, [arrive])],
)
def test_an_entry_that_bears_a_key_is_made_once(before, entry, after):
    """A copy that comes late undoes nothing that was entered since."""
    key = Entry("k1", "c1")
    scenario = visits.given(*before)
    now = at("09:00")
    first = entry(now, entry=key)
    scenario = scenario.given(*scenario.when(first).decided)
    for other in after:
        scenario = scenario.given(*scenario.when(other(now)).decided)
    scenario.when(entry(now, entry=key)).then()
    assert scenario.when(entry(now)).decided


def test_a_key_is_good_for_one_entry():
    """The same key with something else is a mistake of the caller."""
    scenario = visits.given(*REGISTERED)
    scenario = scenario.given(*scenario.when(arrive(at("09:00"), entry=Entry("k1", "c1"))).decided)
    scenario.when(leave(at("09:20"), entry=Entry("k1", "c2"))).then_refused("key_used", "Idempotency-Key")
