"""Responsibility by address: which rule a street and house number fall under, and gaps and overlaps between rules.

A range may be for one side of the street: odd or even numbers. Letters count: 25 is before 25a, and a range up to 25
has 25a, too.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

Side = Literal["odd", "even", "both"]
Number = tuple[int, str]
HIGHEST = 99_999  # no house has a higher number
_FIRST, _LAST = (0, ""), (HIGHEST, "")
_BEHIND = "\U0010ffff"  # behind every letter


@dataclass(frozen=True, slots=True)
class StreetRule:
    """`first`, `last`: house numbers, both inclusive, None = from the beginning, to the end. `postcode` None = any."""

    key: str
    street: str
    first: str | None = None
    last: str | None = None
    side: Side = "both"
    postcode: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """`key`: the rule, or the fallback. `missing`: what the guest should give so that a rule can be found."""

    key: str
    missing: Literal["street", "house_number", "postcode"] | None = None


class Streets:
    """All rules of a department, by street. `fallback`: the key for addresses without a rule."""

    def __init__(self, rules: Iterable[StreetRule], fallback: str) -> None:
        self.fallback = fallback
        self.rules: dict[str, list[StreetRule]] = defaultdict(list)
        for rule in rules:
            self.rules[plain(rule.street)].append(rule)

    def find(self, street: str, house_number: str | None = None, postcode: str | None = None) -> Answer:
        """Exactly one answer; of several ranges the narrowest."""
        here = self.there(street, house_number, postcode)
        if not here:
            return Answer(self.fallback, None if plain(street) else "street")
        keys = {rule.key for rule in here}
        unnumbered = parsed(house_number or "") is None
        if unnumbered and len(keys) > 1 and len({rule.key for rule in here if _whole(rule)}) != len(keys):
            return Answer(self.fallback, "house_number")
        if postcode is None and len({rule.postcode for rule in here}) > 1 and len(keys) > 1:
            return Answer(self.fallback, "postcode")
        return Answer(min(here, key=_width).key)

    def there(self, street: str, house_number: str | None, postcode: str | None) -> list[StreetRule]:
        """The rules for an address; without a number or a postcode all that may be."""
        number = parsed(house_number or "")
        return [
            rule
            for rule in self.rules.get(plain(street), ())
            if (postcode is None or rule.postcode in (None, postcode)) and (number is None or covers(rule, number))
        ]


def parsed(house_number: str) -> Number | None:
    """(12, "a") for "12 A"; the first number of "12-14"; None without a number."""
    found = re.match(r"\s*(\d{1,5})\s*([a-zäöü]?)(?![a-zäöü])", house_number.casefold())
    return (int(found[1]), found[2]) if found else None


def covers(rule: StreetRule, number: Number) -> bool:
    low, high = limits(rule)
    return low <= number <= high and (rule.side == "both" or number[0] % 2 == (rule.side == "odd"))


def limits(rule: StreetRule) -> tuple[Number, Number]:
    """The numbers of a rule's ends. A last number without a letter has all letters."""
    low = parsed(rule.first) if rule.first else _FIRST
    high = parsed(rule.last) if rule.last else _LAST
    if low is None or high is None:
        raise ValueError(f"no house number in the rule for {rule.street}: {rule.first!r} to {rule.last!r}")
    return low, (high[0], high[1] or _BEHIND)


def plain(street: str) -> str:
    """A street's name as it is compared: "Goethestr." is "Goethe-Straße" is "GOETHE STRASSE"."""
    name = unicodedata.normalize("NFC", street).casefold().translate(_UMLAUTS)
    name = unicodedata.normalize("NFD", name)
    return re.sub(r"str(?:\.|asse)?$", "strasse", re.sub(r"[^0-9a-z.]", "", name)).replace(".", "")


_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})


def sided(rows: Sequence[tuple[str, str | None, str | None, str]]) -> tuple[StreetRule, ...]:
    """Rules from (street, first, last, key) as towns write them, where "1 - 15" beside "2 - 14" means sides.

    A range whose ends are both odd, or both even, or that has no end, is one-sided if it overlaps, as a plain range of
    numbers, with one of the other parity in its street.
    """
    streets: dict[str, list[StreetRule]] = defaultdict(list)
    for street, first, last, key in rows:
        streets[plain(street)].append(StreetRule(key, street, first, last, _parity(first, last)))
    two_sided = {street for street, rules in streets.items() if _sides_overlap(rules)}
    return tuple(
        rule if street in two_sided else replace(rule, side="both")
        for street, rules in streets.items()
        for rule in rules
    )


def _sides_overlap(rules: list[StreetRule]) -> bool:
    odd, even = ([limits(rule) for rule in rules if rule.side == side] for side in ("odd", "even"))
    return any(a[0] <= b[1] and b[0] <= a[1] for a in odd for b in even)


def _parity(first: str | None, last: str | None) -> Side:
    numbers = {number[0] % 2 for one in (first, last) if one and (number := parsed(one))}
    return "both" if len(numbers) != 1 else "odd" if numbers == {1} else "even"


def _whole(rule: StreetRule) -> bool:
    return rule.first is None and rule.last is None and rule.side == "both"


def _width(rule: StreetRule) -> int:
    low, high = limits(rule)
    return high[0] - low[0]
