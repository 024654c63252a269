"""A commit whose answer is lost may have been carried out: nobody knows until the same is tried again."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from shared.writer import Unavailable
from tests.journeys.at_rest import assert_at_rest, assert_the_index_is_true
from tests.journeys.town import CERTIFICATE
from tests.line import WRONG, ZONE, Line, commit_goes_wrong

NINE = datetime(2026, 11, 23, 9, tzinfo=ZoneInfo(ZONE))
[ANSWER_LOST] = [wrong for wrong in WRONG if wrong.committed and not wrong.dies]


def test_booking_learns_what_it_has_committed_unseen(line: Line) -> None:
    """The place is not offered again, although no answer came; the guest who tries again is told the same."""
    with commit_goes_wrong(line.booking, ANSWER_LOST):
        appointment = line.request("a", [CERTIFICATE], NINE)
    assert_the_index_is_true(line)
    line.settle()
    line.post_letters()
    assert_at_rest(line, [appointment])


def test_what_a_service_heard_unseen_is_heard_once(line: Line) -> None:
    """The batch comes again, and every message in it is known."""
    appointment = line.request("a", [CERTIFICATE], NINE)
    line.carry()
    batch = line.queues["rooms"]
    with commit_goes_wrong(line.apps["rooms"], ANSWER_LOST), pytest.raises(Unavailable):
        line.deliver("rooms", batch)
    line.settle()
    line.post_letters()
    assert_at_rest(line, [appointment])
