"""Which room a stop of a visit gets."""

from dataclasses import replace
from datetime import timedelta

import pytest

from services.rooms import decider
from services.rooms.commands import StopWanted
from tests.given_when_then import Scenario
from tests.rooms.words import DAY, at, declined, held, hold, open_from, open_rooms, reserved, room, stop

house = Scenario(decider)
NINE = stop("09:00", "09:10", "09:15")


def test_an_open_room_is_reserved() -> None:
    """One visit costs one fact in the room's day and one said."""
    house.given(*open_rooms("r1")).when(hold(NINE)).then(*reserved(held("r1", NINE)))


def test_a_taken_room_is_declined() -> None:
    """Two appointments can't hold one room at the same time; the nearest other starts are named."""
    (
        house.given(*open_rooms("r1"), *reserved(held("r1", NINE), appointment="a0"))
        .when(hold(NINE))
        .then(declined("taken", "08:45", "09:15", "08:40", "09:20", "08:35"))
    )


def test_the_buffer_of_the_one_before_is_respected() -> None:
    """What is blocked until 9:15 can't be had at 9:10."""
    late = stop("09:10", "09:20", "09:25")
    (
        house.given(*open_rooms("r1"), *reserved(held("r1", NINE), appointment="a0"))
        .when(hold(late))
        .then(declined("taken", "09:15", "09:20", "09:25", "09:30", "08:45"))
    )


def test_the_next_visit_may_begin_when_the_buffer_ends() -> None:
    """Half-open: blocked until 9:15 is free at 9:15."""
    next_ = stop("09:15", "09:25", "09:30")
    (
        house.given(*open_rooms("r1"), *reserved(held("r1", NINE), appointment="a0"))
        .when(hold(next_))
        .then(*reserved(held("r1", next_)))
    )


def test_two_visits_never_share_a_tick() -> None:
    """Off the grid of five minutes, the tick that both would touch belongs to the first."""
    odd, next_ = stop("09:00", "09:07"), stop("09:07", "09:10", wish="r1")
    (
        house.given(*open_rooms("r1", "r2"), *reserved(held("r1", odd), appointment="a0"))
        .when(hold(next_))
        .then(*reserved(held("r2", next_)))
    )


def test_the_same_attempt_asked_again_changes_nothing() -> None:
    """An order already fulfilled, or already declined, yields nothing."""
    house.given(*open_rooms("r1"), *reserved(held("r1", NINE))).when(hold(NINE)).then()
    house.given(*open_rooms("r1"), declined("taken")).when(hold(NINE)).then()


def test_the_smallest_room_that_fits_is_taken() -> None:
    """Big rooms stay for big parties; of equals the first by id."""
    rooms = open_rooms(room("r1", 8), room("r4", 3), room("r3", 3), room("r2", 1))
    house.given(*rooms).when(hold(NINE)).then(*reserved(held("r3", NINE)))
    party = stop("09:00", "09:10", seats=4)
    house.given(*rooms).when(hold(party)).then(*reserved(held("r1", party)))


def test_the_wished_room_comes_first() -> None:
    """What was proposed to the guest goes before what is smallest."""
    wish = stop("09:00", "09:10", "09:15", wish="r2")
    house.given(*open_rooms("r1", room("r2", 8))).when(hold(wish)).then(*reserved(held("r2", wish)))


def test_another_room_serves_when_the_wished_one_is_taken() -> None:
    """A wish is a preference; the owner of the room decides."""
    wish = stop("09:00", "09:10", "09:15", wish="r2")
    (
        house.given(*open_rooms("r1", "r2"), *reserved(held("r2", NINE), appointment="a0"))
        .when(hold(wish))
        .then(*reserved(held("r1", wish)))
    )


@pytest.mark.parametrize("wish", ["nowhere", "small", "shut"])
def test_a_wished_room_that_does_not_fit_is_passed_over(wish: str) -> None:
    """Neither an unknown room nor a small or a closed one is taken for being wished for."""
    wanted = stop("09:00", "09:10", wish=wish)
    (
        house.given(*open_rooms("r1", room("small", 1)), room("shut"), open_from("shut", ("10:00", "12:00")))
        .when(hold(wanted))
        .then(*reserved(held("r1", wanted)))
    )


@pytest.mark.parametrize(
    ("wanted", "fits"),
    [
        (stop("09:00", "09:10", seats=3), "small"),
        (stop("09:00", "09:10", seats=4), "big"),
        (stop("09:00", "09:10", seats=9), None),
        (stop("09:00", "09:10", equipment=("scanner",)), "small"),
        (stop("09:00", "09:10", equipment=("screen", "scanner")), "big"),
        (stop("09:00", "09:10", equipment=("fingerprint",)), None),
        (stop("09:00", "09:10", step_free=True), "big"),
        (stop("09:00", "09:10", step_free=True, equipment=("loop",)), None),
    ],
)
def test_a_room_must_have_what_is_needed(wanted: StopWanted, fits: str | None) -> None:
    """Seats, all of the equipment, no steps if that is asked for; where no room has it, that is said."""
    small = room("small", 3, equipment=("scanner", "loop"), step_free=False)
    big = room("big", 8, equipment=("scanner", "screen"))
    expected = reserved(held(fits, wanted)) if fits else (declined("no_fitting_room"),)
    house.given(*open_rooms(small, big)).when(hold(wanted)).then(*expected)


def test_a_room_at_another_site_is_no_room() -> None:
    """The guest is expected at one site."""
    rooms = open_rooms("r1", room("s1", site="spexard"))
    house.given(*rooms).when(hold(NINE, site="spexard")).then(*reserved(held("s1", NINE, site="spexard")))
    house.given(*rooms).when(hold(NINE, site="avenwedde")).then(declined("no_fitting_room"))
    house.given().when(hold(NINE)).then(declined("no_fitting_room"))


def test_a_closed_house_is_said_so() -> None:
    """Before opening time, and in a room without hours."""
    early = stop("07:30", "08:10")
    (
        house.given(*open_rooms("r1"))
        .when(hold(early))
        .then(declined("closed", "08:00", "08:05", "08:10", "08:15", "08:20"))
    )
    house.given(room("r1")).when(hold(NINE)).then(declined("closed"))
    house.given(*open_rooms("r1")).when(hold(stop("09:00", "09:10", day=DAY + timedelta(days=1)))).then(
        declined("closed")
    )


def test_the_buffer_may_reach_past_closing_time() -> None:
    """The guest must be gone at twelve, the buffer may be afterwards; a minute more for the guest may not."""
    last = stop("11:50", "12:00", "12:05")
    house.given(*open_rooms("r1")).when(hold(last)).then(*reserved(held("r1", last)))
    over = stop("11:55", "12:05")
    (
        house.given(*open_rooms("r1"))
        .when(hold(over))
        .then(declined("closed", "11:50", "11:45", "11:40", "11:35", "11:30"))
    )


def test_a_visit_needs_one_opening_for_all_of_it() -> None:
    """A room that is closed in the middle of a stop is closed."""
    split = (room("r1"), open_from("r1", ("08:00", "09:00"), ("09:30", "12:00")))
    wanted = stop("08:50", "09:40")
    house.given(*split).when(hold(wanted)).then(declined("closed", "08:10", "09:30", "08:05", "09:35", "08:00"))


def test_a_reservation_stays_when_the_hours_are_narrowed() -> None:
    """Who closes a room for the morning keeps the guests already expected, and they still block."""
    after = stop("09:05", "09:10")
    (
        house.given(
            *open_rooms("r1"), *reserved(held("r1", NINE), appointment="a0"), open_from("r1", ("09:00", "12:00"))
        )
        .when(hold(after))
        .then(declined("taken", "09:15", "09:20", "09:25", "09:30", "09:35"))
    )
    house.given(*open_rooms("r1"), *reserved(held("r1", NINE)), open_from("r1", ("10:00", "12:00"))).when(
        hold(NINE)
    ).then()


def test_alternatives_are_those_of_all_fitting_rooms() -> None:
    """The wished room is full all day, another one from nine on: earlier it is, in the other one."""
    wish = stop("09:00", "09:10", wish="r1")
    day = house.given(*open_rooms("r1", "r2"), *reserved(held("r1", stop("08:00", "12:00")), appointment="a0"))
    busy = day.given(*reserved(held("r2", stop("09:00", "11:50")), appointment="a2"))
    busy.when(hold(wish)).then(declined("taken", "08:50", "08:45", "08:40", "08:35", "08:30"))


def test_alternatives_are_never_in_the_past() -> None:
    """It is ten o'clock: that the room was free at nine helps nobody."""
    today = DAY.replace(day=22)
    over, block = stop("09:55", "10:25", day=today), stop("10:20", "10:25", day=today)
    (
        house.given(room("r1"), open_from("r1", ("08:00", "10:45"), day=today))
        .given(*reserved(held("r1", block), appointment="a0"))
        .when(hold(over))
        .then(declined("taken"))
    )


def test_alternatives_lie_within_what_is_open_and_free_to_the_minute() -> None:
    """Neither hours nor visits need begin or end on the grid of five minutes; what is touched is left out."""
    long_, block = stop("09:10", "09:22"), held("r1", stop("09:15", "09:30"))
    house.given(*open_rooms("r1"), *reserved(block, appointment="a0")).when(hold(long_)).then(
        declined("taken", "09:00", "08:55", "08:50", "09:30", "08:45")
    )
    odd = (room("r1"), open_from("r1", ("08:02", "12:00")))
    house.given(*odd, *reserved(held("r1", stop("08:05", "11:55")), appointment="a0")).when(
        hold(stop("08:10", "08:15"))
    ).then(declined("taken", "11:55"))


def test_a_buffer_never_reaches_into_the_next_day() -> None:
    """The room's day is the boundary of what is guarded, so nothing may straddle two."""
    late = (room("r1"), open_from("r1", ("22:00", "23:55")))
    midnight = at("00:00", DAY + timedelta(days=1))
    fits = replace(stop("23:45", "23:55"), blocked_until=midnight)
    over = replace(fits, blocked_until=midnight + timedelta(minutes=5))
    house.given(*late).when(hold(fits)).then(*reserved(held("r1", fits)))
    house.given(*late).when(hold(over)).then(declined("closed", "23:40", "23:35", "23:30", "23:25", "23:20"))


def test_only_the_days_that_matter_are_loaded() -> None:
    """The wished room's alone where it serves; those of all that fit where it does not; never those of other rooms."""
    rooms = house.given(*open_rooms("r1", "r2", room("small", 1)))
    wish = hold(stop("09:00", "09:10", wish="r1"))
    asked = {"house", "reservation-a1", "room-r1-2026-11-24"}
    loaded = {name: rooms.states.get(name, decider.initial(name)) for name in asked}
    assert decider.needs(wish, {}) == {"house", "reservation-a1"}
    assert decider.needs(wish, loaded) == asked
    full = rooms.given(*reserved(held("r1", NINE), appointment="a0")).states
    assert decider.needs(wish, loaded | full) == asked | {"room-r2-2026-11-24"}
