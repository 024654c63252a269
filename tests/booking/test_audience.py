"""Hours that are kept are shown, and given, to the info desk only; a proposal's id remembers for whom it was made."""

from datetime import timedelta

import pytest

from services.booking import http
from services.booking.commands import Note, SetCatalogue
from services.booking.events import ClerkHoursNoted, Concern, OpenDay, Opening, Text
from services.booking.service import Booking, BookingService
from tests.booking.facts import NINE, NOW, TOWN
from tests.over_http import over_http

DAY = NINE.date()
KEPT = Opening(NINE + timedelta(hours=1), NINE + timedelta(hours=2), "rathaus", "internal", 60)


@pytest.fixture
def town(booking: Booking) -> Booking:
    """The only clerk is there from ten to eleven, for guests of the info desk."""
    for fact in (*TOWN, ClerkHoursNoted("c-17", DAY, DAY, (OpenDay(DAY, (KEPT,)),))):
        booking.handle(Note("c", NOW, fact))
    booking.handle(SetCatalogue("c", NOW, (Concern("pass", Text("Pass", "Passport"), "buergerbuero", 10),)))
    return booking


@pytest.mark.parametrize(
    ("roles", "audience", "status"),
    [
        (("info_desk",), "&audience=urgent&audience=internal", 200),
        (("operations",), "&audience=internal", 200),
        ((), "", 200),
        ((), "&audience=internal", 403),
        (("clerk", "security_desk"), "&audience=internal", 403),
    ],
)
def test_only_the_info_desk_sees_hours_that_are_kept(town: Booking, roles: tuple[str, ...], audience: str, status: int):
    """Everybody else is told so; who asks for none needs no account."""
    answer = over_http(BookingService, town, roles=roles).get(f"/api/proposals?concern=pass{audience}")
    assert answer.status_code == status
    if status == 200:
        assert bool(answer.get_json()["proposals"]) == bool(audience)


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
