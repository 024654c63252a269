"""The best way to run a visit that begins at a given time at a given site: order, waiting, clerks and rooms.

One clerk or room may serve several stops of a visit; between these nobody needs a buffer (the guest stays), and the
owners of the calendars cut it. Each stop with its buffer must be free of other guests.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice, pairwise

from services.booking.proposals.offers import Offers, cheapest_chain
from services.booking.proposals.places import FREELY_ORDERED, Place
from services.booking.proposals.prices import Prices, price
from services.booking.proposals.ticks import local_time
from services.booking.proposals.wish import Proposal, Stop

MOST_WAYS = 50
Step = tuple[int, int]  # the number of a concern, the bit at which it begins


@dataclass(frozen=True, slots=True)
class Visit:
    """Which concern when, with whom and where; `cost` in points."""

    cost: float
    steps: tuple[Step, ...]
    clerks: tuple[str, ...]
    rooms: tuple[str, ...]


def best_visit(prices: Prices, at: int) -> Visit:
    """The visit with the fewest points that begins at bit `at`, which must be one of `place.begins(all)`.

    For more concerns than are tried in any order, only the shortest waiting is looked at, and so many ways of it.
    """
    best: Visit | None = None
    rules, place = prices.objective, prices.place
    many = len(place.shapes) > FREELY_ORDERED
    floors = prices.floor("room", at), prices.floor("clerk", at)
    for waited in range(place.wait * (len(place.shapes) - 1) + 1):
        cost = place.index.scale.minutes * (rules.early * (at - place.window.first) + rules.waiting * waited)
        if best is not None and (many or cost + sum(floors) >= best.cost):
            break
        if place.exactly(place.all, waited, first=True) >> at & 1:
            ways = timings(place, place.all, at, waited, first=True)
            for steps in islice(ways, MOST_WAYS) if many else ways:
                best = _served(prices, steps, cost, best, floors[1]) or best
    if best is None:
        raise ValueError(f"no visit begins at {place.index.moment(at)}")
    return best


def timings(place: Place, remaining: int, at: int, waited: int, first: bool = False) -> Iterator[tuple[Step, ...]]:
    """Every order and timing of the remaining concerns from bit `at` on, with exactly `waited` ticks of waiting."""
    for number in place.next_of(remaining):
        rest, ends = remaining & ~(1 << number), at + place.shapes[number].length
        if not place.starts(number, first) >> at & 1:
            continue
        if not rest and not waited:
            yield ((number, at),)
        for wait in range(min(waited, place.wait) + 1) if rest else ():
            if place.exactly(rest, waited - wait) >> ends + wait & 1:
                yield from (((number, at), *later) for later in timings(place, rest, ends + wait, waited - wait))


def _served(prices: Prices, steps: tuple[Step, ...], cost: float, best: Visit | None, floor: float) -> Visit | None:
    """Clerks and rooms for a timing, if cheaper than the best visit so far; `floor`: the least that clerks cost."""
    bound = float("inf") if best is None else best.cost - cost
    rooms = cheapest_chain(_offers(prices, "room", steps), prices.objective.room_change, bound - floor)
    if rooms is None:
        return None
    clerks = cheapest_chain(_offers(prices, "clerk", steps), prices.objective.clerk_change, bound - rooms[0])
    if clerks is None:
        return None
    return Visit(cost + rooms[0] + clerks[0], steps, clerks[1], rooms[1])


def _offers(prices: Prices, kind: str, steps: tuple[Step, ...]) -> list[Offers]:
    last = len(steps) - 1
    return [prices.offers(kind, number, at, order == 0, order == last) for order, (number, at) in enumerate(steps)]


def proposal_of(prices: Prices, visit: Visit) -> Proposal:
    """The visit in local times, with the parts of its score."""
    stops, place = [], prices.place
    for (number, at), clerk, room in zip(visit.steps, visit.clerks, visit.rooms, strict=True):
        need, starts_at = place.wish.stops[number], place.index.moment(at)
        ends_at = _later(starts_at, need.minutes, place)
        times = (starts_at, ends_at, _later(ends_at, need.buffer, place))
        stops.append(Stop(need.concern, *times, room, clerk, number))
    return Proposal(place.site, stops[0].starts_at, stops[-1].ends_at, tuple(stops), score(prices, visit))


def _later(moment: datetime, minutes: int, place: Place) -> datetime:
    """So many minutes elapsed, also across a change of the clocks."""
    return local_time(moment + timedelta(minutes=minutes), place.index.zone)


def score(prices: Prices, visit: Visit) -> dict[str, float]:
    """The parts of the objective (ranking.py); their sum is the visit's cost."""
    place, rules, begins, last = prices.place, prices.objective, visit.steps[0][1], len(visit.steps) - 1
    minutes, served = place.index.scale.minutes, sum(place.shapes[number].length for number, _ in visit.steps[:-1])
    parts = {
        "early": rules.early * minutes * (begins - place.window.first),
        "waiting": rules.waiting * minutes * (visit.steps[-1][1] - begins - served),
        "walking": rules.room_change * _changes(visit.rooms) + rules.clerk_change * _changes(visit.clerks),
    }
    parts |= dict.fromkeys(("room", "load", "scarce", "crumbs"), 0.0)
    for order, (number, at) in enumerate(visit.steps):
        day, clerk = prices.day(at), visit.clerks[order]
        load, scarce = prices.static("clerk", clerk, number, day)
        parts["room"] += prices.static("room", visit.rooms[order], number, day)[0]
        parts["load"] += load
        parts["scarce"] += scarce
        parts["crumbs"] += price(place, rules, "clerk", clerk, number, at, order == 0, order == last) or 0.0
    return {name: round(points, 6) for name, points in parts.items()}


def _changes(chosen: tuple[str, ...]) -> int:
    return sum(one != other for one, other in pairwise(chosen))
