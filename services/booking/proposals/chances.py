"""What would open a time to a guest for whom there is none: each a wish that asks for a little less.

| opens | what the guest would give up |
|---|---|
| other_times | the weekdays or the part of the day |
| later, earlier | the last day; the first day |
| other_site | the site |
| other_language | the language |
| separate_visits | having all concerns in one visit |
| released | nothing, but the place opens for booking only at `bookable_from` |
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta

from services.booking.proposals.index import Index
from services.booking.proposals.release import Weekly
from services.booking.proposals.window import today
from services.booking.proposals.wish import Chance, Need, Proposal, Stop, Wish

Search = Callable[[Wish], Proposal | None]


def chances(index: Index, wish: Wish, now: datetime, search: Search, kept: Chance | None) -> tuple[Chance, ...]:
    """Those that help, one of a kind. `kept`: what `released` finds on the days asked for."""
    found = []
    for opens, other in _less(index, wish, now):
        proposal = search(other)
        if proposal is not None:
            found.append(Chance(opens, proposal.starts_at, {"site": proposal.site}))
    open_end = replace(wish, until_date=None, not_after=None)
    if kept is None and wish != open_end and all(chance.opens == "other_language" for chance in found):
        kept = released(index, open_end, now, search)
    return (*found, *((kept,) if kept is not None else ()), *_separate(wish, search))


def _less(index: Index, wish: Wish, now: datetime) -> Iterator[tuple[str, Wish]]:
    any_time = replace(wish, parts=(), weekdays=())
    if wish.parts or wish.weekdays:
        yield "other_times", any_time
    if wish.until_date is not None or wish.not_after is not None:
        yield "later", replace(wish, until_date=None, not_after=None)
    first = today(index, now)
    if (wish.from_date is not None and wish.from_date > first) or wish.not_before is not None:
        yield "earlier", replace(any_time, from_date=None, not_before=None, not_after=None, until_date=None)
    if wish.site is not None and set(index.sites()) - {wish.site}:
        yield "other_site", replace(wish, site=None)
    if wish.language is not None:
        yield "other_language", replace(wish, language=None)


def _separate(wish: Wish, search: Search) -> Iterator[Chance]:
    """Each concern in a visit of its own; the latest of them counts."""
    if len(wish.stops) > 1:
        single = [search(replace(wish, stops=(need,))) for need in wish.stops]
        starts = [proposal.starts_at for proposal in single if proposal is not None]
        if len(starts) == len(single):
            yield Chance("separate_visits", max(starts), {"visits": len(starts)})


def released(index: Index, wish: Wish, now: datetime, search: Search) -> Chance | None:
    """A place on the days asked for that lies behind the horizon or is not released yet, and when it will be."""
    stops = tuple(replace(need, horizon_days=None, release=None) for need in wish.stops)
    free = replace(wish, stops=stops, ahead=True)
    proposal = search(free)
    if proposal is not None and proposal.starts_at < (opens_at := _opened(index, wish, proposal)):
        # It would be over before its week opens: what comes after that moment.
        proposal = search(replace(free, not_before=opens_at))
    if proposal is None or proposal.starts_at < _opened(index, wish, proposal):
        return None
    by_need = [_bookable_from(index, need, proposal.starts_at, now) for need in wish.stops]
    opens = max(*by_need, *(_kept_until(index, stop, proposal.site, wish) for stop in proposal.stops))
    return Chance("released", proposal.starts_at, {"site": proposal.site, "bookable_from": opens.isoformat()})


def _bookable_from(index: Index, need: Need, starts_at: datetime, now: datetime) -> date:
    """The day on which horizon and release rule let a need book a day; for shares, when all places are open."""
    day = starts_at.astimezone(index.zone).date()
    days = [today(index, now)]
    if need.horizon_days is not None:
        days.append(day - timedelta(need.horizon_days))
    if need.release is not None and need.release.weekly is not None:
        days.append(_week_opens(need.release.weekly, day))
    if need.release is not None and need.release.shares:
        days.append(day - timedelta(min(before for before, _ in need.release.shares)))
    return max(days)


def _kept_until(index: Index, stop: Stop, site: str, wish: Wish) -> date:
    """The day on which the quotas that a stop lies in open to whoever asks."""
    first, until = index.position(stop.starts_at), index.position(stop.ends_at)
    opens = index.calendar("clerk", stop.clerk).released_at(site, first, until, wish.audience)
    return date.min if opens is None else index.day(opens)


def _opened(index: Index, wish: Wish, proposal: Proposal) -> datetime:
    """The moment at which the week of a proposal opens for all that is asked for."""
    day = proposal.starts_at.astimezone(index.zone).date()
    rules = [need.release.weekly for need in wish.stops if need.release is not None and need.release.weekly]
    return max(
        (datetime.combine(_week_opens(rule, day), rule.clock, index.zone) for rule in rules),
        default=proposal.starts_at,
    )


def _week_opens(weekly: Weekly, day: date) -> date:
    """The day on which the week of a day opens."""
    monday = day - timedelta(day.weekday())
    return monday - timedelta(weeks=weekly.weeks) + timedelta(weekly.weekday)
