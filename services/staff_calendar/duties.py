"""Gaps and overlaps between the rules by which a department shares its guests out: surnames, and houses of a street.

booking decides by the same rules whom a guest goes to (services share no code; tests/journeys/test_same_rules.py holds
the two together): a name is filed by its letters a to z, umlauts as their base letters, and a last letter or house
number takes in all that begins with it.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from services.staff_calendar.events import Responsibility, StreetPart

HIGHEST = 99_999
_BEHIND_Z = "{"  # the character after z
_BEHIND = "\U0010ffff"  # behind every letter of a house number
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
Number = tuple[int, str]


@dataclass(frozen=True, slots=True)
class Fault:
    """`what`: "gap", "overlap" or "reversed", and whose. Surnames from `first` on and before `before`; or the house
    numbers `first` to `last` of one side of a street. None = to the end. `unreadable`: a rule that can't be read.
    """

    what: str
    department: str
    kind: str
    keys: tuple[str, ...]
    first: str | None = None
    before: str | None = None
    last: str | None = None
    street: str | None = None
    side: str | None = None


def faults(rules: Iterable[Responsibility], departments: Iterable[str]) -> Iterator[Fault]:
    """What is wrong with the rules of these departments, all of their clerks' rules taken together."""
    told = set(rules)
    for department in departments:
        yield from _of_surnames(department, [one for one in told if _is(one, department, "surname")])
        yield from _of_streets(department, [one for one in told if _is(one, department, "district")])


def _is(rule: Responsibility, department: str, kind: str) -> bool:
    return rule.department == department and rule.kind == kind and rule.key is not None


# ------------------------------------------------------------------------------------------------------------- surnames


def _of_surnames(department: str, rules: list[Responsibility]) -> Iterator[Fault]:
    spans = []
    for rule in sorted(rules, key=lambda rule: (rule.key or "", rule.first or "", rule.last or "")):
        first, last = letters(rule.first or ""), letters(rule.last or rule.first or "")
        if not first or not last:
            yield Fault("unreadable", department, "surname", (rule.key or "",), rule.first, last=rule.last)
        elif first > last and not first.startswith(last):
            yield Fault("reversed", department, "surname", (rule.key or "",), first, last=last)
        else:
            spans.append((first, _behind(last), rule.key or ""))
    if not spans:
        return
    marks = sorted({"a", _BEHIND_Z, *(mark for first, behind, _ in spans for mark in (first, behind))})
    found: list[Fault] = []
    for low, high in pairwise(marks):
        keys = tuple(sorted({key for first, behind, key in spans if first <= low and high <= behind}))
        before = None if high == _BEHIND_Z else high
        if len(keys) != 1 and found and found[-1].keys == keys and found[-1].before == low:
            found[-1] = replace(found[-1], before=before)
        elif len(keys) != 1:
            found.append(Fault("overlap" if keys else "gap", department, "surname", keys, low, before))
    yield from found


def letters(text: str) -> str:
    """The small letters a to z of the end of a range; "" where it has others."""
    plain = unicodedata.normalize("NFD", unicodedata.normalize("NFC", text).casefold().replace("ß", "ss"))
    found = "".join(letter for letter in plain if letter.isalpha())
    return found if found.isascii() else ""


def _behind(last: str) -> str:
    return last[:-1] + chr(ord(last[-1]) + 1)


# -------------------------------------------------------------------------------------------------------------- streets


@dataclass(frozen=True, slots=True)
class _Part:
    key: str
    low: Number
    high: Number
    side: str


def _of_streets(department: str, rules: list[Responsibility]) -> Iterator[Fault]:
    streets: dict[tuple[str, str], list[_Part]] = defaultdict(list)
    named: dict[tuple[str, str], str] = {}
    for rule in sorted(rules, key=lambda rule: rule.key or ""):
        for street in rule.streets:
            part = _part(rule.key or "", street)
            where = {"street": street.street, "side": street.side}
            if part is None:
                yield Fault("unreadable", department, "district", (rule.key or "",), street.first, None, street.last,
                            **where)  # fmt: skip
            elif part.low > part.high:
                yield Fault("reversed", department, "district", (rule.key or "",), str(part.low[0]), None,
                            str(part.high[0]), **where)  # fmt: skip
            else:
                place = plain(street.street), street.postcode or ""
                streets[place].append(part)
                named.setdefault(place, street.street)
    for place, parts in streets.items():
        for odd, side in ((1, "odd"), (0, "even")):
            for keys, first, last in _of_side(parts, odd):
                end = None if last is None else str(last)
                what = "overlap" if keys else "gap"
                yield Fault(what, department, "district", keys, str(first), None, end, named[place], side)


def _part(key: str, street: StreetPart) -> _Part | None:
    low = number(street.first) if street.first else (0, "")
    high = number(street.last) if street.last else (HIGHEST, "")
    return None if low is None or high is None else _Part(key, low, (high[0], high[1] or _BEHIND), street.side)


def number(text: str) -> Number | None:
    """(12, "a") for "12 A"; None without a number."""
    found = re.match(r"\s*(\d{1,5})\s*([a-zäöü]?)(?![a-zäöü])", text.casefold())
    return (int(found[1]), found[2]) if found else None


def plain(street: str) -> str:
    """A street's name as it is compared: "Goethestr." is "Goethe-Straße"."""
    name = unicodedata.normalize("NFC", street).casefold().translate(_UMLAUTS)
    name = unicodedata.normalize("NFD", name)
    return re.sub(r"str(?:\.|asse)?$", "strasse", re.sub(r"[^0-9a-z.]", "", name)).replace(".", "")


def _of_side(parts: list[_Part], odd: int) -> list[tuple[tuple[str, ...], int, int | None]]:
    """The keys that hold for house numbers of one side where it is not exactly one; None = to the end."""
    ends = {end[0] for part in parts for end in (part.low, part.high)}
    near = {2 - odd} | {one for end in ends for one in range(end - 2, end + 4)}
    numbers = sorted(one for one in near if 0 < one <= HIGHEST and one % 2 == odd)
    found: list[tuple[tuple[str, ...], int, int | None]] = []
    for one, following in zip(numbers, [*numbers[1:], None], strict=True):
        keys = tuple(sorted({part.key for part in parts if _covers(part, one)}))
        last = None if following is None else following - 2
        if len(keys) != 1 and found and found[-1][0] == keys and found[-1][2] == one - 2:
            found[-1] = (keys, found[-1][1], last)
        elif len(keys) != 1:
            found.append((keys, one, last))
    return found


def _covers(part: _Part, one: int) -> bool:
    return part.low <= (one, "") <= part.high and (part.side == "both" or one % 2 == (part.side == "odd"))
