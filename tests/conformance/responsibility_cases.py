"""Real names and streets through our rules: `python -m tests.conformance.responsibility_cases FOLDER`.

The folder holds first_letter_cases.json, collation_cases.json, letter_rules.json, surnames_de_2000.json,
streets_giessen.json and berlin_streets_by_district.csv.gz; what is not there is left out. Prints a line a file and each
case that fails; exit status 1 if one does.
"""

import csv
import gzip
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from services.booking.planning import NotPossible
from services.booking.proposals.letters import LetterRule, faults, ranges, responsible_key
from services.booking.proposals.street_faults import street_faults
from services.booking.proposals.streets import StreetRule, sided
from services.booking.proposals.surnames import ALL_SKIPPED, LIBRARY, NOTHING_SKIPPED, filed
from services.booking.responsibility import by_address

DIVISION = tuple(LetterRule(text, ranges(text)) for text in ("A–E", "F–K", "L–R", "S–Sb", "Sc–St", "Su–Z"))
Result = tuple[int, list[str], str]  # cases, what fails, remarks


def first_letters(told: Any) -> Result:
    """The library rules for cases from there, else everything before the name is skipped."""
    wrong = []
    for case in told["cases"]:
        found = filed(case["name"], LIBRARY if case.get("source") == 2 else ALL_SKIPPED) or ""
        name = case.get("filed_under") or case.get("surname")
        if found != filed(name, NOTHING_SKIPPED) if name else found[:1] != filed(case["first_letter"]):
            wrong.append(f"{case['id']} {case['name']}: filed under {found}")
    return len(told["cases"]), wrong, ""


def collation(told: Any) -> Result:
    """DIN 5007-1 as far as letters go."""
    wrong = []
    for pair in told["pairs"]:
        a, b = filed(pair["a"]) or "", filed(pair["b"]) or ""
        found = "less" if a < b else "greater" if a > b else "equal"
        if found != pair["primary"]:
            wrong.append(f"{pair['a']} {found} {pair['b']}, expected {pair['primary']}")
    return len(told["pairs"]), wrong, ""


def letter_rules(told: Any) -> Result:
    wrong, count = [], 0
    for rule in told["rules"]:
        rules = [LetterRule(text, ranges(text)) for text in rule["ranges_as_written"] if "derived_cases" in rule]
        for name, key in rule.get("derived_cases", ()):
            count += 1
            if (found := responsible_key(name, rules, "fallback")) != key:
                wrong.append(f"{name}: {found}, expected {key}")
    return count, wrong, ""


def surnames(told: Any) -> Result:
    """Each name falls under exactly one rule of a division without gaps."""
    assert not faults(DIVISION)
    wrong, keys = [], Counter[str]()
    for one in told["names"]:
        fit = [rule.key for rule in DIVISION if responsible_key(one["name"], (rule,), "") == rule.key]
        keys[responsible_key(one["name"], DIVISION, "fallback")] += 1
        if len(fit) != 1:
            wrong.append(f"{one['name']}: {fit}")
    return len(told["names"]), wrong, ", ".join(f"{key} {keys[key]}" for key in sorted(keys))


def giessen(told: Any) -> Result:
    """Every number from 1 to 400 of every street has one answer: a rule's, or the fallback's where there is a gap."""
    rows = [
        (one["street"], one.get("from"), one.get("to"), f"{one['collection_day']}{one['residual_area']}")
        for one in told["streets"]
    ]
    rules = sided(rows)
    found = Counter(fault.what for fault in street_faults(rules))
    wrong, names, answer = [], sorted({row[0] for row in rows}), _answers(rules)
    keys = {"fallback", *(rule.key for rule in rules)}
    open_ = {(fault.street, fault.side) for fault in street_faults(rules)}
    for name in names:
        for number in range(1, 401):
            key = answer(f"{name} {number}")
            sure = (name, "odd" if number % 2 else "even") not in open_
            if key not in keys or (key == "fallback" and sure):
                wrong.append(f"{name} {number}: {key}")
    return len(names) * 400, wrong, f"reported: {dict(found)}"


def berlin(rows: Iterator[dict[str, str]]) -> Result:
    """Street and postcode lead to a district of that street; without the postcode it is asked for where it decides."""
    rules = [StreetRule(row["district_no"], row["street"], postcode=row["postcode"]) for row in rows]
    answer, overlaps = _answers(rules), {fault.street for fault in street_faults(rules)}
    wrong = [
        f"{address}: {key}, expected {rule.key}"
        for rule in rules
        for address in (f"{rule.street} 7, {rule.postcode} Berlin", f"{rule.street}, {rule.postcode} Berlin")
        if (key := answer(address)) != rule.key and rule.street not in overlaps
    ]
    asked = sum("postcode" in answer(rule.street) for rule in rules)
    return len(rules) * 2, wrong, f"postcode asked for {asked}, in two districts {len(overlaps)} streets"


def _answers(rules: Sequence[StreetRule]) -> Callable[[str], str]:
    """The key of the rule for an address on one line, or what a guest is asked for."""
    numbers, keys = frozenset(("town", rule) for rule in rules), sorted({rule.key for rule in rules})

    def answer(address: str) -> str:
        try:
            return by_address(address, numbers, "town", keys, ("fallback",))
        except NotPossible as asked:
            return asked.detail

    return answer


FILES: dict[str, Callable[[Any], Result]] = {
    "first_letter_cases.json": first_letters,
    "collation_cases.json": collation,
    "letter_rules.json": letter_rules,
    "surnames_de_2000.json": surnames,
    "streets_giessen.json": giessen,
    "berlin_streets_by_district.csv.gz": berlin,
}


def run(folder: Path) -> int:
    failed = 0
    for name, judge in FILES.items():
        file = folder / name
        if file.exists():
            cases, wrong, remarks = judge(_read(file))
            print(*(f"FAIL {one}" for one in wrong), sep="\n", end="\n" if wrong else "")
            print(f"{name}: {cases} cases, {len(wrong)} FAIL{'; ' + remarks if remarks else ''}")
            failed += len(wrong)
    return failed


def _read(file: Path) -> Any:
    if file.suffix == ".json":
        return json.loads(file.read_text())
    return csv.DictReader(gzip.open(file, "rt"))


if __name__ == "__main__":
    sys.exit(1 if run(Path(sys.argv[1])) else 0)
