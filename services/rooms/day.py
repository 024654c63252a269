"""One room's day as a bit set of five-minute ticks: bit n is the n-th tick from the day's base."""

import math
from dataclasses import dataclass
from datetime import date, datetime

from services.rooms.events import RoomFreed, RoomTaken

TICK_SECONDS = 300
_TICKS_A_DAY = 86_400 // TICK_SECONDS
_UNIX_EPOCH = date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True)
class RoomDay:
    """`taken` are the ticks held, buffers included."""

    base: int
    taken: int = 0

    def free(self, starts_at: datetime, until: datetime) -> bool:
        """Is no tick of [starts_at, until) taken?"""
        return not self.taken & span(self.base, starts_at, until)


def empty(day: date) -> RoomDay:
    """A day with nothing taken. Its base lies a day before midnight UTC, so that it serves every time zone."""
    return RoomDay(base=(day.toordinal() - _UNIX_EPOCH - 1) * _TICKS_A_DAY)


def evolve(state: RoomDay, event: RoomTaken | RoomFreed) -> RoomDay:
    ticks = span(state.base, event.starts_at, event.blocked_until)
    match event:
        case RoomTaken():
            return RoomDay(state.base, state.taken | ticks)
        case RoomFreed():
            return RoomDay(state.base, state.taken & ~ticks)


def ticks(starts_at: datetime, until: datetime) -> range:
    """Every tick, counted from the Unix epoch, that [starts_at, until) touches."""
    return range(int(starts_at.timestamp()) // TICK_SECONDS, -(-math.ceil(until.timestamp()) // TICK_SECONDS))


def span(base: int, starts_at: datetime, until: datetime) -> int:
    """The bit set of the ticks of [starts_at, until), relative to `base`. Raises ValueError when they begin earlier."""
    touched = ticks(starts_at, until)
    return ((1 << len(touched)) - 1) << (touched.start - base)
