"""The objective: one sum of parts, each in points; the proposal with the fewest points is the best.

| part | points |
|---|---|
| early | `early` for every minute from the first moment the guest would come to the start |
| waiting | `waiting` for every minute between two stops |
| walking | `room_change` and `clerk_change` for each change from one stop to the next |
| room | `spare_seat` for every seat more than needed, at most `spare_seats` of them, in each stop |
| load | `load` for every hour the chosen clerk is already held that day, at most `load_hours`, in each stop |
| crumbs | `crumb` for every minute left free of the clerk before and after the visit, where less than `crumb_minutes` |
| scarce | `scarce` for each competence the clerk has and the stop does not need, divided by how many clerks have it |

With the defaults a guest comes up to about half an hour later to spare a full clerk or a large room, never a day.
Chosen proposals begin at least `apart` minutes from each other, at one site.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields

from services.booking.proposals.index import Index
from services.booking.proposals.resources import Clerk
from services.booking.proposals.ticks import span
from services.booking.proposals.wish import Need

LARGE = 1_000_000


@dataclass(frozen=True, slots=True)
class Objective:
    """The weights; a town may set its own. None may be negative, else the first proposal need not be the best."""

    early: float = 1.0
    waiting: float = 3.0
    room_change: float = 5.0
    clerk_change: float = 3.0
    spare_seat: float = 1.0
    spare_seats: int = 10
    load: float = 3.0
    load_hours: float = 8.0
    crumb: float = 0.5
    crumb_minutes: int = 20
    scarce: float = 2.0
    apart: int = 30


DEFAULT = Objective()


def objective_of(told: object) -> Objective:
    """A town's own weights, by name; the others are the default ones. Raises ValueError for one that can't be."""
    if not isinstance(told, Mapping):
        raise ValueError("the objective must be an object of weights")
    known = {weight.name: type(weight.default) for weight in fields(Objective)}
    for name, weight in told.items():
        if name not in known:
            raise ValueError(f"there is no weight '{name}'; there are {', '.join(known)}")
        whole = known[name] is int
        if isinstance(weight, bool) or not isinstance(weight, int if whole else int | float) or not 0 <= weight < LARGE:
            raise ValueError(f"the weight '{name}' must be a {'whole ' if whole else ''}number from 0 to {LARGE - 1}")
    return Objective(**told)


def room_points(objective: Objective, seats: int, need: Need) -> float:
    return objective.spare_seat * min(max(seats - need.seats, 0), objective.spare_seats)


def load_points(objective: Objective, index: Index, clerk: str, day: tuple[int, int]) -> float:
    """`day`: the bits at which the local day begins and ends."""
    first, until = max(day[0], 0), day[1]
    held = index.calendar("clerk", clerk).busy()[0] >> first & span(0, until - first)
    return objective.load * min(held.bit_count() * index.scale.minutes / 60, objective.load_hours)


def scarce_points(objective: Objective, index: Index, clerk: Clerk, need: Need) -> float:
    spared = sorted(clerk.competences.difference(need.competences))
    return objective.scarce * sum(1 / index.rarity[competence] for competence in spared)


def crumb_points(
    objective: Objective, index: Index, clerk: str, opened: int, around: tuple[int | None, int | None]
) -> float:
    """What would be left free of the `opened` bits before the one and from the other on, if too short for use."""
    small = index.scale.ticks(objective.crumb_minutes)
    calendar, (starts, blocked) = index.calendar("clerk", clerk), around
    free = opened & ~calendar.busy()[1]
    before = 0 if starts is None else _free_before(free, starts, small)
    behind = 0 if blocked is None else _free_from(free, blocked, small)
    return objective.crumb * index.scale.minutes * sum(left for left in (before, behind) if left < small)


def _free_before(free: int, at: int, most: int) -> int:
    """How many bits below `at` are set without a gap, up to `most`."""
    low = max(at - most, 0)
    taken = ~(free >> low) & (1 << at - low) - 1
    return at - low - taken.bit_length()


def _free_from(free: int, at: int, most: int) -> int:
    """How many bits from `at` on are set without a gap, up to `most`."""
    taken = ~(free >> at) & (1 << most) - 1
    return (taken & -taken).bit_length() - 1 if taken else most
