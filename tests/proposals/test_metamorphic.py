"""What must follow when the town changes in a known way."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.booking.proposals.search import possible, search
from services.booking.proposals.wish import Wish
from tests.proposals.random_towns import FIRST_DAYS, Event, build, clerks, moment, rooms, takes, wishes
from tests.proposals.town import ZONE, need

Town = tuple[date, list[Event], list[Event], list[Event], list[Event], list[Event]]
towns = st.sampled_from(FIRST_DAYS).flatmap(
    lambda first: st.tuples(st.just(first), rooms(first), clerks(first), takes(first), rooms(first), clerks(first))
)
often = settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))


@often
@given(towns, wishes)
def test_more_rooms_and_clerks_never_remove_a_time(town: Town, wish: Wish) -> None:
    """Whoever is added, every time that was possible still is."""
    first, rooms_, clerks_, takes_, more_rooms, more_clerks = town
    before, now = rooms_ + clerks_ + takes_, moment(first, 17)
    added = [_renamed(event) for event in more_rooms + more_clerks]
    assert set(possible(build(before), wish, now)) <= set(possible(build(before + added), wish, now))


@often
@given(towns, wishes)
def test_a_longer_opening_never_removes_a_time(town: Town, wish: Wish) -> None:
    """An hour more at the end of every opening; the start grid counts from the beginning and stays."""
    first, rooms_, clerks_, takes_, *_ = town
    before, now = rooms_ + clerks_, moment(first, 17)
    longer = [_longer(event) for event in before]
    assert set(possible(build(before + takes_), wish, now)) <= set(possible(build(longer + takes_), wish, now))


@often
@given(towns, wishes)
def test_fewer_bookings_never_remove_a_time(town: Town, wish: Wish) -> None:
    """What is freed can only help."""
    first, rooms_, clerks_, takes_, *_ = town
    index, now = build(rooms_ + clerks_ + takes_), moment(first, 17)
    before = set(possible(index, wish, now))
    for number in range(4):
        index.free(f"a{number}")
        after = set(possible(index, wish, now))
        assert before <= after
        before = after


@often
@given(towns, wishes)
def test_a_week_later_is_the_same_a_week_later(town: Town, wish: Wish) -> None:
    """Everything moved by a week of the clock on the wall moves the answer by a week (no change of clocks between)."""
    _, rooms_, clerks_, takes_, *_ = town
    if town[0] != FIRST_DAYS[0]:
        return
    now = moment(town[0], 17)
    events = rooms_ + clerks_ + takes_
    here, there = build(events), build([_shifted(event) for event in events])
    week = timedelta(weeks=1)
    assert [(time + week, site) for time, site in possible(here, wish, now)] == list(possible(there, wish, now + week))
    one, other = search(here, wish, now), search(there, wish, now + week)
    assert [p.stops for p in one.proposals] == [
        tuple(_earlier(stop, week) for stop in p.stops) for p in other.proposals
    ]


@often
@given(towns, wishes, st.integers(1, 2))
def test_a_harder_wish_never_finds_more(town: Town, wish: Wish, seats: int) -> None:
    """A larger party, a longer stop and a further requirement only remove times."""
    first, rooms_, clerks_, takes_, *_ = town
    index, now = build(rooms_ + clerks_ + takes_), moment(first, 17)
    before = set(possible(index, wish, now))
    stops = tuple(replace(need, seats=need.seats + seats, competences=("pass",), step_free=True) for need in wish.stops)
    assert set(possible(index, replace(wish, stops=stops), now)) <= before
    alone = replace(wish, stops=tuple(replace(need, minutes=need.minutes + 5) for need in wish.stops[:1]))
    assert set(possible(index, alone, now)) <= set(possible(index, replace(wish, stops=wish.stops[:1]), now))


def _renamed(event: Event) -> Event:
    method, (name, *values), named = event
    return method, (f"more-{name}", *values), named


def _longer(event: Event) -> Event:
    method, values, named = event
    if not method.startswith("open_"):
        return event
    *head, days = values
    hour = timedelta(hours=1)
    return method, (*head, {day: [(*one[:-1], one[-1] + hour) for one in times] for day, times in days.items()}), named


def _shifted(value: Any) -> Any:
    """Everything in it that is a time, a week later."""
    if isinstance(value, date):
        return value + timedelta(weeks=1)
    if isinstance(value, dict):
        return {_shifted(key): _shifted(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(_shifted(one) for one in value)
    return value


def _earlier(stop: Any, by: timedelta) -> Any:
    times = {name: getattr(stop, name) - by for name in ("starts_at", "ends_at", "blocked_until")}
    return replace(stop, **times)


def test_a_start_is_never_in_a_skipped_hour_and_may_come_twice() -> None:
    """On 28 March 2027 two o'clock does not exist; on 25 October 2026 it comes twice and both are offered."""
    found = {}
    for day in (date(2027, 3, 28), date(2026, 10, 25)):
        begins, until = (datetime.combine(day, moment(day, tick).timetz()) for tick in (12, 48))
        index = build(
            [
                ("define_room", ("r",), {"name": "r", "site": "s", "seats": 9}),
                ("define_clerk", ("c",), {"name": "c", "departments": ("amt",), "competences": ("pass",)}),
                ("open_room", ("r", day, day, {day: [(begins, until)]}), {}),
                ("open_clerk", ("c", day, day, {day: [("s", begins, until)]}), {}),
            ]
        )
        wish = Wish(stops=(need(minutes=60, grid=60, department="amt"),))
        times = possible(index, wish, datetime.combine(day, moment(day, 0).timetz()))
        found[day.month] = [time.strftime("%H:%M %z") for time, _ in times]
    assert found[3] == ["01:00 +0100", "03:00 +0200"]
    assert found[10] == ["01:00 +0200", "02:00 +0200", "02:00 +0100", "03:00 +0100"]
    assert str(ZONE) == "Europe/Berlin"
