"""Clerks take over from one another and go away, in any order with requests: guarantees 1 and 2, on random days."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from services.staff_calendar.commands import (
    EndAbsence,
    HoldStaff,
    LetGoStaff,
    RecordAbsence,
    StaffCalendarCommand,
    StopWanted,
    SubstituteClerk,
)
from services.staff_calendar.events import (
    Exceptional,
    Hours,
    Pattern,
    QuotasSet,
    StaffCalendarEvent,
    StaffReserved,
    StaffSubstituted,
    StaffWithdrawn,
)
from services.staff_calendar.staff import Staff
from services.staff_calendar.substitution import able, on_duty
from tests.staff_calendar.house import House
from tests.staff_calendar.words import DAY, NOW, ZONE, at, clerk, open_from

NAMES = ("c1", "c2", "c3")
SKILLS = ("pass", "melde")


@dataclass(frozen=True)
class TakeOver:
    """Somebody takes over the n-th of the stops that are held, whoever holds it."""

    nth: int
    substitute: str

    def order(self, house: House) -> SubstituteClerk | None:
        stops = house.stops()
        if not stops:
            return None
        appointment, attempt, stop = stops[self.nth % len(stops)]
        return SubstituteClerk("s", NOW, appointment, attempt, stop.stop, stop.clerk, self.substitute)


@st.composite
def towns(draw: st.DrawFn) -> list[StaffCalendarEvent]:
    """Three clerks; some can do everything, some are there for part of the morning."""
    events: list[StaffCalendarEvent] = []
    for name in NAMES:
        skills = draw(st.sampled_from([SKILLS, SKILLS, ("pass",)]))
        hours = draw(st.sampled_from([("08:00", "10:00"), ("08:00", "10:00"), ("08:30", "09:30")]))
        pattern = Pattern(exceptions=(Exceptional(DAY, (Hours("rathaus", *hours),)),))
        events += [clerk(name, competences=skills), QuotasSet(name, pattern), open_from(name, hours)]
    return events


@st.composite
def requests(draw: st.DrawFn) -> HoldStaff:
    """One or two stops in a row, of ten or twenty minutes with a buffer of five."""
    start, stops = at("08:00") + timedelta(minutes=10 * draw(st.integers(0, 8))), []
    for number in range(1, draw(st.sampled_from([1, 1, 2])) + 1):
        end = start + timedelta(minutes=draw(st.sampled_from([10, 20])))
        skills = (draw(st.sampled_from(SKILLS)),)
        wish = draw(st.sampled_from(NAMES))
        until = end + timedelta(minutes=5)
        stops.append(StopWanted(number, "buergerbuero", skills, None, start, end, until, wish))
        start = until
    return HoldStaff("h", NOW, draw(appointments), draw(st.sampled_from([1, 1, 2])), "rathaus", tuple(stops))


names = st.sampled_from(NAMES)
appointments = st.sampled_from([f"a{n}" for n in range(8)])
scopes = st.sampled_from(["all", "this"])
releases = st.builds(LetGoStaff, st.just("l"), st.just(NOW), appointments, st.just(1), scopes)
takeovers = st.builds(TakeOver, st.integers(0, 20), names)
ids = st.sampled_from(["x1", "x2", "x3"])


@st.composite
def absences(draw: st.DrawFn) -> RecordAbsence:
    """Away from any ten minutes to any later ones."""
    begins = at("07:30") + timedelta(minutes=10 * draw(st.integers(0, 12)))
    lasts = timedelta(minutes=10 * draw(st.integers(1, 18)))
    return RecordAbsence("x", NOW, draw(names), draw(ids), begins, begins + lasts, None, ZONE)


returns = st.builds(EndAbsence, st.just("e"), st.just(NOW), names, ids, st.just(ZONE))
some_orders = st.lists(
    st.one_of(requests(), requests(), requests(), takeovers, takeovers, absences(), releases, returns), max_size=20
)
Some = list[StaffCalendarCommand | TakeOver]


def do(house: House, some: StaffCalendarCommand | TakeOver) -> tuple[StaffCalendarEvent, ...]:
    order = some.order(house) if isinstance(some, TakeOver) else some
    return () if order is None else tuple(house.do(order))


@settings(max_examples=150)
@given(towns(), some_orders)
def test_no_clerk_is_ever_held_twice_at_once(town: list[StaffCalendarEvent], some: Some) -> None:
    """Guarantee 1: whoever takes over had the time free; what is said is what the days hold."""
    house = House(town)
    for one in some:
        do(house, one)
        held = house.holding()
        assert held == house.said()
        for (a, (a_from, a_until)), (b, (b_from, b_until)) in combinations(held.items(), 2):
            assert a[3] != b[3] or a_until <= b_from or b_until <= a_from


@settings(max_examples=150)
@given(towns(), some_orders)
def test_a_visit_is_held_whole_or_not_at_all(town: list[StaffCalendarEvent], some: Some) -> None:
    """Guarantee 2: however often its stops change hands, and when a clerk is away."""
    house, asked = House(town), dict[tuple[str, int], set[int]]()
    for one in some:
        for event in do(house, one):
            if isinstance(event, StaffReserved):
                asked[event.appointment, event.attempt] = {stop.stop for stop in event.stops}
        held: dict[tuple[str, int], set[int]] = {}
        for appointment, attempt, stop, _ in house.holding():
            held.setdefault((appointment, attempt), set()).add(stop)
        assert all(stops == asked[attempt] for attempt, stops in held.items())


@settings(max_examples=150)
@given(towns(), some_orders)
def test_whoever_takes_over_is_able_and_there(town: list[StaffCalendarEvent], some: Some) -> None:
    """Competent, on duty at the site, and not the one who gave the stop away."""
    house = House(town)
    for one in some:
        before = house.states["staff"]
        assert isinstance(before, Staff)
        for event in do(house, one):
            if isinstance(event, StaffSubstituted):
                substitute = before.clerks[event.held.clerk]
                assert event.previous != event.held.clerk
                assert able(substitute, event.held)
                assert on_duty(substitute, event.held)


@settings(max_examples=150)
@given(towns(), some_orders, absences())
def test_nobody_is_expected_by_a_clerk_who_is_away(
    town: list[StaffCalendarEvent], some: Some, away: RecordAbsence
) -> None:
    """Each visit has gone over or is withdrawn, and no later request is given a place there."""
    house = House(town)
    for one in some:
        do(house, one)
    before = {(appointment, attempt) for appointment, attempt, _ in house.stops()}
    events = house.do(replace(away, absence="away"))
    withdrawn = {(event.appointment, event.attempt) for event in events if isinstance(event, StaffWithdrawn)}
    assert {(appointment, attempt) for appointment, attempt, _ in house.stops()} == before - withdrawn
    for one in [one for one in some if isinstance(one, HoldStaff)]:
        do(house, replace(one, appointment="later"))
    assert not [stop for *_, stop in house.stops() if stop.clerk == away.clerk and _meet(stop.starts_at, stop, away)]


def _meet(starts_at: datetime, stop: object, away: RecordAbsence) -> bool:
    return starts_at < away.until and away.from_ < getattr(stop, "ends_at", starts_at)


@settings(max_examples=100)
@given(towns(), some_orders)
def test_every_order_repeated_changes_nothing(town: list[StaffCalendarEvent], some: Some) -> None:
    """Whatever was decided, the same order at once again yields nothing."""
    house = House(town)
    for one in some:
        order = one.order(house) if isinstance(one, TakeOver) else one
        if order is not None:
            house.do(order)
            assert list(house.do(order)) == []


@settings(max_examples=100)
@given(towns(), some_orders, absences())
def test_a_clerk_who_comes_back_is_open_as_before(
    town: list[StaffCalendarEvent], some: Some, away: RecordAbsence
) -> None:
    """Taking an absence back opens exactly the hours that it closed."""
    house = House(town)
    for one in some:
        do(house, one)
    before = _open(house, away.clerk)
    house.do(replace(away, absence="away"))
    house.do(EndAbsence("e", NOW, away.clerk, "away", ZONE))
    assert _open(house, away.clerk) == before


def _open(house: House, name: str) -> object:
    staff = house.states["staff"]
    assert isinstance(staff, Staff)
    return staff.clerks[name].days
