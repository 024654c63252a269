"""Responsibility by surname: which rule's letters a name falls under, and gaps and overlaps between rules."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from services.booking.proposals.resources import Clerk
from services.booking.proposals.surnames import ALL_SKIPPED, NOTHING_SKIPPED, Filing, filed

_BEHIND_Z = "{"  # the character after z


@dataclass(frozen=True, slots=True)
class LetterRule:
    """`key`: what a request names. `ranges`: first and last letters, both inclusive ("sch" to "st" has "Stumpf")."""

    key: str
    ranges: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Fault:
    """`what`: "gap" or "overlap"; names from `first` on and before `before` (None = to the end of z); `keys`: whose."""

    what: str
    first: str
    before: str | None
    keys: tuple[str, ...] = ()


def rules_of(clerks: Iterable[Clerk], department: str) -> tuple[LetterRule, ...]:
    """The rules of a department, from what its clerks are responsible for; in order of their letters."""
    found: dict[str, set[tuple[str, str]]] = {}
    for clerk in clerks:
        for where, key, first, last in clerk.letters:
            if where in (None, department):
                found.setdefault(key, set()).update(ranges(f"{first}-{last}"))
    rules = (LetterRule(key, tuple(sorted(some))) for key, some in found.items())
    return tuple(sorted(rules, key=lambda rule: rule.ranges))


def ranges(text: str) -> tuple[tuple[str, str], ...]:
    """Reads "A–K", "A - D, Sch-St" or "M". Raises ValueError for what has no letters or runs backwards."""
    found = []
    for part in re.split(r"[,;/+]| und ", text):
        ends = [filed(one, NOTHING_SKIPPED) for one in re.split(r"\s*(?:[-–—]|\bbis\b)\s*", part.strip())]
        first, last = ends[0], ends[-1]
        if not 1 <= len(ends) <= 2 or first is None or last is None or (first > last and not first.startswith(last)):
            raise ValueError(f"no range of letters: {part.strip()!r}")
        found.append((first, last))
    return tuple(found)


def responsible_key(surname: str, rules: Sequence[LetterRule], fallback: str, filing: Filing = ALL_SKIPPED) -> str:
    """The one rule for a name: of several the one with the most letters, of none (or another script) the fallback."""
    letters = filed(surname, filing)
    if letters is None:
        return fallback
    fit = [
        (-max(len(first), len(last)), number, rule.key)
        for number, rule in enumerate(rules)
        for first, last in rule.ranges
        if first <= letters < _behind(last)
    ]
    return min(fit)[2] if fit else fallback


def faults(rules: Iterable[LetterRule]) -> tuple[Fault, ...]:
    """Gaps and overlaps between a and z, in order; () if every name in Latin letters has exactly one rule."""
    spans = sorted((first, _behind(last), rule.key) for rule in rules for first, last in rule.ranges)
    marks = sorted({"a", _BEHIND_Z, *(mark for first, behind, _ in spans for mark in (first, behind))})
    found = []
    for low, high in pairwise(marks):
        keys = tuple(sorted({key for first, behind, key in spans if first <= low and high <= behind}))
        if len(keys) != 1:
            found.append(Fault("overlap" if keys else "gap", low, None if high == _BEHIND_Z else high, keys))
    return _joined(found)


def _joined(found: list[Fault]) -> tuple[Fault, ...]:
    joined: list[Fault] = []
    for fault in found:
        if joined and joined[-1].keys == fault.keys and joined[-1].before == fault.first:
            joined[-1] = Fault(fault.what, joined[-1].first, fault.before, fault.keys)
        else:
            joined.append(fault)
    return tuple(joined)


def _behind(last: str) -> str:
    """The first string that sorts behind everything that begins with `last`."""
    return last[:-1] + chr(ord(last[-1]) + 1)
