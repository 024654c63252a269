"""Declined, expired, cancelled, moved: what was held is free again, in whatever order it is heard."""

from services.rooms import decider
from services.rooms.events import HoldForgone
from tests.given_when_then import Scenario
from tests.rooms.words import declined, held, hold, let_go, open_rooms, released, reserved, stop

house = Scenario(decider)
NINE, TEN = stop("09:00", "09:10", "09:15"), stop("10:00", "10:10", "10:15")
OLD, NEW = held("r1", NINE), held("r1", TEN)
HELD = house.given(*open_rooms("r1"), *reserved(OLD))
MOVING = HELD.given(*reserved(NEW, attempt=2))


def test_a_cancelled_visit_frees_its_room() -> None:
    """What was held is released, and the appointment holds nothing any more."""
    HELD.when(let_go()).then(*released(OLD, closed=True))


def test_a_freed_room_can_be_had_again() -> None:
    """The next guest takes the place that was given back."""
    (HELD.given(*released(OLD, closed=True)).when(hold(NINE, appointment="a2")).then(*reserved(OLD, appointment="a2")))


def test_letting_go_twice_changes_nothing() -> None:
    """Nothing is released that is not held."""
    HELD.given(*released(OLD, closed=True)).when(let_go()).then()
    MOVING.given(*released(OLD, kept=2)).when(let_go("others", attempt=2)).then()
    MOVING.given(*released(NEW, attempt=2)).when(let_go("this", attempt=2)).then()
    HELD.given(*released(OLD, closed=True)).when(let_go("others", attempt=2)).then()
    HELD.given(HoldForgone("a1", 2)).when(let_go("this", attempt=2)).then()


def test_a_decline_leaves_nothing_to_release() -> None:
    """Nothing is said, only remembered, where nothing was held."""
    refused = house.given(*open_rooms("r1"), declined("taken"))
    refused.when(let_go()).then(HoldForgone("a1", 1, closed=True))
    refused.given(HoldForgone("a1", 1, closed=True)).when(let_go()).then()


def test_a_move_takes_the_new_place_before_the_old_one_is_let_go() -> None:
    """Attempt 2 is held beside attempt 1."""
    HELD.when(hold(TEN, attempt=2)).then(*reserved(NEW, attempt=2))


def test_a_move_may_not_overlap_the_guests_own_old_place() -> None:
    """The old place still counts as taken."""
    near = stop("09:05", "09:15", "09:20")
    (HELD.when(hold(near, attempt=2)).then(declined("taken", "09:15", "09:20", "08:45", "09:25", "08:40", attempt=2)))


def test_a_moved_visit_lets_go_of_the_old_place_only() -> None:
    """AppointmentMoved names the attempt that is kept."""
    MOVING.when(let_go("others", attempt=2)).then(*released(OLD, kept=2))


def test_a_declined_move_lets_go_of_the_new_place_only() -> None:
    """AppointmentMoveDeclined names the attempt that is not kept."""
    MOVING.when(let_go("this", attempt=2)).then(*released(NEW, attempt=2))
    HELD.given(declined("taken", attempt=2)).when(let_go("this", attempt=2)).then()


def test_a_cancellation_during_a_move_frees_both_places() -> None:
    """One release is said per attempt."""
    MOVING.when(let_go(attempt=2)).then(*released(OLD, closed=True), *released(NEW, attempt=2, closed=True))


def test_a_request_heard_after_it_was_let_go_is_declined() -> None:
    """It can't be by the order of the streams, but if it were, nothing would be held for a visit that is over."""
    closed = HELD.given(*released(OLD, closed=True))
    closed.when(hold(TEN, attempt=2)).then(declined("taken", attempt=2))
    empty = house.given(*open_rooms("r1"))
    empty.when(let_go()).then(HoldForgone("a1", 1, closed=True))
    empty.given(HoldForgone("a1", 1, closed=True)).when(hold(NINE)).then(declined("taken"))
    empty.when(let_go("this", attempt=2)).then(HoldForgone("a1", 2))
    empty.given(HoldForgone("a1", 2)).when(hold(TEN, attempt=2)).then(declined("taken", attempt=2))
    empty.given(HoldForgone("a1", 2)).when(hold(NINE)).then(*reserved(OLD))
    empty.when(let_go("others", attempt=2)).then(HoldForgone("a1", 2, kept=2))
    empty.given(HoldForgone("a1", 2, kept=2)).when(hold(NINE)).then(declined("taken"))
    empty.given(HoldForgone("a1", 2, kept=2)).when(hold(TEN, attempt=2)).then(*reserved(NEW, attempt=2))
    empty.given(HoldForgone("a1", 2, kept=2)).when(let_go("others", attempt=2)).then()
    empty.given(HoldForgone("a1", 2, kept=2), HoldForgone("a1", 3)).when(hold(NINE)).then(declined("taken"))
    later = HoldForgone("a1", 2, kept=2), *reserved(NEW, attempt=3), *released(NEW, attempt=3)
    empty.given(*later).when(hold(NINE)).then(declined("taken"))


def test_the_same_attempt_asked_again_after_its_release_changes_nothing() -> None:
    """A duplicate of the request does not hold a room for a visit that is over."""
    HELD.given(*released(OLD, closed=True)).when(hold(NINE)).then()


def test_every_stop_is_let_go() -> None:
    """All stops of the visit are freed, and said in one release."""
    second = held("r1", stop("10:00", "10:10", number=2))
    (house.given(*open_rooms("r1"), *reserved(OLD, second)).when(let_go()).then(*released(OLD, second, closed=True)))
