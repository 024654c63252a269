"""The calendar of one room or clerk: when it is open, what is held of it, and where a visit could begin."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date

from services.booking.proposals.busy import Busy, Hold
from services.booking.proposals.release import Release, percent, released_places
from services.booking.proposals.ticks import Scale, every, runs, span
from services.booking.proposals.views import EVERYBODY, PUBLIC, Lane, View

KEPT = 64  # answers kept at most; each is as large as the horizon
Opening = tuple[Lane, int, int]  # first tick, tick at which it ends (absolute)


class Calendar:
    """Open times by lane, and two layers of holds. What `starts` works out is kept until the calendar changes."""

    __slots__ = ("base", "kept", "kept_for_some", "lanes", "masks", "openings", "pending", "taken")

    def __init__(self, base: int) -> None:
        self.base = base
        self.openings: dict[date, tuple[Opening, ...]] = {}
        self.kept_for_some = False  # whether two views can differ
        self.lanes: dict[Lane, int] = {}
        self.taken = Busy(base)
        self.pending = Busy(base)
        self.masks: dict[tuple[Release, date], int] = {}
        self.kept: dict[tuple[str, int, int, int, int, bool, View | None], int] = {}

    def open(self, first: date, last: date, days: Mapping[date, Sequence[Opening]], scale: Scale) -> None:
        """Replaces the openings of the days first..last (inclusive) by those given."""
        self.kept.clear()
        self.masks.clear()
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
        self.lanes = {lane: bits & keep for lane, bits in self.lanes.items()}
        for openings in self.openings.values():
            self._draw([opening for opening in openings if opening[1] < until and first < opening[2]])

    def _draw(self, openings: Sequence[Opening]) -> None:
        for lane, begins, until in openings:
            self.kept_for_some |= lane.quota != PUBLIC
            self.lanes[lane] = self.lanes.get(lane, 0) | span(begins - self.base, until - self.base)

    def rebase(self, base: int) -> None:
        self.base = base
        self.kept.clear()
        self.masks.clear()
        self.taken.rebase(base)
        self.pending.rebase(base)
        self.openings = {
            day: openings for day, openings in self.openings.items() if any(until > base for _, _, until in openings)
        }
        self.lanes = {}
        for openings in self.openings.values():
            self._draw(openings)

    def bits(self, site: str, view: View = EVERYBODY) -> int:
        """When it is open at a site to those who look."""
        bits = 0
        for lane, opened in self.lanes.items():
            if lane.site == site:
                bits |= opened & view.sees(lane)
        return bits

    def released_at(self, site: str, first: int, until: int, audience: Collection[str]) -> int | None:
        """The bit with whose beginning all of first..until-1 that is kept opens to an audience; None if nothing is."""
        found = []
        for lane, opened in self.lanes.items():
            kept = opened & span(first, until)
            if kept and lane.site == site and lane.released is not None and lane.quota not in audience:
                found.append(kept.bit_length() - 1 - lane.released)
        return max(found, default=None)

    def hold(self, hold: Hold) -> None:
        self.kept.clear()
        for layer in self._layers(hold):
            layer.add(hold)

    def let_go(self, hold: Hold) -> None:
        self.kept.clear()
        for layer in self._layers(hold):
            layer.remove(hold)

    def _layers(self, hold: Hold) -> tuple[Busy, ...]:
        """Where parties share a room, they must be counted together: then what is taken lies in both layers."""
        if hold[7]:
            return (self.pending,)
        return (self.taken,) if self.taken.parties == 1 else (self.taken, self.pending)

    def share(self, parties: int) -> None:
        """So many parties may be there at once."""
        if parties != self.taken.parties:
            holds = self.taken.holds() + [hold for hold in self.pending.holds() if hold[7]]
            self.taken, self.pending = Busy(self.base, parties), Busy(self.base, parties)
            for hold in holds:
                self.hold(hold)

    def busy(self, pending: bool = True) -> tuple[int, int]:
        """The ticks of visits, and those with their buffers."""
        if not pending:
            return self.taken.visits, self.taken.reach
        return self.taken.visits | self.pending.visits, self.taken.reach | self.pending.reach

    def starts(
        self,
        site: str,
        length: int,
        before: int = 0,
        after: int = 0,
        grid: int = 0,
        pending: bool = True,
        view: View = EVERYBODY,
    ) -> int:
        """Where a visit of `length` ticks may begin; buffers may reach into closed time, never into another visit.

        `grid` in ticks, counted from each opening's begin and not restarted after a booking; 0 or 1 = every tick.
        """
        key = (site, length, before, after, grid, pending, view if self.kept_for_some else None)
        found = self.kept.get(key)
        if found is None:
            if len(self.kept) >= KEPT:
                self.kept.clear()
            opened = self.bits(site, view)
            found = self.kept[key] = self._starts(opened, *key[:6]) if length > 0 else 0
        return found

    def _starts(self, opened: int, site: str, length: int, before: int, after: int, grid: int, pending: bool) -> int:
        visits, reach = self.busy(pending)
        bits = runs(opened & ~reach, length)
        if bits and after:
            bits &= runs(~visits, length + after)
        if bits and before:
            bits &= runs(~visits, before) << before | span(0, before)
        return bits & self.grid(site, grid) if bits and grid > 1 else bits

    def grid(self, site: str, step: int) -> int:
        bits = 0
        for openings in self.openings.values():
            for lane, begins, until in openings:
                if lane.site == site:
                    bits |= every(begins - self.base, until - self.base, step)
        return bits

    def released(self, release: Release, today: date, seed: str, scale: Scale) -> int:
        """Where a visit may begin by the release rule as of `today`; `seed` tells the clerks apart."""
        key = (release, today)
        if key not in self.masks:
            if len(self.masks) >= KEPT:
                self.masks.clear()
            self.masks[key] = self._released(release, today, seed, scale.ticks(release.place_minutes))
        return self.masks[key]

    def _released(self, release: Release, today: date, seed: str, step: int) -> int:
        bits = 0
        for day, openings in self.openings.items():
            places = [(at, min(at + step, until)) for _, begins, until in openings for at in range(begins, until, step)]
            first, some = places[0][0], 0
            for number in released_places(seed, day, len(places), percent(release, (day - today).days)):
                some |= span(places[number][0] - first, places[number][1] - first)
            bits |= some << first - self.base if first >= self.base else some >> self.base - first
        return bits
