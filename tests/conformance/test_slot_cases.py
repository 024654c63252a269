"""The project's own acceptance cases; those of other systems are given to slot_cases as files."""

import json
from pathlib import Path

import pytest

from tests.conformance.slot_cases import OWN, run, verdict

CASES = json.loads(OWN.read_text())["cases"]


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_own_case(case: dict[str, object]) -> None:
    """Each of our own cases passes; none is put aside."""
    assert verdict(case).word == "pass", verdict(case).because


def test_a_wrong_expectation_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A case that expects what is not so fails, and so does one that can't be read; the total says so."""
    wrong = CASES[2] | {"expected": {"first_start": "2026-11-24T09:00"}}
    file = tmp_path / "cases.json"
    file.write_text(json.dumps({"cases": [wrong, {"id": "x"}, CASES[0]]}))
    assert run([file]) == {"FAIL": 2, "pass": 1}
    assert "3 cases, 2 FAIL, 1 pass" in capsys.readouterr().out
