"""Hours that are kept are shown, and given, to the info desk only; a proposal's id remembers for whom it was made."""

from datetime import timedelta

import pytest
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from services.booking import http
from services.booking.commands import Note, SetCatalogue
from services.booking.events import ClerkHoursNoted, Concern, OpenDay, Opening, Text
from services.booking.service import Booking, may_see
from shared.web import Problem
from tests.booking.facts import NINE, NOW, TOWN

DAY = NINE.date()
KEPT = Opening(NINE + timedelta(hours=1), NINE + timedelta(hours=2), "rathaus", "internal", 60)


@pytest.fixture
def town(booking: Booking) -> Booking:
    """The only clerk is there from ten to eleven, for guests of the info desk."""
    for fact in (*TOWN, ClerkHoursNoted("c-17", DAY, DAY, (OpenDay(DAY, (KEPT,)),))):
        booking.handle(Note("c", NOW, fact))
    booking.handle(SetCatalogue("c", NOW, (Concern("pass", Text("Pass", "Passport"), "buergerbuero", 10),)))
    booking.desk_key = "desk"
    return booking


def _asks(authorization: str) -> Request:
    return Request(EnvironBuilder(headers={"Authorization": authorization}).get_environ())


def test_only_the_info_desk_sees_hours_that_are_kept(town: Booking):
    """Everybody else is told so; who asks for none needs no key."""
    assert may_see(town, _asks("Bearer desk"), ["urgent", "internal", "urgent"]) == ("internal", "urgent")
    assert may_see(town, _asks(""), []) == ()
    for header in ("", "Bearer ", "Bearer other", "desk", "Bearer d€sk"):
        with pytest.raises(Problem):
            may_see(town, _asks(header), ["internal"])
    town.desk_key = ""
    with pytest.raises(Problem):
        may_see(town, _asks("Bearer "), ["internal"])


def test_a_proposal_of_the_desk_can_be_taken_and_says_for_whom_it_is(town: Booking):
    """The owner of the calendar decides by the same."""
    query = http.ProposalsQuery().load({"concern": ["pass"]})
    nothing = town.reads.proposals(query, NOW)
    assert nothing["proposals"] == []
    first = town.reads.proposals(query, NOW, ("internal",))["proposals"][0]
    plan = town.plan(first["id"], "de")
    assert (plan.starts_at, plan.audience) == (KEPT.from_, ("internal",))
    assert town.reads.free(plan, NOW)
    assert town.reads.instead(plan, NOW)


def test_an_hour_before_they_are_everybodys(town: Booking):
    """As the quota says."""
    query = http.ProposalsQuery().load({"concern": ["pass"], "limit": "50"})
    soon = KEPT.from_ - timedelta(minutes=50)
    found = [one["starts_at"] for one in town.reads.proposals(query, soon)["proposals"]]
    assert found[0] == KEPT.from_
    assert max(found) <= KEPT.from_ + timedelta(minutes=10)
