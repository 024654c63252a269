"""An answer that comes when nobody waits for it any more, or somebody waits for another one."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from tests.journeys.at_rest import assert_at_rest
from tests.journeys.town import ID_CARD
from tests.line import ZONE, Line

NINE = datetime(2026, 11, 23, 9, tzinfo=ZoneInfo(ZONE))


def test_the_answer_to_an_earlier_move_is_not_taken_for_that_to_the_present_one(line: Line) -> None:
    """The first move ran out unanswered; its answers come while the second one waits."""
    appointment = line.request("a", [ID_CARD], NINE)
    line.settle()
    line.move(appointment, NINE + timedelta(hours=1))
    line.pass_time(line.booking.hold_for)
    line.move(appointment, NINE + timedelta(hours=2))
    line.settle()
    line.post_letters()
    life = line.life(appointment)
    assert life.plan is not None
    assert (life.status, life.attempts, life.plan.starts_at) == ("confirmed", 3, NINE + timedelta(hours=2))
    assert_at_rest(line, [appointment])


def test_an_answer_after_the_cancellation_is_let_go(line: Line) -> None:
    """Cancelled before anybody had heard of the request."""
    appointment = line.request("a", [ID_CARD], NINE)
    line.cancel(appointment)
    line.settle()
    line.post_letters()
    assert line.life(appointment).status == "cancelled"
    assert_at_rest(line, [appointment])


def test_a_visit_cancelled_while_it_is_moved_holds_neither_place(line: Line) -> None:
    """Cancelled while the move is pending: both places are let go."""
    appointment = line.request("a", [ID_CARD], NINE)
    line.settle()
    line.move(appointment, NINE + timedelta(hours=1))
    line.carry("booking")
    line.deliver("rooms", line.queues["rooms"])
    line.cancel(appointment)
    line.settle()
    line.post_letters()
    assert line.life(appointment).status == "cancelled"
    assert_at_rest(line, [appointment])
