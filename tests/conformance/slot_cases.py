"""Runs acceptance cases through the engine: `python -m tests.conformance.slot_cases [FILE...]`.

Prints one line a case and a total; without files the project's own cases. Exit status 1 if a case fails.
"""

import json
import sys
import traceback
from collections import Counter
from pathlib import Path
from typing import Any

from tests.conformance import helsinki, zms
from tests.conformance.verdicts import NotOurs, OtherPolicy, Verdict, compare

OWN = Path(__file__).with_name("own_cases.json")


def verdict(case: dict[str, Any]) -> Verdict:
    try:
        return compare(case, (zms if "kind" in case else helsinki).answer(case))
    except NotOurs as reason:
        return Verdict("not ours", str(reason))
    except OtherPolicy as reason:
        return Verdict("other policy", str(reason))
    except AssertionError as wrong:
        return Verdict("FAIL", str(wrong))
    except Exception as error:  # a case we can't read must not hide the others
        where = traceback.extract_tb(error.__traceback__)[-1]
        return Verdict("FAIL", f"{type(error).__name__}: {error} ({where.name}, line {where.lineno})")


def run(files: list[Path]) -> Counter[str]:
    totals: Counter[str] = Counter()
    for file in files:
        counts: Counter[str] = Counter()
        for case in json.loads(file.read_text())["cases"]:
            found = verdict(case)
            counts[found.word] += 1
            what = found.because or case.get("kind") or case.get("source_test", "")
            print(f"{found.word:<13} {case['id']:<14} {what}")
        print(f"{file.name}: {_told(counts)}")
        totals += counts
    if len(files) > 1:
        print(f"in all: {_told(totals)}")
    return totals


def _told(counts: Counter[str]) -> str:
    return f"{counts.total()} cases, " + ", ".join(f"{count} {word}" for word, count in sorted(counts.items()))


if __name__ == "__main__":
    sys.exit(1 if run([Path(name) for name in sys.argv[1:]] or [OWN])["FAIL"] else 0)
