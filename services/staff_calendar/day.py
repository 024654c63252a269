"""One clerk's day as a bit set of five-minute ticks: bit n is the n-th tick from the day's base."""

import math
from dataclasses import dataclass, replace
from datetime import date, datetime

from services.staff_calendar.commands import StopWanted
from services.staff_calendar.events import (
    ClerkBecameBusy,
    ClerkBecameFree,
    ClerkFreed,
    ClerkTaken,
    Span,
    StopHeld,
)
from services.staff_calendar.spans import joined, without

TICK_SECONDS = 300
_TICKS_A_DAY = 86_400 // TICK_SECONDS
_UNIX_EPOCH = date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True)
class ClerkDay:
    """What is held, as three bit sets: `taken` from a stop's begin to the end of the buffer after it, `visits` of that
    only while a guest is there, `before` the buffers before a stop; `minutes`: the load of the day, as in `taken`.

    The stretches of one set never overlap, so letting one go clears it; a buffer before may overlap one after.
    """

    base: int
    taken: int = 0
    visits: int = 0
    before: int = 0
    minutes: int = 0
    busy: tuple[Span, ...] = ()
    """What the clerk's own calendars say; no guest's buffer reaches into it."""
    away: int = 0
    holding: frozenset[tuple[str, int, int]] = frozenset()
    """Appointment, attempt and stop of what is held."""

    def free(self, stop: StopWanted | StopHeld) -> bool:
        """No guest comes into another's buffer, none's buffer into another's visit: so of two buffers between
        neighbours the larger one counts, not the sum."""
        visit = span(self.base, stop.starts_at, stop.ends_at)
        reach = span(self.base, stop.reach_from, stop.blocked_until)
        return not (visit & (self.taken | self.before) or reach & (self.visits | self.away))


def empty(day: date) -> ClerkDay:
    """A day with nothing taken. Its base lies a day before midnight UTC, so that it serves every time zone."""
    return ClerkDay(base=(day.toordinal() - _UNIX_EPOCH - 1) * _TICKS_A_DAY)


def evolve(state: ClerkDay, event: ClerkTaken | ClerkFreed | ClerkBecameBusy | ClerkBecameFree) -> ClerkDay:
    match event:
        case ClerkBecameBusy():
            return _away(state, joined((*state.busy, *event.busy)))
        case ClerkBecameFree():
            return _away(state, without(state.busy, event.free))
        case _:
            return _held(state, event)


def _away(state: ClerkDay, busy: tuple[Span, ...]) -> ClerkDay:
    away = 0
    for one in busy:
        away |= span(state.base, one.from_, one.until)
    return replace(state, busy=busy, away=away)


def _held(state: ClerkDay, event: ClerkTaken | ClerkFreed) -> ClerkDay:
    base = state.base
    ticks = span(base, event.starts_at, event.blocked_until)
    before = span(base, event.blocked_from, event.starts_at) if event.blocked_from else 0
    minutes = int((event.blocked_until - event.starts_at).total_seconds()) // 60
    one = {(event.appointment, event.attempt, event.stop)}
    match event:
        case ClerkTaken():
            visit = span(base, event.starts_at, event.ends_at or event.blocked_until)
            sets = state.taken | ticks, state.visits | visit, state.before | before
            return ClerkDay(base, *sets, state.minutes + minutes, state.busy, state.away, state.holding | one)
        case ClerkFreed():
            sets = state.taken & ~ticks, state.visits & ~ticks, state.before & ~before
            return ClerkDay(base, *sets, state.minutes - minutes, state.busy, state.away, state.holding - one)


def ticks(starts_at: datetime, until: datetime) -> range:
    """Every tick, counted from the Unix epoch, that [starts_at, until) touches."""
    return range(int(starts_at.timestamp()) // TICK_SECONDS, -(-math.ceil(until.timestamp()) // TICK_SECONDS))


def span(base: int, starts_at: datetime, until: datetime) -> int:
    """The bit set of the ticks of [starts_at, until), relative to `base`. Raises ValueError when they begin earlier."""
    touched = ticks(starts_at, until)
    return ((1 << len(touched)) - 1) << (touched.start - base)
