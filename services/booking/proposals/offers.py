"""Who and what could serve one stop at one time, cheapest first and only as far as looked at."""

from collections.abc import Callable, Mapping, Sequence
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
    """One resource per stop, fewest points in all and below `bound`; None if there is none. Branch and bound; exact.

    `change`: points when the resource differs from the one before.
    """
    rest = [0.0]  # from each stop on: the points if nothing were ever changed
    for offer in reversed(offers):
        first = offer.at(0)
        if first is None:
            return None
        rest.insert(0, rest[0] + first[0])
    chain = _Chain(offers, change, rest, bound)
    chain.go(0, 0.0, ())
    return chain.best


class _Chain:
    """One search for a chain (an object, since a function that calls itself from a closure is garbage in a ring)."""

    __slots__ = ("best", "bound", "change", "offers", "rest")

    def __init__(self, offers: Sequence[Offers], change: float, rest: list[float], bound: float) -> None:
        self.offers, self.change, self.rest, self.bound = offers, change, rest, bound
        self.best: tuple[float, tuple[str, ...]] | None = None

    def go(self, number: int, cost: float, chosen: tuple[str, ...]) -> None:
        if number == len(self.offers):
            self.best, self.bound = (cost, chosen), cost
            return
        offers, rest, before = self.offers[number], self.rest[number + 1], chosen[-1] if chosen else None
        same = None if before is None else offers.of(before)
        if before is not None and same is not None and cost + same + rest < self.bound:
            self.go(number + 1, cost + same, (*chosen, before))
        cost += self.change if chosen else 0.0
        place = 0
        while (offer := offers.at(place)) is not None and cost + offer[0] + rest < self.bound:
            place += 1
            if offer[1] != before:
                self.go(number + 1, cost + offer[0], (*chosen, offer[1]))
