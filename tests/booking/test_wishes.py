"""A clerk who would rather have another time: the guest is asked, and decides."""

from datetime import timedelta

from services.booking import decider
from services.booking.commands import HearWish
from services.booking.events import AppointmentQuestioned
from tests.booking.facts import (
    AFTERNOON,
    APPOINTMENT,
    NINE,
    NOW,
    cancelled,
    confirmed,
    move_requested,
    requested,
    room_held,
    staff_held,
)
from tests.given_when_then import Scenario

asked = Scenario(decider).given(requested())
sure = asked.given(room_held(), staff_held(), confirmed())
LATER = NINE + timedelta(hours=2)


def wish(attempt: int = 1, now=NOW, starts_at=LATER) -> HearWish:
    return HearWish("w", now, APPOINTMENT, attempt, starts_at)


def test_the_guest_of_a_confirmed_appointment_is_asked() -> None:
    """With the time that the clerk proposes, or without one; the appointment stands."""
    sure.when(wish()).then(AppointmentQuestioned(APPOINTMENT, 1, LATER))
    sure.when(wish(starts_at=None)).then(AppointmentQuestioned(APPOINTMENT, 1, None))


def test_nobody_is_asked_for_what_is_not_so_any_more() -> None:
    """Before it is confirmed, after another attempt, while the guest is moving it, when it is called off or over."""
    asked.when(wish()).then()
    sure.when(wish(attempt=2)).then()
    sure.given(move_requested(AFTERNOON)).when(wish()).then()
    sure.given(cancelled()).when(wish()).then()
    sure.when(wish(now=NINE)).then()
