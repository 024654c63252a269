"""Who and what could serve one stop at one time, cheapest first and only as far as looked at."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from heapq import heappop, heappush


class Offers:
    """`ranked`: (points known beforehand, id) ascending; `price`: points that depend on the time, None = not free."""

    __slots__ = ("heap", "known", "next", "points", "price", "ranked")

    def __init__(
        self, ranked: Sequence[tuple[float, str]], points: Mapping[str, float], price: Callable[[str], float | None]
    ) -> None:
        self.ranked, self.points, self.price = ranked, points, price
        self.known: list[tuple[float, str]] = []
        self.heap: list[tuple[float, str]] = []
        self.next = 0

    def at(self, number: int) -> tuple[float, str] | None:
        """The number-th cheapest offer."""
        while len(self.known) <= number:
            if not self._more():
                return None
        return self.known[number]

    def of(self, resource: str) -> float | None:
        """What one resource costs, None = it can't."""
        points = self.points.get(resource)
        extra = None if points is None else self.price(resource)
        return None if points is None or extra is None else points + extra

    def _more(self) -> bool:
        while self.next < len(self.ranked) and (not self.heap or self.ranked[self.next] < self.heap[0]):
            points, resource = self.ranked[self.next]
            self.next += 1
            extra = self.price(resource)
            if extra is not None:
                heappush(self.heap, (points + extra, resource))
        if not self.heap:
            return False
        self.known.append(heappop(self.heap))
        return True


def cheapest_chain(offers: Sequence[Offers], change: float, bound: float) -> tuple[float, tuple[str, ...]] | None:
    """One resource per stop, fewest points in all and below `bound`; None if there is none. Exact.

    `change`: points when the resource differs from the one before. So the cheapest way to a stop with a resource comes
    from the stop before with the same one, or with the best one there and a change; each stop is looked at once.
    """
    rest = _rest(offers)
    if rest is None or rest[0] >= bound:
        return None
    ways: dict[str, Way] = {}
    for offer, later in zip(offers, rest[1:], strict=True):
        before, ways = ways, {}
        best = min(before.items(), key=lambda way: (way[1][0], way[0]), default=None)
        for resource, points in _worth(offer, change):
            ways[resource] = _step(before, best, resource, points, change)
        least = min(way[0] for way in ways.values())
        if least + later >= bound:
            return None
    return min(_unrolled(way) for way in ways.values() if way[0] == least)


def _rest(offers: Sequence[Offers]) -> list[float] | None:
    """From each stop on, and behind the last: the points if nothing were ever changed; None if nobody can."""
    rest = [0.0]
    for offer in reversed(offers):
        first = offer.at(0)
        if first is None:
            return None
        rest.insert(0, rest[0] + first[0])
    return rest


Way = tuple[float, str, "Way | None"]  # points so far, the last resource, how it was come to


def _worth(offer: Offers, change: float) -> Iterator[tuple[str, float]]:
    """The offers that may be part of a cheapest chain: to change to the best one and back costs no more than that."""
    number, most = 0, None
    while (found := offer.at(number)) is not None and (most is None or found[0] <= most):
        most = found[0] + 2 * change if most is None else most
        number += 1
        yield found[1], found[0]


def _step(before: dict[str, Way], best: tuple[str, Way] | None, resource: str, points: float, change: float) -> Way:
    if best is None:
        return points, resource, None
    same = before.get(resource)
    if same is not None and same[0] <= best[1][0] + change:
        return same[0] + points, resource, same
    return best[1][0] + change + points, resource, best[1]


def _unrolled(way: Way) -> tuple[float, tuple[str, ...]]:
    chosen: list[str] = []
    points, step = way[0], way
    while True:
        chosen.insert(0, step[1])
        if step[2] is None:
            return points, tuple(chosen)
        step = step[2]
