"""Whatever is asked for, in whatever order and however often: guarantees 1 and 2 of the design, on random towns."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from services.staff_calendar import decider
from services.staff_calendar.commands import HoldStaff, LetGoStaff, StaffCalendarCommand, StopWanted
from services.staff_calendar.day import ClerkDay, ticks
from services.staff_calendar.events import (
    ClerkDefined,
    ClerkFreed,
    ClerkTaken,
    HoursOpened,
    StaffCalendarEvent,
    StaffDeclined,
    StaffReleased,
    StaffReserved,
)
from tests.staff_calendar.words import NOW, at, clerk, open_from

minutes = st.integers(0, 75)
names = st.sampled_from(["c1", "c2", "c3"])
skills = st.sampled_from([("pass", "melde"), ("pass",), ("melde",)])
edges = st.lists(st.integers(0, 18), max_size=4, unique=True).map(sorted) | st.just([0, 18])


@st.composite
def towns(draw: st.DrawFn) -> list[ClerkDefined | HoursOpened]:
    """One to three clerks with any competences and up to two openings that morning."""
    events: list[ClerkDefined | HoursOpened] = []
    for name in sorted(draw(st.sets(names, min_size=1))):
        events.append(clerk(name, competences=draw(skills)))
        clocks = [_clock(tens) for tens in draw(edges)]
        events.append(open_from(name, *zip(clocks[::2], clocks[1::2], strict=False)))
    return events


def _clock(tens: int) -> str:
    return f"{8 + tens // 6:02}:{tens % 6}0"


@st.composite
def stops(draw: st.DrawFn) -> tuple[StopWanted, ...]:
    """One to three stops at any minutes, one after the other or not, with and without wishes."""
    return tuple(
        StopWanted(
            number,
            "buergerbuero",
            draw(skills | st.just(())),
            None,
            start := at("08:00") + timedelta(minutes=draw(minutes)),
            end := start + timedelta(minutes=draw(st.integers(1, 40))),
            end + timedelta(minutes=draw(st.integers(0, 15))),
            draw(st.none() | names),
        )
        for number in range(1, draw(st.integers(1, 3)) + 1)
    )


appointments = st.sampled_from(["a1", "a2", "a3", "a4"])
attempts = st.integers(1, 3)
holds = st.builds(HoldStaff, st.just("h"), st.just(NOW), appointments, attempts, st.just("rathaus"), stops())
releases = st.builds(
    LetGoStaff, st.just("l"), st.just(NOW), appointments, attempts, st.sampled_from(["all", "others", "this"])
)
orders = st.lists(st.one_of(holds, holds, releases), max_size=14).flatmap(
    lambda some: st.lists(st.sampled_from(some), max_size=10).map(lambda again: some + again) if some else st.just(some)
)


class House:
    """The log of a service and the states folded from it, without a database."""

    def __init__(self, events: Sequence[StaffCalendarEvent]) -> None:
        self.log: list[StaffCalendarEvent] = []
        self.states: dict[str, decider.State] = {}
        for event in events:
            self._append(event)

    def do(self, command: StaffCalendarCommand) -> Sequence[StaffCalendarEvent]:
        loaded: dict[str, decider.State] = {}
        while missing := decider.needs(command, loaded) - loaded.keys():
            loaded |= {stream: self.states.get(stream, decider.initial(stream)) for stream in missing}
        events = decider.decide(command, loaded)
        assert {decider.stream_of(event) for event in events} <= loaded.keys()
        for event in events:
            self._append(event)
        return events

    def _append(self, event: StaffCalendarEvent) -> None:
        stream = decider.stream_of(event)
        self.states[stream] = decider.evolve(self.states.get(stream, decider.initial(stream)), event)
        self.log.append(event)

    def holding(self) -> dict[tuple[str, int, int, str], tuple[datetime, datetime]]:
        """Who holds what, by the clerks' days: (appointment, attempt, stop, clerk) to when."""
        found: dict[tuple[str, int, int, str], tuple[datetime, datetime]] = {}
        for event in self.log:
            match event:
                case ClerkTaken():
                    found[_key(event)] = (event.starts_at, event.blocked_until)
                case ClerkFreed():
                    del found[_key(event)]
        return found

    def said(self) -> dict[tuple[str, int, int, str], tuple[datetime, datetime]]:
        """The same by what was said about the appointments."""
        found: dict[tuple[str, int, int, str], tuple[datetime, datetime]] = {}
        for event in self.log:
            match event:
                case StaffReserved():
                    for stop in event.stops:
                        key = (event.appointment, event.attempt, stop.stop, stop.clerk)
                        found[key] = (stop.starts_at, stop.blocked_until)
                case StaffReleased():
                    for stop in event.stops:
                        del found[event.appointment, event.attempt, stop.stop, stop.clerk]
        return found


def _key(event: ClerkTaken | ClerkFreed) -> tuple[str, int, int, str]:
    return event.appointment, event.attempt, event.stop, event.clerk


@settings(max_examples=150, deadline=None)
@given(towns(), orders)
def test_no_clerk_is_ever_held_twice_at_once(town: list[ClerkDefined | HoursOpened], some: list[object]) -> None:
    """After every order no two reservations of a clerk overlap, and what is said is what the days hold."""
    house = House(town)
    for order in some:
        assert isinstance(order, HoldStaff | LetGoStaff)
        house.do(order)
        held = house.holding()
        assert held == house.said()
        for (one, (a_from, a_until)), (other, (b_from, b_until)) in combinations(held.items(), 2):
            assert one[3] != other[3] or a_until <= b_from or b_until <= a_from
        assert _bits(house.states) == _expected_bits(house)


def _bits(states: Mapping[str, decider.State]) -> dict[str, int]:
    return {name: day.taken for name, day in states.items() if isinstance(day, ClerkDay)}


def _expected_bits(house: House) -> dict[str, int]:
    """The bit sets that a table with a row for each tick would make."""
    rows = {(k[3], tick) for k, (start, until) in house.holding().items() for tick in ticks(start, until)}
    total = sum(len(ticks(start, until)) for start, until in house.holding().values())
    assert len(rows) == total
    bases = {name: day.base for name, day in house.states.items() if isinstance(day, ClerkDay)}
    return {
        name: sum(1 << (tick - base) for who, tick in rows if f"clerk-{who}-2026-11-24" == name)
        for name, base in bases.items()
    }


@settings(max_examples=80, deadline=None)
@given(towns(), orders)
def test_what_is_let_go_holds_nothing(town: list[ClerkDefined | HoursOpened], some: list[object]) -> None:
    """Once all of an appointment is let go, it holds nothing, and no request heard later makes it hold again."""
    house, over = House(town), set()
    for order in some:
        assert isinstance(order, HoldStaff | LetGoStaff)
        house.do(order)
        if isinstance(order, LetGoStaff) and order.scope == "all":
            over.add(order.appointment)
        assert not over & {appointment for appointment, *_ in house.holding()}
    for appointment in ("a1", "a2", "a3", "a4"):
        house.do(LetGoStaff("l", NOW, appointment, 1, "all"))
    assert house.holding() == {}
    assert all(day.taken == 0 and day.minutes == 0 for day in house.states.values() if isinstance(day, ClerkDay))


@settings(max_examples=80, deadline=None)
@given(towns(), orders)
def test_every_order_repeated_changes_nothing(town: list[ClerkDefined | HoursOpened], some: list[object]) -> None:
    """Whatever was decided, the same order at once again yields nothing."""
    house = House(town)
    for order in some:
        assert isinstance(order, HoldStaff | LetGoStaff)
        house.do(order)
        assert list(house.do(order)) == []


@settings(max_examples=80, deadline=None)
@given(towns(), orders, holds)
def test_an_alternative_can_be_had(
    town: list[ClerkDefined | HoursOpened], some: list[object], wanted: HoldStaff
) -> None:
    """Every other start that a decline names is granted when it is asked for at once (stops one after the other)."""
    house = House(town)
    for order in some:
        assert isinstance(order, HoldStaff | LetGoStaff)
        house.do(order)
    visit = _in_a_row(wanted)
    answer = house.do(visit)
    others = answer[-1].alternatives if answer and isinstance(answer[-1], StaffDeclined) else ()
    assert len(set(others)) == len(others) <= 5
    for n, start in enumerate(others):
        log = House(house.log)
        moved = _moved(visit, start, f"b{n}")
        assert isinstance(log.do(moved)[-1], StaffReserved)


def _in_a_row(order: HoldStaff) -> HoldStaff:
    """The stops one after the other, on whole ticks, each where the one before has ended with its buffer."""
    placed: list[StopWanted] = []
    for stop in order.stops:
        start = placed[-1].blocked_until if placed else stop.starts_at
        length = timedelta(minutes=5 * max(1, (stop.ends_at - stop.starts_at) // timedelta(minutes=5)))
        end = start + length
        placed.append(_shifted(stop, start, end, end + timedelta(minutes=5)))
    return HoldStaff("w", NOW, "b", 1, order.site, tuple(placed))


def _moved(order: HoldStaff, start: datetime, appointment: str) -> HoldStaff:
    by = start - order.stops[0].starts_at
    stops = (_shifted(s, s.starts_at + by, s.ends_at + by, s.blocked_until + by) for s in order.stops)
    return HoldStaff("w", NOW, appointment, 1, order.site, tuple(stops))


def _shifted(stop: StopWanted, start: datetime, end: datetime, blocked: datetime) -> StopWanted:
    return StopWanted(
        stop.stop, stop.department, stop.competences, stop.responsibility, start, end, blocked, stop.clerk
    )
