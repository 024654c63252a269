"""The best way to run a visit that begins at a given time at a given site: plan, waiting, clerks and rooms."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from services.booking.proposals.offers import cheapest_chain
from services.booking.proposals.places import Place, after, before
from services.booking.proposals.plans import Plan
from services.booking.proposals.ranking import crumb_points, load_points
from services.booking.proposals.ticks import MINUTES, each, span
from services.booking.proposals.wish import Proposal, Stop


@dataclass(frozen=True, slots=True)
class Visit:
    """`begins`: the bit at which each block begins."""

    cost: float
    plan: Plan
    begins: tuple[int, ...]
    clerks: tuple[str, ...]
    rooms: tuple[str, ...]


def best_visit(place: Place, chains: dict[Plan, tuple[int, ...]], at: int) -> Visit | None:
    """The visit with the fewest points that begins at bit `at`; None if the blocks can't all be served after all."""
    best: Visit | None = None
    early = place.objective.early * MINUTES * (at - place.window.first)
    for plan, chain in chains.items():
        if not chain[0] >> at & 1:
            continue
        for waited, begins in timings(place, plan, chain, at):
            cost = early + place.objective.waiting * MINUTES * waited
            if best is not None and cost >= best.cost:
                break
            best = _served(place, plan, begins, cost, best) or best
    return best


def timings(place: Place, plan: Plan, chain: tuple[int, ...], at: int) -> Iterator[tuple[int, tuple[int, ...]]]:
    """(ticks waited in all, where each block begins), the shortest waiting first."""
    if len(plan) == 1:
        return iter([(0, (at,))])
    return iter(sorted(_timings(place, plan, chain, (at,), 0)))


def _timings(
    place: Place, plan: Plan, chain: tuple[int, ...], begins: tuple[int, ...], waited: int
) -> Iterator[tuple[int, tuple[int, ...]]]:
    number = len(begins)
    if number == len(plan):
        yield waited, begins
        return
    ends = begins[-1] + plan[number - 1].length
    for wait in each(chain[number] >> ends & span(0, place.wish.max_wait // MINUTES + 1)):
        yield from _timings(place, plan, chain, (*begins, ends + wait), waited + wait)


def _served(place: Place, plan: Plan, begins: tuple[int, ...], cost: float, best: Visit | None) -> Visit | None:
    """Clerks and rooms for a timing, if they cost less than the best visit so far."""
    bound = float("inf") if best is None else best.cost - cost

    def clash(one: int, other: int) -> bool:
        gap = begins[other] - begins[one] - plan[one].length
        return gap < max(after(plan[one]), before(plan[other]))

    rooms = [
        place.offers("room", block, at, not number) for number, (block, at) in enumerate(zip(plan, begins, strict=True))
    ]
    rooms_chain = cheapest_chain(rooms, clash, place.objective.room_change, bound)
    if rooms_chain is None:
        return None
    clerks = [
        place.offers("clerk", block, at, not number)
        for number, (block, at) in enumerate(zip(plan, begins, strict=True))
    ]
    clerk_chain = cheapest_chain(clerks, clash, place.objective.clerk_change, bound - rooms_chain[0])
    if clerk_chain is None:
        return None
    return Visit(cost + rooms_chain[0] + clerk_chain[0], plan, begins, clerk_chain[1], rooms_chain[1])


def proposal_of(place: Place, visit: Visit) -> Proposal:
    """The visit in local times, with the parts of its score."""
    stops: list[Stop] = []
    for block, begins, clerk, room in zip(visit.plan, visit.begins, visit.clerks, visit.rooms, strict=True):
        starts = begins
        for number, need in enumerate(block.needs):
            last = number == len(block.needs) - 1
            following = starts + -(-need.minutes // MINUTES)
            starts_at = place.index.moment(starts)
            ends_at = _later(starts_at, need.minutes)
            blocked = _later(ends_at, block.need.buffer) if last else place.index.moment(following)
            stops.append(Stop(need.concern, starts_at, ends_at, blocked, room, clerk))
            starts = following
    return Proposal(place.site, stops[0].starts_at, stops[-1].ends_at, tuple(stops), score(place, visit))


def _later(moment: datetime, minutes: int) -> datetime:
    """Elapsed minutes, also across a change of the clocks."""
    return (moment.astimezone(UTC) + timedelta(minutes=minutes)).astimezone(moment.tzinfo)


def score(place: Place, visit: Visit) -> dict[str, float]:
    """The parts of the objective (ranking.py); their sum is the visit's cost."""
    rules = place.objective
    blocks = list(zip(visit.plan, visit.begins, visit.clerks, visit.rooms, strict=True))
    ends = [begins + block.length for block, begins, _, _ in blocks]
    waited = sum(begins - end for begins, end in zip(visit.begins[1:], ends[:-1], strict=True))
    parts = {"early": rules.early * MINUTES * (visit.begins[0] - place.window.first)}
    parts["waiting"] = rules.waiting * MINUTES * waited
    parts["walking"] = rules.room_change * _changes(visit.rooms) + rules.clerk_change * _changes(visit.clerks)
    parts |= dict.fromkeys(("room", "load", "crumbs", "scarce"), 0.0)
    for block, begins, clerk, room in blocks:
        calendar, day = place.index.calendar("clerk", clerk), place.day(begins)
        load = load_points(rules, calendar, *day)
        parts["room"] += place.static("room", room, block, *day)
        parts["load"] += load
        parts["scarce"] += place.static("clerk", clerk, block, *day) - load
        parts["crumbs"] += crumb_points(rules, calendar, place.site, begins, begins + block.length + after(block))
    return {name: round(points, 6) for name, points in parts.items()}


def _changes(chosen: tuple[str, ...]) -> int:
    return sum(one != other for one, other in pairwise(chosen))
