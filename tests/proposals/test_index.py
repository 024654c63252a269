"""The index, whatever has happened to it, equals one that is built from what is true now."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from services.booking.proposals.index import Asked, Index
from services.booking.proposals.search import possible, search, still_free
from services.booking.proposals.timetable import ALIKE
from tests.proposals.random_towns import moment
from tests.proposals.town import MONDAY, NOW, ZONE, at, clerk, need, room, town, wish

FIRST = date(2026, 10, 23)  # the clocks go back on the third day
Slot = tuple[str, int, datetime, datetime, datetime, datetime]  # kind, number, blocked from, start, end, blocked until


Stretch = tuple[date, int, int]  # day, tick it opens, ticks it is open


@dataclass
class Truth:
    """What is true now, in plain dictionaries."""

    openings: dict[tuple[str, str], dict[date, list[tuple[datetime, datetime]]]] = field(default_factory=dict)
    taken: dict[tuple[str, int], set[Slot]] = field(default_factory=dict)
    pending: dict[tuple[str, int], set[Slot]] = field(default_factory=dict)

    def build(self) -> Index:
        index = Index(ZONE)
        for (kind, name), days in self.openings.items():
            for day, times in days.items():
                tell_opening(index, kind, name, day, day, {day: times})
        for (appointment, attempt), slots in self.taken.items():
            for slot in slots:
                tell_take(index, appointment, attempt, slot)
        for (appointment, attempt), slots in self.pending.items():
            for slot in slots:
                room, clerk = (f"{kind[0]}{slot[1]}" if slot[0] == kind else None for kind in ("room", "clerk"))
                index.pend(appointment, attempt, [Asked(room, clerk, slot[3], slot[5], slot[4], slot[2])])
        return index


def tell_opening(
    index: Index, kind: str, name: str, first: date, last: date, days: dict[date, list[tuple[datetime, datetime]]]
) -> None:
    if kind == "room":
        index.open_room(name, first, last, days)
    else:
        index.open_clerk(name, first, last, {day: [("rathaus", *one) for one in times] for day, times in days.items()})


def tell_take(index: Index, appointment: str, attempt: int, slot: Slot) -> None:
    kind, number, blocked_from, starts, ends, until = slot
    name = f"{kind[0]}{number}"
    index.take(appointment, attempt, kind, name, starts, until, ends_at=ends, blocked_from=blocked_from)


kinds = st.sampled_from(("room", "clerk"))
numbers = st.integers(0, 1)
days = st.integers(0, 4)
appointments = st.tuples(st.sampled_from(("a", "b", "c")), st.integers(1, 2))


@st.composite
def slots(draw: st.DrawFn) -> Slot:
    day, begins = FIRST + timedelta(draw(days)), draw(st.integers(0, 285))
    before, length, after = draw(st.integers(0, 3)), draw(st.integers(1, 12)), draw(st.integers(0, 3))
    marks = [begins, begins + before, begins + before + length, begins + before + length + after]
    return draw(kinds), draw(numbers), *(moment(day, mark) for mark in marks)  # type: ignore[return-value]


@st.composite
def stretches(draw: st.DrawFn) -> Stretch:
    """An opening, which may last past midnight."""
    return FIRST + timedelta(draw(days)), draw(st.integers(0, 287)), draw(st.sampled_from((6, 40, 400)))


steps = st.one_of(
    st.tuples(st.just("open"), kinds, numbers, days, days, st.lists(stretches(), max_size=3)),
    st.tuples(st.just("take"), appointments, slots()),
    st.tuples(st.just("pend"), appointments, slots()),
    st.tuples(st.just("free"), appointments, st.booleans(), st.sampled_from((None, "room", "clerk"))),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(steps, max_size=25))
def test_any_sequence_ends_where_the_truth_is(sequence: list[tuple]) -> None:  # type: ignore[type-arg]
    """Openings replaced, places asked for, taken, freed, twice and out of order: as if built from scratch."""
    index, truth = Index(ZONE), Truth()
    for name, *values in sequence:
        DO[name](index, truth, *values)
    assert index.contents() == truth.build().contents()


def open_(index: Index, truth: Truth, kind: str, number: int, one: int, other: int, found: list[Stretch]) -> None:
    first, last = FIRST + timedelta(min(one, other)), FIRST + timedelta(max(one, other))
    name = f"{kind[0]}{number}"
    opened: dict[date, list[tuple[datetime, datetime]]] = {}
    for day, begins, length in found:
        if first <= day <= last:
            opened.setdefault(day, []).append((moment(day, begins), moment(day, begins + length)))
    tell_opening(index, kind, name, first, last, opened)
    mine = truth.openings.setdefault((kind, name), {})
    truth.openings[kind, name] = {day: times for day, times in mine.items() if not first <= day <= last} | opened


def take(index: Index, truth: Truth, key: tuple[str, int], slot: Slot) -> None:
    for _ in range(2):
        tell_take(index, *key, slot)
    truth.taken.setdefault(key, set()).add(slot)
    truth.pending[key] = {one for one in truth.pending.get(key, ()) if one[0] != slot[0]}


def pend(index: Index, truth: Truth, key: tuple[str, int], slot: Slot) -> None:
    _, number, _, starts, _, until = slot
    for _ in range(2):
        index.pend(*key, [Asked(f"r{number}", f"c{number}", starts, until)])
    answered = {one[0] for one in truth.taken.get(key, ())}
    for kind in {"room", "clerk"} - answered:
        truth.pending.setdefault(key, set()).add((kind, number, starts, starts, until, until))


def free(index: Index, truth: Truth, key: tuple[str, int], all_: bool, kind: str | None) -> None:
    index.free(key[0], None if all_ else key[1], kind)
    for layer in (truth.taken, truth.pending):
        for other in layer:
            if other[0] == key[0] and (all_ or other[1] == key[1]):
                layer[other] = {one for one in layer[other] if kind not in (None, one[0])}


def test_a_large_room_serves_several_parties() -> None:
    """Three desks: two taken and one asked for are all; what is freed is offered again; four are not."""
    index = town()
    for name in ("r1", "r2", "r3"):
        index.open_room(name, MONDAY, MONDAY + timedelta(6), {})
    room(index, "hall", 2, days=1)
    index.define_room("hall", name="hall", site="rathaus", seats=2, parties=3)
    for name in ("a", "b"):
        index.take(name, 1, "room", "hall", at("08:00"), at("08:30"), ends_at=at("08:25"))
    assert possible(index, wish(), NOW)[0][0] == at("08:00")
    index.pend("c", 1, [Asked("hall", None, at("08:10"), at("08:40"))])
    assert possible(index, wish(), NOW)[0][0] == at("08:30")
    proposal = search(index, wish(), NOW).proposals[0]
    assert still_free(index, (replace(proposal.stops[0], starts_at=at("08:00"), ends_at=at("08:20")),), (need(),))
    index.free("b")
    assert possible(index, wish(), NOW)[0][0] == at("08:00")


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 20), st.integers(1, 8), st.booleans()), max_size=14))
def test_parties_are_counted_right(steps: list[tuple[int, int, int, bool]]) -> None:
    """However they come and go, a start is possible where fewer than three are there."""
    index, now = Index(ZONE), at("00:00")
    room(index, "hall", 2, "08:00-10:00", days=1, parties=3)
    clerk(index, "anna", "08:00-10:00", days=1)
    held: dict[str, tuple[int, int]] = {}
    for number, begins, length, taking in steps:
        name = f"a{number}"
        index.free(name)
        held.pop(name, None)
        if taking:
            held[name] = (begins, begins + length)
            for _ in range(2):  # told twice
                index.take(name, 1, "room", "hall", moment(MONDAY, 96 + begins), moment(MONDAY, 96 + begins + length))
    free = [t for t in range(24) if sum(a <= t < b for a, b in held.values()) < 3]
    found = possible(index, wish(need(minutes=5, buffer=0)), now)
    assert [start for start, _ in found] == [moment(MONDAY, 96 + tick) for tick in free]


DO: dict[str, Callable[..., None]] = {"open": open_, "take": take, "pend": pend, "free": free}


def test_an_opening_past_midnight_stays_when_the_next_day_is_replaced() -> None:
    """Monday's night shift lasts into Tuesday, whose own hours change."""
    index, fresh, tuesday = Index(ZONE), Index(ZONE), MONDAY + timedelta(1)
    night = {MONDAY: [(at("20:00"), at("04:00", tuesday))]}
    index.open_room("r", MONDAY, MONDAY, night)
    index.open_room("r", tuesday, tuesday, {tuesday: [(at("02:00", tuesday), at("06:00", tuesday))]})
    index.open_room("r", tuesday, tuesday, {})
    fresh.open_room("r", MONDAY, MONDAY, night)
    assert index.contents() == fresh.contents()


def test_who_is_there_at_the_same_hours_shares_what_is_kept_of_them() -> None:
    """In a town of clerks with the same hours each opening is kept once; also after a great many others were told."""
    index = Index(ZONE)
    days = [MONDAY + timedelta(number) for number in range(ALIKE)]
    hours = {day: [("rathaus", at("08:00", day), at("12:00", day))] for day in days}
    for name in ("anna", "berta"):
        index.open_clerk(name, MONDAY, MONDAY, {MONDAY: hours[MONDAY]})
    index.open_clerk("clara", days[0], days[-1], hours)
    anna, berta, clara = (index.calendar("clerk", name).openings for name in ("anna", "berta", "clara"))
    assert anna[MONDAY][0] is berta[MONDAY][0]
    assert anna == berta == {MONDAY: clara[MONDAY]}


def test_what_two_holds_share_stays_held_when_one_goes() -> None:
    """Asked for by two, across midnight UTC, where the holds lie in different buckets."""
    index = town()
    index.pend("a", 1, [Asked("r1", "anna", at("00:30"), at("01:30"))])
    index.pend("b", 1, [Asked("r1", "anna", at("01:05"), at("02:00"))])
    index.free("b")
    only = town()
    only.pend("a", 1, [Asked("r1", "anna", at("00:30"), at("01:30"))])
    assert index.contents() == only.contents()


def test_forgetting_the_past_changes_no_answer() -> None:
    """What is over is dropped; what is to come is found as before, and can still be freed."""
    index, after = town(), NOW + timedelta(days=3)
    index.take("a", 1, "clerk", "anna", at("08:00"), at("09:00"))
    index.take("b", 1, "clerk", "anna", at("08:00", MONDAY + timedelta(3)), at("09:00", MONDAY + timedelta(3)))
    before = possible(index, wish(), after)
    index.forget_before(MONDAY + timedelta(2))
    assert possible(index, wish(), after) == before
    assert "a" not in index.holds
    index.free("a", None)
    index.free("b", None)
    fresh = town()
    fresh.forget_before(MONDAY + timedelta(2))
    assert index.contents() == fresh.contents()


def test_bookings_for_days_long_ago_or_far_ahead_do_no_harm() -> None:
    """A late message about last year and one about the year after next are taken as they come."""
    index = town()
    for year in (2025, 2028):
        starts = datetime(year, 3, 1, 9, tzinfo=ZONE)
        index.take(f"a{year}", 1, "room", "r1", starts, starts + timedelta(minutes=20))
    assert possible(index, wish(), NOW) == possible(town(), wish(), NOW)
    assert possible(index, wish(need()), NOW)[0][0] == at("08:00")
