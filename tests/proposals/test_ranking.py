"""Each part of the objective, by an example in which it alone decides."""

from dataclasses import replace
from datetime import timedelta

import pytest

from services.booking.proposals.index import Index
from services.booking.proposals.ranking import DEFAULT, Objective, load_points, objective_of
from services.booking.proposals.search import search
from services.booking.proposals.wish import Proposal, Wish
from tests.proposals.town import MONDAY, NOW, ZONE, at, clerk, need, room, wish


def two_clerks(**first: object) -> Index:
    """Anna, who comes first by her name, and Bert; one room."""
    index = Index(ZONE)
    room(index, "r1", 4)
    clerk(index, "anna", **{"opened": "08:00-12:00"} | first)  # type: ignore[arg-type]
    clerk(index, "bert")
    return index


def best(index: Index, asked: Wish, objective: Objective = DEFAULT) -> Proposal:
    return search(index, asked, NOW, objective).proposals[0]


def test_among_equals_the_name_decides() -> None:
    """So that everybody sees the same."""
    assert best(two_clerks(), wish()).stops[0].clerk == "anna"


def test_the_clerk_with_the_shorter_day_is_chosen() -> None:
    """Anna is held for an hour in the afternoon already; on Tuesday she is not."""
    index = two_clerks(opened="08:00-16:00")
    index.take("a", 1, "clerk", "anna", at("15:00"), at("16:00"))
    found = best(index, wish())
    assert (found.stops[0].clerk, found.score["load"]) == ("bert", 0.0)
    assert best(index, wish(from_date=MONDAY + timedelta(1))).stops[0].clerk == "anna"


def test_beyond_a_full_day_load_counts_no_more() -> None:
    """Nine hours cost as much as eight."""
    index = two_clerks()
    day = index.midnight(MONDAY), index.midnight(MONDAY + timedelta(1))
    index.take("a", 1, "clerk", "anna", at("08:00"), at("16:00"))
    eight = load_points(DEFAULT, index, "anna", day)
    index.take("b", 1, "clerk", "anna", at("16:00"), at("17:00"))
    assert eight == load_points(DEFAULT, index, "anna", day) == DEFAULT.load * DEFAULT.load_hours


def test_no_crumb_is_left_of_a_clerks_time() -> None:
    """Anna would have five minutes left, which nobody can use, and Arno fifteen."""
    index = two_clerks(opened="08:00-08:30")
    clerk(index, "arno", "08:00-08:40")
    found = best(index, wish())
    assert (found.stops[0].clerk, found.score["crumbs"]) == ("bert", 0.0)
    index.take("a", 1, "clerk", "bert", at("08:00"), at("12:00"))
    assert best(index, wish()).score["crumbs"] == 2.5


def test_scarce_competences_are_spared() -> None:
    """Anna alone can do weddings."""
    index = two_clerks(competences=("pass", "trauung"))
    assert best(index, wish()).stops[0].clerk == "bert"
    assert best(index, wish(need(competences=("trauung",)))).stops[0].clerk == "anna"


def test_the_smallest_room_that_fits_is_chosen() -> None:
    """Two people do not block the room for eight."""
    index = two_clerks()
    room(index, "r0", 8)
    assert best(index, wish()).stops[0].room == "r1"


def test_a_little_later_may_be_better() -> None:
    """Ten minutes later the small room is free; an hour later it would not be waited for."""
    index = two_clerks()
    room(index, "r0", 14)
    index.take("a", 1, "room", "r1", at("08:00"), at("08:05"))
    assert (best(index, wish()).starts_at, best(index, wish()).stops[0].room) == (at("08:05"), "r1")
    index.take("b", 1, "room", "r1", at("08:05"), at("09:00"))
    assert (best(index, wish()).starts_at, best(index, wish()).stops[0].room) == (at("08:00"), "r0")


def test_waiting_is_weighed_against_a_change_of_clerk() -> None:
    """Anna is taken for ten minutes in between: normally Bert goes on, else the guest waits for her."""
    index = two_clerks()
    index.take("a", 1, "clerk", "anna", at("08:25"), at("08:35"))
    index.open_clerk("bert", MONDAY, MONDAY, {MONDAY: [("rathaus", at("08:20"), at("12:00"))]})
    asked = wish(need("a"), need("b"), until_date=MONDAY, not_before=at("08:00"))
    assert [stop.clerk for stop in best(index, asked).stops] == ["anna", "bert"]
    patient = Objective(waiting=0.1, clerk_change=50.0)
    found = best(index, asked, patient)
    assert [stop.clerk for stop in found.stops] == ["anna", "anna"]
    assert found.stops[1].starts_at == at("08:35")
    assert found.score["waiting"] == 1.5


def test_the_score_adds_up() -> None:
    """The parts are what the proposal costs, and they are shown."""
    found = best(two_clerks(), wish(need("a"), need("b")))
    assert set(found.score) == {"early", "waiting", "walking", "room", "load", "scarce", "crumbs"}
    assert found.cost == sum(found.score.values())


def test_a_town_sets_its_own_weights() -> None:
    """By name; the others stay as they are, and what can't be a weight is told."""
    assert objective_of({"waiting": 5, "apart": 60}) == replace(DEFAULT, waiting=5, apart=60)
    assert objective_of({}) == DEFAULT
    for told, fault in (
        ([], "an object"),
        ({"wating": 1}, "no weight 'wating'"),
        ({"waiting": -1}, "'waiting' must be a number"),
        ({"waiting": True}, "'waiting' must be a number"),
        ({"waiting": "1"}, "'waiting' must be a number"),
        ({"waiting": float("nan")}, "'waiting' must be a number"),
        ({"apart": 7.5}, "'apart' must be a whole number"),
    ):
        with pytest.raises(ValueError, match=fault):
            objective_of(told)
