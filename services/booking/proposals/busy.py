"""What is taken of one resource: two sets of ticks, and the holds they are made of.

`visits` are the ticks in which a guest is there, `reach` those plus the buffers. A new visit may not touch another's
reach, and its own reach may not touch another's visit: so the larger of two neighbouring buffers counts, not the sum.
"""

from typing import NamedTuple

from services.booking.proposals.ticks import span

DAY = 288  # in ticks; buckets only, no local day


class Hold(NamedTuple):
    """One stretch of one resource held for an appointment's attempt; absolute ticks, ends exclusive."""

    kind: str
    resource: str
    reach_from: int
    starts: int
    ends: int
    reach_until: int


class Busy:
    """A layer of holds (taken, or asked for). Holds lie in buckets of a day, so a full calendar costs no more."""

    __slots__ = ("base", "days", "reach", "visits")

    def __init__(self, base: int) -> None:
        self.base = base
        self.visits = 0
        self.reach = 0
        self.days: dict[int, list[Hold]] = {}

    def add(self, hold: Hold) -> None:
        self.days.setdefault(hold.reach_from // DAY, []).append(hold)
        self._draw(hold)

    def remove(self, hold: Hold) -> None:
        """Clears the hold's ticks and draws its neighbours again, which may share some of them."""
        day = hold.reach_from // DAY
        self.days[day].remove(hold)
        if not self.days[day]:
            del self.days[day]
        keep = ~span(hold.reach_from - self.base, hold.reach_until - self.base)
        self.visits &= keep
        self.reach &= keep
        for near in range(day - 1, hold.reach_until // DAY + 1):
            for other in self.days.get(near, ()):
                if other.reach_from < hold.reach_until and hold.reach_from < other.reach_until:
                    self._draw(other)

    def rebase(self, base: int) -> None:
        """Draws everything anew from another first tick; what ended before it is dropped."""
        holds = [hold for day in self.days.values() for hold in day if hold.reach_until > base]
        self.__init__(base)  # type: ignore[misc]
        for hold in holds:
            self.add(hold)

    def _draw(self, hold: Hold) -> None:
        self.visits |= span(hold.starts - self.base, hold.ends - self.base)
        self.reach |= span(hold.reach_from - self.base, hold.reach_until - self.base)
