"""The engine against the slow search that is plainly right, on random small towns."""

from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from services.booking.proposals.index import Index
from services.booking.proposals.ranking import DEFAULT, Objective
from services.booking.proposals.search import possible, search
from services.booking.proposals.wish import Need, Stop, Wish
from tests.proposals.exhaustive import Slow, ticks, up
from tests.proposals.random_towns import FIRST_DAYS, Event, build, clerks, moment, rooms, takes, wishes
from tests.proposals.town import at

# The second one prefers to wait for the same, idle, close-fitting clerk.
objectives = st.sampled_from(
    (DEFAULT, Objective(0.2, 0.1, 20.0, 15.0, 4.0, 2, 40.0, 0.5, 3.0, 30, 9.0, 15), Objective(early=0.01, crumb=2.0))
)
Town = tuple[datetime, list[Event], list[Event], list[Event]]

towns = st.sampled_from(FIRST_DAYS).flatmap(
    lambda first: st.tuples(st.just(moment(first, 17)), rooms(first), clerks(first), takes(first))
)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(towns, wishes, objectives)
def test_the_same_times_and_the_best_of_them(town: Town, wish: Wish, objective: Objective) -> None:
    """Exactly the feasible times are found, and the first proposal has the fewest points of all visits."""
    index, slow, now = built(town)
    visits = list(slow.visits(wish, now, objective))
    event(f"{len(wish.stops)} stops, {'some' if visits else 'no'} times")
    times = {(up(start), site) for start, site in possible(index, wish, now)}
    assert times == {(visit.begins, visit.site) for visit in visits}
    found = search(index, wish, now, objective)
    assert bool(found.proposals) == bool(visits)
    assert (found.nothing_because is None) == bool(visits)
    if visits:
        assert found.proposals[0].cost == pytest.approx(min(visit.cost for visit in visits), abs=1e-4)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(towns, wishes, objectives)
def test_every_proposal_can_be_held(town: Town, wish: Wish, objective: Objective) -> None:
    """Each proposal's stops are free as they stand, cost what the best visit at that time costs, and lie apart."""
    index, slow, now = built(town)
    found = search(index, wish, now, objective).proposals
    visits = list(slow.visits(wish, now, objective)) if found else []
    for proposal in found:
        assert sorted(stop.concern for stop in proposal.stops) == sorted(need.concern for need in wish.stops)
        same_time = [v.cost for v in visits if (v.begins, v.site) == (up(proposal.starts_at), proposal.site)]
        assert proposal.cost == pytest.approx(min(same_time), abs=1e-4)
        for number, stop in enumerate(proposal.stops):
            assert any(holds(slow, proposal.site, stop, need, not number) for need in wish.stops)
        apart = timedelta(minutes=objective.apart)
        others = [other for other in found if other.site == proposal.site and other is not proposal]
        assert all(abs(other.starts_at - proposal.starts_at) >= apart for other in others)


def holds(slow: Slow, site: str, stop: Stop, need: Need, first: bool) -> bool:
    at = up(stop.starts_at)
    return (
        need.concern == stop.concern
        and stop.blocked_until - stop.starts_at == timedelta(minutes=need.minutes + need.buffer)
        and slow.free("clerk", stop.clerk, site, need, at, first)
        and slow.free("room", stop.room, site, need, at, first)
    )


def built(town: Town) -> tuple[Index, Slow, datetime]:
    now, *parts = town
    events = [event for part in parts for event in part]
    index = build(events)
    return index, Slow(index, events), now


def test_the_slow_search_reads_ticks_as_the_engine_does() -> None:
    """Twelve minutes occupy three ticks; 08:01 begins in the second."""
    assert ticks(12) == 3
    assert up(at("08:01")) == up(at("08:05")) == up(at("08:00")) + 1
