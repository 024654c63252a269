"""When a letter becomes due, and when it no longer is."""

from datetime import timedelta

from services.notifications import decider
from services.notifications.decider import KEEPING
from tests.given_when_then import Scenario
from tests.notifications.facts import (
    FIRST,
    LATER,
    ask,
    ask_no_more,
    ask_to_confirm,
    cancel,
    closed,
    confirm,
    confirmed,
    decline,
    dropped,
    due,
    expire,
    failed,
    forget,
    forgotten,
    guest_noted,
    hand_over,
    handed_over,
    keep,
    move,
    moved,
    note_guest,
    passed,
    question_closed,
    question_noted,
    register,
    repeated,
    sent,
    was_sent,
)

NOBODY = Scenario(decider)
ASKED = NOBODY.given(guest_noted())
CONFIRMED = ASKED.given(confirmed(), passed(), due("confirmation"))
WRITTEN = CONFIRMED.given(was_sent("confirmation"))


def test_a_guest_is_asked_for_another_time_once():
    """With the clerk's proposal, or without one; not about a visit that has moved meanwhile, or is over."""
    for proposed, kind in ((LATER, "asked_to_move"), (None, "asked_for_another")):
        question, other = due(kind, asked_for=proposed), None if proposed else LATER
        WRITTEN.when(ask(proposed)).then(question).when(ask(proposed)).then()
        asked = WRITTEN.given(question, was_sent(kind))
        asked.when(ask(other)).then(question_noted(other)).when(ask(other)).then()
        WRITTEN.given(moved()).when(ask(proposed)).then()
        WRITTEN.given(closed("cancelled")).when(ask(proposed)).then()


def test_a_question_that_is_withdrawn_before_it_went_out_is_not_asked():
    """Nothing else is dropped; asked anew, it goes out after all."""
    question = due("asked_to_move", asked_for=LATER)
    waiting = CONFIRMED.when(ask()).then(question)
    waiting.when(ask_no_more()).then(dropped("asked_to_move", "withdrawn"), question_closed()).when(ask()).then(
        question
    )
    sent_once = waiting.given(was_sent("asked_to_move"))
    sent_once.when(ask_no_more()).then(question_closed()).when(ask()).then(question_noted(LATER))


def test_a_question_that_changes_before_it_went_out_is_asked_anew():
    """For the newest time, or any; when one has gone out, or never can, the guest's page says the rest."""
    evening = LATER + timedelta(hours=3)
    waiting = WRITTEN.when(ask()).then(due("asked_to_move", asked_for=LATER))
    changed = waiting.when(ask(evening)).then(
        dropped("asked_to_move", "changed"), due("asked_to_move", asked_for=evening)
    )
    changed.when(ask(evening)).then()
    changed.when(ask(None)).then(dropped("asked_to_move", "changed"), due("asked_for_another"))
    changed.given(was_sent("asked_to_move")).when(ask(None)).then(question_noted(None))
    changed.given(failed("asked_to_move", "mailbox_unavailable")).when(ask(None)).then(question_noted(None))


def test_a_question_that_changes_before_it_goes_out_again_is_not_asked_again():
    """The guest has had a letter about it."""
    waiting = WRITTEN.given(due("asked_to_move", asked_for=LATER), was_sent("asked_to_move"), repeated("asked_to_move"))
    waiting.when(ask(None)).then(dropped("asked_to_move", "changed"), question_noted(None))


def test_a_guest_is_asked_once_to_say_yes():
    """Not any more once it is confirmed, or over."""
    asking = ask_to_confirm()
    question = due("asked_to_confirm", asked_for=FIRST.starts_at, confirm_by=LATER)
    waiting = ASKED.when(asking).then(question)
    waiting.when(asking).then()
    waiting.when(confirm()).then(confirmed(), dropped("asked_to_confirm", "moved"))
    CONFIRMED.when(asking).then()
    ASKED.given(closed("cancelled")).when(asking).then()


def test_the_guest_is_noted_once():
    """A second request of the same appointment changes nothing."""
    NOBODY.when(note_guest()).then(guest_noted()).when(note_guest("en")).then()


def test_details_then_pass():
    """The confirmation is due when the pass comes after the details."""
    ASKED.when(confirm()).then(confirmed()).when(register()).then(passed(), due("confirmation"))


def test_pass_then_details():
    """The confirmation is due when the pass comes before the details, and even before the request."""
    NOBODY.when(register()).then(passed())
    NOBODY.given(passed(), guest_noted()).when(confirm()).then(confirmed(), due("confirmation"))


def test_nothing_is_due_twice():
    """What has been heard already leads to nothing."""
    CONFIRMED.when(confirm()).then()
    CONFIRMED.when(register()).then()


def test_a_hand_over_asks_for_no_letter():
    """The clerk is noted once, for the letters that come, and while there is a visit."""
    WRITTEN.when(hand_over()).then(handed_over()).when(hand_over()).then()
    WRITTEN.when(hand_over(2)).then()
    WRITTEN.given(closed("cancelled")).when(hand_over()).then()


def test_a_pass_of_another_attempt_does_not_do():
    """The letter about the new time waits for the pass of the new time."""
    WRITTEN.when(move()).then(moved()).when(register(2)).then(passed(2), due("moved", 2))


def test_a_move_overtakes_the_confirmation():
    """A confirmation that has not gone out yet would name the old time."""
    CONFIRMED.when(move()).then(moved(), dropped("confirmation", "moved"))


def test_the_pass_of_an_old_time_asks_for_no_letter():
    """When the pass of attempt 1 comes after the move, only the letter about the new time is written."""
    ASKED.given(confirmed(), moved()).when(register(1)).then(passed(1)).when(register(2)).then(
        passed(2), due("moved", 2)
    )


def test_a_cancellation_after_the_confirmation_is_told():
    """Who has a letter about the visit gets one about its end."""
    WRITTEN.when(cancel()).then(closed("cancelled"), due("cancelled"))


def test_a_cancellation_overtakes_the_confirmation():
    """A confirmation must not go out after the cancellation."""
    CONFIRMED.when(cancel()).then(closed("cancelled"), dropped("confirmation", "cancelled"), due("cancelled"))


def test_a_cancellation_before_the_confirmation_is_not_told():
    """The guest sees it on the page; there is no mail to take back."""
    ASKED.when(cancel(was_confirmed=False)).then(closed("cancelled"))


def test_after_the_end_nothing_becomes_due():
    """A pass, a move or a second cancellation that comes late asks for no letter."""
    over = ASKED.given(confirmed(), closed("cancelled"), due("cancelled"))
    for late in (register(), move(), keep(), cancel(), decline(late=True), expire()):
        over.when(late).then()


def test_a_decline_at_once_is_not_told():
    """The guest is still on the page."""
    ASKED.when(decline(late=False)).then(closed("declined"))


def test_a_late_decline_is_told():
    """With the time that was asked for and the ones that are free."""
    told = due("declined", asked_for=FIRST.starts_at, alternatives=(LATER,))
    ASKED.when(decline(late=True)).then(closed("declined"), told)


def test_an_expiry_is_told():
    """The guest has left the page long ago."""
    ASKED.when(expire()).then(closed("expired"), due("expired", asked_for=FIRST.starts_at))


def test_who_was_asked_to_say_yes_and_did_not_is_told_so():
    """The house had held everything. Where the mail that asks had not gone out, nobody could say yes."""
    asked = ASKED.when(ask_to_confirm()).then(due("asked_to_confirm", asked_for=FIRST.starts_at, confirm_by=LATER))
    asked.given(was_sent("asked_to_confirm")).when(expire()).then(
        closed("expired"), due("not_confirmed", asked_for=FIRST.starts_at)
    )
    asked.when(expire()).then(
        closed("expired"), dropped("asked_to_confirm", "expired"), due("expired", asked_for=FIRST.starts_at)
    )


def test_a_move_that_comes_to_nothing_is_told_once():
    """The old time stays, and the letter about it, too."""
    for kind, other in (KEEPING, KEEPING[::-1]):
        told = due(kind, 2, asked_for=LATER)
        CONFIRMED.when(keep(kind=kind)).then(told).when(keep(kind=kind)).then().when(keep(kind=other)).then()


def test_a_forgotten_guest_gets_no_letter():
    """What is waiting is dropped; nothing becomes due any more; the record of what went out still is taken."""
    gone = CONFIRMED.when(forget()).then(dropped("confirmation", "forgotten"), forgotten())
    for late in (forget(), note_guest(), move(), register(2), cancel()):
        gone.when(late).then()
    gone.when(sent("confirmation")).then(was_sent("confirmation"))
