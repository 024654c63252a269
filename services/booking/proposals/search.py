"""The search: ranked proposals for a wish, or why there are none."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from itertools import islice

from services.booking.proposals.chances import Search
from services.booking.proposals.index import Index
from services.booking.proposals.nothing import why_nothing
from services.booking.proposals.places import Place
from services.booking.proposals.prices import Prices
from services.booking.proposals.ranking import DEFAULT, Objective
from services.booking.proposals.ticks import each
from services.booking.proposals.visits import Visit, best_visit, proposal_of
from services.booking.proposals.window import Window, window
from services.booking.proposals.wish import Found, Need, Proposal, Stop, Wish

# Points known so far, bit, number of the place, how much is known (0 = when, 1 = which day, 2 = all), all of it.
Waiting = tuple[float, int, int, int, Visit | None]


def search(index: Index, wish: Wish, now: datetime, objective: Objective = DEFAULT) -> Found:
    """The best proposals for a wish as of `now` (aware): at most `wish.limit`, spread over time, best first."""
    chosen = tuple(islice(ranked(index, wish, now, objective), wish.limit))
    return Found(chosen, None if chosen else why_nothing(index, wish, now, _first(index, now, objective)))


def ranked(index: Index, wish: Wish, now: datetime, objective: Objective = DEFAULT) -> Iterator[Proposal]:
    """Proposals, fewest points first, none nearer to an earlier one at its site than `objective.apart`.

    Best first: a time is put in with what its lateness alone costs, when it comes up again with the least that its day
    costs, and then worked out; since no part is negative, what comes up worked out is the best of all that are left.
    """
    index.wake(now)
    frame = window(index, wish, now)
    places = [Prices(place, objective) for place in _places(index, wish, frame)]
    ways = [each(one.place.begins(one.place.all, first=True)) for one in places]
    early, apart = objective.early * index.scale.minutes, index.scale.ticks(objective.apart)
    open_: list[Waiting] = []
    chosen: list[tuple[int, int]] = []  # place, bit

    def put_next(number: int) -> None:
        for at in islice(ways[number], 1):
            heappush(open_, (early * (at - frame.first), at, number, 0, None))

    for number in range(len(places)):
        put_next(number)
    while open_:
        points, at, number, known, visit = heappop(open_)
        if known == 0:
            put_next(number)
        if any(number == other and -apart < at - when < apart for other, when in chosen):
            continue
        if visit is not None:
            chosen.append((number, at))
            yield proposal_of(places[number], visit)
        elif known == 0:
            floor = places[number].floor("room", at) + places[number].floor("clerk", at)
            heappush(open_, (points + floor, at, number, 1, None))
        else:
            visit = best_visit(places[number], at)
            heappush(open_, (visit.cost, at, number, 2, visit))


def possible(index: Index, wish: Wish, now: datetime) -> tuple[tuple[datetime, str], ...]:
    """Every (start, site) at which the whole visit could be held, in order of time."""
    index.wake(now)
    places = _places(index, wish, window(index, wish, now))
    return tuple(
        sorted((index.moment(at), place.site) for place in places for at in each(place.begins(place.all, first=True)))
    )


def still_free(
    index: Index,
    proposal_stops: tuple[Stop, ...],
    requirements: tuple[Need, ...],
    ignoring_pending: bool = True,
    site: str | None = None,
    asking: Wish | None = None,
    now: datetime | None = None,
) -> bool:
    """Whether for every stop some fitting clerk and room, not only the preferred ones, are free at its time.

    `requirements` in the order of the stops; `site` None = the site of the preferred room; `asking`: a wish with the
    audience and the language asked for, which see other quotas as of `now`.
    """
    if len(proposal_stops) != len(requirements):
        return False
    return all(
        _one_free(index, stop, need, site, not ignoring_pending, asking or Wish(()), now)
        for stop, need in zip(proposal_stops, requirements, strict=True)
    )


def _one_free(
    index: Index, stop: Stop, need: Need, site: str | None, pending: bool, asking: Wish, now: datetime | None
) -> bool:
    if site is None:
        if stop.room not in index.rooms:
            return False
        site = index.rooms[stop.room].site
    at = index.position(stop.starts_at)
    starts, ends, blocked = (one.astimezone(UTC) for one in (stop.starts_at, stop.ends_at, stop.blocked_until))
    minute = timedelta(minutes=1)
    # What was released when it was proposed may be asked for, so release rules are not looked at again.
    wanted = replace(need, minutes=(ends - starts) // minute, buffer=(blocked - ends) // minute, release=None)
    seen = 0 if now is None else index.scale.floor(now) - (index.base or 0)
    place = Place(index, replace(asking, stops=(wanted,)), Window(at, at, 0, now=seen), site, pending)
    return at >= 0 and all(
        any(place.bits(kind, one, 0) >> at & 1 for one in place.fitting(kind, 0)) for kind in ("clerk", "room")
    )


def _places(index: Index, wish: Wish, frame: Window) -> list[Place]:
    sites = index.sites() if wish.site is None else (wish.site,)
    return [Place(index, wish, frame, site) for site in sites]


def _first(index: Index, now: datetime, objective: Objective) -> Search:
    """How why_nothing asks for the first chance under another wish."""
    return lambda wish: next(iter(ranked(index, wish, now, objective)), None)
