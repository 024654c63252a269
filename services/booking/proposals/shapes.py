"""The shape of a stop in ticks."""

from typing import NamedTuple, Self

from services.booking.proposals.ticks import Scale
from services.booking.proposals.wish import Need


class Shape(NamedTuple):
    """`length` without buffers, `before` and `after` the ticks kept free; `grid` 0 = every tick."""

    length: int
    before: int
    after: int
    grid: int

    @classmethod
    def of(cls, need: Need, scale: Scale) -> Self:
        length, grid = scale.ticks(need.minutes), scale.ticks(need.grid)
        after = scale.ticks(need.minutes + need.buffer) - length
        return cls(length, scale.ticks(need.buffer_before), after, grid if grid > 1 else 0)
