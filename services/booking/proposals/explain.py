"""Why a time was or was not offered, as of the index and the moment given: every check with its result."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from services.booking.proposals.index import Index
from services.booking.proposals.places import Place
from services.booking.proposals.prices import Prices
from services.booking.proposals.ranking import DEFAULT, Objective
from services.booking.proposals.reasons import Reason, clerk_reasons, day_reasons, room_reasons, window_reasons
from services.booking.proposals.search import search
from services.booking.proposals.visits import best_visit, proposal_of
from services.booking.proposals.window import window
from services.booking.proposals.wish import Proposal, Wish


@dataclass(frozen=True, slots=True)
class Explanation:
    """`offered`: it is among the proposals. `best`: the visit at that time; `instead`: what is proposed.

    `because`: "offered", "near_a_better_one", "others_are_better", or the first check that rules it out.
    """

    site: str
    at: datetime
    offered: bool
    because: str
    reasons: tuple[Reason, ...]
    best: Proposal | None
    instead: tuple[Proposal, ...]


def explain(
    index: Index, wish: Wish, at: datetime, now: datetime, objective: Objective = DEFAULT
) -> tuple[Explanation, ...]:
    """One explanation for each site in question. `at`: the start asked about; `now`: when it was asked."""
    index.wake(now)
    instead = search(index, wish, now, objective).proposals
    sites = index.sites() if wish.site is None else (wish.site,)
    return tuple(_explain(index, replace(wish, site=site), at, now, objective, instead) for site in sites)


def _explain(
    index: Index, wish: Wish, at: datetime, now: datetime, objective: Objective, instead: tuple[Proposal, ...]
) -> Explanation:
    site = wish.site or ""
    place = Place(index, wish, window(index, wish, now), site)
    bit = index.position(at)
    reasons = tuple(_reasons(place, wish, at, now))
    fits = bit >= 0 and index.moment(bit) == at and place.begins(place.all, first=True) >> bit & 1
    if not fits:
        because = next((reason.code for reason in reasons if reason.decides), "not_together")
        return Explanation(site, at, False, because, reasons, None, instead)
    prices = Prices(place, objective)
    best = proposal_of(prices, best_visit(prices, bit))
    offered = any(one.site == site and one.starts_at == at for one in instead)
    near = any(one.site == site and abs(one.starts_at - at) < timedelta(minutes=objective.apart) for one in instead)
    because = "offered" if offered else "near_a_better_one" if near else "others_are_better"
    return Explanation(site, at, offered, because, reasons, best, instead)


def _reasons(place: Place, wish: Wish, at: datetime, now: datetime) -> Iterator[Reason]:
    """For a visit of several concerns each is judged as if it began at the time asked about."""
    yield from window_reasons(place.index, wish, at, now)
    for number in range(len(wish.stops)):
        yield from day_reasons(place, number, at)
        yield from clerk_reasons(place, number, at)
        yield from room_reasons(place, number, at)
