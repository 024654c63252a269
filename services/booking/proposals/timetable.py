"""The calendars of all rooms and clerks on one common line of ticks."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta, tzinfo
from typing import TypeVar, cast
from zoneinfo import ZoneInfo

from services.booking.proposals.busy import DAY
from services.booking.proposals.calendars import Calendar, Opening
from services.booking.proposals.release import Release
from services.booking.proposals.ticks import Scale
from services.booking.proposals.views import PUBLIC, Lane

ALIKE = 4_096
"""Openings kept to be shared: clerks and rooms open alike, and one opening of its own takes 250 bytes."""
Alike = TypeVar("Alike", Lane, Opening)
Hours = tuple[str, datetime, datetime] | tuple[str, datetime, datetime, str, int | None]


class Timetable:
    """Bit 0 of every bit set is tick `base`, which moves when facts come from before it or the past is dropped."""

    def __init__(self, zone: str | tzinfo = "Europe/Berlin", minutes: int = 5) -> None:
        self.zone: tzinfo = ZoneInfo(zone) if isinstance(zone, str) else zone
        self.scale = Scale(self.zone, minutes)
        self.base: int | None = None
        self.floor = 0  # nothing before this tick is kept
        self.until = 0  # nothing was ever open from this tick on
        self.calendars: dict[tuple[str, str], Calendar] = {}
        self._midnights: tuple[tuple[int | None, int], tuple[int, ...]] | None = None
        self._alike: dict[Lane | Opening, Lane | Opening] = {}

    def calendar(self, kind: str, resource: str) -> Calendar:
        found = self.calendars.get((kind, resource))
        if found is None:
            found = self.calendars[kind, resource] = Calendar(self.base or 0)
        return found

    def open(self, kind: str, resource: str, first: date, last: date, days: Mapping[date, Sequence[Hours]]) -> None:
        """Replaces what is open from first to last (inclusive)."""
        ticks = {day: [self._opening(*hours) for hours in times] for day, times in days.items()}
        for openings in ticks.values():
            openings[:] = [opening for opening in openings if self.floor < opening[2] > opening[1]]
            self.until = max(self.until, *(until for _, _, until in openings), 0)
        self.reach_back(min((begins for times in ticks.values() for _, begins, _ in times), default=None))
        self.calendar(kind, resource).open(first, last, ticks, self.scale)

    def copy_openings(self, kind: str, one: str, other: str) -> None:
        """Opens another resource whenever one is open."""
        days = self.calendar(kind, one).openings
        if days:
            self.calendar(kind, other).open(min(days), max(days), days, self.scale)

    def _opening(
        self, site: str, begins: datetime, until: datetime, quota: str = PUBLIC, kept: int | None = None
    ) -> Opening:
        lane = self._shared(Lane(site, quota, None if kept is None else self.scale.ticks(kept)))
        return self._shared((lane, self.scale.ceil(begins), self.scale.floor(until)))

    def _shared(self, one: Alike) -> Alike:
        """That, or what was equal to it before."""
        if len(self._alike) >= ALIKE:
            self._alike.clear()
        return cast(Alike, self._alike.setdefault(one, one))

    # --- where bit 0 lies

    def reach_back(self, tick: int | None) -> None:
        """Makes room for a tick before the first one known so far; seldom, since facts come for the time ahead."""
        if tick is None or (self.base is not None and self.base <= max(tick, self.floor)):
            return
        self._rebase(max((tick // DAY - 1) * DAY, self.floor))

    def drop_before(self, day: date) -> None:
        """Forgets what is over by the beginning of a local day."""
        self.floor = max(self.floor, self.scale.midnight(day))
        if self.base is not None and self.base < self.floor:
            self._rebase(self.floor)

    def _rebase(self, base: int) -> None:
        self.base = base
        for calendar in self.calendars.values():
            calendar.rebase(base)

    # --- bits and times

    def moment(self, position: int) -> datetime:
        """The local time of a bit."""
        return self.scale.moment((self.base or 0) + position)

    def day(self, position: int) -> date:
        """The local day of a bit."""
        return self.scale.date((self.base or 0) + position)

    def position(self, moment: datetime) -> int:
        """The first bit that begins at or after a moment; may be negative."""
        return self.scale.ceil(moment) - (self.base or 0)

    def midnight(self, day: date) -> int:
        """The bit at which a local day begins; may be negative."""
        return self.scale.midnight(day) - (self.base or 0)

    def midnights(self) -> tuple[int, ...]:
        """The bits at which the local days begin that are known."""
        if not self._midnights or self._midnights[0] != (self.base, self.until):
            self._midnights = ((self.base, self.until), self._find_midnights())
        return self._midnights[1]

    def _find_midnights(self) -> tuple[int, ...]:
        first, last = self.scale.date(self.base or 0), self.scale.date(self.until)
        days = (first + timedelta(number) for number in range((last - first).days + 2))
        return tuple(bit for day in days if (bit := self.midnight(day)) >= 0)

    def released(self, clerk: str, release: Release, today: date) -> int:
        """Where a visit with a clerk may begin by a release rule."""
        return -1 if not release.shares else self.calendar("clerk", clerk).released(release, today, clerk, self.scale)

    def contents(self) -> dict[tuple[str, str], tuple[object, ...]]:
        """Everything known of each calendar, wherever bit 0 lies: for comparing two indexes."""
        found: dict[tuple[str, str], tuple[object, ...]] = {}
        for key, calendar in self.calendars.items():
            layers = (calendar.taken.visits, calendar.taken.reach, calendar.pending.visits, calendar.pending.reach)
            lanes = {lane: _anchored(bits, calendar.base) for lane, bits in calendar.lanes.items() if bits}
            if lanes or any(layers):
                found[key] = (lanes, *(_anchored(bits, calendar.base) for bits in layers))
        return found


def _anchored(bits: int, base: int) -> tuple[int, int]:
    """The absolute tick of the lowest bit, and the bits from there on."""
    lowest = (bits & -bits).bit_length() - 1
    return (base + lowest, bits >> lowest) if bits else (0, 0)
