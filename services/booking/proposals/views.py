"""Which parts of a calendar a guest may see: quota classes, and how they open to others as the time comes near."""

from typing import NamedTuple

from services.booking.proposals.ticks import span

PUBLIC = "public"


class Lane(NamedTuple):
    """Open times of one kind. `quota`: for whom ("public", "internal", "urgent", ...); `released`: so many ticks before
    a tick begins, everybody may have it; None = never."""

    site: str
    quota: str = PUBLIC
    released: int | None = None


class View(NamedTuple):
    """Whose eyes. `audience`: the quotas besides the public one; `now`: the bit that has begun. `ahead`: what will be
    released so many ticks before it begins, or more, is seen already; None = nothing is."""

    audience: frozenset[str] = frozenset()
    now: int = 0
    ahead: int | None = None

    def sees(self, lane: Lane) -> int:
        """The bits of a lane that are open to the audience."""
        if lane.quota == PUBLIC or lane.quota in self.audience:
            return -1
        if lane.released is None:
            return 0
        if self.ahead is not None and lane.released >= self.ahead:
            return -1
        return span(0, self.now + lane.released + 1)


EVERYBODY = View()
