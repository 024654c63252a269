"""Several parties in a large room, where that is allowed: each has a lane of its own, with its part of the seats."""

from dataclasses import replace

import pytest

from services.rooms import decider
from services.rooms.commands import HoldRooms, LetGoRooms, StopWanted
from services.rooms.events import HoursOpened, OpenDay, Opening, RoomDefined, RoomReserved, RoomTaken
from tests.given_when_then import Scenario
from tests.rooms.words import DAY, NOW, ZONE, at

HALL = RoomDefined("hall", "Saal", "rathaus", 9, (), True, parties=3)
OPEN = HoursOpened("hall", DAY, DAY, ZONE, (OpenDay(DAY, (Opening(at("08:00"), at("12:00")),)),))
HOUSE = Scenario(decider).given(HALL, OPEN)


def _ask(
    scenario: Scenario, appointment: str, seats: int = 3, room: str | None = None
) -> tuple[Scenario, list[object]]:
    stop = StopWanted(1, seats, (), True, at("09:00"), at("09:20"), at("09:30"), room)
    events = scenario.when(HoldRooms(f"c-{appointment}", NOW, appointment, 1, "rathaus", (stop,))).decided
    return scenario.given(*events), list(events)


def test_as_many_parties_as_allowed_are_in_the_room_at_once():
    """Each in a lane and stream of its own; the next is declined."""
    scenario, lanes = HOUSE, []
    for name in ("a", "b", "c"):
        scenario, events = _ask(scenario, name, room="hall")
        taken = [event for event in events if isinstance(event, RoomTaken)]
        lanes += [(event.lane, decider.stream_of(event)) for event in taken]
    day = DAY.isoformat()
    assert lanes == [(1, f"room-hall-{day}"), (2, f"room-hall/2-{day}"), (3, f"room-hall/3-{day}")]
    _, events = _ask(scenario, "d")
    assert [type(event).__name__ for event in events] == ["RoomDeclined"]


def test_each_party_has_its_part_of_the_seats():
    """Nine seats for three parties: four people do not fit beside two others."""
    assert isinstance(_ask(HOUSE, "a", seats=3)[1][-1], RoomReserved)
    assert not isinstance(_ask(HOUSE, "a", seats=4)[1][-1], RoomReserved)
    alone = Scenario(decider).given(replace(HALL, parties=1), OPEN)
    assert isinstance(_ask(alone, "a", seats=9)[1][-1], RoomReserved)


def test_the_part_counts_when_the_smallest_is_looked_for():
    """Three of nine seats are fewer than four of four."""
    scenario = HOUSE.given(replace(HALL, room="small", seats=4, parties=1), replace(OPEN, room="small"))
    _, events = _ask(scenario, "a")
    assert [event.room for event in events if isinstance(event, RoomTaken)] == ["hall"]


@pytest.mark.parametrize(("who", "lane"), [("a", 1), ("b", 2)])
def test_a_lane_that_is_let_go_can_be_had_again(who: str, lane: int):
    """That one, not another's."""
    scenario, _ = _ask(_ask(HOUSE, "a")[0], "b")
    freed = scenario.when(LetGoRooms("c", NOW, who, 1, "all")).decided
    _, events = _ask(scenario.given(*freed), "c")
    assert [event.lane for event in events if isinstance(event, RoomTaken)] == [lane]


def test_two_stops_of_one_visit_may_be_in_one_lane():
    """One after the other."""
    first = StopWanted(1, 3, (), True, at("09:00"), at("09:20"), at("09:30"))
    second = StopWanted(2, 3, (), True, at("09:20"), at("09:40"), at("09:40"))
    events = HOUSE.when(HoldRooms("c", NOW, "a", 1, "rathaus", (first, second))).decided
    assert [event.lane for event in events if isinstance(event, RoomTaken)] == [1, 1]
