"""A visit with several stops: all of them or none."""

from dataclasses import replace

from services.rooms import decider
from tests.given_when_then import Scenario
from tests.rooms.words import declined, held, hold, open_rooms, reserved, room, stop

house = Scenario(decider)
PASSPORT = stop("09:00", "09:10", "09:15", equipment=("fingerprint",))
LATER = stop("09:10", "09:30", number=2, equipment=("fingerprint",))
TALK = stop("09:10", "09:30", "09:35", number=2, seats=4)
ROOMS = open_rooms(room("f1", equipment=("fingerprint",)), room("big", 6))


def test_two_stops_take_two_rooms() -> None:
    """Each stop gets a room that has what it needs; one reservation is said."""
    house.given(*ROOMS).when(hold(PASSPORT, TALK)).then(*reserved(held("f1", PASSPORT), held("big", TALK)))


def test_one_stop_that_fails_declines_the_whole_visit() -> None:
    """Nothing is held for half a visit; the other starts named are those at which both stops fit."""
    busy = held("big", stop("09:10", "11:30"))
    (
        house.given(*ROOMS, *reserved(busy, appointment="a0"))
        .when(hold(PASSPORT, TALK))
        .then(declined("taken", "08:35", "08:30", "08:25", "08:20", "08:15"))
    )


def test_one_room_may_serve_stops_that_follow_one_another() -> None:
    """Between two stops of the same guest the room needs no buffer, so the first one's is cut."""
    first, second = stop("09:00", "09:10", "09:15"), stop("09:10", "09:30", "09:35", number=2)
    (
        house.given(*open_rooms("r1"))
        .when(hold(first, second))
        .then(*reserved(held("r1", first, until="09:10"), held("r1", second)))
    )


def test_a_break_between_the_stops_keeps_the_buffer() -> None:
    """A buffer that ends before the next stop is not cut."""
    first, second = stop("09:00", "09:10", "09:15"), stop("09:30", "09:40", "09:45", number=2)
    house.given(*open_rooms("r1")).when(hold(first, second)).then(*reserved(held("r1", first), held("r1", second)))


def test_stops_at_the_same_time_need_two_rooms() -> None:
    """One room can't hold two stops of a party at once."""
    first, second = stop("09:00", "09:10", "09:15"), stop("09:05", "09:15", number=2)
    (
        house.given(*open_rooms("r1", "r2"))
        .when(hold(first, second))
        .then(*reserved(held("r1", first), held("r2", second)))
    )
    house.given(*open_rooms("r1")).when(hold(first, stop("09:00", "09:10", number=2))).then(
        declined("taken", "08:55", "09:05", "08:50", "09:10", "08:45")
    )


def test_the_first_choice_gives_way_so_that_all_stops_fit() -> None:
    """The room wished for stop 1 is the only one for stop 2 at the same time: another serves stop 1."""
    first = stop("09:00", "09:10", wish="f1")
    second = stop("09:00", "09:10", number=2, equipment=("fingerprint",))
    house.given(*ROOMS).when(hold(first, second)).then(*reserved(held("big", first), held("f1", second)))


def test_one_wish_that_fails_leaves_the_others_as_they_are() -> None:
    """The room wished for stop 2 is taken: stop 1 is still served where it was proposed, not in the smallest room."""
    first, second = stop("09:00", "09:10", wish="big"), replace(LATER, room="f1")
    spare = room("f2", equipment=("fingerprint",))
    (
        house.given(*ROOMS, *open_rooms(spare), *reserved(held("f1", LATER), appointment="a0"))
        .when(hold(first, second))
        .then(*reserved(held("big", first), held("f2", second)))
    )


def test_what_else_is_loaded_does_not_change_the_choice() -> None:
    """Other orders of the same batch bring their own streams; the rooms wished for are still tried alone at first."""
    first, second = stop("09:00", "09:10", wish="big"), stop("09:10", "09:30", number=2, wish="f1")
    busy = house.given(*ROOMS, *open_rooms("r1"), *reserved(held("f1", second), appointment="a0"))
    alone = busy.when(hold(first, second)).decided
    days = {f"room-{name}-2026-11-24" for name in ("big", "f1", "r1")}
    states = {name: busy.states.get(name, decider.initial(name)) for name in {"house", "reservation-a1"} | days}
    assert (
        tuple(decider.decide(hold(first, second), states)) == alone == reserved(held("big", first), held("big", second))
    )


def test_the_reason_is_that_of_the_worst_stop() -> None:
    """No fitting room goes before closed, closed before taken."""
    early, huge = stop("06:00", "06:10"), stop("09:00", "09:10", number=2, seats=99)
    house.given(*open_rooms("r1")).when(hold(early, huge)).then(declined("no_fitting_room"))
    house.given(*open_rooms("r1")).when(hold(early, stop("06:10", "06:20", number=2))).then(
        declined("closed", "08:00", "08:05", "08:10", "08:15", "08:20")
    )
