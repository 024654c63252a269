"""Whatever is asked and let go, in whatever order and however often: never two in one room, nothing left behind."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, create_engine, delete, select

from services.rooms import decider
from services.rooms.commands import HoldRooms, LetGoRooms, StopWanted
from services.rooms.day import RoomDay, span, ticks
from services.rooms.events import RoomDeclined, RoomDefined, RoomEvent, RoomReleased, RoomReserved, StopHeld
from services.rooms.projections import metadata, project, reservations, taken
from shared.definition import Recorded
from shared.session import write_all
from tests.rooms.words import hold, let_go, open_rooms, room, stop

Orders = list[HoldRooms | LetGoRooms]


@pytest.fixture(scope="module")
def tables() -> Iterator[Connection]:
    """The read tables in memory."""
    engine = create_engine("sqlite://")
    metadata.create_all(engine)
    with engine.connect() as connection:
        yield connection


class Log:
    """Runs the decider as the shell does, with all of a batch in sight, and projects every event."""

    def __init__(self, connection: Connection, rooms: list[RoomDefined]) -> None:
        self.connection = connection
        self.states: dict[str, decider.State] = {}
        self.held: dict[tuple[str, int], tuple[StopHeld, ...]] = {}
        for table in metadata.tables.values():
            connection.execute(delete(table))
        for event in open_rooms(*rooms):
            self._append(event)

    def handle(self, order: HoldRooms | LetGoRooms) -> tuple[RoomEvent, ...]:
        while missing := decider.needs(order, self.states) - self.states.keys():
            self.states |= {stream: decider.initial(stream) for stream in missing}
        events = tuple(decider.decide(order, self.states))
        for event in events:
            self._append(event)
        return events

    def _append(self, event: RoomEvent) -> None:
        stream = decider.stream_of(event)
        self.states[stream] = decider.evolve(self.states.get(stream, decider.initial(stream)), event)
        write_all(self.connection, project(event, Recorded(stream, 0, "e", datetime.now(UTC))))
        match event:
            case RoomReserved():
                assert (event.appointment, event.attempt) not in self.held, "held twice"
                self.held[event.appointment, event.attempt] = event.stops
            case RoomReleased():
                assert self.held.pop((event.appointment, event.attempt)) == event.stops, "let go of what was not held"

    def check(self) -> None:
        """The days, the table and what was said are one; nothing overlaps (an overlap would be counted twice)."""
        stops = [stop for stops in self.held.values() for stop in stops]
        said = sorted((one.room, tick) for one in stops for tick in ticks(one.starts_at, one.blocked_until))
        assert len(said) == len(set(said)), "two visits in one room"
        assert sorted(tuple(row) for row in self.connection.execute(select(taken))) == said
        days = {name: state for name, state in self.states.items() if isinstance(state, RoomDay)}
        for name, day in days.items():
            here = [one for one in stops if name[5:-11] == one.room]
            assert day.taken == sum(span(day.base, one.starts_at, one.blocked_until) for one in here)
            assert day.visits == sum(span(day.base, one.starts_at, one.ends_at) for one in here)
            assert day.before == sum(span(day.base, one.reach_from, one.starts_at) for one in here if one.blocked_from)
        self._check_buffers()

    def _check_buffers(self) -> None:
        """No guest's buffer lies in another guest's visit."""
        for (who, _), stops in self.held.items():
            for (other, _), others in self.held.items():
                for a, b in product(stops, others) if who != other else ():
                    reach = set(ticks(a.reach_from, a.blocked_until))
                    assert a.room != b.room or not reach & set(ticks(b.starts_at, b.ends_at))


ROOMS = st.lists(
    st.builds(
        room,
        st.sampled_from(["r1", "r2", "r3"]),
        st.integers(1, 4),
        equipment=st.sampled_from([(), ("screen",)]),
        step_free=st.booleans(),
    ),
    min_size=1,
    max_size=3,
    unique_by=lambda one: one.room,
)


@st.composite
def stops(draw: st.DrawFn) -> tuple[StopWanted, ...]:
    """One to three stops within two hours, on and off the grid, one after the other or at once."""
    return tuple(
        _kept_free(
            stop(
                _clock(start := draw(st.integers(0, 90))),
                _clock(end := start + draw(st.integers(1, 30))),
                _clock(end + draw(st.sampled_from([0, 0, 3, 5]))),
                number=number,
                seats=draw(st.integers(1, 3)),
                equipment=draw(st.sampled_from([(), (), ("screen",)])),
                step_free=draw(st.booleans()),
                wish=draw(st.sampled_from([None, "r1", "r2", "nowhere"])),
            ),
            draw(st.sampled_from([0, 0, 4, 15])),
        )
        for number in range(1, draw(st.integers(1, 3)) + 1)
    )


def _kept_free(wanted: StopWanted, minutes: int) -> StopWanted:
    """With a buffer before it."""
    return replace(wanted, blocked_from=wanted.starts_at - timedelta(minutes=minutes)) if minutes else wanted


def _clock(minute: int) -> str:
    return f"{8 + minute // 60:02}:{minute % 60:02}"


APPOINTMENTS, ATTEMPTS = st.sampled_from(["a1", "a2", "a3", "a4"]), st.integers(1, 3)
HOLDS = st.builds(lambda wanted, who, n: hold(*wanted, appointment=who, attempt=n), stops(), APPOINTMENTS, ATTEMPTS)
LET_GOES = st.builds(
    lambda scope, who, n: let_go(scope, appointment=who, attempt=n),
    st.sampled_from(["all", "others", "this"]),
    APPOINTMENTS,
    ATTEMPTS,
)


@settings(max_examples=80, deadline=None)
@given(ROOMS, st.lists(st.one_of(HOLDS, HOLDS, LET_GOES), max_size=25), st.data())
def test_no_room_is_held_twice_and_everything_let_go_is_free(
    tables: Connection, rooms: list[RoomDefined], orders: Orders, data: Any
) -> None:
    """With duplicates of any order heard before; in the end everybody leaves and the house is empty."""
    log = Log(tables, rooms)
    for n, order in enumerate(orders):
        log.handle(order)
        for again in data.draw(st.lists(st.sampled_from(orders[: n + 1]), max_size=2)):
            log.handle(again)
        log.check()
    for who in ("a1", "a2", "a3", "a4"):
        log.handle(let_go(appointment=who))
    log.check()
    assert log.held == {}
    assert tables.execute(select(taken)).all() == tables.execute(select(reservations)).all() == []
    for order in orders:
        log.handle(order)
    assert log.held == {}, "held for a visit that is over"


@settings(max_examples=60, deadline=None)
@given(ROOMS, HOLDS, st.lists(HOLDS, max_size=8))
def test_what_was_offered_instead_can_be_had(
    tables: Connection, rooms: list[RoomDefined], order: HoldRooms, before: list[HoldRooms]
) -> None:
    """An alternative that is asked for next, as one visit moved as it is, is never declined."""
    log = Log(tables, rooms)
    for one in before:
        log.handle(one)
    [*_, answer] = log.handle(hold(*order.stops, appointment="b1"))
    begins = min(one.starts_at for one in order.stops)
    for instead in answer.alternatives if isinstance(answer, RoomDeclined) else ():
        wanted = tuple(_moved(one, instead - begins) for one in order.stops)
        if _one_after_the_other(wanted):
            log.handle(hold(*wanted, appointment=f"at {instead}"))
            assert (f"at {instead}", 1) in log.held
            log.handle(let_go(appointment=f"at {instead}"))


def _moved(one: StopWanted, by: Any) -> StopWanted:
    times = {name: getattr(one, name) + by for name in ("starts_at", "ends_at", "blocked_until")}
    return replace(one, **times, blocked_from=one.blocked_from and one.blocked_from + by)


def _one_after_the_other(wanted: tuple[StopWanted, ...]) -> bool:
    """What alternatives rely on: the stops share no tick."""
    touched = [tick for one in wanted for tick in ticks(one.starts_at, one.ends_at)]
    return len(touched) == len(set(touched))
