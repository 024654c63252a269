"""Whatever is asked for, in whatever order and however often: guarantees 1 and 2 of the design, on random towns."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from services.staff_calendar import decider
from services.staff_calendar.commands import (
    EndAbsence,
    HoldStaff,
    LetGoStaff,
    RecordAbsence,
    StopWanted,
    SubstituteClerk,
)
from services.staff_calendar.day import ClerkDay, ticks
from services.staff_calendar.events import (
    ClerkDefined,
    Exceptional,
    Hours,
    HoursOpened,
    Pattern,
    QuotasSet,
    StaffDeclined,
    StaffReserved,
)
from tests.staff_calendar.house import House
from tests.staff_calendar.words import DAY, NOW, ZONE, at, clerk, open_from

Order = HoldStaff | LetGoStaff | SubstituteClerk | RecordAbsence | EndAbsence
Town = list[ClerkDefined | QuotasSet | HoursOpened]

minutes = st.integers(0, 75)
names = st.sampled_from(["c1", "c2", "c3"])
skills = st.sampled_from([("pass", "melde"), ("pass",), ("melde",)])
edges = st.lists(st.integers(0, 18), max_size=4, unique=True).map(sorted) | st.just([0, 18])


@st.composite
def towns(draw: st.DrawFn) -> Town:
    """One to three clerks with any competences and up to two openings that morning."""
    events: Town = []
    for name in sorted(draw(st.sets(names, min_size=1))):
        events.append(clerk(name, competences=draw(skills)))
        clocks = [_clock(tens) for tens in draw(edges)]
        hours = [*zip(clocks[::2], clocks[1::2], strict=False)]
        pattern = Pattern(exceptions=(Exceptional(DAY, tuple(Hours("rathaus", a, b) for a, b in hours)),))
        events += [QuotasSet(name, pattern), open_from(name, *hours)]
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
            blocked_from=draw(st.none() | st.integers(1, 20).map(lambda before: start - timedelta(minutes=before))),
        )
        for number in range(1, draw(st.integers(1, 3)) + 1)
    )


appointments = st.sampled_from(["a1", "a2", "a3", "a4"])
attempts = st.integers(1, 3)
holds = st.builds(HoldStaff, st.just("h"), st.just(NOW), appointments, attempts, st.just("rathaus"), stops())
releases = st.builds(
    LetGoStaff, st.just("l"), st.just(NOW), appointments, attempts, st.sampled_from(["all", "others", "this"])
)
substitutions = st.builds(
    SubstituteClerk, st.just("s"), st.just(NOW), appointments, attempts, st.integers(1, 3), names, names
)
moments = st.integers(0, 24).map(lambda tens: at("07:30") + timedelta(minutes=10 * tens))
absences = st.builds(
    RecordAbsence,
    st.just("x"),
    st.just(NOW),
    names,
    st.sampled_from(["x1", "x2"]),
    moments,
    moments,
    st.none(),
    st.just(ZONE),
)
returns = st.builds(EndAbsence, st.just("e"), st.just(NOW), names, st.sampled_from(["x1", "x2"]), st.just(ZONE))
orders = st.lists(st.one_of(holds, holds, holds, releases, substitutions, absences, returns), max_size=14).flatmap(
    lambda some: st.lists(st.sampled_from(some), max_size=10).map(lambda again: some + again) if some else st.just(some)
)


@settings(max_examples=150, deadline=None)
@given(towns(), orders)
def test_no_clerk_is_ever_held_twice_at_once(town: Town, some: list[object]) -> None:
    """After every order no two reservations of a clerk overlap, and what is said is what the days hold."""
    house = House(town)
    for order in some:
        assert isinstance(order, Order)
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
def test_what_is_let_go_holds_nothing(town: Town, some: list[object]) -> None:
    """Once all of an appointment is let go, it holds nothing, and no request heard later makes it hold again."""
    house, over = House(town), set()
    for order in some:
        assert isinstance(order, Order)
        house.do(order)
        if isinstance(order, LetGoStaff) and order.scope == "all":
            over.add(order.appointment)
        assert not over & {appointment for appointment, *_ in house.holding()}
    for appointment in ("a1", "a2", "a3", "a4"):
        house.do(LetGoStaff("l", NOW, appointment, 1, "all"))
    assert house.holding() == {}
    assert all(
        (day.taken, day.visits, day.before, day.minutes) == (0, 0, 0, 0)
        for day in house.states.values()
        if isinstance(day, ClerkDay)
    )


@settings(max_examples=80, deadline=None)
@given(towns(), orders)
def test_every_order_repeated_changes_nothing(town: Town, some: list[object]) -> None:
    """Whatever was decided, the same order at once again yields nothing."""
    house = House(town)
    for order in some:
        assert isinstance(order, Order)
        house.do(order)
        assert list(house.do(order)) == []


@settings(max_examples=80, deadline=None)
@given(towns(), orders, holds)
def test_an_alternative_can_be_had(town: Town, some: list[object], wanted: HoldStaff) -> None:
    """Every other start that a decline names is granted when it is asked for at once (stops one after the other)."""
    house = House(town)
    for order in some:
        assert isinstance(order, Order)
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
    before = stop.blocked_from and start - (stop.starts_at - stop.blocked_from)
    return replace(stop, starts_at=start, ends_at=end, blocked_until=blocked, blocked_from=before)
