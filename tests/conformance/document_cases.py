"""Runs every run of answers of real services through our rules: `python -m tests.conformance.document_cases FILE...`.

`document_rules.json` holds our rules for Berlin's registration of residence and certificate of conduct. Prints one line
a service and each run that differs; exit status 1 if any does.
"""

import json
import sys
from pathlib import Path
from typing import Any

from services.booking.proposals.question_rules import faults, questionnaire, runs
from services.booking.proposals.questions import Questionnaire, outcome

_TOLD = json.loads(Path(__file__).with_name("document_rules.json").read_text())
RULES = {key: questionnaire(told) for key, told in _TOLD.items()}


def written(answers: dict[str, bool]) -> str:
    """In the order in which they are asked, which is that of the letters."""
    return " ".join(f"{key}{'+' if value else '-'}" for key, value in sorted(answers.items()))


def read(answers: str) -> dict[str, bool]:
    return {word[:-1]: word[-1] == "+" for word in answers.split()}


def differences(asked: Questionnaire, service: dict[str, Any]) -> list[str]:
    """Runs with other documents, another end, or that only one side knows."""
    found = list(faults(asked))
    expected = {path["answers"]: path for path in service["paths"]}
    ours = {written(run): run for run in runs(asked)}
    found += [f"{run}: only {'ours' if run in ours else 'theirs'}" for run in sorted(ours.keys() ^ expected.keys())]
    for answers in ours.keys() & expected.keys():
        found += _compared(asked, answers, expected[answers])
    return found


def _compared(asked: Questionnaire, answers: str, path: dict[str, Any]) -> list[str]:
    result = outcome(asked, read(answers))
    ends = answers.split()[-1][:-1] if result.ended else None
    if ends != path.get("ends"):
        return [f"{answers}: ends at {ends}, expected {path.get('ends')}"]
    if not ends and sorted(result.documents) != sorted(path["documents"]):
        return [f"{answers}: {sorted(result.documents)}, expected {sorted(path['documents'])}"]
    return []


def run(told: dict[str, Any]) -> int:
    """The number of runs and cases that differ."""
    failed = 0
    for key, service in told["services"].items():
        wrong = differences(RULES[key], service) if key in RULES else ["we have no rules for it"]
        print(*(f"FAIL {key} {one}" for one in wrong), sep="\n", end="\n" if wrong else "")
        print(f"{key}: {len(service['paths'])} runs of answers, {len(wrong)} FAIL")
        failed += len(wrong)
    for case in told.get("cases", ()):
        wrong = _compared(RULES[case["service"]], case["answers"], case)
        print("FAIL" if wrong else "pass", case["id"], *wrong)
        failed += len(wrong)
    return failed


if __name__ == "__main__":
    sys.exit(1 if sum([run(json.loads(Path(name).read_text())) for name in sys.argv[1:]]) else 0)
