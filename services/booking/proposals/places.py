"""One site seen by one wish: where each concern of the visit could begin.

Concerns are known by their number in `wish.stops`; a set of them is an int with one bit for each.
"""

from services.booking.proposals.index import Index
from services.booking.proposals.shapes import Shape
from services.booking.proposals.ticks import smear
from services.booking.proposals.views import View
from services.booking.proposals.window import Window
from services.booking.proposals.wish import Wish

DAY = 24 * 60
FREELY_ORDERED = 4  # up to so many concerns are tried in any order; more stay in the order asked for


class Place:
    """Bits for a site. `pending`: whether what is only asked for blocks, too."""

    def __init__(self, index: Index, wish: Wish, window: Window, site: str, pending: bool = True) -> None:
        self.index, self.wish, self.window, self.site, self.pending = index, wish, window, site, pending
        self.shapes = tuple(Shape.of(need, index.scale) for need in wish.stops)
        self.view = View(frozenset(wish.audience), window.now, self._in_time() if wish.ahead else None)
        self.wait = wish.max_wait // index.scale.minutes
        self.all = (1 << len(wish.stops)) - 1
        self._bits: dict[tuple[str, str, int, bool], int] = {}
        self._starts: dict[tuple[int, bool], int] = {}
        self._begins: dict[tuple[int, bool], int] = {}
        self._exactly: dict[tuple[int, int, bool], int] = {}
        self._follows: dict[int, int] = {}

    def _in_time(self) -> int:
        """So many ticks before its end the whole visit must have been released to be asked for, lead time and all."""
        minutes = max(max(need.lead_minutes, need.lead_days * DAY) for need in self.wish.stops)
        return self.index.scale.ticks(minutes) + sum(shape.length for shape in self.shapes)

    def bits(self, kind: str, resource: str, number: int, first: bool = False) -> int:
        """Where one room or clerk could begin stop `number`; the first stop of a visit keeps its start grid."""
        key = (kind, resource, number, first)
        found = self._bits.get(key)
        if found is None:
            find = self._room_bits if kind == "room" else self._clerk_bits
            found = self._bits[key] = find(resource, number, first)
        return found

    def _room_bits(self, room: str, number: int, first: bool) -> int:
        shape = self.shapes[number]
        calendar = self.index.calendar("room", room)
        return calendar.starts("", shape.length, shape.before, shape.after, 0, self.pending)

    def _clerk_bits(self, clerk: str, number: int, first: bool) -> int:
        shape, release = self.shapes[number], self.wish.stops[number].release
        calendar, grid = self.index.calendar("clerk", clerk), shape.grid if first else 0
        bits = calendar.starts(self.site, shape.length, shape.before, shape.after, grid, self.pending, self.view)
        return bits if release is None else bits & self.index.released(clerk, release, self.window.today)

    def fitting(self, kind: str, number: int) -> tuple[str, ...]:
        need = self.wish.stops[number]
        if kind == "room":
            return self.index.fitting_rooms(need, self.site)
        return self.index.fitting_clerks(need, self.site, self.wish.language)

    def starts(self, number: int, first: bool) -> int:
        """Where some clerk and some room could begin the stop."""
        key = (number, first and self.shapes[number].grid > 0)
        if key not in self._starts:
            clerks = rooms = 0
            for clerk in self.fitting("clerk", number):
                clerks |= self.bits("clerk", clerk, number, first)
            for room in self.fitting("room", number) if clerks else ():
                rooms |= self.bits("room", room, number, first)
            shape = self.shapes[number]
            self._starts[key] = clerks & rooms & self.window.starts(shape)
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

    def exactly(self, remaining: int, waited: int, first: bool = False) -> int:
        """Where a visit for the remaining concerns may begin that has so many ticks of waiting in all."""
        key = (remaining, waited, first)
        if key not in self._exactly:
            bits = 0
            for number in self.next_of(remaining):
                rest, length = remaining & ~(1 << number), self.shapes[number].length
                then = 0 if rest or waited else -1
                for wait in range(min(waited, self.wait) + 1) if rest else ():
                    then |= self.exactly(rest, waited - wait) >> length + wait
                bits |= self.starts(number, first) & then
            self._exactly[key] = bits
        return self._exactly[key]

    def next_of(self, remaining: int) -> list[int]:
        """The concerns that may come next; of equal ones only the first."""
        stops = self.wish.stops
        numbers = [number for number in range(len(stops)) if remaining >> number & 1]
        if len(stops) > FREELY_ORDERED:
            return numbers[:1]
        return [
            number for place, number in enumerate(numbers) if stops[number] not in [stops[n] for n in numbers[:place]]
        ]
