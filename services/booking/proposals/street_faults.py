"""Gaps and overlaps between the rules of a street."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace

from services.booking.proposals.streets import HIGHEST, StreetRule, covers, limits, plain


@dataclass(frozen=True, slots=True)
class StreetFault:
    """`what`: "gap", "overlap" or "reversed"; house numbers from `first` to `last` (None = to the end) of one side."""

    what: str
    street: str
    side: str
    first: int
    last: int | None
    keys: tuple[str, ...] = ()


def street_faults(rules: Iterable[StreetRule]) -> tuple[StreetFault, ...]:
    """For each street and postcode: where no rule or more than one holds; () if every number has exactly one."""
    streets: dict[tuple[str, str], list[StreetRule]] = defaultdict(list)
    found = []
    for rule in rules:
        low, high = limits(rule)
        if low > high:
            found.append(StreetFault("reversed", rule.street, rule.side, low[0], high[0], (rule.key,)))
        else:
            streets[plain(rule.street), rule.postcode or ""].append(rule)
    for some in streets.values():
        for parity, side in ((1, "odd"), (0, "even")):
            found += _of_side(some, parity, side)
    return tuple(found)


def _of_side(rules: list[StreetRule], parity: int, side: str) -> list[StreetFault]:
    """Looks at the numbers around every end of a rule; between two of them nothing changes."""
    found: list[StreetFault] = []
    numbers = _numbers(rules, parity)
    for number, following in zip(numbers, [*numbers[1:], None], strict=True):
        keys = tuple(sorted({rule.key for rule in rules if covers(rule, (number, ""))}))
        last = None if following is None else following - 2
        if len(keys) != 1 and found and found[-1].keys == keys and found[-1].last == number - 2:
            found[-1] = replace(found[-1], last=last)
        elif len(keys) != 1:
            found.append(StreetFault("overlap" if keys else "gap", rules[0].street, side, number, last, keys))
    return found


def _numbers(rules: list[StreetRule], parity: int) -> list[int]:
    ends = [end[0] for rule in rules for end in limits(rule)]
    near = {2 - parity} | {number for end in ends for number in range(end - 2, end + 4)}
    return sorted(number for number in near if 0 < number <= HIGHEST and number % 2 == parity)
