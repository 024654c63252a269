"""The shape of a stop in ticks."""

from typing import NamedTuple, Self

from services.booking.proposals.ticks import MINUTES, ticks_of
from services.booking.proposals.wish import Need


class Shape(NamedTuple):
    """`length` without buffers, `before` and `after` the ticks kept free; `grid` in minutes, 0 = every tick."""

    length: int
    before: int
    after: int
    grid: int

    @classmethod
    def of(cls, need: Need) -> Self:
        length = ticks_of(need.minutes)
        after = ticks_of(need.minutes + need.buffer) - length
        return cls(length, ticks_of(need.buffer_before), after, need.grid if need.grid > MINUTES else 0)
