"""Why a time was or was not offered."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from services.booking.proposals.explain import Explanation, explain
from services.booking.proposals.index import Asked, Index
from services.booking.proposals.release import Release
from services.booking.proposals.wish import Wish
from tests.proposals.town import MONDAY, NOW, at, clerk, need, town, wish


def one(asked: Wish, when: datetime, index: Index | None = None) -> Explanation:
    (found,) = explain(index or town(), asked, when, NOW)
    return found


def codes(found: Explanation) -> dict[str | None, str]:
    return {reason.who: reason.code for reason in found.reasons if reason.who}


def test_the_best_time_is_offered_with_its_score() -> None:
    """Eight o'clock on Monday, with Anna in the smallest room."""
    found = one(wish(), at("08:00"))
    assert (found.offered, found.because) == (True, "offered")
    assert found.best is not None
    assert found.best.stops[0].clerk == "anna"
    assert codes(found) == {"anna": "free", "bert": "absent", "r1": "free", "r2": "free", "r3": "free"}


def test_a_possible_time_near_a_better_one_is_not_offered() -> None:
    """Ten past eight lies within half an hour of eight; next Friday others are better."""
    assert one(wish(), at("08:10")).because == "near_a_better_one"
    assert one(wish(), at("11:00", MONDAY + timedelta(4))).because == "others_are_better"


@pytest.mark.parametrize(
    ("asked", "when", "because"),
    [
        (wish(), at("08:03"), "off_the_clock"),
        (wish(), NOW - timedelta(hours=1), "past"),
        (wish(need(lead_minutes=3000)), at("08:00"), "too_soon"),
        (wish(need(horizon_days=0)), at("08:00"), "outside_horizon"),
        (wish(weekdays=(3,)), at("08:00"), "not_asked_for"),
        (wish(), at("07:00"), "absent"),
        (wish(), at("15:50"), "too_short"),
        (wish(need(competences=("trauung",))), at("08:00"), "competence"),
        (wish(need(seats=9)), at("08:00"), "seats"),
        (wish(need(grid=30)), at("08:10"), "off_grid"),
        (wish(need(minutes=60, buffer=0)), at("23:05"), "past_midnight"),
        (wish(need(buffer_before=15)), at("00:10", MONDAY + timedelta(1)), "past_midnight"),
        (wish(need(buffer_before=10)), at("00:10", MONDAY + timedelta(1)), "absent"),
    ],
)
def test_the_check_that_rules_a_time_out_is_named(asked: Wish, when: datetime, because: str) -> None:
    """The first that alone does."""
    assert one(asked, when).because == because


def test_taken_asked_for_and_buffer_are_told_apart() -> None:
    """Anna is with a guest until half past eight, then needs five minutes; a second place is only asked for."""
    index = town()
    index.take("a", 1, "clerk", "anna", at("08:00"), at("08:35"), ends_at=at("08:30"))
    index.pend("b", 1, [Asked("r1", "anna", at("09:00"), at("09:25"))])
    found = {
        when: codes(one(wish(), at(when), index))["anna"] for when in ("08:10", "08:30", "08:35", "08:40", "09:10")
    }
    assert found == {"08:10": "taken", "08:30": "buffer", "08:35": "free", "08:40": "buffer", "09:10": "asked_for"}


def test_kept_and_unreleased_places_are_told_apart_from_taken_ones() -> None:
    """Urgent quotas, and shares that open later."""
    index = town()
    hours: dict[Any, Any] = {MONDAY: [("rathaus", at("08:00"), at("12:00"), "urgent", 30)]}
    index.open_clerk("anna", MONDAY, MONDAY, hours)
    assert one(wish(), at("08:00"), index).because == "kept"
    assert one(wish(audience=("urgent",)), at("08:00"), index).because == "offered"
    never = Release(shares=((0, 100),))
    assert one(wish(need(release=never)), at("08:00")).because == "not_released"


def test_each_site_is_explained() -> None:
    """Without a site asked for, all of them."""
    index = town()
    clerk(index, "cem", site="avenwedde")
    index.define_room("r9", name="r9", site="avenwedde", seats=1)
    found = explain(index, wish(), at("08:00"), NOW)
    assert [(one.site, one.because) for one in found] == [("avenwedde", "seats"), ("rathaus", "offered")]
