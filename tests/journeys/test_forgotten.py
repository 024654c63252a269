"""What is left of a guest who is forgotten: in no service a key, everywhere the counts."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from services.visitor_access import queries
from shared.tables import subject_keys
from tests.journeys.town import ID_CARD
from tests.line import SUNDAY, ZONE, Line

NINE = datetime(2026, 11, 23, 9, tzinfo=ZoneInfo(ZONE))


@pytest.mark.parametrize("service", ["booking", "visitor_access", "notifications"])
def test_no_service_keeps_the_key_of_a_forgotten_guest(line: Line, service: str) -> None:
    """Booking made it, two others were sent it; of none of them can it be had any more."""
    line.request("a", [ID_CARD], NINE)
    line.settle()
    assert [row.wrapped for row in line.rows(service, select(subject_keys))] != [None]
    line.pass_time(timedelta(days=32))
    line.settle()
    assert [row.wrapped for row in line.rows(service, select(subject_keys))] == [None]


def test_the_counts_of_the_day_outlast_the_names(line: Line) -> None:
    """Only the name is missing from the access list."""
    line.request("a", [ID_CARD], NINE)
    line.settle()
    line.pass_time(timedelta(days=2))
    line.settle()
    before = _list_of_the_day(line)
    line.pass_time(timedelta(days=30))
    line.settle()
    after = _list_of_the_day(line)
    assert [guest["name"] for guest in before["guests"]] == ["Guest a"]
    assert [guest["name"] for guest in after["guests"]] == [None]
    assert after["counts"] == before["counts"]
    assert after["people"] == before["people"]


def test_a_move_that_was_declined_does_not_bring_forgetting_nearer(line: Line) -> None:
    """Forgotten 30 days after the visit, not 30 days after the time it was to be moved to."""
    far, near = NINE + timedelta(days=45), NINE
    appointment = line.request("a", [ID_CARD], far)
    line.settle()
    line.move(appointment, near)
    line.now += line.booking.hold_for
    line.booking.expire_holds()
    line.settle()
    assert line.life(appointment).because == ("expired",)
    line.now = SUNDAY
    line.pass_time(timedelta(days=32))
    line.settle()
    assert line.life(appointment).status == "confirmed"
    assert not line.life(appointment).forgotten


def _list_of_the_day(line: Line) -> dict[str, object]:
    app = line.apps["visitor_access"]
    with app.read() as connection:
        return queries.access_list(connection, app.vault, NINE.date(), None)
