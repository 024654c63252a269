"""One site seen by one wish: where each block of each plan could begin, and what it would cost there."""

from bisect import bisect_right
from datetime import timedelta

from services.booking.proposals.index import Index
from services.booking.proposals.offers import Offers
from services.booking.proposals.plans import Block, Plan
from services.booking.proposals.ranking import Objective, crumb_points, load_points, room_points, scarce_points
from services.booking.proposals.ticks import MINUTES, runs, smear, ticks_of
from services.booking.proposals.window import Window
from services.booking.proposals.wish import Wish

Pool = tuple[list[tuple[float, str]], dict[str, float]]


def after(block: Block) -> int:
    """The ticks kept free behind a block."""
    last = block.needs[-1].minutes
    return ticks_of(last + block.need.buffer) - ticks_of(last)


def before(block: Block) -> int:
    return ticks_of(block.need.buffer_before)


class Place:
    """Bits and prices for a site. `pending`: whether what is only asked for blocks, too."""

    def __init__(
        self, index: Index, wish: Wish, window: Window, site: str, objective: Objective, pending: bool = True
    ) -> None:
        self.index, self.wish, self.window, self.site = index, wish, window, site
        self.objective, self.pending = objective, pending
        self._starts: dict[tuple[Block, bool], int] = {}
        self._pools: dict[tuple[str, Block, int], Pool] = {}
        self._offers: dict[tuple[str, Block, int], Offers] = {}
        self._days: list[int] = []

    def bits(self, kind: str, resource: str, block: Block, grid: int = 0) -> int:
        site = "" if kind == "room" else self.site
        calendar = self.index.calendar(kind, resource)
        return calendar.starts(site, block.length, before(block), after(block), grid, self.pending)

    def fitting(self, kind: str, block: Block) -> tuple[str, ...]:
        if kind == "room":
            return self.index.fitting_rooms(block.need, self.site)
        return self.index.fitting_clerks(block.need, self.wish.language)

    def starts(self, block: Block, first: bool) -> int:
        """Where some clerk and some room could begin the block; the first block of a visit keeps its start grid."""
        key = (block, first and block.need.grid > MINUTES)
        if key not in self._starts:
            grid = block.need.grid if key[1] else 0
            clerks = rooms = 0
            for clerk in self.fitting("clerk", block):
                clerks |= self.bits("clerk", clerk, block, grid)
            for room in self.fitting("room", block) if clerks else ():
                rooms |= self.bits("room", room, block)
            self._starts[key] = clerks & rooms & runs(self.window.allowed, block.length)
        return self._starts[key]

    def chain(self, plan: Plan) -> tuple[int, ...]:
        """For each block, where it may begin such that the next ones may follow within the longest wait."""
        wait = self.wish.max_wait // MINUTES
        chain: list[int] = []
        for number in range(len(plan) - 1, -1, -1):
            bits = self.starts(plan[number], first=number == 0)
            if chain:
                bits &= smear(chain[-1], wait) >> plan[number].length
            chain.append(bits)
        return tuple(reversed(chain))

    def offers(self, kind: str, block: Block, at: int, first: bool) -> Offers:
        """`at`: the bit at which the block would begin."""
        grid = block.need.grid if first and kind == "clerk" and block.need.grid > MINUTES else 0
        key = (kind + str(grid), block, at)
        found = self._offers.get(key)
        if found is None:
            ranked, points = self._pool(kind, block, at)
            found = self._offers[key] = Offers(ranked, points, lambda one: self._price(kind, one, block, at, grid))
        return found

    def _price(self, kind: str, resource: str, block: Block, at: int, grid: int) -> float | None:
        if not self.bits(kind, resource, block, grid) >> at & 1:
            return None
        if kind == "room":
            return 0.0
        calendar = self.index.calendar("clerk", resource)
        return crumb_points(self.objective, calendar, self.site, at, at + block.length + after(block))

    def _pool(self, kind: str, block: Block, at: int) -> Pool:
        """The fitting rooms or clerks by what they cost on that day at any time."""
        first, until = self.day(at)
        key = (kind, block, first)
        if key not in self._pools:
            fitting = self.fitting(kind, block)
            points = {one: self.static(kind, one, block, first, until) for one in fitting}
            self._pools[key] = (sorted((cost, one) for one, cost in points.items()), points)
        return self._pools[key]

    def static(self, kind: str, resource: str, block: Block, first: int, until: int) -> float:
        if kind == "room":
            return room_points(self.objective, self.index.rooms[resource].seats, block.need)
        clerk = self.index.clerks[resource]
        load = load_points(self.objective, self.index.calendar("clerk", resource), first, until)
        return load + scarce_points(self.objective, self.index, clerk, block.need)

    def day(self, at: int) -> tuple[int, int]:
        """The bits at which the local day of a bit begins and ends."""
        number = bisect_right(self._days, at)
        if number % 2 == 0:
            day = self.index.moment(at).date()
            self._days += [self.index.midnight(day), self.index.midnight(day + timedelta(1))]
            self._days.sort()
            number = bisect_right(self._days, at)
        return self._days[number - 1], self._days[number]
