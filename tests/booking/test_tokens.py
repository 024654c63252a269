"""Signed texts: only ours are taken, and only for what they were made for."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from services.booking.offer import Offer, OfferedStop
from services.booking.service import Booking, BookingService
from services.booking.tokens import BadProposal, Tokens
from tests.booking.facts import APPOINTMENT, ask
from tests.over_http import over_http
from tests.over_http import token as token_of

TOKENS = Tokens(b"s" * 32)
NINE = datetime(2026, 11, 24, 8, tzinfo=UTC)
OFFER = Offer("rathaus", 2, False, (OfferedStop("pass", NINE, 10, 5, "r-1", "c-1", None),))


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"answers": (("child", True), ("photo", False))},
        {"audience": ("staff",)},
        {"spoken": "tr"},
        {"stops": (replace(OFFER.stops[0], buffer_before=10, responsibility="a-k"), OFFER.stops[0])},
    ],
)
def test_a_proposal_comes_back_as_it_was_made(more: dict[str, Any]):
    """Times are whole minutes, so nothing is lost on the way."""
    offer = replace(OFFER, **more)
    assert TOKENS.offer(TOKENS.proposal(offer)) == offer


@given(st.data())
def test_a_changed_proposal_is_not_taken(data: st.DataObject):
    """Whatever single character is changed."""
    token = TOKENS.proposal(OFFER)
    at = data.draw(st.integers(0, len(token) - 2))  # the last character carries unused bits
    other = data.draw(st.sampled_from("abcABC019.-_").filter(lambda letter: letter != token[at]))
    with pytest.raises(BadProposal):
        TOKENS.offer(token[:at] + other + token[at + 1 :])


@given(st.text(max_size=60))
def test_what_is_no_proposal_is_not_taken(text: str):
    """Any text is refused with a sentence, never with another error."""
    with pytest.raises(BadProposal):
        TOKENS.offer(text)


def test_an_old_proposal_is_not_taken():
    """After a day the town has changed too much."""
    with time_machine.travel(NINE, tick=False) as clock:
        token = TOKENS.proposal(OFFER)
        clock.shift(timedelta(hours=23))
        assert TOKENS.offer(token) == OFFER
        clock.shift(timedelta(hours=2))
        with pytest.raises(BadProposal, match="too old"):
            TOKENS.offer(token)


def test_another_secret_signs_differently():
    """A token of one town is worth nothing in another."""
    other = Tokens(b"x" * 32)
    with pytest.raises(BadProposal):
        other.offer(TOKENS.proposal(OFFER))
    assert not other.may_manage("a1", TOKENS.manage("a1"))


def test_a_manage_token_is_for_one_appointment():
    """And nothing else opens it: not another's token, not a part, not an odd text."""
    token = TOKENS.manage("a1")
    assert TOKENS.may_manage("a1", token)
    assert not any(TOKENS.may_manage("a1", wrong) for wrong in (TOKENS.manage("a2"), token[:-1], "", "ä", "\x00"))


def test_a_key_always_means_the_same_appointment():
    """That is what makes asking twice harmless."""
    assert TOKENS.appointment("k1") == TOKENS.appointment("k1") != TOKENS.appointment("k2")


@pytest.mark.parametrize(("scheme", "status"), [("Bearer", 200), ("bearer", 200), ("BEARER", 200), ("Basic", 401)])
def test_a_token_is_taken_however_its_scheme_is_written(booking: Booking, scheme: str, status: int):
    """A guest's as well as a program's (RFC 9110, 11.1); without it the answer says what is missing (11.6.1)."""
    booking.handle(ask())
    client = over_http(BookingService, booking, roles=())
    tokens = {
        f"/api/appointments/{APPOINTMENT}": booking.reads.tokens.manage(APPOINTMENT),
        "/api/accounts": token_of(booking, "operations"),
    }
    for path, token in tokens.items():
        answer = client.get(path, headers={"Authorization": f"{scheme} {token}"})
        assert answer.status_code == status, path
        assert ("WWW-Authenticate" in answer.headers) == (status == 401), path
