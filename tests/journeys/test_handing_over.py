"""A clerk is replaced or away: everybody who must know does, and the guests' visits stay whole."""

from datetime import datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from services.notifications.decider import message_id, stream
from services.notifications.drafts import draft
from services.notifications.projections import messages
from services.staff_calendar.commands import NoteWish, RecordAbsence, SubstituteClerk
from services.staff_calendar.projections import reservations
from services.visitor_access.projections import visits
from tests.journeys.at_rest import assert_at_rest, assert_the_index_is_true
from tests.journeys.town import CERTIFICATE, ID_CARD
from tests.line import ZONE, Line

NINE = datetime(2026, 11, 23, 9, tzinfo=ZoneInfo(ZONE))


def held_by(line: Line, appointment: str) -> list[str]:
    query = select(reservations.c.clerk).where(reservations.c.appointment == appointment)
    return [row.clerk for row in line.rows("staff_calendar", query)]


def substitute(line: Line, appointment: str, substitute: str, attempt: int = 1) -> None:
    (clerk,) = held_by(line, appointment)
    order = SubstituteClerk(str(uuid4()), line.now, appointment, attempt, 1, clerk, substitute)
    line.apps["staff_calendar"].handle(order)


def absence(line: Line, clerk: str, hours: int = 4) -> RecordAbsence:
    return RecordAbsence(
        str(uuid4()), line.now, clerk, "x1", NINE - timedelta(hours=1), NINE + timedelta(hours=hours), None, ZONE
    )


def test_everybody_hears_of_the_substitute(line: Line) -> None:
    """Booking proposes by it, the entrance sends the guest there; the guest's time and room stay."""
    appointment = line.request("a", [ID_CARD], NINE)
    line.settle()
    before = line.life(appointment)
    (clerk,) = held_by(line, appointment)
    other = {"c-1": "c-2", "c-2": "c-1"}[clerk]
    substitute(line, appointment, other)
    line.settle()
    after = line.life(appointment)
    assert [held.id for held in after.clerks] == [other] == held_by(line, appointment)
    assert (after.plan, after.rooms, after.status) == (before.plan, before.rooms, "confirmed")
    (row,) = line.rows("visitor_access", select(visits).where(visits.c.appointment == appointment))
    assert [stop["clerk"] for stop in row.stops] == [after.clerks[0].name]
    line.post_letters()
    assert_at_rest(line, [appointment])
    assert_the_index_is_true(line)


def test_a_substitute_before_the_confirmation_is_confirmed(line: Line) -> None:
    """The rooms answer late; meanwhile another clerk has taken over."""
    appointment = line.request("a", [ID_CARD], NINE)
    line.carry("booking")
    line.deliver("staff_calendar", line.queues["staff_calendar"])
    (clerk,) = held_by(line, appointment)
    substitute(line, appointment, {"c-1": "c-2", "c-2": "c-1"}[clerk])
    line.settle()
    assert line.life(appointment).status == "confirmed"
    assert [held.id for held in line.life(appointment).clerks] == held_by(line, appointment)
    line.post_letters()
    assert_at_rest(line, [appointment])
    assert_the_index_is_true(line)


def test_a_substitution_of_a_place_that_was_moved_changes_nothing(line: Line) -> None:
    """It is heard after the move: only the old place had gone over."""
    appointment = line.request("a", [ID_CARD], NINE)
    line.settle()
    (clerk,) = held_by(line, appointment)
    line.move(appointment, NINE + timedelta(hours=2))
    substitute(line, appointment, {"c-1": "c-2", "c-2": "c-1"}[clerk])
    line.settle()
    assert line.life(appointment).attempt == 2
    line.post_letters()
    assert_at_rest(line, [appointment])
    assert_the_index_is_true(line)


def test_an_absence_gives_visits_away_or_calls_them_off(line: Line) -> None:
    """What a colleague can take stays as it is; the only clerk for certificates is missed, and the guest is told."""
    certificate = line.request("a", [CERTIFICATE], NINE)
    cards = [line.request(f"b{n}", [ID_CARD], NINE + timedelta(minutes=20 * n)) for n in range(3)]
    line.settle()
    staff = line.apps["staff_calendar"]
    seen = staff.foresee(absence(line, "c-3"), absence(line, "c-1"))
    assert list(staff.handle(absence(line, "c-3"), absence(line, "c-1"))) == seen
    line.settle()
    assert line.life(certificate).status == "cancelled"
    assert [line.life(card).status for card in cards] == ["confirmed"] * 3
    assert {clerk for card in cards for clerk in held_by(line, card)} == {"c-2"}
    letters = line.rows("notifications", select(messages.c.kind).where(messages.c.appointment == certificate))
    assert sorted(row.kind for row in letters) == ["cancelled", "confirmation"]
    line.post_letters()
    assert_at_rest(line, [certificate, *cards])
    assert_the_index_is_true(line)


@pytest.mark.parametrize("ends", ["put back", "handed over"])
def test_a_wish_that_is_over_before_the_mail_goes_out_is_not_asked(line: Line, ends: str) -> None:
    """The clerk has put the entry back, or given the visit to a colleague."""
    appointment = line.request("a", [ID_CARD], NINE)
    line.settle()
    line.post_letters()
    (clerk,) = held_by(line, appointment)
    staff = line.apps["staff_calendar"]
    staff.handle(NoteWish("w", line.now, appointment, 1, clerk, "cancel"))
    line.settle()
    assert line.life(appointment).question is not None
    if ends == "put back":
        staff.handle(NoteWish("n", line.now, appointment, 1, clerk, "none"))
    else:
        substitute(line, appointment, {"c-1": "c-2", "c-2": "c-1"}[clerk])
    line.settle()
    assert line.life(appointment).question is None
    line.post_letters()
    letters = line.rows("notifications", select(messages.c.kind, messages.c.status))
    assert sorted(letters) == [("asked_for_another", "dropped"), ("confirmation", "sent")]


def test_a_wish_that_changes_before_the_mail_goes_out_is_asked_as_it_is_now(line: Line) -> None:
    """The mail names the time that the guest's page names."""
    appointment = line.request("a", [ID_CARD], NINE)
    line.settle()
    line.post_letters()
    (clerk,) = held_by(line, appointment)
    for wish, hours in (("w1", 2), ("w2", 3)):
        rather = NINE + timedelta(hours=hours)
        order = NoteWish(wish, line.now, appointment, 1, clerk, "move", rather, rather + timedelta(minutes=10))
        line.apps["staff_calendar"].handle(order)
        line.settle()
    assert line.life(appointment).rather == rather
    letters = line.apps["notifications"].state(stream(appointment))
    assert draft(letters, message_id(appointment, "asked_to_move", 1)).asked_for == rather


def test_one_of_two_wishes_is_taken_back_before_the_mail_goes_out(line: Line) -> None:
    """The guest is asked for what the other clerk would rather have, on the page and by mail."""
    appointment = line.request("a", [ID_CARD, CERTIFICATE], NINE)
    line.settle()
    line.post_letters()
    staff, rather = line.apps["staff_calendar"], NINE + timedelta(hours=2)
    first, second = held_by(line, appointment)
    staff.handle(NoteWish("w1", line.now, appointment, 1, first, "move", rather, rather + timedelta(minutes=10)))
    staff.handle(NoteWish("w2", line.now, appointment, 2, second, "cancel"))
    staff.handle(NoteWish("n1", line.now, appointment, 1, first, "none"))
    line.settle()
    question = line.life(appointment).question
    assert question is not None
    assert (question.stop, question.starts_at) == (2, None)
    line.post_letters()
    letters = line.rows("notifications", select(messages.c.kind, messages.c.status))
    assert sorted(letters) == [("asked_for_another", "sent"), ("asked_to_move", "dropped"), ("confirmation", "sent")]


def test_an_absence_before_the_rooms_answer_declines_the_request(line: Line) -> None:
    """The only clerk was held already; the room that is held after that is let go."""
    appointment = line.request("a", [CERTIFICATE], NINE)
    line.carry("booking")
    for listener in ("staff_calendar", "booking"):
        heard, line.queues[listener][:] = list(line.queues[listener]), []
        line.deliver(listener, heard)
        line.carry("staff_calendar")
    line.apps["staff_calendar"].handle(absence(line, "c-3"))
    line.settle()
    assert (line.life(appointment).status, line.life(appointment).because) == ("declined", ("staff_not_on_duty",))
    assert_at_rest(line, [appointment])
    assert_the_index_is_true(line)


def test_nothing_is_kept_of_what_was_only_looked_at(line: Line) -> None:
    """An absence that is shown before it is saved changes nothing."""
    appointment = line.request("a", [CERTIFICATE], NINE)
    line.settle()
    assert [type(event).__name__ for event in line.apps["staff_calendar"].foresee(absence(line, "c-3"))] == [
        "AbsenceRecorded",
        "HoursOpened",
        "ClerkFreed",
        "StaffWithdrawn",
    ]
    line.settle()
    assert line.life(appointment).status == "confirmed"
    line.post_letters()
    assert_at_rest(line, [appointment])
