"""What is proposed can be reserved: booking's index and the owners' deciders, fed with the same facts, agree."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from services.booking.commands import RequestAppointment
from services.booking.events import Concern, Effect, Text, YesNo
from services.booking.planning import Question
from services.rooms import house
from services.rooms.commands import DefineRoom
from services.rooms.events import WEEKDAYS, Closure
from services.rooms.events import Hours as RoomHours
from services.rooms.events import Pattern as RoomPattern
from services.staff_calendar import staff
from services.staff_calendar.commands import DefineClerk, SetQuotas
from services.staff_calendar.events import Exceptional, Hours, Pattern, Quota, Responsibility
from tests.journeys.three_cores import ZONE, Trio, refusals

CLASSES = st.sampled_from([("public", None), ("public", None), ("internal", 2000), ("internal", None), ("urgent", 63)])
SITES, DEPARTMENTS, EQUIPMENT, COMPETENCES = (
    ("rathaus", "avenwedde"),
    ("office", "social"),
    ("scanner",),
    ("pass", "car"),
)
# Ordinary days, and those before the clocks change.
DAYS = (date(2026, 11, 23), date(2026, 10, 24), date(2026, 3, 28))
CLOSED = (date(2026, 11, 24), date(2026, 12, 25))
NOWS = st.builds(
    lambda day, minute: datetime.fromisoformat(f"{day}T00:00:00+01:00") + timedelta(minutes=minute),
    st.sampled_from(DAYS),
    st.integers(0, 1439),
)


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


@pytest.fixture(autouse=True, scope="module")
def _short_horizon() -> Iterator[None]:
    """Two weeks instead of half a year: the same rules, fifteen times as many towns."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(house, "HORIZON_DAYS", 12)
        patch.setattr(staff, "HORIZON_DAYS", 12)
        yield


# Mostly on the five minutes; not always.
_MINUTES = st.one_of(st.integers(0, 287).map(lambda tick: tick * 5), st.integers(0, 1439))


@st.composite
def _hours(draw: st.DrawFn) -> tuple[str, str]:
    """Often the same long day, so that things fit together."""
    if draw(st.integers(0, 2)):
        return draw(
            st.sampled_from(
                [("08:00", "16:00"), ("00:00", "23:59"), ("08:03", "12:31"), ("08:00", "12:00"), ("12:00", "16:00")]
            )
        )
    first, last = sorted(draw(st.lists(_MINUTES, min_size=2, max_size=2, unique=True)))
    return _clock(first), _clock(last)


def _apart(hours: list[Any], key: Any) -> list[Any]:
    """Leaves out what overlaps, which would be refused."""
    kept: list[Any] = []
    for one in hours:
        if not any(key(one) == key(o) and one.from_ < o.until and o.from_ < one.until for o in kept):
            kept.append(one)
    return kept


@st.composite
def _room(draw: st.DrawFn, name: str, now: datetime) -> DefineRoom:
    weekly = [
        RoomHours(day, *draw(_hours())) for day in draw(st.lists(st.sampled_from(WEEKDAYS), min_size=3, max_size=9))
    ]
    day = now.date() + timedelta(days=draw(st.integers(0, 6)))
    closures = draw(st.sampled_from([(), (Closure(day, day),)]))
    return DefineRoom(
        "c", now, name, name, draw(st.sampled_from(SITES)), draw(st.integers(2, 9)),
        EQUIPMENT if draw(st.integers(0, 2)) else (), bool(draw(st.integers(0, 2))),
        RoomPattern(tuple(_apart(weekly, lambda hours: hours.weekday)), closures), ZONE, CLOSED,
        draw(st.sampled_from([1, 1, 2])),
    )  # fmt: skip


@st.composite
def _clerk(draw: st.DrawFn, name: str, now: datetime) -> tuple[DefineClerk, SetQuotas]:
    departments = tuple(draw(st.sets(st.sampled_from(DEPARTMENTS), min_size=1)))
    kind = draw(st.sampled_from(["anyone", "surname"]))
    key = draw(st.sampled_from(["a-k", "l-z"])) if kind == "surname" else None
    rules = tuple(Responsibility(one, kind, key) for one in departments)
    define = DefineClerk(
        "c", now, name, name, departments, COMPETENCES if draw(st.integers(0, 2)) else ("pass",), rules,
        draw(st.sampled_from([("de",), ("de", "tr")])),
    )  # fmt: skip
    weekly = [
        Quota(day, *draw(_hours()), draw(st.sampled_from(SITES)), draw(st.integers(1, 2)), now.date(), *draw(CLASSES))
        for day in draw(st.lists(st.sampled_from(WEEKDAYS), min_size=3, max_size=9))
    ]
    day = now.date() + timedelta(days=draw(st.integers(0, 6)))
    instead = draw(
        st.sampled_from([(), (Exceptional(day, ()),), (Exceptional(day, (Hours("rathaus", "00:30", "09:00"),)),)])
    )
    pattern = Pattern(tuple(_apart(weekly, lambda quota: quota.weekday)), instead)
    return define, SetQuotas("c", now, name, pattern, ZONE, CLOSED)


def _concern(key: str) -> st.SearchStrategy[Concern]:
    return st.builds(
        Concern,
        key=st.just(key),
        name=st.just(Text(key, key)),
        department=st.sampled_from(DEPARTMENTS),
        minutes=st.integers(5, 70),
        extra_minutes_per_person=st.integers(0, 7),
        equipment=st.sampled_from([(), EQUIPMENT]),
        competences=st.sets(st.sampled_from(COMPETENCES), max_size=1).map(tuple),
        buffer_minutes=st.sampled_from([0, 3, 5, 15]),
        buffer_before_minutes=st.sampled_from([0, 0, 4, 10]),
        grid_minutes=st.sampled_from([5, 15]),
        horizon_days=st.just(10),
        questions=st.just((YesNo("more", Text("?", "?")),)),
        effects=st.sampled_from([(), (Effect("more+", minutes=7, seats=1, step_free=True),)]),
    )


@st.composite
def _town(draw: st.DrawFn) -> Trio:
    trio = Trio(draw(NOWS))
    rooms = [draw(_room(f"r-{n}", trio.now)) for n in range(draw(st.integers(1, 3)))]
    clerks = [order for n in range(draw(st.integers(1, 3))) for order in draw(_clerk(f"c-{n}", trio.now))]
    trio.furnish([draw(_concern(key)) for key in ("x", "y", "z")], rooms, clerks)
    return trio


_QUESTIONS = st.lists(st.sampled_from("xyz"), min_size=1, max_size=3).flatmap(
    lambda concerns: st.builds(
        Question,
        concerns=st.just(tuple(concerns)),
        party_size=st.integers(1, 2),
        step_free=st.sampled_from([False, False, True]),
        responsibility=st.sampled_from([(), ("a-k",) * len(concerns)]),
        answers=st.sampled_from([(), (("more", True),)]),
        language=st.sampled_from([None, None, "tr"]),
        audience=st.sampled_from([(), (), ("internal",), ("internal", "urgent")]),
        limit=st.just(8),
    )
)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(trio=_town(), questions=st.lists(_QUESTIONS, min_size=1, max_size=4), choice=st.data())
def test_what_is_proposed_can_be_reserved(trio: Trio, questions: list[Question], choice: st.DataObject):
    """Every proposal is held by both owners, also after others were taken and cancelled: none is declined."""
    taken: list[str] = []
    for question in questions:
        plans = trio.proposals(question)
        for plan in plans:
            assert trio.reads.free(plan, trio.now)
            before = trio.booking.scenario
            trio.asked += 1
            said = trio.booking.says(_requested(trio, plan), trio.now)
            assert refusals(trio.answers(said, keep=False)) == []
            trio.booking.scenario = before
        if plans:
            plan = choice.draw(st.sampled_from(plans))
            appointment, decided = trio.take(plan)
            assert refusals(decided) == []
            if plan.starts_at > trio.now:
                taken.append(appointment)
        if taken and choice.draw(st.booleans()):
            trio.cancel(taken.pop())


def _requested(trio: Trio, plan: Any) -> list[Any]:
    order = RequestAppointment("c", trio.now, f"try{trio.asked}", plan, trio.now + timedelta(minutes=1), "s", "f")
    return trio.booking.do(order)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(trio=_town(), question=_QUESTIONS)
def test_what_was_taken_meanwhile_is_not_free(trio: Trio, question: Question):
    """booking knows it by what the owners said, and has other proposals, of which none is that place."""
    plans = trio.proposals(replace(question, limit=1))
    assume(plans)
    for _ in range(30):
        if not trio.reads.free(plans[0], trio.now):
            break
        appointment, decided = trio.take(plans[0])
        assert refusals(decided) == [], appointment
    assert not trio.reads.free(plans[0], trio.now)
    fresh = trio.reads.instead(plans[0], trio.now)
    assert plans[0].starts_at not in [one["starts_at"] for one in fresh]


def test_a_shared_room_is_proposed_and_held_as_often_as_it_has_parties():
    """Two clerks, one room for two parties: the same time twice, a third time not."""
    trio = Trio(datetime.fromisoformat("2026-11-22T10:00:00+01:00"))
    always = tuple(RoomHours(day, "08:00", "16:00") for day in WEEKDAYS)
    hall = DefineRoom("c", trio.now, "hall", "Saal", "rathaus", 6, (), True, RoomPattern(always), ZONE, (), 2)
    clerks: list[Any] = []
    for name in ("c-1", "c-2", "c-3"):
        rules = (Responsibility("office", "anyone"),)
        clerks.append(DefineClerk("c", trio.now, name, name, ("office",), (), rules, ("de",)))
        weekly = tuple(Quota(day, "08:00", "16:00", "rathaus") for day in WEEKDAYS)
        clerks.append(SetQuotas("c", trio.now, name, Pattern(weekly), ZONE))
    trio.furnish([Concern("x", Text("x", "x"), "office", 30)], [hall], clerks)
    question = Question(("x",), party_size=2, limit=1)
    starts = []
    for _ in range(3):
        (plan,) = trio.proposals(question)
        assert refusals(trio.take(plan)[1]) == []
        starts.append(plan.starts_at)
    assert starts[0] == starts[1] < starts[2]
