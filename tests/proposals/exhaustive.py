"""The slow search that is plainly right: every order, every time, every clerk, every room, tick by tick with sets."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import pairwise, permutations, product
from typing import Any

from services.booking.proposals.index import Index
from services.booking.proposals.ranking import Objective
from services.booking.proposals.resources import clerk_fits, room_fits
from services.booking.proposals.wish import Need, Wish
from tests.proposals.random_towns import Event

TICK = timedelta(minutes=5)


@dataclass(frozen=True)
class Found:
    site: str
    begins: int
    cost: float  # with the cheapest clerks and rooms


class Slow:
    """Keeps the events as they came and reads them anew for every question."""

    def __init__(self, index: Index, events: list[Event]) -> None:
        self.index = index  # only for who and what there is, and the zone
        self.opened: dict[tuple[str, str], dict[date, list[tuple[str, int, int]]]] = {}
        self.taken: dict[tuple[str, str], list[tuple[int, int, int, int]]] = {}
        for method, values, named in events:
            if method.startswith("open_"):
                self._open(method[5:], *values)
            elif method == "take" and (one := self._hold(*values[3:], **named)) not in self._of(values[2], values[3]):
                self._of(values[2], values[3]).append(one)

    def _of(self, kind: str, name: str) -> list[tuple[int, int, int, int]]:
        return self.taken.setdefault((kind, name), [])

    def _open(self, kind: str, name: str, first: date, last: date, days: dict[date, list[Any]]) -> None:
        mine = self.opened.setdefault((kind, name), {})
        for day in [day for day in mine if first <= day <= last]:
            del mine[day]
        for day, times in days.items():
            mine[day] = [(str(one[0]) if kind == "clerk" else "", up(one[-2]), down(one[-1])) for one in times]

    def _hold(
        self, name: str, starts_at: datetime, blocked_until: datetime, ends_at: datetime, blocked_from: datetime
    ) -> tuple[int, int, int, int]:
        return down(blocked_from), down(starts_at), up(ends_at), up(blocked_until)

    @cache  # noqa: B019  (as short-lived as the test)
    def free(self, kind: str, name: str, site: str, need: Need, at: int, first: bool) -> bool:
        length, reach = ticks(need.minutes), ticks(need.minutes + need.buffer)
        visit, around = set(range(at, at + length)), set(range(at - ticks(need.buffer_before), at + reach))
        openings = [
            o for day in self.opened.get((kind, name), {}).values() for o in day if o[0] == site or kind == "room"
        ]
        is_open = {tick for _, begins, until in openings for tick in range(begins, until)}
        grid = ticks(need.grid) if kind == "clerk" and first else 1
        return (
            visit <= is_open
            and any(begins <= at < until and (at - begins) % grid == 0 for _, begins, until in openings)
            and not any(visit & set(range(a, d)) or around & set(range(b, c)) for a, b, c, d in self._of(kind, name))
        )

    def openings(self, kind: str, name: str, site: str) -> list[tuple[str, int, int]]:
        return [one for day in self.opened.get((kind, name), {}).values() for one in day if one[0] == site]

    @cache  # noqa: B019
    def load(self, name: str, at: int) -> int:
        day = self.local(at)
        return len({t for _, b, c, _ in self._of("clerk", name) for t in range(b, c) if self.local(t) == day})

    @cache  # noqa: B019
    def local(self, tick: int) -> object:
        return (datetime(1970, 1, 1, tzinfo=UTC) + tick * TICK).astimezone(self.index.zone).date()

    @cache  # noqa: B019
    def crumbs(self, name: str, site: str, at: int, step: int, small: int) -> int:
        openings = self.openings("clerk", name, site)
        free = {tick for _, begins, until in openings for tick in range(begins, until)}
        free -= {tick for a, _, _, d in self._of("clerk", name) for tick in range(a, d)}
        left = next(n for n in range(small + 1) if at + step * n not in free or n == small)
        return left if left < small else 0

    def visits(self, wish: Wish, now: datetime, o: Objective) -> Iterator[Found]:
        first = up(now)
        rooms, clerks = self.index.rooms.values(), self.index.clerks.values()
        for site in {room.site for room in rooms} if wish.site is None else {wish.site}:
            for order in set(permutations(wish.stops)):
                for begins in self._times(order, wish, first):
                    who = [[c.id for c in clerks if clerk_fits(c, need)] for need in order]
                    where = [[r.id for r in rooms if r.site == site and room_fits(r, need)] for need in order]
                    crews = [
                        self._clerks(site, order, begins, o, one)
                        for one in self._free("clerk", who, site, order, begins)
                    ]
                    rooms_ = [self._rooms(order, o, one) for one in self._free("room", where, site, order, begins)]
                    if crews and rooms_:
                        cost = self._time(order, begins, first, o) + min(crews) + min(rooms_)
                        yield Found(site, begins[0], cost)

    def _free(
        self, kind: str, fit: list[list[str]], site: str, order: tuple[Need, ...], begins: tuple[int, ...]
    ) -> Iterator[tuple[str, ...]]:
        """Every choice of one free room or clerk for each stop."""
        free = [
            [one for one in some if self.free(kind, one, site, need, at, not number)]
            for number, (some, need, at) in enumerate(zip(fit, order, begins, strict=True))
        ]
        return product(*free)

    def _times(self, order: tuple[Need, ...], wish: Wish, first: int) -> Iterator[tuple[int, ...]]:
        openings = [one for days in self.opened.values() for day in days.values() for one in day]
        for at in sorted({tick for one in openings for tick in range(max(first, one[1]), one[2])}):
            for waits in product(range(wish.max_wait // 5 + 1), repeat=len(order) - 1):
                begins = [at]
                for need, wait in zip(order, waits, strict=False):
                    begins.append(begins[-1] + ticks(need.minutes) + wait)
                ends = [at + ticks(need.minutes + need.buffer) - 1 for need, at in zip(order, begins, strict=True)]
                if wish.past_midnight or [self.local(at) for at in begins] == [self.local(end) for end in ends]:
                    yield tuple(begins)

    # The objective, written down once more from its table. Its parts for clerks and for rooms have nothing in common.

    def _time(self, order: tuple[Need, ...], begins: tuple[int, ...], first: int, o: Objective) -> float:
        stays = sum(ticks(need.minutes) for need in order[:-1])
        return 5 * (o.early * (begins[0] - first) + o.waiting * (begins[-1] - begins[0] - stays))

    def _rooms(self, order: tuple[Need, ...], o: Objective, rooms: tuple[str, ...]) -> float:
        spare = [self.index.rooms[room].seats - need.seats for need, room in zip(order, rooms, strict=True)]
        return o.room_change * changes(rooms) + sum(o.spare_seat * min(seats, o.spare_seats) for seats in spare)

    def _clerks(
        self, site: str, order: tuple[Need, ...], begins: tuple[int, ...], o: Objective, clerks: tuple[str, ...]
    ) -> float:
        cost = o.clerk_change * changes(clerks)
        others = self.index.clerks.values()
        for need, at, clerk in zip(order, begins, clerks, strict=True):
            cost += o.load * min(self.load(clerk, at) * 5 / 60, o.load_hours)
            spare = self.index.clerks[clerk].competences - set(need.competences)
            cost += o.scarce * sum(1 / sum(one in c.competences for c in others) for one in spare)
        small, ends = ticks(o.crumb_minutes), begins[-1] + ticks(order[-1].minutes + order[-1].buffer)
        cost += o.crumb * 5 * self.crumbs(clerks[0], site, begins[0] - 1, -1, small)
        return cost + o.crumb * 5 * self.crumbs(clerks[-1], site, ends, 1, small)


def changes(chosen: tuple[str, ...]) -> int:
    return sum(one != other for one, other in pairwise(chosen))


def ticks(minutes: int) -> int:
    return -(-minutes // 5)


def up(moment: object) -> int:
    assert isinstance(moment, datetime)
    return -((datetime(1970, 1, 1, tzinfo=UTC) - moment) // TICK)


def down(moment: object) -> int:
    assert isinstance(moment, datetime)
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // TICK
