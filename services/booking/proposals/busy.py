"""What is taken of one resource: two sets of ticks, and the holds they are made of.

`visits` are the ticks in which a guest is there, `reach` those plus the buffers. A new visit may not touch another's
reach, and its own reach may not touch another's visit: so the larger of two neighbouring buffers counts, not the sum.
"""

from services.booking.proposals.ticks import span

DAY = 288  # in ticks; buckets only, no local day

# One stretch held: kind, resource, the absolute ticks where buffer and visit begin, visit and buffer end, the attempt,
# and whether it is only asked for. A plain tuple, since it is small and Python's garbage collector need not look at it:
# a hundred thousand bookings cause no pauses.
Hold = tuple[str, str, int, int, int, int, int, bool]


class Busy:
    """A layer of holds (taken, or asked for). Holds lie in buckets of a day, so a full calendar costs no more.

    Where several `parties` share a room, a tick counts as taken when all their places are.
    """

    __slots__ = ("base", "days", "parties", "reach", "visits")

    def __init__(self, base: int, parties: int = 1) -> None:
        self.base = base
        self.parties = parties
        self.visits = 0
        self.reach = 0
        self.days: dict[int, tuple[Hold, ...]] = {}

    def add(self, hold: Hold) -> None:
        day = hold[2] // DAY
        self.days[day] = (*self.days.get(day, ()), hold)
        if self.parties == 1:
            self._draw(hold)
        else:
            self._count(hold[2], hold[5])

    def remove(self, hold: Hold) -> None:
        day = hold[2] // DAY
        number = self.days[day].index(hold)
        self.days[day] = self.days[day][:number] + self.days[day][number + 1 :]
        if not self.days[day]:
            del self.days[day]
        self._count(hold[2], hold[5])

    def holds(self) -> list[Hold]:
        return [hold for day in self.days.values() for hold in day]

    def rebase(self, base: int) -> None:
        """Draws everything anew from another first tick; what ended before it is dropped."""
        holds = [hold for hold in self.holds() if hold[5] > base]
        self.base, self.visits, self.reach, self.days = base, 0, 0, {}
        for hold in holds:
            self.add(hold)

    def _draw(self, hold: Hold) -> None:
        _, _, reach_from, starts, ends, reach_until, _, _ = hold
        self.visits |= span(starts - self.base, ends - self.base)
        self.reach |= span(reach_from - self.base, reach_until - self.base)

    def _count(self, first: int, until: int) -> None:
        """Draws a stretch anew from the holds that lie in it."""
        visits, reach = [0] * self.parties, [0] * self.parties  # bit n of element i: more than i parties are there
        for day in range(first // DAY - 1, until // DAY + 1):
            for _, _, reach_from, starts, ends, reach_until, _, _ in self.days.get(day, ()):
                if reach_from < until and first < reach_until:
                    _one_more(visits, span(max(starts, first) - self.base, min(ends, until) - self.base))
                    _one_more(reach, span(max(reach_from, first) - self.base, min(reach_until, until) - self.base))
        keep = ~span(first - self.base, until - self.base)
        self.visits = self.visits & keep | visits[-1]
        self.reach = self.reach & keep | reach[-1]


def _one_more(levels: list[int], bits: int) -> None:
    for number, level in enumerate(levels):
        levels[number], bits = level | bits, level & bits
