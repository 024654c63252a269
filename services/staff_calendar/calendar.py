"""From weekly quotas, exceptions and closed dates to open intervals; correct when the clocks change.

A quota is local wall-clock time: open from the first to the last minute that the clock shows within it.
So, where the clocks change, a beginning that comes twice is meant the first time, and an end the second time if the
minute before it comes twice; a time that is skipped is the instant of the change (hours within the gap are none).
"""

from calendar import monthrange
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from math import gcd
from zoneinfo import ZoneInfo

from services.staff_calendar.events import PUBLIC, WEEKDAYS, Clock, Hours, OpenDay, Opening, Pattern, Quota

TICK_SECONDS = 300
_FAR = timedelta(days=3660)


def open_days(pattern: Pattern, first: date, last: date, zone: str, closed: Collection[date]) -> tuple[OpenDay, ...]:
    """The days from `first` to `last` (both inclusive) on which something is open, in order.

    `zone` is an IANA name. On `closed` dates nothing is open, whatever quotas and exceptions say.
    """
    local = ZoneInfo(zone)
    instead = {exception.date: exception.open for exception in pattern.exceptions}
    days = (OpenDay(day, _openings(_hours(pattern, instead, day), day, local)) for day in _dates(first, last, closed))
    return tuple(day for day in days if day.open)


def beginning(day: date, clock: Clock, zone: tzinfo) -> datetime:
    """The first instant at which the clock shows that time, or the change that skips it. Carries its offset."""
    return _instant(_wall(day, clock), zone, fold=0)


def end(day: date, clock: Clock, zone: tzinfo) -> datetime:
    """The instant after the last minute that the clock shows before that time. Carries its offset."""
    wall = _wall(day, clock)
    return _instant(wall, zone, fold=int(_comes_twice(wall - timedelta(minutes=1), zone)))


def fixed(moment: datetime, zone: tzinfo) -> datetime:
    """The moment with the zone's offset at that moment: safe to compare and to add to, unlike a zoned time."""
    local = moment.astimezone(zone)
    offset = local.utcoffset()
    assert offset is not None  # noqa: S101  (an aware time has an offset)
    return local.replace(tzinfo=timezone(offset), fold=0)


def falls_on(quota: Quota, day: date) -> bool:
    """Is this the weekday, the week and the time of the month of the quota, and is the quota valid?

    Weeks are Monday-based, counted from the week of the anchor.
    """
    if WEEKDAYS[day.weekday()] != quota.weekday or not _valid(quota, day):
        return False
    if quota.of_month is not None and quota.of_month not in _places_in_month(day):
        return False
    return quota.anchor is None or _weeks(quota.anchor, day) % quota.every_weeks == 0


def overlapping(quotas: tuple[Quota, ...], today: date) -> tuple[int, int] | None:
    """The first two weekly quotas, by index, that ask for the same time of the same day, today or ever after."""
    for later, b in enumerate(quotas):
        for earlier, a in enumerate(quotas[:later]):
            if a.weekday == b.weekday and _meet(a.from_, a.until, b.from_, b.until) and _same_days(a, b, today):
                return earlier, later
    return None


def clashing(hours: tuple[Hours, ...]) -> tuple[int, int] | None:
    """The first two hours of one date, by index, that overlap."""
    for later, b in enumerate(hours):
        for earlier, a in enumerate(hours[:later]):
            if _meet(a.from_, a.until, b.from_, b.until):
                return earlier, later
    return None


def _dates(first: date, last: date, closed: Collection[date]) -> Iterator[date]:
    shut = frozenset(closed)
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return (day for day in days if day not in shut)


def _hours(pattern: Pattern, instead: dict[date, tuple[Hours, ...]], day: date) -> tuple[Hours, ...]:
    if day in instead:
        return instead[day]
    return tuple(
        Hours(q.site, q.from_, q.until, q.quota_class, q.release_minutes) for q in pattern.weekly if falls_on(q, day)
    )


def _openings(hours: tuple[Hours, ...], day: date, zone: tzinfo) -> tuple[Opening, ...]:
    pieces = (
        Opening(h.site, beginning(day, h.from_, zone), end(day, h.until, zone), h.quota_class, h.release_minutes)
        for h in hours
    )
    return _joined(sorted((p for p in pieces if p.from_ < p.until), key=lambda p: (p.from_, p.site)))


def seen(openings: Iterable[Opening], audience: Collection[str], now: datetime) -> tuple[Opening, ...]:
    """What of one site's openings is open to an audience as of `now`, in order; what touches becomes one."""
    pieces = (_seen(opening, audience, now) for opening in openings)
    return _joined(sorted((piece for piece in pieces if piece.from_ < piece.until), key=lambda piece: piece.from_))


def _seen(opening: Opening, audience: Collection[str], now: datetime) -> Opening:
    """The ticks of five minutes that begin up to `release_minutes` from the present one are everybody's."""
    if opening.quota_class == PUBLIC or opening.quota_class in audience:
        until = opening.until
    elif opening.release_minutes is None:
        until = opening.from_
    else:
        ticks = int(now.timestamp()) // TICK_SECONDS - (-opening.release_minutes * 60) // TICK_SECONDS + 1
        last = datetime.fromtimestamp(ticks * TICK_SECONDS, UTC)
        until = min(opening.until, last)
    return Opening(opening.site, opening.from_, until)


def with_own(days: Iterable[OpenDay], own: Iterable[OpenDay]) -> tuple[OpenDay, ...]:
    """The quotas' hours and, where these say nothing, those of the clerk's own calendar."""
    found = {day.date: day.open for day in days}
    for day in own:
        quotas = found.get(day.date, ())
        more = [piece for opening in day.open for piece in _beside(opening, quotas)]
        found[day.date] = _joined(sorted((*quotas, *more), key=lambda p: (p.from_, p.site)))
    return tuple(OpenDay(day, found[day]) for day in sorted(found))


def _beside(opening: Opening, others: Iterable[Opening]) -> list[Opening]:
    pieces = [opening]
    for other in others:
        pieces = [
            part
            for piece in pieces
            for part in (
                replace(piece, until=min(piece.until, other.from_)),
                replace(piece, from_=max(piece.from_, other.until)),
            )
            if part.from_ < part.until
        ]
    return pieces


def _joined(pieces: list[Opening]) -> tuple[Opening, ...]:
    """Pieces at one site, for the same guests, that touch become one, so that a visit may lie across the seam."""
    joined: list[Opening] = []
    for piece in pieces:
        if joined and joined[-1].until >= piece.from_ and _for_the_same(joined[-1], piece):
            joined[-1] = replace(joined[-1], until=max(joined[-1].until, piece.until))
        else:
            joined.append(piece)
    return tuple(joined)


def _for_the_same(a: Opening, b: Opening) -> bool:
    return (a.site, a.quota_class, a.release_minutes) == (b.site, b.quota_class, b.release_minutes)


def _wall(day: date, clock: Clock) -> datetime:
    return datetime.combine(day, time.fromisoformat(clock))


def _instant(wall: datetime, zone: tzinfo, fold: int) -> datetime:
    exact = wall.replace(tzinfo=zone, fold=fold).astimezone(UTC)
    exists = exact.astimezone(zone).replace(tzinfo=None) == wall
    return fixed(exact if exists else _change(exact, zone), zone)


def _comes_twice(wall: datetime, zone: tzinfo) -> bool:
    """In a gap the two folds differ too, but the other way round."""
    first, second = (wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    return first < second


def _change(inside: datetime, zone: tzinfo) -> datetime:
    """The instant at which the clocks went forward, next to a UTC instant made of a time that does not exist."""
    low, high = inside - timedelta(hours=3), inside + timedelta(hours=3)
    before = low.astimezone(zone).utcoffset()
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) / 2
        low, high = (middle, high) if middle.astimezone(zone).utcoffset() == before else (low, middle)
    return high.replace(microsecond=0)


def _weeks(anchor: date, day: date) -> int:
    """Whole Monday-based weeks from the week of the anchor to the week of the day."""
    return (_monday(day) - _monday(anchor)).days // 7


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _meet(a_from: Clock, a_until: Clock, b_from: Clock, b_until: Clock) -> bool:
    return a_from < b_until and b_from < a_until


def _valid(quota: Quota, day: date) -> bool:
    return (quota.valid_from or day) <= day <= (quota.valid_until or day)


def _places_in_month(day: date) -> tuple[int, ...]:
    """Which such weekday of its month a day is: 1 to 5, and -1 if it is the last one."""
    number = (day.day + 6) // 7
    return (number,) if day.day + 7 <= monthrange(day.year, day.month)[1] else (number, -1)


def _same_days(a: Quota, b: Quota, today: date) -> bool:
    """Do two quotas of one weekday share a day from today on?"""
    first = max(today, a.valid_from or today, b.valid_from or today)
    last = min((q.valid_until for q in (a, b) if q.valid_until), default=None)
    if last is not None and last - first < _FAR:
        days = (first + timedelta(days=n) for n in range((last - first).days + 1))
        return any(falls_on(a, day) and falls_on(b, day) for day in days)
    return _same_weeks(a, b) and _same_places(a, b)


def _same_weeks(a: Quota, b: Quota) -> bool:
    """Two rhythms share a week when their distance is a multiple of what both periods have in common."""
    if a.anchor is None or b.anchor is None:
        return True
    return _weeks(a.anchor, b.anchor) % gcd(a.every_weeks, b.every_weeks) == 0


def _same_places(a: Quota, b: Quota) -> bool:
    """The last weekday of a month is its fourth or fifth; which week of a rhythm that is changes all the time."""
    places = {a.of_month, b.of_month}
    return len(places) == 1 or None in places or places in ({4, -1}, {5, -1})
