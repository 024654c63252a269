"""The same key and body lead to the same answer, whatever has become of the proposal meanwhile."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from services.booking import tokens
from services.booking.decider import Refused
from shared.web import Problem
from tests.journeys.town import CERTIFICATE
from tests.line import ZONE, Line

NINE = datetime(2026, 11, 23, 9, tzinfo=ZoneInfo(ZONE))
TEN = NINE + timedelta(hours=1)


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


def test_another_request_under_a_used_key_is_never_accepted(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither where its place is taken nor where its proposal is too old: it would be told the token of the first."""
    line.request("a", [CERTIFICATE], NINE)
    line.request("b", [CERTIFICATE], TEN)
    line.settle()
    with pytest.raises(Refused, match="key_reused"):
        line.request("a", [CERTIFICATE], TEN)
    monkeypatch.setattr(tokens, "PROPOSAL_AGE", timedelta(seconds=-1))
    with pytest.raises(Problem, match="not right"):
        line.request("a", [CERTIFICATE], TEN)


def test_a_move_that_is_asked_for_again_is_the_same(line: Line) -> None:
    """While it is worked on, and when it is done: that its place is taken is its own doing."""
    appointment = line.request("a", [CERTIFICATE], NINE)
    line.settle()
    for _ in range(2):
        line.move(appointment, TEN)
    line.settle()
    line.move(appointment, TEN)
    state = line.life(appointment)
    assert (state.status, state.attempts, state.plan and state.plan.starts_at) == ("confirmed", 2, TEN)
