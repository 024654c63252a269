"""Why nothing is offered."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from services.booking.proposals.index import Index
from services.booking.proposals.window import window
from services.booking.proposals.wish import Need, Nothing, Proposal, Wish

NextChance = Callable[[Wish], Proposal | None]


def why_nothing(index: Index, wish: Wish, now: datetime, chance: NextChance) -> Nothing:
    """The first requirement, from who to when, that leaves no possibility."""
    sites = index.sites() if wish.site is None else (wish.site,)
    for need in wish.stops:
        because = _nobody(index, wish, need, sites)
        if because is not None:
            return Nothing(because, need.concern)
    frame = window(index, wish, now)
    later = replace(wish, from_date=None, until_date=None, not_before=None, not_after=None, parts=(), weekdays=())
    because = "full" if frame.allowed else "outside_horizon"
    found = chance(later)
    return Nothing(because, next_chance=None if found is None else found.starts_at)


def _nobody(index: Index, wish: Wish, need: Need, sites: tuple[str, ...]) -> str | None:
    if not index.fitting_clerks(need, wish.language):
        return "no_clerk"
    if not any(index.fitting_rooms(need, site) for site in sites):
        return "no_room"
    return None
