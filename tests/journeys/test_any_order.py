"""Whatever way the messages take and whatever dies meanwhile: the same end as on a good day."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from services.staff_calendar.commands import RecordAbsence, SubstituteClerk
from services.staff_calendar.projections import reservations
from services.staff_calendar.staff import Refused as NotPossible
from services.visitor_access.commands import RecordArrival, RecordDeparture
from services.visitor_access.decider import Refused
from services.visitor_access.projections import visits
from shared.tables import subject_keys
from tests.journeys.at_rest import assert_at_rest, assert_the_index_is_true, end_state
from tests.journeys.chaos import Chaos
from tests.journeys.conftest import MakeLine
from tests.journeys.town import CERTIFICATE, ID_CARD, MOVED_HERE
from tests.line import CAUSE, ZONE, Line

NINE = datetime(2026, 11, 24, 9, tzinfo=ZoneInfo(ZONE))
VISITS = ([ID_CARD], [MOVED_HERE], [ID_CARD, MOVED_HERE], [CERTIFICATE])
HOLD = timedelta(minutes=11)
seeds = st.integers(0, 2**32)
# Not shrunk: an example takes a second, and its load and seed say all.
slow = settings(
    deadline=None,
    suppress_health_check=list(HealthCheck),
    print_blob=True,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)


@dataclass(frozen=True)
class Ask:
    visit: int
    slot: int
    party_size: int


@dataclass(frozen=True)
class Move:
    whose: int
    slot: int


@dataclass(frozen=True)
class Cancel:
    whose: int


@dataclass(frozen=True)
class Absence:
    """A clerk is away on the morning of the visits, from that slot on."""

    clerk: str
    slot: int


@dataclass(frozen=True)
class HandOver:
    """What is held for a guest goes over to a colleague."""

    whose: int
    clerk: str


@dataclass(frozen=True)
class Carry:
    batches: int


@dataclass(frozen=True)
class Pass:
    minutes: int


@dataclass(frozen=True)
class Post:
    """The mail server takes what is due."""


# Few places for many guests, so that they get in each other's way.
slots, whose, clerks = st.integers(0, 3), st.integers(0, 9), st.sampled_from(("c-1", "c-2", "c-3"))
asks = st.builds(Ask, st.integers(0, len(VISITS) - 1), slots, st.integers(1, 2))
actions = st.one_of(
    asks,
    asks,
    st.builds(Move, whose, slots),
    st.builds(Cancel, whose),
    st.builds(Absence, clerks, slots),
    st.builds(HandOver, whose, clerks),
    st.builds(Carry, st.integers(1, 12)),
    st.builds(Pass, st.sampled_from((3, 8))),
    st.builds(Post),
)
Action = Ask | Move | Cancel | Absence | HandOver | Carry | Pass | Post


@pytest.mark.slow
@settings(slow, max_examples=20)
@given(st.lists(actions, min_size=3, max_size=20), seeds)
def test_every_guarantee_holds_at_rest(line_on_sqlite: MakeLine, load: list[Action], seed: int) -> None:
    """Requests, moves, cancellations also while pending, absences, substitutes, holds that run out; everything two or
    three times, in any order, in batches of any size, processes killed before and after commits, commits that fail."""
    a_bad_day(line_on_sqlite, load, seed)


@pytest.mark.slow
@settings(slow, max_examples=5)
@given(st.lists(actions, min_size=3, max_size=20), seeds)
def test_every_guarantee_holds_at_rest_on_postgresql(
    line_on_postgresql: MakeLine, load: list[Action], seed: int
) -> None:
    """The same."""
    a_bad_day(line_on_postgresql, load, seed)


def a_bad_day(make: MakeLine, load: list[Action], seed: int) -> None:
    """Play the load, wait for rest, play the day of the visits, forget everybody; check in between."""
    line = make()
    chaos = Chaos(line, Random(seed))
    try:
        known: list[str] = []
        for n, action in enumerate(load):
            play(chaos, known, f"g{n}", action)
        come_to_rest(chaos)
        assert_at_rest(line, known)
        assert_the_index_is_true(line)
        the_day_of_the_visits(chaos)
        come_to_rest(chaos)
        assert_at_rest(line, known)
        pass_time(chaos, timedelta(days=32))
        come_to_rest(chaos)
        assert_at_rest(line, known)
        for service in ("booking", "visitor_access", "notifications"):
            assert {row.wrapped for row in line.rows(service, select(subject_keys))} <= {None}
    finally:
        line.close()


def play(chaos: Chaos, known: list[str], key: str, action: Action) -> None:
    line = chaos.line
    match action:
        case Ask():
            starts_at = NINE + timedelta(minutes=10 * action.slot)

            def ask() -> None:
                appointment = line.request(key, VISITS[action.visit], starts_at, action.party_size)
                if appointment not in known:
                    known.append(appointment)

            chaos.answered("booking", ask)
        case Move() if known:
            appointment = known[action.whose % len(known)]
            starts_at = NINE + timedelta(minutes=10 * action.slot)
            chaos.answered("booking", lambda: line.move(appointment, starts_at))
        case Cancel() if known:
            chaos.answered("booking", lambda: line.cancel(known[action.whose % len(known)]))
        case Absence():
            from_ = NINE + timedelta(minutes=10 * action.slot)
            away = RecordAbsence(key, line.now, action.clerk, key, from_, NINE + timedelta(hours=2), None, ZONE)
            chaos.answered("staff_calendar", lambda: line.apps["staff_calendar"].handle(away, cause=CAUSE))
        case HandOver() if known:
            hand_over(chaos, key, known[action.whose % len(known)], action.clerk)
        case Carry():
            chaos.hand_out(action.batches)
        case Pass():
            pass_time(chaos, timedelta(minutes=action.minutes))
        case Post():
            chaos.answered("notifications", line.post_letters)


def hand_over(chaos: Chaos, key: str, appointment: str, to: str) -> None:
    """Whatever the calendars hold of an appointment goes over to a colleague, where that is possible."""
    line, c = chaos.line, reservations.c
    for row in line.rows("staff_calendar", select(c.attempt, c.stop, c.clerk).where(c.appointment == appointment)):
        order = SubstituteClerk(f"{key}-{row.attempt}-{row.stop}", line.now, appointment, *row, to)
        with suppress(NotPossible):
            chaos.answered("staff_calendar", lambda o=order: line.apps["staff_calendar"].handle(o, cause=CAUSE))


def pass_time(chaos: Chaos, time: timedelta) -> None:
    chaos.line.now += time
    chaos.answered("booking", lambda: chaos.line.pass_time(timedelta(0)))


def come_to_rest(chaos: Chaos) -> None:
    """All is taken, all holds have run out, all letters are on their way."""
    chaos.until_quiet()
    pass_time(chaos, HOLD)
    chaos.until_quiet()
    chaos.answered("notifications", chaos.line.post_letters)
    chaos.until_quiet()


def the_day_of_the_visits(chaos: Chaos) -> None:
    """Some guests come, some of them are seen leaving, the others are not; then it is midnight."""
    line, entrance = chaos.line, chaos.line.apps["visitor_access"]
    line.now = NINE
    for row in line.rows("visitor_access", select(visits.c.appointment)):
        come, leave = chaos.random.random() < 0.7, chaos.random.random() < 0.5
        try:
            if come:
                entrance.handle(RecordArrival(f"in-{row.appointment}", line.now, row.appointment), cause=CAUSE)
            if come and leave:
                entrance.handle(RecordDeparture(f"out-{row.appointment}", line.now, row.appointment), cause=CAUSE)
        except Refused:
            pass  # removed from the list
    pass_time(chaos, timedelta(days=1))


@pytest.mark.slow
@settings(slow, max_examples=10)
@given(st.integers(2, 7), st.randoms(use_true_random=False), seeds)
def test_without_contention_the_end_is_that_of_a_good_day(
    line_on_sqlite: MakeLine, guests: int, choice: Random, seed: int
) -> None:
    """Once, in order, one after the other; or twice, shuffled, in batches, with crashes: nobody can tell."""
    plan = [choice.choice(("stay", "move", "cancel", "expire")) for _ in range(guests)]
    good, bad = line_on_sqlite(), line_on_sqlite()
    chaos = Chaos(bad, Random(seed))
    try:
        expected = without_contention(good, plan, good.settle)
        bad_end = without_contention(bad, plan, chaos.until_quiet)
        assert end_state(bad, bad_end) == end_state(good, expected)
        assert_at_rest(bad, bad_end)
        assert_the_index_is_true(bad)
    finally:
        good.close()
        bad.close()


def without_contention(line: Line, plan: list[str], settle: Callable[[], None]) -> list[str]:
    """Everybody has a time of their own; what a guest does next, they do when all is quiet."""
    times = [NINE + timedelta(minutes=30 * n) for n in range(len(plan))]
    impatient = [line.request(f"g{n}", VISITS[n % 3], times[n]) for n, wants in enumerate(plan) if wants == "expire"]
    line.pass_time(HOLD)
    settle()
    asked = {n: line.request(f"g{n}", VISITS[n % 3], times[n]) for n, wants in enumerate(plan) if wants != "expire"}
    settle()
    for n, appointment in asked.items():
        if plan[n] == "move":
            line.move(appointment, times[n] + timedelta(days=1))
        if plan[n] == "cancel":
            line.cancel(appointment)
    settle()
    line.post_letters()
    settle()
    return impatient + list(asked.values())
