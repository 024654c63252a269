"""A visit with several stops: all of them or none."""

from dataclasses import replace

from services.staff_calendar import decider
from tests.given_when_then import Scenario
from tests.staff_calendar.words import clerk, declined, held, hold, on_duty, open_from, reserved, stop

staff = Scenario(decider)
PASSPORT = stop("09:00", "09:10", "09:15")
MOVING_HOUSE = stop("09:10", "09:30", "09:35", number=2, competences=("melde",))
MELDE = (clerk("m1", competences=("melde",)), open_from("m1", ("08:00", "12:00")))


def test_two_stops_take_two_clerks() -> None:
    """Each stop gets a clerk with its competence; one reservation is said."""
    (
        staff.given(*on_duty("c1"), *MELDE)
        .when(hold(PASSPORT, MOVING_HOUSE))
        .then(*reserved(held("c1", PASSPORT), held("m1", MOVING_HOUSE)))
    )


def test_a_wish_for_who_can_only_do_the_other_stop_is_passed_over() -> None:
    """The wished one's day is looked at for that other stop."""
    wish = replace(MOVING_HOUSE, clerk="c1")
    (
        staff.given(*on_duty("c1"), *MELDE)
        .when(hold(PASSPORT, wish))
        .then(*reserved(held("c1", PASSPORT), held("m1", wish)))
    )


def test_one_stop_that_fails_declines_the_whole_visit() -> None:
    """Nobody is held for half a visit; the other starts named are those at which both stops fit."""
    busy = held("m1", stop("09:10", "11:30"))
    (
        staff.given(*on_duty("c1"), *MELDE, *reserved(busy, appointment="a0"))
        .when(hold(PASSPORT, MOVING_HOUSE))
        .then(declined("taken", "08:35", "08:30", "08:25", "08:20", "08:15"))
    )


def test_one_clerk_may_take_stops_that_follow_one_another() -> None:
    """Between two stops of the same guest the clerk needs no buffer, so the first one's is cut."""
    second = stop("09:10", "09:30", "09:35", number=2)
    (
        staff.given(*on_duty("c1"))
        .when(hold(PASSPORT, second))
        .then(*reserved(held("c1", PASSPORT, until="09:10"), held("c1", second)))
    )


def test_a_break_between_the_stops_keeps_the_buffer() -> None:
    """A buffer that ends before the next stop is not cut."""
    second = stop("09:30", "09:40", "09:45", number=2)
    (staff.given(*on_duty("c1")).when(hold(PASSPORT, second)).then(*reserved(held("c1", PASSPORT), held("c1", second))))


def test_stops_at_the_same_time_need_two_clerks() -> None:
    """One clerk can't sit with two guests of a party at once."""
    second = stop("09:05", "09:15", number=2)
    (
        staff.given(*on_duty("c1", "c2"))
        .when(hold(PASSPORT, second))
        .then(*reserved(held("c1", PASSPORT), held("c2", second)))
    )
    assert_none = staff.given(*on_duty("c1")).when(hold(PASSPORT, stop("09:00", "09:10", number=2)))
    assert_none.then(declined("taken", "08:55", "09:05", "08:50", "09:10", "08:45"))


def test_the_first_choice_gives_way_so_that_all_stops_fit() -> None:
    """The clerk wished for stop 1 is the only one who can do stop 2 at the same time: another does stop 1."""
    both = (clerk("b1", competences=("pass", "melde")), open_from("b1", ("08:00", "12:00")))
    first = stop("09:00", "09:10", wish="b1")
    second = stop("09:00", "09:10", number=2, competences=("melde",))
    (
        staff.given(*on_duty("c1"), *both)
        .when(hold(first, second))
        .then(*reserved(held("c1", first), held("b1", second)))
    )


def test_the_reason_is_that_of_the_worst_stop() -> None:
    """Nobody competent goes before nobody on duty."""
    early = stop("06:00", "06:10")
    unknown = stop("09:00", "09:10", number=2, competences=("jagd",))
    staff.given(*on_duty("c1")).when(hold(early, unknown)).then(declined("no_competent_clerk"))
    staff.given(*on_duty("c1")).when(hold(early, stop("06:10", "06:20", number=2))).then(
        declined("not_on_duty", "08:00", "08:05", "08:10", "08:15", "08:20")
    )
