"""The days with anything are those of the times that are possible."""

from datetime import timedelta

import pytest

from services.booking.proposals.days import days
from services.booking.proposals.search import possible
from services.booking.proposals.wish import Wish
from tests.proposals.town import MONDAY, NOW, at, town, wish


@pytest.mark.parametrize(
    "asked",
    [wish(), wish(weekdays=(1, 3)), wish(site="nowhere"), wish(from_date=MONDAY + timedelta(2)), wish(parts=())],
    ids=["any", "tuesdays and thursdays", "no such site", "from Wednesday", "no part"],
)
def test_days_are_those_of_all_times(asked: Wish) -> None:
    """None more, none less."""
    index = town()
    index.take("a1", 1, "clerk", "anna", at("08:00"), at("12:00"))
    expected = sorted({when.date() for when, _ in possible(index, asked, NOW)})
    assert days(index, asked, NOW) == expected
