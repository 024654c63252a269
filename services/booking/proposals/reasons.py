"""The single checks behind an explanation: of the window, of every clerk and of every room."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from services.booking.proposals.calendars import Calendar
from services.booking.proposals.index import Index
from services.booking.proposals.places import Place
from services.booking.proposals.resources import clerk_lacks, room_lacks
from services.booking.proposals.ticks import span
from services.booking.proposals.window import earliest, latest, window
from services.booking.proposals.wish import Wish


@dataclass(frozen=True, slots=True)
class Reason:
    """One check. `code`: "free" or what stands against it; `decides`: this alone rules the time out."""

    code: str
    what: str  # "window", "clerk", "room", "clerks" or "rooms"
    who: str | None = None
    concern: str | None = None
    decides: bool = False


def window_reasons(index: Index, wish: Wish, at: datetime, now: datetime) -> Iterator[Reason]:
    tick = index.scale.ceil(at)
    if index.scale.moment(tick) != at:
        yield Reason("off_the_clock", "window", decides=True)
    if tick < index.scale.ceil(now):
        yield Reason("past", "window", decides=True)
    elif tick < earliest(index, wish, now):
        yield Reason("too_soon", "window", decides=True)
    if tick >= latest(index, wish, now):
        yield Reason("outside_horizon", "window", decides=True)
    elif not window(index, wish, now).allowed >> max(index.position(at), 0) & 1 and tick >= earliest(index, wish, now):
        yield Reason("not_asked_for", "window", decides=True)


def day_reasons(place: Place, number: int, at: datetime) -> Iterator[Reason]:
    """A stop and its buffers lie within one local day."""
    bit, shape = place.index.position(at), place.shapes[number]
    first, last = (place.index.day(bit + n) for n in (-shape.before, shape.length + shape.after - 1))
    if first != last and not place.wish.past_midnight:
        yield Reason("past_midnight", "window", None, place.wish.stops[number].concern, decides=True)


def clerk_reasons(place: Place, number: int, at: datetime) -> Iterator[Reason]:
    """Every clerk of the department, and whether all of them are ruled out."""
    need, index = place.wish.stops[number], place.index
    codes = []
    for clerk in sorted(index.clerks.values(), key=lambda clerk: clerk.id):
        lacks = clerk_lacks(clerk, need, place.wish.language)
        if lacks != "department":
            code = lacks or _time(place, "clerk", clerk.id, number, at)
            codes.append(code)
            yield Reason(code, "clerk", clerk.id, need.concern)
    if "free" not in codes:
        yield Reason(_mildest(codes), "clerks", None, need.concern, decides=True)


def room_reasons(place: Place, number: int, at: datetime) -> Iterator[Reason]:
    """Every room of the site, and whether all of them are ruled out."""
    need, codes = place.wish.stops[number], []
    for room in sorted(place.index.rooms.values(), key=lambda room: (room.seats, room.id)):
        if room.site == place.site:
            code = room_lacks(room, need) or _time(place, "room", room.id, number, at)
            codes.append(code)
            yield Reason(code, "room", room.id, need.concern)
    if "free" not in codes:
        yield Reason(_mildest(codes), "rooms", None, need.concern, decides=True)


# From what lies furthest from being possible to what lies nearest.
_ORDER = (
    "none", "competence", "responsibility", "language", "equipment", "step_free", "seats",
    "absent", "kept", "too_short", "taken", "asked_for", "buffer", "not_released", "off_grid",
)  # fmt: skip


def _mildest(codes: list[str]) -> str:
    return max(codes, key=_ORDER.index, default="none")


def _time(place: Place, kind: str, resource: str, number: int, at: datetime) -> str:
    """What stands against one room or clerk at that time."""
    index, shape = place.index, place.shapes[number]
    bit, calendar = index.position(at), index.calendar(kind, resource)
    if bit < 0:
        return "absent"
    site = "" if kind == "room" else place.site
    visit = span(bit, bit + shape.length)
    if calendar.bits(site, place.view) & visit != visit:
        return _closed(calendar, site, visit, place)
    if calendar.busy(pending=False)[0] & visit:
        return "taken"
    if calendar.busy()[0] & visit:
        return "asked_for"
    if not calendar.starts(site, shape.length, shape.before, shape.after, 0, True, place.view) >> bit & 1:
        return "buffer"
    if not place.bits(kind, resource, number) >> bit & 1:
        return "not_released"
    return "free" if place.bits(kind, resource, number, first=True) >> bit & 1 else "off_grid"


def _closed(calendar: Calendar, site: str, visit: int, place: Place) -> str:
    everything = 0
    for lane, bits in calendar.lanes.items():
        everything |= bits if lane.site == site else 0
    if everything & visit == visit:
        return "kept"  # for another class of guests
    return "too_short" if calendar.bits(site, place.view) & visit & -visit else "absent"
