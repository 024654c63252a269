"""When the day is over, nobody is expected and nobody is in the house."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.visitor_access import day, decider
from tests.given_when_then import Scenario
from tests.visitor_access.facts import (
    ANNOUNCED,
    ARRIVED,
    LEFT,
    REGISTERED,
    at,
    end_day,
    left,
    missed,
    registered,
    removed,
)

visits = Scenario(decider)
MIDNIGHT = at("00:00", 25)


def test_who_has_not_arrived_has_missed_the_visit():
    """Missed at midnight, local time."""
    visits.given(*REGISTERED).when(end_day(MIDNIGHT)).then(missed())


def test_who_was_not_seen_leaving_is_assumed_to_have_left():
    """The list of people in the house carries nobody over to the next day."""
    visits.given(*ARRIVED).when(end_day(at("06:00", 25))).then(left("00:00", day=25, assumed=True))


@pytest.mark.parametrize("before", [(), ANNOUNCED, (*REGISTERED, removed("cancelled")), LEFT, (*REGISTERED, missed())])
def test_for_all_others_nothing_happens(before):
    """The timer may come late or twice."""
    visits.given(*before).when(end_day(MIDNIGHT)).then()


def test_the_day_does_not_end_early():
    """A timer that runs before midnight, or was set before a move, is no reason."""
    visits.given(*REGISTERED).when(end_day(at("23:59:59"))).then()
    visits.given(*REGISTERED, registered(attempt=2, day=25)).when(end_day(MIDNIGHT)).then()


@given(st.dates(min_value=datetime(2020, 1, 1).date(), max_value=datetime(2040, 1, 1).date()), st.integers(4, 23))  # noqa: DTZ001
def test_the_end_of_the_day_is_midnight_in_the_town(date, hour):
    """The offset of the visit tells it, on the days when clocks change, too."""
    berlin = ZoneInfo("Europe/Berlin")
    visit = datetime(date.year, date.month, date.day, hour, 30, tzinfo=berlin)
    heard = datetime.fromisoformat(visit.isoformat())  # with an offset only, as it comes over the wire
    end = day.end_of_day(heard).astimezone(berlin)
    assert (end.hour, end.minute, (end.date() - date).days) == (0, 0, 1)
