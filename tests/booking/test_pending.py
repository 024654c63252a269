"""What is being reserved, as booking has it in memory: known by its attempt, and ended once."""

from typing import Any

import pytest

from services.booking.pending import Reserving
from tests.booking.facts import (
    APPOINTMENT,
    ELSEWHEN,
    cancelled,
    confirmed,
    declined,
    expired,
    move_declined,
    move_requested,
    moved,
    requested,
)


@pytest.mark.parametrize(
    "end",
    [confirmed(), declined("rooms_taken"), expired(), cancelled(), moved(ELSEWHEN), move_declined(ELSEWHEN, "expired")],
    ids=lambda end: type(end).__name__,
)
def test_a_request_is_known_until_it_ends(end: Any):
    """However it does. With the time at which it was asked for; an end of what was not known has none."""
    memory = Reserving()
    assert memory.learn([requested()]) == []
    assert memory.plan(APPOINTMENT, 1) == requested().plan
    assert memory.plan(APPOINTMENT, 2) is None
    for known_since in (requested().requested_at, None):
        assert memory.learn([end]) == [(end, known_since)]
        assert memory.plan(APPOINTMENT, 1) is None


def test_a_move_is_known_in_place_of_the_request():
    """Also where both are committed at once."""
    memory = Reserving()
    memory.learn([requested(), confirmed(), move_requested(ELSEWHEN)])
    assert memory.plan(APPOINTMENT, 2) == ELSEWHEN
    end = move_declined(ELSEWHEN, "expired")
    assert memory.learn([end]) == [(end, move_requested(ELSEWHEN).requested_at)]
    assert memory.plan(APPOINTMENT, 2) is None
