"""The town of the demo is complete: on paper, every concern can be booked at the town hall by every guest."""

import string
from collections import Counter
from itertools import pairwise, product
from typing import Any

import pytest

from deploy.town.facts import Town, load

TOWN = load()
BY_KEY = {concern["key"]: concern for concern in TOWN.concerns}
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@pytest.fixture
def town() -> Town:
    return TOWN


def minutes(clock: str) -> int:
    hours, rest = clock.split(":")
    return int(hours) * 60 + int(rest)


def openings(town: Town, room: str) -> dict[str, list[tuple[int, int]]]:
    return {day: [(minutes(a), minutes(b)) for a, b in town.rooms[room]["weekly"][day]] for day in DAYS}


def fitting_rooms(town: Town, concern: dict[str, Any], party: int) -> list[str]:
    return [
        room
        for room, is_ in town.rooms.items()
        if is_["site"] == "rathaus"
        and is_["step_free"]
        and is_["seats"] >= party + 1
        and set(concern["equipment"]) <= set(is_["equipment"])
    ]


def keys_of(town: Town, concern: dict[str, Any]) -> set[str | None]:
    """The keys that a request for the concern may name: each range or district of its department, or none."""
    if concern["responsibility"] == "anyone":
        return {None}
    rules = (rule for clerk in town.clerks.values() for rule in clerk["responsibility"])
    return {
        rule["key"]
        for rule in rules
        if rule["department"] == concern["department"] and rule["kind"] == concern["responsibility"]
    }


def responsible_clerks(town: Town, concern: dict[str, Any], key: str | None) -> list[str]:
    return [
        clerk
        for clerk, is_ in town.clerks.items()
        if concern["department"] in is_["departments"]
        and set(concern["competences"]) <= set(is_["competences"])
        and any(rule["department"] == concern["department"] and rule["key"] == key for rule in is_["responsibility"])
    ]


def weekdays_on_which_it_fits(town: Town, concern: dict[str, Any], key: str | None, party: int) -> set[str]:
    """A clerk's quota and a fitting room's opening must share the whole visit with its buffer."""
    length = concern["minutes"] + concern["extra_minutes_per_person"] * (party - 1) + concern["buffer_minutes"]
    quotas = [
        quota
        for clerk in responsible_clerks(town, concern, key)
        for quota in town.quotas[clerk]["weekly"]
        if quota["site"] == "rathaus"
    ]
    return {
        quota["weekday"]
        for quota, room in product(quotas, fitting_rooms(town, concern, party))
        for start, end in openings(town, room)[quota["weekday"]]
        if min(end, minutes(quota["until"])) - max(start, minutes(quota["from"])) >= length
    }


def test_the_town_has_the_size_of_the_first_town(town: Town) -> None:
    """Sixty concerns, fourteen rooms on two sites, forty-five clerks."""
    assert (len(town.concerns), len(town.rooms), len(town.clerks)) == (60, 14, 45)
    assert {room["site"] for room in town.rooms.values()} == set(town.sites) == {"rathaus", "avenwedde"}
    assert sum(room["seats"] <= 3 for room in town.rooms.values()) > 7
    assert {8, 20} <= {room["seats"] for room in town.rooms.values()}


def test_the_concerns_of_the_first_guests_are_there() -> None:
    """Named in the town's own words."""
    named = {concern["name"]["de"]: concern["minutes"] for concern in TOWN.concerns}
    assert (named["Rentenberatung"], named["Reisepass, Ausgabe"]) == (60, 10)
    assert sum(concern["leika"] is not None for concern in TOWN.concerns) > 40


@pytest.mark.parametrize("key", BY_KEY)
def test_every_concern_can_be_booked_on_paper(town: Town, key: str) -> None:
    """Alone and with as many as may come, whatever the surname or district, on at least two days of the week."""
    concern = BY_KEY[key]
    for responsible in keys_of(town, concern):
        assert len(weekdays_on_which_it_fits(town, concern, responsible, 1)) >= 2, responsible
        assert weekdays_on_which_it_fits(town, concern, responsible, concern["max_party"]), responsible


def test_surname_ranges_cover_every_letter_once(town: Town) -> None:
    """A to Z without a gap; two clerks of one department either share a range or have different letters."""
    for department in {c["department"] for c in town.concerns if c["responsibility"] == "surname"}:
        rules = {
            (rule["key"], rule["first"], rule["last"])
            for clerk in town.clerks.values()
            for rule in clerk["responsibility"]
            if rule["department"] == department
        }
        letters = Counter(
            letter for _, first, last in rules for letter in string.ascii_uppercase if first <= letter <= last
        )
        assert letters == Counter(string.ascii_uppercase), department
        assert all(key == f"{first}-{last}" for key, first, last in rules)


def test_every_district_has_two_clerks_in_the_building_office(town: Town) -> None:
    """So that a holiday closes nothing."""
    districts = Counter(
        rule["key"]
        for clerk in town.clerks.values()
        for rule in clerk["responsibility"]
        if rule["department"] == "bauamt"
    )
    assert set(districts) == set(town.guests["districts"])
    assert min(districts.values()) >= 2


def test_quotas_of_a_clerk_do_not_overlap(town: Town) -> None:
    """Nobody is at two desks at once."""
    for clerk, quotas in town.quotas.items():
        hours = sorted((DAYS.index(q["weekday"]), q["from"], q["until"]) for q in quotas["weekly"])
        assert all(until > from_ for _, from_, until in hours), clerk
        assert all(a[0] < b[0] or a[2] <= b[1] for a, b in pairwise(hours)), clerk
        assert {q["site"] for q in quotas["weekly"]} <= set(town.sites)


def test_two_thirds_work_from_home_on_some_day(town: Town) -> None:
    """Desks are shared: on such a day a clerk opens no hours at any site."""
    absent = sum(len({q["weekday"] for q in quotas["weekly"]} & set(DAYS[:5])) < 5 for quotas in town.quotas.values())
    assert absent >= 30


def test_the_bodies_have_the_agreed_shape(town: Town) -> None:
    """As `PUT /api/rooms/ID`, `PUT /api/staff/ID` and `PUT /api/staff/ID/quotas` take them."""
    assert {tuple(room) for room in town.rooms.values()} == {
        ("name", "site", "seats", "equipment", "step_free", "weekly", "closures")
    }
    assert {tuple(clerk) for clerk in town.clerks.values()} == {
        ("name", "departments", "competences", "responsibility", "languages")
    }
    assert {tuple(quotas) for quotas in town.quotas.values()} == {("weekly", "exceptions")}


def test_the_day_of_demand_is_a_busy_one_and_can_be_played(town: Town) -> None:
    """In order of time; every concern known, every party small enough, every cancellation has its booking before it."""
    assert 300 <= len(town.demand) <= 600
    assert [row.minute for row in town.demand] == sorted(row.minute for row in town.demand)
    standing: Counter[tuple[int, str, int]] = Counter()
    for row in town.demand:
        assert 0 <= row.minute < 24 * 60
        concern = BY_KEY[row.concern]
        assert 1 <= row.party_size <= concern["max_party"]
        assert 0 <= row.lead_days <= concern["horizon_days"]
        booked = (row.lead_days, row.concern, row.party_size)
        standing[booked] += 1 if row.action == "book" else -1
        assert standing[booked] >= 0
    assert len({row.concern for row in town.demand}) > 40
    assert {"rentenberatung", "reisepass-ausgabe"} <= {row.concern for row in town.demand}
