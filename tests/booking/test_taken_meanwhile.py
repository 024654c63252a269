"""A proposal whose place has gone meanwhile is answered with fresh ones, in the same answer."""

from datetime import timedelta

import pytest

from services.booking import http
from services.booking.commands import Note, SetCatalogue
from services.booking.events import Concern, Text
from services.booking.service import Booking
from shared.messages import Cause
from shared.web import Problem
from tests.booking.facts import NOW, TOWN, holds, plan


@pytest.fixture
def town(booking: Booking) -> Booking:
    """One clerk."""
    for fact in TOWN:
        booking.handle(Note("c", NOW, fact))
    concern = Concern("pass", Text("Pass", "Passport"), "buergerbuero", 10, competences=("pass",))
    booking.handle(SetCatalogue("c", NOW, (concern,)))
    return booking


def _body(proposal: str) -> dict[str, object]:
    guest = {"name": "Ada", "email": "ada@example.org", "phone": ""}
    return {"proposal": proposal, "guest": guest, "party_size": 1, "language": "de"}


def test_the_second_guest_gets_other_times_at_once(town: Booking):
    """409, with proposals that can be taken; the place that has gone is not among them."""
    query = http.ProposalsQuery().load({"concern": ["pass"]})
    proposal = town.reads.proposals(query, NOW)["proposals"][0]
    cause = Cause("test", "")
    first = town.request(_body(proposal["id"]), "one", b"1", cause)["appointment"]
    for who in ("rooms", "staff"):
        answer = holds(who, 1, plan(proposal["starts_at"]))
        town.handle(type(answer)("c", NOW, first, 1, who, answer.held))
    with pytest.raises(Problem) as gone:
        town.request(_body(proposal["id"]), "two", b"2", cause)
    assert (gone.value.status, gone.value.body["type"]) == (409, "/problems/place_taken")
    fresh = gone.value.body["proposals"]
    assert len(fresh) == 5
    assert proposal["starts_at"].isoformat() not in [one["starts_at"] for one in fresh]
    for number, one in enumerate(fresh):
        assert town.request(_body(one["id"]), f"fresh{number}", b"3", cause)["status"] == "requested"


def test_the_first_guest_who_asks_again_gets_the_same_answer(town: Booking):
    """The same key and body: it is theirs already."""
    query = http.ProposalsQuery().load({"concern": ["pass"]})
    proposal = town.reads.proposals(query, NOW)["proposals"][0]
    once, twice = (town.request(_body(proposal["id"]), "one", b"1", Cause("test", "")) for _ in range(2))
    assert once == twice


def test_what_begins_at_this_very_moment_can_be_asked_for(town: Booking):
    """It is proposed; a moment later it is past."""
    query = http.ProposalsQuery().load({"concern": ["pass"]})
    begins = town.reads.proposals(query, NOW)["proposals"][0]["starts_at"]
    town.clock = lambda: begins
    proposal = town.reads.proposals(query, begins)["proposals"][0]
    assert proposal["starts_at"] == begins
    assert town.request(_body(proposal["id"]), "one", b"1", Cause("test", ""))["status"] == "requested"
    town.clock = lambda: begins + timedelta(microseconds=1)
    with pytest.raises(Problem) as past:
        town.request(_body(proposal["id"]), "two", b"2", Cause("test", ""))
    assert (past.value.status, [error["field"] for error in past.value.body["errors"]]) == (422, ["proposal"])
