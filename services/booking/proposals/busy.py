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
    """A layer of holds (taken, or asked for). Holds lie in buckets of a day, so a full calendar costs no more."""

    __slots__ = ("base", "days", "reach", "visits")

    def __init__(self, base: int) -> None:
        self.base = base
        self.visits = 0
        self.reach = 0
        self.days: dict[int, tuple[Hold, ...]] = {}

    def add(self, hold: Hold) -> None:
        day = hold[2] // DAY
        self.days[day] = (*self.days.get(day, ()), hold)
        self._draw(hold)

    def remove(self, hold: Hold) -> None:
        """Clears the hold's ticks and draws its neighbours again, which may share some of them."""
        _, _, reach_from, _, _, reach_until, _, _ = hold
        day = reach_from // DAY
        number = self.days[day].index(hold)
        self.days[day] = self.days[day][:number] + self.days[day][number + 1 :]
        keep = ~span(reach_from - self.base, reach_until - self.base)
        self.visits &= keep
        self.reach &= keep
        for near in range(day - 1, reach_until // DAY + 1):
            for other in self.days.get(near, ()):
                if other[2] < reach_until and reach_from < other[5]:
                    self._draw(other)
        if not self.days[day]:
            del self.days[day]

    def rebase(self, base: int) -> None:
        """Draws everything anew from another first tick; what ended before it is dropped."""
        holds = [hold for day in self.days.values() for hold in day if hold[5] > base]
        self.base, self.visits, self.reach, self.days = base, 0, 0, {}
        for hold in holds:
            self.add(hold)

    def _draw(self, hold: Hold) -> None:
        _, _, reach_from, starts, ends, reach_until, _, _ = hold
        self.visits |= span(starts - self.base, ends - self.base)
        self.reach |= span(reach_from - self.base, reach_until - self.base)
