"""When a visit may lie at all, as bits: from now, lead time, horizon, days, weekdays and parts of the day."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from services.booking.proposals.index import Index
from services.booking.proposals.release import released_until
from services.booking.proposals.shapes import Shape
from services.booking.proposals.ticks import runs, span
from services.booking.proposals.wish import Wish

_FIRST, _LAST = date(1970, 1, 2), date(9000, 1, 1)  # dates beyond these can't be converted


@dataclass(frozen=True, slots=True)
class Window:
    """`first`: the bit from which earliness counts (may be negative); `allowed`: the bits a visit may occupy.

    `midnights`: the bits at which local days begin, if a visit and its buffers must lie within one day, else 0.
    `now`, `today`: the bit and the local day that have begun.
    """

    first: int
    until: int
    allowed: int
    midnights: int = 0
    now: int = 0
    today: date = date.min

    def starts(self, shape: Shape) -> int:
        """Where a stop may begin; it and its buffers lie within one day."""
        bits = runs(self.allowed, shape.length)
        if not self.midnights:
            return bits
        bits &= runs(~self.midnights >> 1, shape.length + shape.after - 1)
        if shape.before:
            behind = shape.before - 1  # bits, before which there is nothing
            bits &= runs(~self.midnights << behind | span(0, behind), shape.before)
        return bits


def window(index: Index, wish: Wish, now: datetime) -> Window:
    base = index.base or 0
    first = earliest(index, wish, now) - base
    until = min(latest(index, wish, now), index.until) - base
    midnights = 0 if wish.past_midnight else sum(1 << bit for bit in index.midnights() if bit < until)
    allowed = _allowed(index, wish, first, until)
    return Window(first, until, allowed, midnights, index.scale.floor(now) - base, today(index, now))


def today(index: Index, now: datetime) -> date:
    """The local day; it begins at local midnight."""
    return now.astimezone(index.zone).date()


def earliest(index: Index, wish: Wish, now: datetime) -> int:
    """The first tick (absolute) at which the visit may begin: no stop sooner than its lead time."""
    lead = max((need.lead_minutes for need in wish.stops), default=0)
    ticks = [index.scale.ceil(now.astimezone(UTC) + timedelta(minutes=lead))]
    days = max((need.lead_days for need in wish.stops), default=0)
    if days:
        ticks.append(index.scale.midnight(today(index, now) + timedelta(days)))
    if wish.not_before is not None:
        ticks.append(index.scale.ceil(wish.not_before))
    if wish.from_date is not None:
        ticks.append(index.scale.midnight(max(wish.from_date, _FIRST)))
    return max(ticks)


def latest(index: Index, wish: Wish, now: datetime) -> int:
    """The tick (absolute) by which the visit must be over."""
    ticks = [index.until]
    horizons = [need.horizon_days for need in wish.stops if need.horizon_days is not None]
    ticks += [index.scale.midnight(today(index, now) + timedelta(days + 1)) for days in horizons]
    weekly = [need.release.weekly for need in wish.stops if need.release and need.release.weekly]
    ticks += [index.scale.midnight(released_until(one, now, index.zone) + timedelta(1)) for one in weekly]
    if wish.not_after is not None:
        ticks.append(index.scale.floor(wish.not_after))
    if wish.until_date is not None:
        ticks.append(index.scale.midnight(min(wish.until_date, _LAST) + timedelta(1)))
    return min(ticks)


def _allowed(index: Index, wish: Wish, first: int, until: int) -> int:
    if first >= until or (not wish.parts and not wish.weekdays):
        return span(first, until)
    bits = 0
    day, last = index.day(max(first, 0)), index.day(max(until, 0))
    while day <= last:
        if not wish.weekdays or day.weekday() in wish.weekdays:
            bits |= _parts(index, wish, day)
        day += timedelta(1)
    return bits & span(first, until)


def _parts(index: Index, wish: Wish, day: date) -> int:
    """The wanted stretches of one local day; (x, 00:00) lasts to the end of the day."""
    if not wish.parts:
        return span(index.midnight(day), index.midnight(day + timedelta(1)))
    bits = 0
    for begins, ends in wish.parts:
        last = day if ends > begins else day + timedelta(1)
        from_, until = (datetime.combine(when, clock, index.zone) for when, clock in ((day, begins), (last, ends)))
        bits |= span(index.position(from_), index.scale.floor(until) - (index.base or 0))
    return bits
