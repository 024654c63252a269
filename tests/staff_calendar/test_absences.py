"""A clerk is away: what remains open, who takes over, what is withdrawn; and the plan that was shown."""

from dataclasses import replace
from datetime import timedelta

import pytest

from services.staff_calendar import decider
from services.staff_calendar.absences import plan_of
from services.staff_calendar.commands import EndAbsence, RecordAbsence
from services.staff_calendar.events import (
    AbsenceEnded,
    AbsenceRecorded,
    Exceptional,
    Hours,
    HoursOpened,
    OpenDay,
    Opening,
    Pattern,
    QuotasSet,
    StaffSubstituted,
    StaffWithdrawn,
)
from tests.given_when_then import Scenario
from tests.staff_calendar.words import DAY, NOW, ZONE, at, clerk, freed, held, open_from, reserved, stop, taken


def on_tuesday(name: str, competences: tuple[str, ...] = ("pass",)) -> tuple[object, ...]:
    """A clerk who is there from 8 to 12 this Tuesday."""
    pattern = Pattern(exceptions=(Exceptional(DAY, (Hours("rathaus", "08:00", "12:00"),)),))
    return clerk(name, competences=competences), QuotasSet(name, pattern), open_from(name, ("08:00", "12:00"))


def away(start: str = "09:00", until: str = "11:00", plan: str | None = None) -> RecordAbsence:
    return RecordAbsence("x", NOW, "c1", "x1", at(start), at(until), "Fortbildung", ZONE, plan=plan)


def recorded(start: str = "09:00", until: str = "11:00") -> AbsenceRecorded:
    return AbsenceRecorded("c1", "x1", at(start), at(until), "Fortbildung")


def opened(*hours: tuple[str, str]) -> HoursOpened:
    days = (OpenDay(DAY, tuple(Opening("rathaus", at(a), at(b)) for a, b in hours)),) if hours else ()
    return HoursOpened("c1", DAY, DAY, ZONE, days)


TWO = Scenario(decider).given(*on_tuesday("c1"), *on_tuesday("c2"))
VISIT = held("c1", stop("09:00", "09:20", "09:25"))


def test_the_hours_around_an_absence_stay_open() -> None:
    """Also when it lasts for weeks, only what is open anyway is closed."""
    TWO.when(away()).then(recorded(), opened(("08:00", "09:00"), ("11:00", "12:00")))
    TWO.when(replace(away(), until=at("09:00") + timedelta(days=30))).then(
        replace(recorded(), until=at("09:00") + timedelta(days=30)), opened(("08:00", "09:00"))
    )


def test_days_gone_by_are_not_opened_again() -> None:
    """Of an absence that began before it was recorded, the hours from today on are said anew."""
    began = at("09:00", DAY - timedelta(days=1))
    order = replace(away(), now=at("08:00"), from_=began)
    TWO.when(order).then(replace(recorded(), from_=began), opened(("11:00", "12:00")))


def test_what_only_touches_an_absence_stays() -> None:
    """A visit that ends as it begins, and one that begins as it ends."""
    before, after = held("c1", stop("08:40", "09:00")), held("c1", stop("11:00", "11:20"))
    around = TWO.given(*reserved(before), *reserved(after, appointment="a2"))
    around.when(away()).then(recorded(), opened(("08:00", "09:00"), ("11:00", "12:00")))


def test_a_colleague_takes_over() -> None:
    """At the same time; said of the one stop that has gone over."""
    new = replace(VISIT, clerk="c2", name="C2")
    TWO.given(*reserved(VISIT)).when(away()).then(
        recorded(),
        opened(("08:00", "09:00"), ("11:00", "12:00")),
        freed(VISIT),
        taken(new),
        StaffSubstituted("a1", 1, "c1", new),
    )


def test_where_nobody_can_take_over_the_visit_is_withdrawn() -> None:
    """The colleague is taken, does not deal with it, or has no hours."""
    busy = TWO.given(*reserved(VISIT), *reserved(held("c2", stop("09:10", "09:30")), appointment="a2"))
    other = Scenario(decider).given(*on_tuesday("c1"), *on_tuesday("c2", ("melde",)), *reserved(VISIT))
    alone = Scenario(decider).given(*on_tuesday("c1"), clerk("c2"), *reserved(VISIT))
    for scenario in (busy, other, alone):
        scenario.when(away()).then(
            recorded(), opened(("08:00", "09:00"), ("11:00", "12:00")), freed(VISIT), StaffWithdrawn("a1", 1, (VISIT,))
        )


def test_a_visit_of_two_stops_is_withdrawn_whole() -> None:
    """The other clerk is free again, too."""
    first, second = VISIT, held("c2", stop("09:25", "09:45", number=2, competences=("melde",)))
    town = Scenario(decider).given(*on_tuesday("c1"), *on_tuesday("c2", ("melde",)), *reserved(first, second))
    decided = town.when(away()).decided
    assert decided[2:] == (freed(first), freed(second), StaffWithdrawn("a1", 1, (first, second)))


def test_the_load_is_shared_among_colleagues() -> None:
    """Whoever has taken over one visit comes later for the next one."""
    three = TWO.given(*on_tuesday("c3"))
    for n, start in enumerate(("10:30", "10:00", "09:30", "09:00")):
        wanted = stop(start, f"{start[:3]}{int(start[3:]) + 20}")
        three = three.given(*reserved(held("c1", wanted), appointment=f"a{n}"))
    decided = three.when(away()).decided
    gone_over = [event.held for event in decided if isinstance(event, StaffSubstituted)]
    assert [stop.clerk for stop in gone_over] == ["c2", "c3", "c2", "c3"]
    assert [stop.starts_at for stop in gone_over] == sorted(stop.starts_at for stop in gone_over)


def test_two_stops_of_one_visit_count_both() -> None:
    """Whoever takes over the first has more to do than another when the second is given away."""
    both = reserved(VISIT, held("c1", stop("09:25", "09:45", number=2)))
    decided = TWO.given(*on_tuesday("c3"), *both).when(away()).decided
    assert [event.held.clerk for event in decided if isinstance(event, StaffSubstituted)] == ["c2", "c3"]


@pytest.mark.parametrize("now", ["09:00", "09:15"])
def test_what_has_begun_stays(now: str) -> None:
    """The clerk who falls ill at nine, or a quarter past, has the guest of nine o'clock there."""
    order = replace(away("08:00", "12:00"), now=at(now))
    decided = TWO.given(*reserved(VISIT)).when(order).decided
    assert [type(event).__name__ for event in decided] == ["AbsenceRecorded", "HoursOpened"]


@pytest.mark.parametrize("now", ["09:00", "09:10"])
def test_a_visit_under_way_is_not_called_off(now: str) -> None:
    """The guest is at the first stop: a colleague takes over the second, or it stays where it is."""
    first, second = held("c2", stop("09:00", "09:20")), held("c1", stop("09:25", "09:45", number=2))
    order = replace(away(), now=at(now))
    town = Scenario(decider).given(*on_tuesday("c1"), *on_tuesday("c2", ("melde",)), *reserved(first, second))
    assert [type(event).__name__ for event in town.when(order).decided] == ["AbsenceRecorded", "HoursOpened"]
    new = replace(second, clerk="c3", name="C3")
    decided = town.given(*on_tuesday("c3")).when(order).decided
    assert decided[2:] == (freed(second), taken(new), StaffSubstituted("a1", 1, "c1", new))


def test_nothing_but_what_was_shown_is_done() -> None:
    """The plan names who takes over what; another plan is refused."""
    shown = plan_of(TWO.given(*reserved(VISIT)).when(away()).decided)
    assert TWO.given(*reserved(VISIT)).when(away(plan=shown)).decided
    taken_meanwhile = TWO.given(*reserved(VISIT), *reserved(held("c2", stop("09:10", "09:30")), appointment="a2"))
    for scenario in (taken_meanwhile, taken_meanwhile.given(*on_tuesday("c3"))):
        scenario.when(away(plan=shown)).then_refused("changed_meanwhile")


def test_an_absence_that_makes_no_sense_is_refused() -> None:
    """With the field to blame."""
    TWO.when(away("11:00", "09:00")).then_refused("until_not_after_from", "until")
    TWO.when(replace(away(), now=at("12:00"))).then_refused("over", "until")
    TWO.when(replace(away(), until=at("09:00") + timedelta(days=200))).then_refused("too_long", "until")
    TWO.when(replace(away(), clerk="c9")).then_refused("unknown_clerk", "clerk")


def test_an_absence_taken_back_opens_the_hours_again() -> None:
    """Twice changes nothing, and so does recording it twice."""
    absent = TWO.given(recorded(), opened(("08:00", "09:00"), ("11:00", "12:00")))
    back = EndAbsence("e", NOW, "c1", "x1", ZONE)
    absent.when(away()).then()
    absent.when(back).then(AbsenceEnded("c1", "x1"), opened(("08:00", "12:00"))).when(back).then()
