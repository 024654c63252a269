"""What follows from each try to send a letter."""

from datetime import timedelta

import pytest

from services.notifications import decider
from services.notifications.decider import ENOUGH_TRIES, pause
from services.notifications.events import MessageFailed
from tests.given_when_then import Scenario
from tests.notifications.facts import (
    NOW,
    closed,
    confirmed,
    deferred,
    dropped,
    due,
    failed,
    guest_noted,
    not_sent,
    passed,
    sent,
    was_sent,
)

DUE = Scenario(decider).given(guest_noted(), confirmed(), passed(), due("confirmation"))


def test_an_accepted_letter_is_sent():
    """Once: a second record of the same changes nothing."""
    DUE.when(sent("confirmation")).then(was_sent("confirmation")).when(sent("confirmation")).then()


def test_an_unknown_letter_is_not_recorded():
    """A record without a letter is no fact."""
    DUE.when(sent("moved")).then()
    DUE.when(not_sent("moved")).then()


def test_a_permanent_refusal_ends_it():
    """Another try would not help."""
    DUE.when(not_sent("confirmation", because="mailbox_unavailable", permanent=True)).then(
        failed("confirmation", "mailbox_unavailable")
    )


def test_a_temporary_refusal_defers_it():
    """The next try is after the first pause, and the tries are counted on."""
    first = deferred("confirmation", NOW + timedelta(seconds=5))
    again = DUE.when(not_sent("confirmation")).then(first)
    now = NOW + timedelta(seconds=6)
    second = again.when(not_sent("confirmation", now=now)).then(
        deferred("confirmation", now + timedelta(seconds=10), tries=2)
    )
    second.when(sent("confirmation", now=now)).then(was_sent("confirmation", tries=3))


def tried(times: int) -> Scenario:
    """The confirmation was tried so often."""
    return DUE.given(deferred("confirmation", NOW, tries=times))


def test_after_a_day_it_has_failed():
    """The last try is the one after which no other would begin within 24 hours."""
    last, tries = NOW + timedelta(hours=23, minutes=50, seconds=1), ENOUGH_TRIES + 1
    before = tried(ENOUGH_TRIES)
    before.when(not_sent("confirmation", now=last)).then(failed("confirmation", "try_later", tries=tries))
    before.when(not_sent("confirmation", now=last - timedelta(seconds=1))).then(
        deferred("confirmation", NOW + timedelta(hours=24), tries=tries)
    )


def test_a_day_in_which_we_were_away_is_no_trying():
    """After a weekend, or by a clock that is wrong for a minute: a first refusal is the first, however late."""
    monday = NOW + timedelta(hours=63)
    DUE.when(not_sent("confirmation", now=monday)).then(deferred("confirmation", monday + timedelta(seconds=5)))
    tried(ENOUGH_TRIES - 2).when(not_sent("confirmation", now=monday)).then(
        deferred("confirmation", monday + timedelta(minutes=10), tries=ENOUGH_TRIES - 1)
    ).when(not_sent("confirmation", now=monday)).then(failed("confirmation", "try_later", tries=ENOUGH_TRIES))


def test_enough_tries_are_fewer_than_a_day_holds():
    """A mail server that is slow to say no, or a service that was away for hours, does not make it much later."""
    assert ENOUGH_TRIES == 72


@pytest.mark.parametrize(("tries", "seconds"), [(1, 5), (2, 10), (3, 20), (7, 320), (8, 600), (9, 600), (5000, 600)])
def test_pauses_grow(tries, seconds):
    """5 s, doubling to 10 minutes."""
    assert pause(tries) == timedelta(seconds=seconds)


def test_a_dropped_letter_is_not_deferred():
    """It was overtaken while it was being sent: no further try."""
    gone = DUE.given(closed("cancelled"), dropped("confirmation", "cancelled"), due("cancelled"))
    gone.when(not_sent("confirmation")).then()
    gone.when(not_sent("confirmation", permanent=True)).then()


def test_a_dropped_letter_that_was_accepted_is_recorded():
    """The record says what happened, not what should have."""
    gone = DUE.given(closed("cancelled"), dropped("confirmation", "cancelled"), due("cancelled"))
    gone.when(sent("confirmation")).then(was_sent("confirmation"))


def test_the_number_of_tries_in_a_day_is_bounded():
    """A mail server that is away for a day costs some 150 events a letter, not thousands."""
    scenario, now, tries = DUE, NOW, 0
    while True:
        decision = scenario.when(not_sent("confirmation", now=now))
        tries += 1
        (event,) = decision.decided
        if isinstance(event, MessageFailed):
            break
        scenario, now = decision.then(event), event.due_at
    assert tries == event.tries <= 152
