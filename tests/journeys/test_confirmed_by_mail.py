"""Where the town wants a yes by mail: held until then, confirmed by it, let go without it."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from services.booking.appointment import Refused
from services.notifications.projections import messages
from tests.journeys.at_rest import assert_at_rest, held
from tests.journeys.town import ID_CARD
from tests.line import CAUSE, ZONE, Line

NINE = datetime(2026, 11, 23, 9, tzinfo=ZoneInfo(ZONE))
WITHIN = timedelta(minutes=30)


@pytest.fixture
def asked(line: Line) -> str:
    """One guest has asked, and everything is held."""
    line.booking.confirm_within = WITHIN
    body = {
        "proposal": line.proposal([ID_CARD], NINE, 1),
        "guest": {"name": "Ada", "email": "ada@example.org", "phone": ""},
        "party_size": 1,
        "language": "de",
    }
    appointment = str(line.booking.request(body, "a", b"a", CAUSE, by_mail=True)["appointment"])
    line.settle()
    return appointment


def _letters(line: Line) -> list[str]:
    return sorted(row.kind for row in line.rows("notifications", select(messages)))


def test_a_yes_confirms_what_is_held(line: Line, asked: str) -> None:
    """Pressed once or twice; nobody else can have the place meanwhile."""
    life = line.life(asked)
    assert life.status == "requested"
    assert life.pending is not None
    assert life.pending.held
    assert len({place for kind in held(line).values() for place in kind}) == 2
    assert _letters(line) == ["asked_to_confirm"]
    line.post_letters()
    line.pass_time(timedelta(minutes=15))
    assert line.life(asked).status == "requested", "the time for the owners' answers does not count any more"
    for _ in range(2):
        line.booking.confirm(asked, CAUSE)
    line.settle()
    line.post_letters()
    assert line.life(asked).status == "confirmed"
    assert _letters(line) == ["asked_to_confirm", "confirmation"]
    assert_at_rest(line, [asked])


def test_who_follows_the_appointment_sees_that_it_waits_for_the_guest(line: Line, asked: str) -> None:
    """From when everything is held until it is confirmed, and never where nobody is asked."""

    def confirm_by(appointment: str) -> datetime | None:
        found: datetime | None = line.booking.reads.appointment(appointment, line.life(appointment), NINE)["confirm_by"]
        return found

    life = line.life(asked)
    assert life.pending is not None
    assert confirm_by(asked) == life.pending.confirm_by
    seen = line.request("desk", [ID_CARD], NINE + timedelta(hours=1))
    assert confirm_by(seen) is None
    line.booking.confirm(asked, CAUSE)
    assert confirm_by(asked) is None


def test_without_a_yes_everything_is_let_go(line: Line, asked: str) -> None:
    """And the guest is told; a yes afterwards confirms nothing."""
    line.post_letters()
    line.pass_time(WITHIN)
    line.settle()
    line.post_letters()
    assert line.life(asked).status == "expired"
    with pytest.raises(Refused):
        line.booking.confirm(asked, CAUSE)
    assert _letters(line) == ["asked_to_confirm", "not_confirmed"]
    assert_at_rest(line, [asked])


def test_only_the_mail_has_the_link(line: Line, asked: str) -> None:
    """Not even whoever may cancel can say yes; and whom somebody sees at the desk is not asked."""
    tokens = line.booking.reads.tokens
    assert not tokens.may_confirm(asked, tokens.manage(asked))
    assert tokens.may_confirm(asked, tokens.confirm(asked))
    assert re.fullmatch(r"[0-9a-f]{40}", tokens.confirm(asked))
    seen = line.request("desk", [ID_CARD], NINE + timedelta(hours=1))
    line.settle()
    assert line.life(seen).status == "confirmed"
