"""Release rules: which places may be booked from when, however free they are.

| rule | example |
|---|---|
| `weekly` | every Monday at 09:00 for the following week |
| `shares` | 20 % of a day's places at once, 50 % more fourteen days before, the rest two days before |

The days on which a place is released are fixed by the clerk, the day and the number of the place, so that everybody
sees the same ones and a place once released stays so. What is cancelled may return later: see `Index.free`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from zlib import crc32

_GOLDEN = 0.6180339887498949  # its multiples, modulo 1, are spread evenly wherever one stops


@dataclass(frozen=True, slots=True)
class Weekly:
    """On `weekday` (0 = Monday) at the local time `clock`, the days up to the end of the week `weeks` ahead open."""

    weekday: int
    clock: time
    weeks: int = 1


@dataclass(frozen=True, slots=True)
class Release:
    """`shares`: (days before, percent), which add up; a place is a start within `place_minutes` of an opening."""

    shares: tuple[tuple[int, int], ...] = ()
    weekly: Weekly | None = None
    place_minutes: int = 30


def released_until(weekly: Weekly, now: datetime, zone: tzinfo) -> date:
    """The last local day that is open."""
    local = now.astimezone(zone)
    monday = local.date() - timedelta(local.weekday())
    moment = datetime.combine(monday + timedelta(weekly.weekday), weekly.clock, zone)
    weeks = weekly.weeks if moment <= now else weekly.weeks - 1
    return monday + timedelta(weeks=weeks, days=6)


def next_release(weekly: Weekly, now: datetime, zone: tzinfo) -> datetime:
    """When the next week opens."""
    local = now.astimezone(zone)
    day = local.date() - timedelta(local.weekday()) + timedelta(weekly.weekday)
    moment = datetime.combine(day, weekly.clock, zone)
    return moment if moment > now else datetime.combine(day + timedelta(weeks=1), weekly.clock, zone)


def percent(release: Release, days_ahead: int) -> int:
    """How much of a day's places is open so many days before."""
    return min(sum(share for days, share in release.shares if days_ahead <= days), 100)


def released_places(seed: str, day: date, count: int, open_percent: int) -> Iterator[int]:
    """Which of a day's places 0..count-1 are open; with a higher percentage these and more."""
    offset = crc32(f"{seed} {day}".encode()) / 2**32
    return (number for number in range(count) if (offset + number * _GOLDEN) % 1 < open_percent / 100)


def faults(release: Release) -> tuple[str, ...]:
    """What is wrong with a rule."""
    wrong = []
    if release.shares and sum(share for _, share in release.shares) != 100:
        wrong.append("the shares do not add up to 100 percent")
    if any(days < 0 or share < 1 for days, share in release.shares):
        wrong.append("a share must be at least 1 percent, its days not negative")
    if release.weekly is not None and not (0 <= release.weekly.weekday <= 6 and release.weekly.weeks >= 0):
        wrong.append("the weekday must be 0 to 6, the weeks not negative")
    if release.place_minutes < 5:
        wrong.append("a place must be at least 5 minutes")
    return tuple(wrong)
