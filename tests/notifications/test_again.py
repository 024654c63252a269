"""A letter goes out once more when operations name it, as long as what it says is still true."""

from dataclasses import replace
from datetime import timedelta

import pytest

from services.notifications import decider
from services.notifications.events import LetterEvent
from tests.given_when_then import Scenario
from tests.notifications.facts import (
    FIRST,
    LATER,
    NOW,
    again,
    ask,
    ask_no_more,
    closed,
    confirmed,
    due,
    failed,
    forgotten,
    guest_noted,
    keep,
    moved,
    not_sent,
    passed,
    question_closed,
    question_noted,
    repeated,
    sent,
    was_sent,
    was_sent_again,
)

CONFIRMED = Scenario(decider).given(guest_noted(), confirmed(), passed(), due("confirmation"))
WRITTEN = CONFIRMED.given(was_sent("confirmation"))


def test_a_letter_that_was_sent_is_due_again_once_per_wish() -> None:
    """It is recorded apart from the first time, which stays the one that others are told of."""
    asked = WRITTEN.when(again("confirmation")).then(repeated("confirmation"))
    asked.when(again("confirmation")).then()
    twice = asked.when(sent("confirmation")).then(was_sent_again("confirmation"))
    twice.when(again("confirmation")).then(repeated("confirmation"))


def test_a_letter_that_failed_is_sent_for_the_first_time() -> None:
    """So the others are told."""
    lost = CONFIRMED.when(not_sent("confirmation", because="refused", permanent=True))
    tried = lost.then(failed("confirmation", "refused")).when(again("confirmation")).then(repeated("confirmation"))
    tried.when(sent("confirmation")).then(was_sent("confirmation", tries=2))


def test_what_waits_or_is_unknown_is_not_repeated() -> None:
    """It goes out anyway, or there is nothing to go out."""
    CONFIRMED.when(again("confirmation")).then()
    WRITTEN.when(again("moved", 2)).then()


@pytest.mark.parametrize("later", [closed("cancelled"), moved(), forgotten()], ids=lambda event: type(event).__name__)
def test_what_was_overtaken_is_not_repeated(later: LetterEvent) -> None:
    """It would mislead."""
    WRITTEN.given(later).when(again("confirmation")).then()


def test_nobody_is_asked_to_confirm_again_who_has_or_is_too_late() -> None:
    """The letter asks to say yes until a time."""
    for until, asked in ((LATER, (repeated("asked_to_confirm"),)), (NOW, ())):
        question = due("asked_to_confirm", asked_for=FIRST.starts_at, confirm_by=until)
        waiting = Scenario(decider).given(guest_noted(), question, was_sent("asked_to_confirm"))
        waiting.when(again("asked_to_confirm")).then(*asked)
        waiting.given(confirmed(), passed()).when(again("asked_to_confirm")).then()


def test_a_question_that_is_taken_back_is_not_asked_again() -> None:
    """Not before the clerk wishes for the same time once more."""
    sent_once = WRITTEN.given(due("asked_to_move", asked_for=LATER), was_sent("asked_to_move"))
    sent_once.when(again("asked_to_move")).then(repeated("asked_to_move"))
    over = sent_once.when(ask_no_more()).then(question_closed())
    over.when(ask_no_more()).then()
    over.when(again("asked_to_move")).then()
    for proposed, told in ((LATER, (repeated("asked_to_move"),)), (None, ())):
        over.when(ask(proposed)).then(question_noted(proposed)).when(again("asked_to_move")).then(*told)


def test_a_question_that_comes_too_late_is_not_asked_again() -> None:
    """The time that the clerk proposed is over, or the visit has begun."""
    for proposed, over in ((NOW + timedelta(hours=1), NOW + timedelta(hours=1)), (LATER, FIRST.starts_at)):
        sent_once = WRITTEN.given(due("asked_to_move", asked_for=proposed), was_sent("asked_to_move"))
        sent_once.when(again("asked_to_move", now=over - timedelta(minutes=1))).then(
            replace(repeated("asked_to_move"), due_at=over - timedelta(minutes=1))
        )
        sent_once.when(again("asked_to_move", now=over)).then()


def test_what_still_stands_is_repeated() -> None:
    """The old time after a move that was declined; the end of a visit after all."""
    kept = WRITTEN.when(keep()).then(due("move_declined", 2, asked_for=keep().asked_for))
    kept.when(again("confirmation")).then(repeated("confirmation"))
    ended = WRITTEN.given(closed("cancelled"), due("cancelled"), was_sent("cancelled"))
    ended.when(again("cancelled")).then(repeated("cancelled"))
    WRITTEN.given(moved(), passed(2), due("moved", 2), was_sent("moved", 2)).when(again("moved", 2)).then(
        repeated("moved", 2)
    )
