"""What it would cost at a site to serve each concern at each time, in the points of ranking.py; once a search."""

from bisect import bisect_right
from datetime import timedelta

from services.booking.proposals.offers import Offers
from services.booking.proposals.places import Place
from services.booking.proposals.ranking import Objective, crumb_points, load_points, room_points, scarce_points

# Ascending (points, id), and the points by id.
Pool = tuple[list[tuple[float, str]], dict[str, float]]


class Prices:
    """Kept per day for each room and clerk, and per time for those looked at."""

    def __init__(self, place: Place, objective: Objective) -> None:
        self.place, self.objective = place, objective
        self._pools: dict[tuple[str, int, int], Pool] = {}
        self._offers: dict[tuple[str, int, int, bool, bool], Offers] = {}
        self._days: list[int] = []

    def offers(self, kind: str, number: int, at: int, first: bool, last: bool) -> Offers:
        """Rooms or clerks for concern `number` at bit `at`, cheapest first."""
        key = (kind, number, at, first, last)
        found = self._offers.get(key)
        if found is None:
            ranked, points = self._pool(kind, number, at)
            place, objective = self.place, self.objective  # not self: no ring for the garbage collector
            found = Offers(ranked, points, lambda one: price(place, objective, kind, one, number, at, first, last))
            self._offers[key] = found
        return found

    def floor(self, kind: str, at: int) -> float:
        """The points that rooms or clerks cost at least on the day of a bit."""
        pools = (self._pool(kind, number, at)[0] for number in range(len(self.place.shapes)))
        return sum(ranked[0][0] for ranked in pools if ranked)

    def _pool(self, kind: str, number: int, at: int) -> Pool:
        """The fitting rooms or clerks by what they cost on that day at any time."""
        day = self.day(at)
        key = (kind, number, day[0])
        if key not in self._pools:
            points = {one: sum(self.static(kind, one, number, day)) for one in self.place.fitting(kind, number)}
            self._pools[key] = (sorted((cost, one) for one, cost in points.items()), points)
        return self._pools[key]

    def static(self, kind: str, resource: str, number: int, day: tuple[int, int]) -> tuple[float, float]:
        """The points of the day: (spare seats, 0) of a room, (load, scarce competences) of a clerk."""
        need, index = self.place.wish.stops[number], self.place.index
        if kind == "room":
            return room_points(self.objective, index.rooms[resource].seats, need), 0.0
        load = load_points(self.objective, index, resource, day)
        return load, scarce_points(self.objective, index, index.clerks[resource], need)

    def day(self, at: int) -> tuple[int, int]:
        """The bits at which the local day of a bit begins and ends."""
        number = bisect_right(self._days, at)
        if number % 2 == 0:
            index, day = self.place.index, self.place.index.day(at)
            self._days[number:number] = [index.midnight(day), index.midnight(day + timedelta(1))]
            number += 1
        return self._days[number - 1], self._days[number]


def price(
    place: Place, objective: Objective, kind: str, resource: str, number: int, at: int, first: bool, last: bool
) -> float | None:
    """The points that depend on the time of day; None = not free."""
    if not place.bits(kind, resource, number, first) >> at & 1:
        return None
    if kind == "room" or not (first or last):
        return 0.0
    blocked = at + place.shapes[number].length + place.shapes[number].after
    around = (at if first else None, blocked if last else None)
    opened = place.index.calendar("clerk", resource).bits(place.site, place.view)
    return crumb_points(objective, place.index, resource, opened, around)
