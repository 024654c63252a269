"""One site seen by one wish: where each concern of the visit could begin, and what it would cost there.

Concerns are known by their number in `wish.stops`; a set of them is an int with one bit for each.
"""

from bisect import bisect_right
from datetime import timedelta

from services.booking.proposals.index import Index
from services.booking.proposals.offers import Offers
from services.booking.proposals.ranking import Objective, crumb_points, load_points, room_points, scarce_points
from services.booking.proposals.shapes import Shape
from services.booking.proposals.ticks import smear
from services.booking.proposals.window import Window
from services.booking.proposals.wish import Wish

# Ascending (points, id), and the points by id.
Pool = tuple[list[tuple[float, str]], dict[str, float]]
FREELY_ORDERED = 5  # up to so many concerns are tried in any order; more stay in the order asked for


class Place:
    """Bits and prices for a site. `pending`: whether what is only asked for blocks, too."""

    def __init__(
        self, index: Index, wish: Wish, window: Window, site: str, objective: Objective, pending: bool = True
    ) -> None:
        self.index, self.wish, self.window, self.site = index, wish, window, site
        self.objective, self.pending = objective, pending
        self.shapes = tuple(Shape.of(need, index.scale) for need in wish.stops)
        self.wait = wish.max_wait // index.scale.minutes
        self.all = (1 << len(wish.stops)) - 1
        self._starts: dict[tuple[int, bool], int] = {}
        self._begins: dict[tuple[int, bool], int] = {}
        self._follows: dict[int, int] = {}
        self._pools: dict[tuple[str, int, int], Pool] = {}
        self._offers: dict[tuple[str, int, int, bool, bool], Offers] = {}
        self._days: list[int] = []

    # --- where it fits

    def bits(self, kind: str, resource: str, number: int, first: bool = False) -> int:
        """Where one room or clerk could begin stop `number`; the first stop of a visit keeps its start grid."""
        shape, calendar = self.shapes[number], self.index.calendar(kind, resource)
        if kind == "room":
            return calendar.starts("", shape.length, shape.before, shape.after, 0, self.pending)
        grid = shape.grid if first else 0
        return calendar.starts(self.site, shape.length, shape.before, shape.after, grid, self.pending)

    def fitting(self, kind: str, number: int) -> tuple[str, ...]:
        need = self.wish.stops[number]
        if kind == "room":
            return self.index.fitting_rooms(need, self.site)
        return self.index.fitting_clerks(need, self.wish.language)

    def starts(self, number: int, first: bool) -> int:
        """Where some clerk and some room could begin the stop."""
        key = (number, first and self.shapes[number].grid > 0)
        if key not in self._starts:
            clerks = rooms = 0
            for clerk in self.fitting("clerk", number):
                clerks |= self.bits("clerk", clerk, number, first)
            for room in self.fitting("room", number) if clerks else ():
                rooms |= self.bits("room", room, number)
            shape = self.shapes[number]
            self._starts[key] = clerks & rooms & self.window.starts(shape.length, shape.after)
        return self._starts[key]

    def begins(self, remaining: int, first: bool = False) -> int:
        """Where a visit for the remaining concerns may begin, in any order and with waiting within bounds."""
        key = (remaining, first)
        if key not in self._begins:
            bits = 0
            for number in self.next_of(remaining):
                bits |= self.starts(number, first) & self.follows(remaining, number)
            self._begins[key] = bits
        return self._begins[key]

    def follows(self, remaining: int, number: int) -> int:
        """Where concern `number` must begin so that the others that remain can follow it."""
        rest = remaining & ~(1 << number)
        if not rest:
            return -1
        if rest not in self._follows:
            self._follows[rest] = smear(self.begins(rest), self.wait)
        return self._follows[rest] >> self.shapes[number].length

    def next_of(self, remaining: int) -> list[int]:
        """The concerns that may come next; of equal ones only the first."""
        stops = self.wish.stops
        numbers = [number for number in range(len(stops)) if remaining >> number & 1]
        if len(stops) > FREELY_ORDERED:
            return numbers[:1]
        return [
            number for place, number in enumerate(numbers) if stops[number] not in [stops[n] for n in numbers[:place]]
        ]

    # --- what it costs

    def offers(self, kind: str, number: int, at: int, first: bool, last: bool) -> Offers:
        """Rooms or clerks for concern `number` at bit `at`, cheapest first."""
        key = (kind, number, at, first, last)
        found = self._offers.get(key)
        if found is None:
            ranked, points = self._pool(kind, number, at)
            found = Offers(ranked, points, lambda one: self.price(kind, one, number, at, first, last))
            self._offers[key] = found
        return found

    def floor(self, kind: str, at: int) -> float:
        """The points that rooms or clerks cost at least on the day of a bit."""
        pools = (self._pool(kind, number, at)[0] for number in range(len(self.shapes)))
        return sum(ranked[0][0] for ranked in pools if ranked)

    def price(self, kind: str, resource: str, number: int, at: int, first: bool, last: bool) -> float | None:
        """The points that depend on the time of day; None = not free."""
        if not self.bits(kind, resource, number, first) >> at & 1:
            return None
        if kind == "room" or not (first or last):
            return 0.0
        blocked = at + self.shapes[number].length + self.shapes[number].after
        around = (at if first else None, blocked if last else None)
        return crumb_points(self.objective, self.index, resource, self.site, around)

    def _pool(self, kind: str, number: int, at: int) -> Pool:
        """The fitting rooms or clerks by what they cost on that day at any time."""
        day = self.day(at)
        key = (kind, number, day[0])
        if key not in self._pools:
            points = {one: sum(self.static(kind, one, number, day)) for one in self.fitting(kind, number)}
            self._pools[key] = (sorted((cost, one) for one, cost in points.items()), points)
        return self._pools[key]

    def static(self, kind: str, resource: str, number: int, day: tuple[int, int]) -> tuple[float, float]:
        """The points of the day: (spare seats, 0) of a room, (load, scarce competences) of a clerk."""
        need = self.wish.stops[number]
        if kind == "room":
            return room_points(self.objective, self.index.rooms[resource].seats, need), 0.0
        load = load_points(self.objective, self.index, resource, day)
        return load, scarce_points(self.objective, self.index, self.index.clerks[resource], need)

    def day(self, at: int) -> tuple[int, int]:
        """The bits at which the local day of a bit begins and ends."""
        number = bisect_right(self._days, at)
        if number % 2 == 0:
            day = self.index.day(at)
            bounds = [self.index.midnight(day), self.index.midnight(day + timedelta(1))]
            self._days[number:number] = bounds
            return bounds[0], bounds[1]
        return self._days[number - 1], self._days[number]
