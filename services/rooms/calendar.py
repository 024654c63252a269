"""From weekly hours, closures and closed dates to open intervals; correct when the clocks change.

Hours are local wall-clock time: open from the first to the last minute that the clock shows within them. So, where the
clocks change, a beginning that comes twice is meant the first time; an end is meant the second time if the minute
before it comes twice; a time that does not exist is the instant of the change (and hours wholly within the gap are
none).
"""

from collections.abc import Collection, Iterator
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from services.rooms.events import WEEKDAYS, Clock, Hours, OpenDay, Opening, Pattern


def open_days(pattern: Pattern, first: date, last: date, zone: str, closed: Collection[date]) -> tuple[OpenDay, ...]:
    """The days from `first` to `last` (both inclusive) on which the room is open, in order.

    `zone` is an IANA name. On `closed` dates nothing is open.
    """
    local = ZoneInfo(zone)
    days = (OpenDay(day, _openings(pattern, day, local)) for day in _dates(pattern, first, last, closed))
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


def clashing(hours: tuple[Hours, ...]) -> int | None:
    """The first of the hours of one weekday, by index, that overlaps an earlier one."""
    for later, b in enumerate(hours):
        if any(a.from_ < b.until and b.from_ < a.until for a in hours[:later]):
            return later
    return None


def _dates(pattern: Pattern, first: date, last: date, closed: Collection[date]) -> Iterator[date]:
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    shut = frozenset(closed)
    return (day for day in days if day not in shut and not any(c.from_ <= day <= c.until for c in pattern.closures))


def _openings(pattern: Pattern, day: date, zone: tzinfo) -> tuple[Opening, ...]:
    weekday = WEEKDAYS[day.weekday()]
    hours = (hours for hours in pattern.weekly if hours.weekday == weekday)
    pieces = (Opening(beginning(day, h.from_, zone), end(day, h.until, zone)) for h in hours)
    return _joined(sorted((p for p in pieces if p.from_ < p.until), key=lambda p: p.from_))


def _joined(pieces: list[Opening]) -> tuple[Opening, ...]:
    """Pieces that touch become one opening, so that a visit may lie across the seam."""
    joined: list[Opening] = []
    for piece in pieces:
        if joined and joined[-1].until >= piece.from_:
            joined[-1] = Opening(joined[-1].from_, max(joined[-1].until, piece.until))
        else:
            joined.append(piece)
    return tuple(joined)


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
