"""The same key and body lead to the same answer, whatever has become of the proposal meanwhile."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from services.booking import tokens
from shared.web import Problem
from tests.journeys.town import CERTIFICATE
from tests.line import ZONE, Line

NINE = datetime(2026, 11, 23, 9, tzinfo=ZoneInfo(ZONE))


def test_a_proposal_that_is_too_old_by_now_is_still_accepted(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    """The guest of the first request is told the same; another one that it is too old."""
    appointment = line.request("a", [CERTIFICATE], NINE)
    monkeypatch.setattr(tokens, "PROPOSAL_AGE", timedelta(seconds=-1))
    assert line.request("a", [CERTIFICATE], NINE) == appointment
    with pytest.raises(Problem, match="not right"):
        line.request("b", [CERTIFICATE], NINE)


def test_a_time_that_has_passed_is_still_accepted(line: Line) -> None:
    """And so is a place that others hold by now."""
    line.request("a", [CERTIFICATE], NINE)
    lost = line.request("b", [CERTIFICATE], NINE)
    line.settle()
    assert line.life(lost).status == "declined"
    assert line.request("b", [CERTIFICATE], NINE) == lost
    line.pass_time(timedelta(days=2))
    assert line.request("b", [CERTIFICATE], NINE) == lost
