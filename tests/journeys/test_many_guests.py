"""Everybody wants the same: who is first has it, everybody else is told at once, and nothing is left lying about."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from tests.journeys.town import CERTIFICATE
from tests.journeys.town_hall import Booked, TownHall

GUESTS, AT_ONCE, DAY = 200, 40, 12


def test_200_guests_ask_for_the_same_10_places(town_hall: TownHall) -> None:
    """10 are confirmed; 190 are not, and get other proposals; no two overlap, and nothing else is held."""
    places = town_hall.proposals(CERTIFICATE, days=DAY)
    assert len(places) == 10
    bodies = [town_hall.body(places[n % len(places)]) for n in range(GUESTS)]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(town_hall.ask, bodies))
        accepted = [town_hall.as_booked(*one) for one in zip(bodies, answers, strict=True) if one[1].status_code == 202]
        visits = list(pool.map(town_hall.decided, accepted))

    at_once = [answer for answer in answers if answer.status_code != 202]
    assert {answer.status_code for answer in at_once} <= {409}
    assert all(answer.json()["proposals"] for answer in at_once)
    assert Counter(visit["status"] for visit in visits) == {"confirmed": 10, "declined": GUESTS - len(at_once) - 10}
    declined = [visit for visit in visits if visit["status"] == "declined"]
    assert all(visit["alternatives"] for visit in declined)
    assert {visit["starts_at"] for visit in visits if visit["status"] == "confirmed"} == {
        place["starts_at"] for place in places
    }

    town_hall.wait_at_rest()
    confirmed = [booked for booked, visit in zip(accepted, visits, strict=True) if visit["status"] == "confirmed"]
    assert_only_these_hold_the_day(town_hall, confirmed)
    assert all(len(town_hall.mails(booked)) == 1 for booked in confirmed)


def assert_only_these_hold_the_day(town_hall: TownHall, confirmed: list[Booked]) -> None:
    """Each has one clerk and one room; the access list shows them and nobody else."""
    day = town_hall.day(DAY)
    held = town_hall.held(day)
    mine = {booked.appointment for booked in confirmed}
    assert Counter(who for who, _ in held) == dict.fromkeys(mine, 2)
    listed = town_hall.calls.get("visitor_access", "/api/access-list", {"date": str(day)})
    assert {guest["appointment"] for guest in listed["guests"]} == mine
    assert listed["counts"]["registered"] == len(confirmed)
    assert listed["counts"]["announced"] == 0
