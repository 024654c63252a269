"""The life of an appointment, by example."""

from dataclasses import replace
from datetime import timedelta

import pytest

from services.booking import decider
from services.booking.commands import ConfirmByGuest, HearSubstitute, NotePass
from services.booking.events import AnswerCameLate, AppointmentHeld, GuestForgotten, PassNoted, StaffHeld
from tests.booking.facts import (
    AFTERNOON,
    APPOINTMENT,
    ELSEWHEN,
    HOLD_UNTIL,
    NINE,
    NOW,
    OTHER_SITE,
    SOON,
    ask,
    ask_to_move,
    cancel,
    cancelled,
    confirmed,
    declined,
    declines,
    expire,
    expired,
    forget,
    held,
    holds,
    move_declined,
    move_requested,
    moved,
    plan,
    requested,
    room_held,
    staff_held,
    withdrawn,
)
from tests.given_when_then import Scenario

nothing_yet = Scenario(decider)
asked = nothing_yet.given(requested())
sure = asked.given(room_held(), staff_held(), confirmed())
moving = sure.given(move_requested(ELSEWHEN))


def test_a_guest_asks():
    """A request is written down with its plan, and until when it is waited for."""
    nothing_yet.when(ask()).then(requested())


def test_the_same_request_again_changes_nothing():
    """Whoever presses twice asks once."""
    asked.when(ask()).then()
    sure.when(ask()).then()


def test_another_request_under_the_same_key_is_refused():
    """A key stands for one request."""
    asked.when(ask(fingerprint="f2")).then_refused("key_reused", "Idempotency-Key")


@pytest.mark.parametrize(("first", "second"), [("rooms", "staff"), ("staff", "rooms")])
def test_room_and_clerk_make_it_sure(first: str, second: str):
    """It is confirmed when both are held, whoever answers first."""
    events = {"rooms": room_held(), "staff": staff_held()}
    half = asked.when(holds(first)).then(events[first])
    half.when(holds(second)).then(events[second], confirmed())


@pytest.mark.parametrize("who", ["rooms", "staff"])
def test_one_decline_ends_it(who: str):
    """Without room or without clerk there is no visit."""
    asked.when(declines(who)).then(declined(f"{who}_taken"))


def test_a_refusal_that_took_long_is_late():
    """After ten seconds the guest may have left the page."""
    asked.when(declines("rooms", now=NOW + timedelta(seconds=11))).then(declined("rooms_taken", late=True))


def test_an_answer_after_a_decline_came_late():
    """The other owner hears the decline and lets go; here it is only noted."""
    over = asked.given(declined("rooms_taken"))
    over.when(holds("staff")).then(AnswerCameLate(APPOINTMENT, 1, "staff", held=True))
    over.when(declines("staff")).then(AnswerCameLate(APPOINTMENT, 1, "staff", held=False))


def test_a_clerk_who_is_withdrawn_while_the_rooms_are_waited_for_ends_it():
    """Nobody is held any more: what the rooms say then comes late."""
    over = replace(declined("staff_not_on_duty"), alternatives=())
    gone = asked.given(staff_held()).when(withdrawn()).then(over)
    gone.when(holds("rooms")).then(AnswerCameLate(APPOINTMENT, 1, "rooms", held=True))
    moved_nowhere = move_declined(ELSEWHEN, "staff_not_on_duty", alternatives=False)
    moving.given(staff_held(2, ELSEWHEN)).when(withdrawn(2)).then(moved_nowhere)


def test_a_colleague_takes_over_while_the_rooms_are_waited_for():
    """Held by another from then on; of a clerk who is not held yet nobody can take over."""
    (own,) = held("staff", plan())
    new = replace(own, id="c-18")
    taken_over = HearSubstitute("s", SOON, APPOINTMENT, 1, new)
    asked.given(staff_held()).when(taken_over).then(StaffHeld(APPOINTMENT, 1, (new,)))
    asked.when(taken_over).then()


def test_a_withdrawn_clerk_ends_what_is_confirmed():
    """The office calls it off; of an attempt that no longer counts nothing is called off."""
    called_off = sure.when(withdrawn()).then(replace(cancelled(), by="office"))
    called_off.when(withdrawn()).then()
    asked.when(withdrawn(2)).then()


def test_a_hold_runs_out():
    """Who is not answered in time is told so."""
    over = asked.when(expire()).then(expired())
    assert over.states[f"appointment-{APPOINTMENT}"].because == ("expired",)
    asked.given(room_held()).when(expire()).then(expired())


def test_a_hold_does_not_run_out_early():
    """A timer that fires too soon, or after the answer, decides nothing."""
    asked.when(expire(now=HOLD_UNTIL - timedelta(seconds=1))).then()
    sure.when(expire()).then()
    nothing_yet.when(expire()).then()


def test_a_room_held_after_the_hold_ran_out_came_late():
    """The expiry was said before; rooms lets go when it hears it."""
    asked.given(expired()).when(holds("rooms")).then(AnswerCameLate(APPOINTMENT, 1, "rooms", held=True))


def test_a_guest_cancels():
    """A confirmed visit is cancelled once; again changes nothing."""
    sure.when(cancel()).then(cancelled()).when(cancel()).then()


def test_a_guest_cancels_while_waiting():
    """Then late answers find nothing that waits."""
    gone = asked.when(cancel()).then(cancelled(was_confirmed=False))
    gone.when(holds("rooms")).then(AnswerCameLate(APPOINTMENT, 1, "rooms", held=True))


def test_what_is_over_can_not_be_cancelled():
    """Neither a declined visit nor one that has begun."""
    asked.given(declined("rooms_taken")).when(cancel()).then_refused("not_active")
    sure.when(cancel(now=NINE)).then_refused("too_late")
    nothing_yet.when(cancel()).then_refused("not_active")


def test_moving_takes_the_new_place_first():
    """The old place stays confirmed until the new one is held."""
    halfway = sure.when(ask_to_move(ELSEWHEN)).then(move_requested(ELSEWHEN))
    halfway = halfway.when(holds("staff", 2, ELSEWHEN)).then(staff_held(2, ELSEWHEN))
    assert halfway.states[f"appointment-{APPOINTMENT}"].status == "confirmed"
    assert halfway.states[f"appointment-{APPOINTMENT}"].plan == plan()
    there = halfway.when(holds("rooms", 2, ELSEWHEN)).then(room_held(2, ELSEWHEN), moved(ELSEWHEN))
    assert there.states[f"appointment-{APPOINTMENT}"].plan == ELSEWHEN


def test_a_move_that_is_declined_leaves_the_old_place():
    """Nothing was lost by asking."""
    stays = moving.when(declines("staff", 2)).then(move_declined(ELSEWHEN, "staff_taken"))
    assert stays.states[f"appointment-{APPOINTMENT}"].plan == plan()
    stays.when(holds("rooms", 2, ELSEWHEN)).then(AnswerCameLate(APPOINTMENT, 2, "rooms", held=True))


def test_a_move_that_is_not_answered_runs_out():
    """The old place stays then, too."""
    late = expire(now=NOW + timedelta(hours=1))
    moving.when(late).then(move_declined(ELSEWHEN, "expired", alternatives=False))


def test_the_same_move_again_changes_nothing():
    """Asking twice asks once: while it is worked on, and when the visit has been moved."""
    moving.when(ask_to_move(ELSEWHEN)).then()
    moving.given(moved(ELSEWHEN)).when(ask_to_move(ELSEWHEN)).then()


def test_moving_to_where_one_is_already_is_refused():
    """Nothing would come of it, with the same clerk or another one; at another site it is a move."""
    (stop,) = ELSEWHEN.stops
    other_clerk = replace(ELSEWHEN, stops=(replace(stop, clerk="c-18"),))
    sure.when(ask_to_move(plan())).then_refused("same_time", "proposal")
    moving.given(moved(ELSEWHEN)).when(ask_to_move(other_clerk)).then_refused("same_time", "proposal")
    sure.when(ask_to_move(OTHER_SITE)).then(move_requested(OTHER_SITE))


def test_what_can_not_be_moved():
    """One move at a time, of what is confirmed and ahead, to a place for the same concerns."""
    asked.when(ask_to_move(ELSEWHEN)).then_refused("not_confirmed")
    moving.when(ask_to_move(plan(AFTERNOON + timedelta(hours=1)))).then_refused("move_pending")
    sure.when(ask_to_move(ELSEWHEN, now=NINE)).then_refused("too_late")
    sure.when(ask_to_move(plan(AFTERNOON, concern="rentenberatung"))).then_refused("other_concern", "proposal")


def test_a_second_move_is_a_further_attempt():
    """Attempts are counted on, also over declined ones."""
    stays = moving.given(move_declined(ELSEWHEN, "staff_taken"))
    stays.when(ask_to_move(ELSEWHEN)).then(move_requested(ELSEWHEN, attempt=3))


def test_cancelling_while_moving_cancels_all():
    """The answers for the new place come late then."""
    gone = moving.when(cancel()).then(cancelled(attempt=2))
    gone.when(holds("rooms", 2, ELSEWHEN)).then(AnswerCameLate(APPOINTMENT, 2, "rooms", held=True))


def test_answers_for_the_first_attempt_do_not_count_for_the_second():
    """A redelivered answer of old can't confirm a move."""
    moving.when(holds("rooms", 1)).then(AnswerCameLate(APPOINTMENT, 1, "rooms", held=True))


def test_a_guest_is_forgotten_once():
    """After the visit; what else is known stays."""
    after = NINE + timedelta(days=30)
    gone = sure.when(forget(after)).then(GuestForgotten(APPOINTMENT))
    gone.when(forget(after)).then()
    nothing_yet.when(forget(after)).then()
    assert gone.states[f"appointment-{APPOINTMENT}"].guest == ""


def test_forgetting_a_guest_who_is_expected_cancels_the_visit():
    """Nobody can be expected whose name is not known."""
    sure.when(forget(NOW)).then(cancelled(), GuestForgotten(APPOINTMENT))


def test_what_is_being_reserved_for_a_forgotten_guest_is_ended():
    """Also where the time has begun meanwhile; forgotten comes first, so that no letter is written about the move."""
    ended = move_declined(ELSEWHEN, "forgotten", alternatives=False)
    gone = moving.when(forget(NINE)).then(GuestForgotten(APPOINTMENT), ended)
    gone.when(holds("rooms", 2, ELSEWHEN)).then(AnswerCameLate(APPOINTMENT, 2, "rooms", held=True))
    asked.when(forget(NINE)).then(cancelled(was_confirmed=False), GuestForgotten(APPOINTMENT))


BY = NOW + timedelta(minutes=30)
YES = ConfirmByGuest("c", SOON, APPOINTMENT)
to_confirm = nothing_yet.given(replace(requested(), confirm_by=BY))
all_held = AppointmentHeld(APPOINTMENT, 1, plan(), held("rooms", plan()), held("staff", plan()), BY)
kept_for_guest = to_confirm.given(room_held(), staff_held(), all_held)


def test_where_the_town_wants_a_yes_by_mail_everything_is_held_until_then():
    """Confirmed only then, and once."""
    to_confirm.given(room_held()).when(holds("staff")).then(staff_held(), all_held)
    sure_now = kept_for_guest.when(YES).then(confirmed())
    sure_now.when(YES).then()
    kept_for_guest.when(cancel()).then(cancelled(was_confirmed=False))


def test_a_yes_too_early_or_too_late_confirms_nothing():
    """Nothing is held yet, or no longer; what nobody said yes to runs out."""
    to_confirm.given(room_held()).when(YES).then_refused("not_active")
    kept_for_guest.when(replace(YES, now=BY)).then_refused("not_active")
    kept_for_guest.when(expire(HOLD_UNTIL)).then()
    over = kept_for_guest.when(expire(BY)).then(expired())
    assert over.states[f"appointment-{APPOINTMENT}"].because == ("expired", "not_confirmed")
    over.when(YES).then_refused("not_active")
    nothing_yet.when(YES).then_refused("not_active")


def test_the_number_of_the_pass_is_noted_once():
    """As the entrance says it; a guest who is forgotten, or never asked, has none."""
    order = NotePass("c", NOW, APPOINTMENT, "7KQ4M2XD")
    noted = sure.when(order).then(PassNoted(APPOINTMENT, "7KQ4M2XD"))
    noted.when(order).then()
    nothing_yet.when(order).then()
    sure.given(GuestForgotten(APPOINTMENT)).when(order).then()
