"""Who and what could serve one block at one time, cheapest first and only as far as looked at."""

from collections.abc import Callable, Mapping, Sequence
from heapq import heappop, heappush

Clash = Callable[[int, int], bool]


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


def cheapest_chain(
    offers: Sequence[Offers], clash: Clash, change: float, bound: float
) -> tuple[float, tuple[str, ...]] | None:
    """One resource per block, fewest points in all and below `bound`.

    `change`: points when the resource differs from the one before.
    `clash(i, j)`: blocks i and j lie too close for one resource to serve both. Branch and bound; exact.
    """
    rest = [0.0]
    for offer in reversed(offers):
        first = offer.at(0)
        if first is None:
            return None
        rest.append(rest[-1] + first[0])
    rest.reverse()
    best: tuple[float, tuple[str, ...]] | None = None

    def go(number: int, cost: float, chosen: tuple[str, ...]) -> None:
        nonlocal best, bound
        if number == len(offers):
            best, bound = (cost, chosen), cost
            return
        same = _same(offers[number], number, chosen, clash)
        if same is not None and cost + same + rest[number + 1] < bound:
            go(number + 1, cost + same, (*chosen, chosen[-1]))
        extra, place = change if chosen else 0.0, 0
        while (offer := offers[number].at(place)) is not None and cost + offer[0] + extra + rest[number + 1] < bound:
            place += 1
            if not _clashes(offer[1], number, chosen, clash) and not (chosen and chosen[-1] == offer[1]):
                go(number + 1, cost + offer[0] + extra, (*chosen, offer[1]))

    go(0, 0.0, ())
    return best


def _same(offers: Offers, number: int, chosen: tuple[str, ...], clash: Clash) -> float | None:
    if not chosen or _clashes(chosen[-1], number, chosen, clash):
        return None
    return offers.of(chosen[-1])


def _clashes(resource: str, number: int, chosen: tuple[str, ...], clash: Clash) -> bool:
    return any(other == resource and clash(earlier, number) for earlier, other in enumerate(chosen))
