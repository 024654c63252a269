"""The command that compares calendar files with lists of busy times, on cases of our own."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.calendars.desk import day_event, event, ics
from tests.conformance.ics_cases import main

WEEKLY = ics(event("e", "20270322T100000", "20270322T110000", "RRULE:FREQ=WEEKLY;COUNT=2"))
CASES: list[tuple[bytes, dict[str, Any]]] = [
    (
        WEEKLY,
        {
            "window": ["2027-03-20", "2027-04-02"],
            "occurrences": [
                {"start": "2027-03-22T10:00:00+01:00", "end": "2027-03-22T11:00:00+01:00", "busy": True},
                {"start": "2027-03-29T10:00:00+02:00", "end": "2027-03-29T11:00:00+02:00", "busy": True},
            ],
        },
    ),
    (
        ics(day_event("d", "20270101", "20270102"), day_event("t", "20270103", "20270104", "TRANSP:TRANSPARENT")),
        {
            "window": ["2026-12-31", "2027-01-05"],
            "occurrences": [
                {"start": "2027-01-01", "end": "2027-01-02", "busy": True},
                {"start": "2027-01-03", "end": "2027-01-04", "busy": False},
            ],
        },
    ),
    (
        ics(event("a", "20270101T100000Z", "20270101T110000Z"), event("b", "20270101T110000Z", "20270101T120000Z")),
        {
            "window": ["2027-01-01T00:00:00Z", "2027-01-02T00:00:00Z"],
            "calendar_default_zone": "UTC",
            "asserted_by_source": {"busy": [["2027-01-01T10:00:00Z", "2027-01-01T12:00:00Z"]]},
        },
    ),
]


def folder(tmp_path: Path, wrong: bool = False) -> Path:
    """The cases as a folder."""
    told = []
    for n, (file, case) in enumerate(CASES):
        (tmp_path / f"{n}.ics").write_bytes(WEEKLY if wrong else file)
        told.append({"id": f"c-{n}", "file": f"{n}.ics", "topic": "t", **case})
    (tmp_path / "ics_cases.json").write_text(json.dumps({"cases": told}))
    return tmp_path


def test_cases_are_found_right(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A line each, and a total."""
    assert main([str(folder(tmp_path))]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "3 of 3 right"


def test_cases_are_found_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With what is missing and what is too many."""
    assert main([str(folder(tmp_path, wrong=True))]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == "1 of 3 right"
    assert "missing 1 (2026-12-31T23:00/1 day" in lines[1]


def test_a_folder_without_cases_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """By how the command is used."""
    assert main([str(tmp_path)]) == 2
    assert "python -m tests.conformance.ics_cases DIR" in capsys.readouterr().err
