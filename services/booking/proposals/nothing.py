"""Why nothing is offered: the first requirement, from who to when, that leaves no possibility; and what would help.

| because | meaning |
|---|---|
| no_concern, no_site | nothing was asked for; there is no such site |
| no_clerk, not_responsible, no_language | nobody has the competences, the responsibility, the language |
| no_room, no_equipment, not_step_free, too_few_seats | no room at the site; none with what is needed; none so large |
| outside_horizon | the days asked for are past, too soon or too far ahead |
| not_released | there are places, but they open for booking later; or hours that are kept for others until then |
| clerk_absent, room_closed, closed | no fitting clerk works then, no fitting room is open, never both |
| too_long | the opening times are never long enough |
| full | everything that fits is taken |
| not_together | each concern alone would fit, not all in one visit |
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from services.booking.proposals.chances import Search, chances, released
from services.booking.proposals.index import Index
from services.booking.proposals.places import Place
from services.booking.proposals.resources import clerk_lacks, room_lacks
from services.booking.proposals.ticks import runs
from services.booking.proposals.window import Window, window
from services.booking.proposals.wish import Need, Nothing, Wish

_CLERK = {
    "department": "no_clerk",
    "competence": "no_clerk",
    "responsibility": "not_responsible",
    "language": "no_language",
}
_ROOM = {"equipment": "no_equipment", "step_free": "not_step_free", "seats": "too_few_seats"}
Reason = tuple[str, str | None, dict[str, str | int | None]]  # because, concern, detail


def why_nothing(index: Index, wish: Wish, now: datetime, search: Search) -> Nothing:
    """`search` finds the best proposal for another wish."""
    because, concern, detail = next(_reasons(index, wish, now))
    kept = released(index, wish, now, search) if wish.stops else None
    found = chances(index, wish, now, search, kept) if wish.stops else ()
    if kept is not None and (because == "full" or search(_all_released(wish)) is not None):
        return Nothing("not_released", concern, kept.starts_at, kept.opens, kept.detail, found)
    first = min(found, key=lambda chance: chance.starts_at, default=None)
    if first is None:
        return Nothing(because, concern, detail=detail)
    return Nothing(because, concern, first.starts_at, first.opens, detail | first.detail, found)


def _all_released(wish: Wish) -> Wish:
    """As if no place were kept back by a release rule, nor for others."""
    return replace(wish, stops=tuple(replace(need, release=None) for need in wish.stops), ahead=True)


def _reasons(index: Index, wish: Wish, now: datetime) -> Iterator[Reason]:
    """The reasons that hold, the most basic one first; the last always holds."""
    if not wish.stops:
        yield "no_concern", None, {}
    known = {*index.sites(), *_workplaces(index)}
    sites = tuple(sorted(known)) if wish.site is None else (wish.site,)
    if not known.intersection(sites):
        yield "no_site", None, {}
    for need in wish.stops:
        yield from _nobody(index, wish, need)
        yield from _nowhere(index, need, sites)
    frame = window(index, wish, now)
    if not frame.allowed:
        yield "outside_horizon", None, {}
    places = [Place(index, wish, frame, site) for site in sites]
    for number, need in enumerate(wish.stops):
        openings = [_Openings(place, number, frame) for place in places]
        if not any(site.clerks for site in openings):
            yield "clerk_absent", need.concern, {}
        yield from _nowhere(index, need, tuple(site.name for site in openings if site.clerks))
        yield from _never(openings, need)
    if all(any(place.starts(number, False) for place in places) for number in range(len(wish.stops))):
        yield "not_together", None, {}
    yield "full", None, {}


def _workplaces(index: Index) -> Iterator[str]:
    """The sites at which clerks open hours; there need not be a room."""
    for clerk in index.clerks:
        for lane in index.calendar("clerk", clerk).lanes:
            yield lane.site


def _nobody(index: Index, wish: Wish, need: Need) -> Iterator[Reason]:
    lacks = {clerk_lacks(clerk, need, wish.language) for clerk in index.clerks.values()}
    if None not in lacks:
        worst = next((one for one in reversed(_CLERK) if one in lacks), "department")
        yield _CLERK[worst], need.concern, {}


def _nowhere(index: Index, need: Need, sites: tuple[str, ...]) -> Iterator[Reason]:
    rooms = [room for room in index.rooms.values() if room.site in sites]
    lacks = {room_lacks(room, need) for room in rooms}
    if None in lacks:
        return
    worst = next((one for one in reversed(_ROOM) if one in lacks), None)
    detail: dict[str, str | int | None] = {}
    if worst == "seats":
        detail = {"seats": need.seats, "largest": max(room.seats for room in rooms)}
    yield "no_room" if worst is None else _ROOM[worst], need.concern, detail


class _Openings:
    """When the fitting clerks and rooms of a site are open in the window, however much is taken."""

    def __init__(self, place: Place, number: int, frame: Window) -> None:
        index, self.name, self.length = place.index, place.site, place.shapes[number].length
        self.clerks = self.rooms = self.long = 0
        for clerk in place.fitting("clerk", number):
            opened = index.calendar("clerk", clerk).bits(place.site, place.view)
            self.clerks |= opened & frame.allowed
            self.long |= runs(opened & frame.allowed, self.length)
        for room in place.fitting("room", number):
            self.rooms |= index.calendar("room", room).bits("") & frame.allowed


def _never(sites: list[_Openings], need: Need) -> Iterator[Reason]:
    if not any(site.rooms for site in sites):
        yield "room_closed", need.concern, {}
    if not any(site.clerks & site.rooms for site in sites):
        yield "closed", need.concern, {}
    if not any(site.long & runs(site.rooms, site.length) for site in sites):
        yield "too_long", need.concern, {"minutes": need.minutes}
