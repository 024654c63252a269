"""One room's day as a bit set of five-minute ticks: bit n is the n-th tick from the day's base."""

import math
from dataclasses import dataclass
from datetime import date, datetime

from services.rooms.commands import StopWanted
from services.rooms.events import RoomFreed, RoomTaken

TICK_SECONDS = 300
_TICKS_A_DAY = 86_400 // TICK_SECONDS
_UNIX_EPOCH = date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True)
class RoomDay:
    """What is held, as three bit sets: `taken` from a stop's begin to the end of the buffer after it, `visits` of that
    only while a guest is there, `before` the buffers before a stop.

    The stretches of one set never overlap, so letting one go clears it; a buffer before may overlap one after.
    """

    base: int
    taken: int = 0
    visits: int = 0
    before: int = 0

    def free(self, stop: StopWanted) -> bool:
        """No guest comes into another's buffer, none's buffer into another's visit: so of two buffers between
        neighbours the larger one counts, not the sum."""
        visit = span(self.base, stop.starts_at, stop.ends_at)
        return not (
            visit & (self.taken | self.before) or span(self.base, stop.reach_from, stop.blocked_until) & self.visits
        )


def empty(day: date) -> RoomDay:
    """A day with nothing taken. Its base lies a day before midnight UTC, so that it serves every time zone."""
    return RoomDay(base=(day.toordinal() - _UNIX_EPOCH - 1) * _TICKS_A_DAY)


def evolve(state: RoomDay, event: RoomTaken | RoomFreed) -> RoomDay:
    base = state.base
    ticks = span(base, event.starts_at, event.blocked_until)
    before = span(base, event.blocked_from, event.starts_at) if event.blocked_from else 0
    match event:
        case RoomTaken():
            visit = span(base, event.starts_at, event.ends_at or event.blocked_until)
            return RoomDay(base, state.taken | ticks, state.visits | visit, state.before | before)
        case RoomFreed():
            return RoomDay(base, state.taken & ~ticks, state.visits & ~ticks, state.before & ~before)


def ticks(starts_at: datetime, until: datetime) -> range:
    """Every tick, counted from the Unix epoch, that [starts_at, until) touches."""
    return range(int(starts_at.timestamp()) // TICK_SECONDS, -(-math.ceil(until.timestamp()) // TICK_SECONDS))


def span(base: int, starts_at: datetime, until: datetime) -> int:
    """The bit set of the ticks of [starts_at, until), relative to `base`. Raises ValueError when they begin earlier."""
    touched = ticks(starts_at, until)
    return ((1 << len(touched)) - 1) << (touched.start - base)
