"""The calendar of one room or clerk: when it is open, what is held of it, and where a visit could begin."""

from collections.abc import Mapping, Sequence
from datetime import date

from services.booking.proposals.busy import Busy
from services.booking.proposals.ticks import Scale, every, runs, span

Opening = tuple[str, int, int]  # site, first tick, tick at which it ends (absolute)


class Calendar:
    """Open times by site, and two layers of holds. What `starts` works out is kept until the calendar changes."""

    __slots__ = ("base", "kept", "openings", "pending", "sites", "taken")

    def __init__(self, base: int) -> None:
        self.base = base
        self.openings: dict[date, tuple[Opening, ...]] = {}
        self.sites: dict[str, int] = {}
        self.taken = Busy(base)
        self.pending = Busy(base)
        self.kept: dict[tuple[str, int, int, int, int, bool], int] = {}

    def open(self, first: date, last: date, days: Mapping[date, Sequence[Opening]], scale: Scale) -> None:
        """Replaces the openings of the days first..last (inclusive) by those given."""
        self.kept.clear()
        dropped = [day for day in self.openings if first <= day <= last or day in days]
        ends = [until for day in dropped for _, _, until in self.openings.pop(day)]
        self.openings.update((day, tuple(openings)) for day, openings in days.items() if openings)
        if dropped:
            self._clear(scale.midnight(min(dropped)), max(ends))
        for day in days:
            self._draw(self.openings.get(day, ()))

    def _clear(self, first: int, until: int) -> None:
        """Clears a stretch and draws again what other days' openings have in it (one may last past midnight)."""
        keep = ~span(first - self.base, until - self.base)
        self.sites = {site: bits & keep for site, bits in self.sites.items()}
        for openings in self.openings.values():
            self._draw([opening for opening in openings if opening[1] < until and first < opening[2]])

    def _draw(self, openings: Sequence[Opening]) -> None:
        for site, begins, until in openings:
            self.sites[site] = self.sites.get(site, 0) | span(begins - self.base, until - self.base)

    def rebase(self, base: int) -> None:
        self.base = base
        self.kept.clear()
        self.taken.rebase(base)
        self.pending.rebase(base)
        self.openings = {
            day: openings for day, openings in self.openings.items() if any(until > base for _, _, until in openings)
        }
        self.sites = {}
        for openings in self.openings.values():
            self._draw(openings)

    def busy(self, pending: bool = True) -> tuple[int, int]:
        """The ticks of visits, and those with their buffers."""
        if not pending:
            return self.taken.visits, self.taken.reach
        return self.taken.visits | self.pending.visits, self.taken.reach | self.pending.reach

    def starts(
        self, site: str, length: int, before: int = 0, after: int = 0, grid: int = 0, pending: bool = True
    ) -> int:
        """Where a visit of `length` ticks may begin; buffers may reach into closed time, never into another visit.

        `grid` in ticks, counted from each opening's begin and not restarted after a booking; 0 or 1 = every tick.
        """
        key = (site, length, before, after, grid, pending)
        found = self.kept.get(key)
        if found is None:
            found = self.kept[key] = self._starts(*key) if length > 0 else 0
        return found

    def _starts(self, site: str, length: int, before: int, after: int, grid: int, pending: bool) -> int:
        visits, reach = self.busy(pending)
        bits = runs(self.sites.get(site, 0) & ~reach, length)
        if bits and after:
            bits &= runs(~visits, length + after)
        if bits and before:
            bits &= runs(~visits, before) << before | span(0, before)
        return bits & self.grid(site, grid) if bits and grid > 1 else bits

    def grid(self, site: str, step: int) -> int:
        bits = 0
        for openings in self.openings.values():
            for where, begins, until in openings:
                if where == site:
                    bits |= every(begins - self.base, until - self.base, step)
        return bits
