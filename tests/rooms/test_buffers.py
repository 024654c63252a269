"""Buffers before and after a visit: of two between neighbours the larger one counts, not their sum."""

from dataclasses import replace
from datetime import timedelta

from services.rooms import decider
from services.rooms.allocation import day_stream
from tests.given_when_then import Scenario
from tests.rooms.words import (
    DAY,
    StopWanted,
    at,
    declined,
    held,
    hold,
    open_from,
    open_rooms,
    released,
    reserved,
    room,
    stop,
)

ROOM = Scenario(decider).given(*open_rooms("r1"))
FIRST = held("r1", stop("09:00", "09:10", "09:20"))


def before(start: str, end: str, kept: str, blocked: str | None = None) -> StopWanted:
    """A stop with a buffer from `kept` on."""
    return replace(stop(start, end, blocked), blocked_from=at(kept))


def test_the_larger_buffer_counts() -> None:
    """Ten minutes after the one and ten before the other are ten minutes."""
    wanted = before("09:20", "09:30", "09:10")
    ROOM.given(*reserved(FIRST)).when(hold(wanted, appointment="a2")).then(
        *reserved(held("r1", wanted), appointment="a2")
    )


def test_a_buffer_never_lies_in_another_visit() -> None:
    """Neither that before a visit nor that after it, however long the other one's is."""
    first, wanted = ROOM.given(*reserved(FIRST)), before("09:20", "09:30", "09:05")
    first.when(hold(wanted, appointment="a2")).then(
        declined("taken", "09:25", "09:30", "09:35", "09:40", "09:45", appointment="a2")
    )
    first.when(hold(stop("08:40", "08:50", "09:05"), appointment="a2")).then(
        declined("taken", "08:35", "08:30", "08:25", "08:20", "08:15", appointment="a2")
    )


def test_no_visit_lies_in_a_buffer_before_another() -> None:
    """The buffer is kept free as long as its visit is held."""
    late = held("r1", before("10:00", "10:10", "09:50"))
    taken_ = ROOM.given(*reserved(late))
    taken_.when(hold(stop("09:50", "09:55"), appointment="a2")).then(
        declined("taken", "09:45", "09:40", "09:35", "09:30", "10:10", appointment="a2")
    )
    wanted = stop("09:45", "09:50")
    taken_.when(hold(wanted, appointment="a2")).then(*reserved(held("r1", wanted), appointment="a2"))
    freed_ = taken_.given(*released(late))
    again = stop("09:50", "09:55")
    freed_.when(hold(again, appointment="a2")).then(*reserved(held("r1", again), appointment="a2"))


def test_letting_one_go_keeps_the_buffer_of_the_other() -> None:
    """Where a buffer after and one before overlap, each goes with its own visit."""
    second = held("r1", before("09:20", "09:30", "09:10"))
    both = ROOM.given(*reserved(FIRST), *reserved(second, appointment="a2"))
    left = both.given(*released(FIRST)).states[day_stream("r1", DAY)]
    assert left == ROOM.given(*reserved(second, appointment="a2")).states[day_stream("r1", DAY)]
    right = both.given(*released(second, appointment="a2")).states[day_stream("r1", DAY)]
    assert right == ROOM.given(*reserved(FIRST)).states[day_stream("r1", DAY)]


def test_a_buffer_reaches_beyond_the_opening_but_not_beyond_the_day() -> None:
    """The opening is from 8 to 12; another from midnight on."""
    early = before("08:00", "08:10", "07:00")
    ROOM.when(hold(early)).then(*reserved(held("r1", early)))
    night = Scenario(decider).given(room("r1"), open_from("r1", ("00:00", "02:00")))
    inside = before("00:10", "00:20", "00:00")
    night.when(hold(inside)).then(*reserved(held("r1", inside)))
    outside = replace(stop("00:05", "00:15"), blocked_from=at("00:00") - timedelta(minutes=5))
    night.when(hold(outside)).then(declined("closed", "00:10", "00:15", "00:20", "00:25", "00:30"))


def test_between_two_stops_of_one_guest_there_is_no_buffer() -> None:
    """The first one's ends where the second begins, the second one's begins where the first ends."""
    stops = stop("09:00", "09:10", "09:20"), replace(before("09:15", "09:25", "08:55"), stop=2)
    one = held("r1", stops[0], until="09:15")
    two = held("r1", replace(stops[1], blocked_from=at("09:10")))
    ROOM.when(hold(*stops)).then(*reserved(one, two))


def test_the_second_stops_buffer_stays_within_a_break() -> None:
    """It keeps its length where the break is longer, and is none where there is no break."""
    first, later = stop("09:00", "09:10"), replace(before("09:30", "09:40", "09:20"), stop=2)
    ROOM.when(hold(first, later)).then(*reserved(held("r1", first), held("r1", later)))
    next_ = replace(before("09:10", "09:20", "09:00"), stop=2)
    cut = held("r1", replace(next_, blocked_from=None))
    ROOM.when(hold(first, next_)).then(*reserved(held("r1", first), cut))


def test_an_old_log_knows_no_ends() -> None:
    """What was taken before buffers were told apart counts as a visit to its end; letting it go clears all of it."""
    old = ROOM.given(*(replace(e, ends_at=None) if hasattr(e, "ends_at") else e for e in reserved(FIRST)))
    wanted = before("09:20", "09:30", "09:15")
    assert [type(event).__name__ for event in old.when(hold(wanted, appointment="a2")).decided] == ["RoomDeclined"]
    assert old.given(*released(FIRST)).states[day_stream("r1", DAY)] == decider.initial(day_stream("r1", DAY))
