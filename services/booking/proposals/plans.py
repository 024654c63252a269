"""The ways a visit of several concerns may run: in which order, and which stops one clerk does in one go.

A block is one or more concerns that one clerk deals with in one room without a break; inside it nobody needs a buffer.
Between two blocks of one visit a clerk or room that serves both has its buffer, as between any two guests.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations

from services.booking.proposals.ticks import ticks_of
from services.booking.proposals.wish import Need

FREELY_ORDERED = 4  # up to so many concerns are tried in any order (75 plans); more stay in the order asked for


@dataclass(frozen=True, slots=True)
class Block:
    """`needs`: the concerns in their order; `need`: what clerk and room of the whole block must offer."""

    needs: tuple[Need, ...]
    need: Need

    @property
    def length(self) -> int:
        """In ticks, without buffers."""
        return sum(ticks_of(need.minutes) for need in self.needs)


Plan = tuple[Block, ...]


def plans(needs: tuple[Need, ...]) -> tuple[Plan, ...]:
    """Every way, without repeats; the order asked for comes first."""
    ways = _any_order(needs) if len(needs) <= FREELY_ORDERED else _in_order(needs)
    return tuple(plan for plan in dict.fromkeys(ways) if all(_one_can(block) for block in plan))


def _any_order(needs: tuple[Need, ...]) -> Iterator[Plan]:
    if not needs:
        yield ()
    for size in range(1, len(needs) + 1):
        for chosen in combinations(range(len(needs)), size):
            rest = tuple(need for number, need in enumerate(needs) if number not in chosen)
            for plan in _any_order(rest):
                yield (block_of(tuple(needs[number] for number in chosen)), *plan)


def _in_order(needs: tuple[Need, ...]) -> Iterator[Plan]:
    if not needs:
        yield ()
    for size in range(1, len(needs) + 1):
        for plan in _in_order(needs[size:]):
            yield (block_of(needs[:size]), *plan)


def _one_can(block: Block) -> bool:
    """One clerk can be responsible for a block only by one rule of one department."""
    return len({(need.department, need.responsibility) for need in block.needs}) == 1


def block_of(needs: tuple[Need, ...]) -> Block:
    """The block's need: every requirement of its concerns; the largest buffers; the first concern's grid."""
    if len(needs) == 1:
        return Block(needs, needs[0])
    need = replace(
        needs[0],
        minutes=sum(need.minutes for need in needs),
        buffer=max(need.buffer for need in needs),
        buffer_before=max(need.buffer_before for need in needs),
        competences=tuple(sorted({one for need in needs for one in need.competences})),
        seats=max(need.seats for need in needs),
        equipment=tuple(sorted({one for need in needs for one in need.equipment})),
        step_free=any(need.step_free for need in needs),
    )
    return Block(needs, need)
