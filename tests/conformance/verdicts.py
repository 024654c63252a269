"""What can be said of one case."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Case = Mapping[str, Any]


@dataclass(frozen=True)
class Verdict:
    """`word`: pass, FAIL, other policy (ours differs on purpose) or not ours (the question does not arise)."""

    word: str
    because: str = ""


PASS = Verdict("pass")

# Our decisions, for cases tagged policy:*
POLICIES = {
    "partial-last-slot": "a visit must end before closing time",
    "buffers": "between two neighbours the larger buffer counts, not the sum",
    "pending": "a booking that is asked for and not answered yet blocks",
    "grid": "the start grid counts from the opening and is not restarted after a booking",
    "window": "the last day of the window is released at local midnight",
}


class NotOurs(Exception):
    """The question of the case does not arise here."""


class OtherPolicy(Exception):
    """The case rests on a decision that is made differently here."""


def compare(case: Case, answer: Mapping[str, Any]) -> Verdict:
    """Every expected value that the adapter answered must be as expected; it must answer at least one."""
    expected = case["expected"]
    asked = expected.keys() & answer.keys()
    wrong = {name: (expected[name], answer[name]) for name in sorted(asked) if expected[name] != answer[name]}
    if not asked:
        return Verdict("FAIL", f"none of {sorted(expected)} is answered")
    if not wrong:
        return PASS
    told = "; ".join(f"{name}: expected {want!r}, found {got!r}" for name, (want, got) in wrong.items())
    tags = [tag.removeprefix("policy:") for tag in case.get("tags", ()) if tag.startswith("policy:")]
    ours = [reason for tag in tags for word, reason in POLICIES.items() if word in tag or tag in word]
    if tags:
        return Verdict("other policy", f"{'; '.join(ours) or ', '.join(tags)} ({told})")
    return Verdict("FAIL", told)
