"""Which places are open to whom from when."""

from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.booking.proposals.release import (
    Release,
    Weekly,
    faults,
    next_release,
    percent,
    released_places,
    released_until,
)
from services.booking.proposals.search import possible, search, still_free
from tests.proposals.town import MONDAY, NOW, ZONE, at, need, town, wish

RULE = Release(shares=((60, 20), (14, 50), (2, 30)))


def test_shares_add_up_as_the_day_comes_near() -> None:
    """20 percent from sixty days before, 50 more from fourteen, the rest two days before."""
    assert [percent(RULE, days) for days in (61, 60, 15, 14, 3, 2, 0, -1)] == [0, 20, 20, 70, 70, 100, 100, 100]


@given(st.text(max_size=5), st.dates(), st.integers(1, 60), st.integers(0, 100), st.integers(0, 100))
def test_a_released_place_stays_released(seed: str, day: date, count: int, one: int, other: int) -> None:
    """More percent are the same places and more; a hundred are all; the share is kept within one place."""
    few, many = (set(released_places(seed, day, count, share)) for share in sorted((one, other)))
    assert few <= many
    assert set(released_places(seed, day, count, 100)) == set(range(count))
    assert abs(len(few) - count * min(one, other) / 100) <= 3


def test_every_monday_at_nine_the_following_week_opens() -> None:
    """One minute before nine this week is the last one; at nine the next is open, too."""
    rule = Weekly(0, time(9), 1)
    before = datetime(2026, 11, 23, 8, 59, tzinfo=ZONE)
    assert released_until(rule, before, ZONE) == date(2026, 11, 29)
    assert released_until(rule, before + timedelta(minutes=1), ZONE) == date(2026, 12, 6)
    assert next_release(rule, before, ZONE) == datetime(2026, 11, 23, 9, tzinfo=ZONE)
    assert next_release(rule, before + timedelta(minutes=1), ZONE) == datetime(2026, 11, 30, 9, tzinfo=ZONE)


def test_the_search_sees_what_is_released_and_no_more() -> None:
    """A fifth of Friday's starts today, all of them two days before."""
    index, asked = town(), wish(need(release=RULE), from_date=MONDAY + timedelta(4))
    friday = datetime(2026, 11, 27, tzinfo=ZONE)
    seen = {days: set(possible(index, asked, friday - timedelta(days))) for days in (70, 60, 14, 2)}
    assert seen[70] == set() < seen[60] < seen[14] < seen[2]
    assert seen[2] == set(possible(index, wish(from_date=MONDAY + timedelta(4)), friday - timedelta(2)))


def test_a_week_that_is_not_open_is_not_proposed() -> None:
    """Early on a Monday only this week; from nine on the next one, too."""
    index, monday = town(), MONDAY + timedelta(7)
    for name in ("anna", "bert"):
        index.take(name, 1, "clerk", name, at("08:00"), at("18:00", MONDAY + timedelta(4)))
        index.open_clerk(name, monday, monday, {monday: [("rathaus", at("08:00", monday), at("12:00", monday))]})
    index.open_room("r1", monday, monday, {monday: [(at("08:00", monday), at("18:00", monday))]})
    asked = wish(need(release=Release(weekly=Weekly(0, time(9), 1))))
    assert not search(index, asked, at("08:55")).proposals
    assert search(index, asked, at("09:00")).proposals


def test_what_was_proposed_may_be_asked_for() -> None:
    """Release rules decide what is proposed; at the time of asking only whether it is free."""
    index, asked = town(), need(release=RULE)
    proposal = search(index, wish(asked), NOW).proposals[0]
    assert still_free(index, proposal.stops, (asked,))


def test_kept_quotas_open_to_all_as_the_time_comes_near() -> None:
    """Kept for urgent cases until two hours before; the info desk sees the internal ones at once."""
    index = town()
    tuesday = MONDAY + timedelta(1)
    urgent = ("rathaus", at("08:00"), at("10:00"), "urgent", 120)
    index.open_clerk(
        "anna", MONDAY, MONDAY, {MONDAY: [urgent, ("rathaus", at("10:00"), at("12:00"), "internal", None)]}
    )
    index.open_clerk("bert", MONDAY, MONDAY, {})
    asked = wish(limit=1)

    def first(now: datetime, *audience: str) -> datetime:
        return search(index, wish(limit=1, audience=audience), now).proposals[0].starts_at

    assert search(index, asked, at("05:35")).proposals[0].starts_at == at("08:00", tuesday)
    assert first(at("06:20")) == at("08:00")
    assert first(NOW, "internal") == at("10:00")
    assert first(NOW, "internal", "urgent") == at("08:00")


def test_a_cancelled_place_rests_before_it_is_offered_again() -> None:
    """Freed at noon, to rest for an hour: nobody can snatch it, and telling twice changes nothing."""
    index = town()
    for kind, name in (("clerk", "anna"), ("room", "r1")):
        index.take("a", 1, kind, name, at("08:00"), at("08:25"))
    before = search(town(), wish(limit=1), NOW).proposals[0]
    for _ in range(2):
        index.free("a", rest_until=NOW + timedelta(hours=1))
    index.free("a")
    assert search(index, wish(limit=1), NOW).proposals[0].starts_at == at("08:25")
    assert not still_free(index, before.stops, (need(),))
    assert search(index, wish(limit=1), NOW + timedelta(hours=1)).proposals[0].starts_at == at("08:00")
    assert index.contents() == town().contents()


@pytest.mark.parametrize(
    ("rule", "count"),
    [
        (RULE, 0),
        (Release(shares=((9, 50),)), 1),
        (Release(weekly=Weekly(7, time(9))), 1),
        (Release(place_minutes=0), 1),
    ],
)
def test_a_wrong_rule_is_reported(rule: Release, count: int) -> None:
    """Shares that don't add up, weekdays that don't exist."""
    assert len(faults(rule)) == count
