"""A clerk who would rather have another time: the guest is asked, and decides."""

from dataclasses import replace
from datetime import timedelta

from services.booking import decider
from services.booking.commands import HearNoWish, HearSubstitute, HearWish
from services.booking.events import (
    AppointmentQuestioned,
    AppointmentReassigned,
    QuestionWithdrawn,
    WishNoted,
)
from tests.booking.facts import (
    APPOINTMENT,
    ELSEWHEN,
    NINE,
    NOW,
    SOON,
    cancelled,
    confirmed,
    declines,
    expire,
    held,
    move_declined,
    move_requested,
    moved,
    plan,
    requested,
    room_held,
    staff_held,
)
from tests.given_when_then import Scenario

asked = Scenario(decider).given(requested())
sure = asked.given(room_held(), staff_held(), confirmed())
LATER = NINE + timedelta(hours=2)


QUESTION = AppointmentQuestioned(APPOINTMENT, 1, LATER, 1)
WITHDRAWN = QuestionWithdrawn(APPOINTMENT, 1, 1)
ANOTHER = AppointmentQuestioned(APPOINTMENT, 1, None, 2)
moving = sure.given(move_requested(ELSEWHEN))


def wish(attempt: int = 1, now=NOW, starts_at=LATER) -> HearWish:
    return HearWish("w", now, APPOINTMENT, attempt, 1, starts_at)


def no_wish(stop: int = 1, now=NOW) -> HearNoWish:
    return HearNoWish("n", now, APPOINTMENT, 1, stop)


def test_the_guest_of_a_confirmed_appointment_is_asked() -> None:
    """With the time that the clerk proposes, or without one; the appointment stands."""
    sure.when(wish()).then(QUESTION)
    sure.when(wish(starts_at=None)).then(replace(QUESTION, starts_at=None))


def test_nobody_is_asked_for_what_is_not_so_any_more() -> None:
    """Before it is confirmed, after another attempt, when it is called off or over."""
    asked.when(wish()).then()
    sure.when(wish(attempt=2)).then()
    sure.given(cancelled()).when(wish()).then()
    sure.when(wish(now=NINE)).then()


def test_a_clerk_who_puts_the_entry_back_asks_for_nothing_any_more() -> None:
    """Once; not of what another clerk has asked, nor when it is called off."""
    asking = sure.given(QUESTION)
    asking.when(no_wish()).then(WITHDRAWN).when(no_wish()).then()
    asking.when(no_wish(stop=2)).then()
    asking.given(cancelled()).when(no_wish()).then()
    sure.when(no_wish()).then()


def test_a_question_without_a_stop_is_taken_back_by_any() -> None:
    """So were they stored once."""
    sure.given(AppointmentQuestioned(APPOINTMENT, 1, LATER)).when(no_wish(stop=2)).then(replace(WITHDRAWN, stop=2))


def test_the_last_question_that_stands_is_put_to_the_guest() -> None:
    """Whichever of two clerks takes back what was asked; not once the visit has begun."""
    both = sure.given(QUESTION, ANOTHER)
    both.when(no_wish(stop=2)).then(replace(WITHDRAWN, stop=2), QUESTION).when(no_wish()).then(WITHDRAWN)
    both.when(no_wish()).then(WITHDRAWN, ANOTHER).when(no_wish(stop=2)).then(replace(WITHDRAWN, stop=2))
    both.when(no_wish(now=NINE)).then(WITHDRAWN)
    both.given(QUESTION).when(no_wish()).then(WITHDRAWN, ANOTHER)


def test_a_withdrawal_without_a_stop_takes_back_all() -> None:
    """So were they stored once."""
    sure.given(QUESTION, ANOTHER, QuestionWithdrawn(APPOINTMENT, 1)).when(no_wish()).then()


def test_a_question_beside_the_one_taken_back_waits_for_the_end_of_a_move() -> None:
    """As do wishes that two clerks have during the move."""
    noted = WishNoted(APPOINTMENT, 1, None, 2)
    declined = move_declined(ELSEWHEN, "rooms_taken")
    left = sure.given(QUESTION, ANOTHER, move_requested(ELSEWHEN)).when(no_wish()).then(WITHDRAWN, noted)
    left.when(declines("rooms", 2)).then(declined, ANOTHER)
    moving.given(WishNoted(APPOINTMENT, 1, LATER, 1), noted).when(declines("rooms", 2)).then(
        declined, QUESTION, ANOTHER
    )


def test_whoever_takes_over_has_not_asked() -> None:
    """The question goes with the clerk who would rather have had another time."""
    (new,) = held("staff", plan())
    new = replace(new, id="c-18")
    taken_over = HearSubstitute("s", NOW, APPOINTMENT, 1, new)
    reassigned = AppointmentReassigned(APPOINTMENT, 1, plan(), held("rooms", plan()), (new,))
    sure.given(QUESTION).when(taken_over).then(reassigned, WITHDRAWN)
    sure.given(replace(QUESTION, stop=2)).when(taken_over).then(reassigned)


def test_a_wish_during_a_move_is_kept_for_when_it_fails() -> None:
    """Declined or run out; moved, there is nothing to ask for."""
    noted = moving.when(wish()).then(WishNoted(APPOINTMENT, 1, LATER, 1))
    declined = move_declined(ELSEWHEN, "rooms_taken")
    noted.when(declines("rooms", 2)).then(declined, QUESTION).when(no_wish()).then(WITHDRAWN)
    run_out = move_declined(ELSEWHEN, "expired", alternatives=False)
    noted.when(expire(SOON + timedelta(minutes=10))).then(run_out, QUESTION)
    noted.when(no_wish()).then(WITHDRAWN).when(declines("rooms", 2)).then(declined)
    noted.when(declines("rooms", 2, now=NINE)).then(declined)
    noted.given(moved(ELSEWHEN)).when(no_wish()).then()
