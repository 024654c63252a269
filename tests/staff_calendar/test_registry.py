"""Who is a clerk, and which days are open."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from services.staff_calendar import decider
from services.staff_calendar.calendar import open_days
from services.staff_calendar.commands import DefineClerk, ExtendHorizon, SetQuotas
from services.staff_calendar.events import (
    ClerkDefined,
    Exceptional,
    Hours,
    HoursOpened,
    Pattern,
    Quota,
    QuotasSet,
    Responsibility,
)
from tests.given_when_then import Scenario
from tests.staff_calendar.words import NOW, ZONE, clerk, declined, held, hold, on_duty, open_from, reserved, stop

staff = Scenario(decider)
TODAY, LAST = date(2026, 11, 22), date(2027, 5, 30)
TUESDAYS = Pattern((Quota("tue", "08:00", "12:30", "rathaus"),))
CHRISTMAS = (date(2026, 12, 25),)


def define(event: ClerkDefined) -> DefineClerk:
    return DefineClerk(
        "d1",
        NOW,
        event.clerk,
        event.name,
        event.departments,
        event.competences,
        event.responsibility,
        event.languages,
    )


def set_quotas(pattern: Pattern, name: str = "c1", now: datetime = NOW, closed: tuple[date, ...] = ()) -> SetQuotas:
    return SetQuotas("q1", now, name, pattern, ZONE, closed)


def opened(
    pattern: Pattern, first: date = TODAY, last: date = LAST, closed: tuple[date, ...] = (), name: str = "c1"
) -> HoursOpened:
    return HoursOpened(name, first, last, ZONE, open_days(pattern, first, last, ZONE, closed))


OPEN = staff.given(clerk("c1"), QuotasSet("c1", TUESDAYS), opened(TUESDAYS))


def test_a_clerk_is_defined_once() -> None:
    """The same definition again says nothing; a changed one is said anew."""
    known = clerk("c1")
    changed = replace(known, responsibility=(Responsibility("buergerbuero", "district", "mitte"),))
    staff.when(define(known)).then(known)
    staff.given(known).when(define(known)).then()
    staff.given(known).when(define(changed)).then(changed)


def test_quotas_open_the_days_of_the_horizon() -> None:
    """190 days from today on, today included; a date that is not listed is closed."""
    staff.given(clerk("c1")).when(set_quotas(TUESDAYS)).then(QuotasSet("c1", TUESDAYS), opened(TUESDAYS))
    assert (LAST - TODAY).days + 1 == 190
    assert opened(TUESDAYS).days[0].date == date(2026, 11, 24)


def test_today_is_the_local_date() -> None:
    """Half past midnight in Gütersloh is still yesterday in UTC."""
    late = datetime(2026, 11, 21, 23, 30, tzinfo=UTC)
    (staff.given(clerk("c1")).when(set_quotas(TUESDAYS, now=late)).then(QuotasSet("c1", TUESDAYS), opened(TUESDAYS)))


def test_unchanged_quotas_say_nothing() -> None:
    """Not on the same day, nor days later: the horizon is the timer's business."""
    OPEN.when(set_quotas(TUESDAYS)).then()
    OPEN.when(set_quotas(TUESDAYS, now=NOW + timedelta(days=3))).then()
    OPEN.when(set_quotas(TUESDAYS, now=NOW + timedelta(days=300))).then()


def test_changed_quotas_open_the_whole_horizon_anew() -> None:
    """Everything from today on is replaced; no quotas at all close every day."""
    wednesdays = Pattern((Quota("wed", "08:00", "12:30", "rathaus"),))
    later = NOW + timedelta(days=1)
    (
        OPEN.when(set_quotas(wednesdays, now=later)).then(
            QuotasSet("c1", wednesdays), opened(wednesdays, TODAY + timedelta(days=1), LAST + timedelta(days=1))
        )
    )
    OPEN.when(set_quotas(Pattern())).then(QuotasSet("c1", Pattern()), opened(Pattern()))


def test_other_closed_days_open_the_days_anew() -> None:
    """Setting the same quotas again applies public holidays that have come to be known."""
    fridays = Pattern((Quota("fri", "08:00", "12:30", "rathaus"),))
    given = staff.given(clerk("c1"), QuotasSet("c1", fridays), opened(fridays))
    given.when(set_quotas(fridays, closed=CHRISTMAS)).then(opened(fridays, closed=CHRISTMAS))
    (
        staff.given(clerk("c1"), QuotasSet("c1", fridays), opened(fridays, closed=CHRISTMAS))
        .when(set_quotas(fridays, closed=CHRISTMAS))
        .then()
    )


def test_every_day_the_horizon_moves_on() -> None:
    """Only the days that are new are opened, holidays left out."""
    daily = Pattern(tuple(Quota(day, "08:00", "12:00", "rathaus") for day in ("mon", "tue", "wed", "thu", "fri")))
    given = staff.given(clerk("c1"), QuotasSet("c1", daily), opened(daily))
    tomorrow = ExtendHorizon("e1", NOW + timedelta(days=1), ZONE)
    given.when(tomorrow).then(opened(daily, date(2027, 5, 31), date(2027, 5, 31)))
    given.when(ExtendHorizon("e1", NOW, ZONE)).then()
    given.when(ExtendHorizon("e1", NOW + timedelta(days=1), ZONE, (date(2027, 5, 31),))).then()
    given.when(ExtendHorizon("e1", NOW + timedelta(days=2), ZONE, (date(2027, 5, 31),))).then(
        opened(daily, date(2027, 5, 31), date(2027, 6, 1), (date(2027, 5, 31),))
    )


def test_after_a_long_stop_the_past_is_not_opened() -> None:
    """Nobody can come yesterday."""
    year_later = NOW + timedelta(days=365)
    today = TODAY + timedelta(days=365)
    OPEN.when(ExtendHorizon("e1", year_later, ZONE)).then(opened(TUESDAYS, today, today + timedelta(days=189)))


def test_the_horizon_of_a_clerk_without_quotas_stays_closed() -> None:
    """Nothing is opened for whoever has opened nothing."""
    staff.given(clerk("c1")).when(ExtendHorizon("e1", NOW, ZONE)).then()


def test_each_clerk_is_extended_by_an_event_of_its_own() -> None:
    """In order of their ids, so that the events are named alike whenever the order is repeated."""
    mondays = Pattern((Quota("mon", "08:00", "12:00", "rathaus"),))
    two = [e for n in ("c2", "c1") for e in (clerk(n), QuotasSet(n, mondays), opened(mondays, name=n))]
    day = date(2027, 5, 31)
    staff.given(*two).when(ExtendHorizon("e1", NOW + timedelta(days=1), ZONE)).then(
        opened(mondays, day, day), opened(mondays, day, day, name="c2")
    )


def test_days_long_gone_are_dropped_from_the_registry() -> None:
    """The state holds no more than the horizon, however long the service runs."""
    daily = Pattern(tuple(Quota(day, "08:00", "12:00", "r") for day in ("mon", "tue", "wed", "thu", "fri", "sat")))
    state = decider.initial("staff")
    for event in (clerk("c1"), QuotasSet("c1", daily), opened(daily)):
        state = decider.evolve(state, event)
    for n in range(1, 400):
        for event in decider.decide(ExtendHorizon(f"e{n}", NOW + timedelta(days=n), ZONE), {"staff": state}):
            state = decider.evolve(state, event)
    assert isinstance(state, decider.Staff)
    assert len(state.clerks["c1"].days) <= 191


@pytest.mark.parametrize(
    ("pattern", "reason", "field"),
    [
        (Pattern((Quota("tue", "12:00", "08:00", "r"),)), "until_not_after_from", "weekly.0.until"),
        (Pattern((Quota("tue", "08:00", "08:00", "r"),)), "until_not_after_from", "weekly.0.until"),
        (Pattern((Quota("tue", "08:00", "09:00", "r", 2),)), "anchor_missing", "weekly.0.anchor"),
        (
            Pattern((Quota("tue", "08:00", "09:00", "r", valid_from=TODAY, valid_until=TODAY - timedelta(days=1)),)),
            "until_before_from",
            "weekly.0.valid_until",
        ),
        (
            Pattern((Quota("tue", "08:00", "10:00", "r"), Quota("tue", "09:00", "11:00", "s"))),
            "overlap",
            "weekly.1",
        ),
        (Pattern((), (Exceptional(TODAY), Exceptional(TODAY))), "date_twice", "exceptions.1.date"),
        (
            Pattern((), (Exceptional(TODAY, (Hours("r", "10:00", "09:00"),)),)),
            "until_not_after_from",
            "exceptions.0.open.0.until",
        ),
        (
            Pattern((), (Exceptional(TODAY, (Hours("r", "09:00", "10:00"), Hours("s", "09:30", "11:00"))),)),
            "overlap",
            "exceptions.0.open.1",
        ),
    ],
)
def test_quotas_that_make_no_sense_are_refused(pattern: Pattern, reason: str, field: str) -> None:
    """The reason and the value at fault are named."""
    staff.given(clerk("c1")).when(set_quotas(pattern)).then_refused(reason)
    with pytest.raises(decider.Refused) as refused:
        decider.decide(set_quotas(pattern), {"staff": decider.evolve(decider.initial("staff"), clerk("c1"))})
    assert refused.value.field == field
    assert refused.value.detail


def test_quotas_of_nobody_are_refused() -> None:
    """A clerk is defined before quotas are."""
    staff.when(set_quotas(TUESDAYS)).then_refused("unknown_clerk")


def test_a_stream_holds_its_own_events_only() -> None:
    """An event in a stream of another kind is a damaged log, and is not passed over."""
    with pytest.raises(TypeError):
        decider.evolve(decider.initial("staff"), reserved(held("c1", stop("09:00", "09:10")))[0])
    with pytest.raises(TypeError):
        decider.evolve(decider.initial("clerk-c1-2026-11-24"), open_from("c1"))


def answered(states: dict[str, decider.State]) -> dict[str, decider.State]:
    """The same, after the request was declined."""
    return states | {"reservation-a1": decider.evolve(states["reservation-a1"], declined("taken"))}


def test_what_is_needed_is_asked_for_step_by_step() -> None:
    """Registry and conversation first, then the wished clerk's day, then everybody's who might serve."""
    wish = stop("09:00", "09:10", wish="c2")
    states = {"staff": decider.initial("staff"), "reservation-a1": decider.initial("reservation-a1")}
    for event in on_duty("c1", "c2", "c3"):
        states["staff"] = decider.evolve(states["staff"], event)
    first = {"staff", "reservation-a1"}
    assert decider.needs(hold(wish), {}) == first
    assert decider.needs(hold(wish), states) == first | {"clerk-c2-2026-11-24"}
    states["clerk-c2-2026-11-24"] = decider.initial("clerk-c2-2026-11-24")
    assert decider.needs(hold(wish), states) == first | {"clerk-c2-2026-11-24"}
    busy = reserved(held("c2", wish), appointment="a0")[0]
    states["clerk-c2-2026-11-24"] = decider.evolve(states["clerk-c2-2026-11-24"], busy)
    assert decider.needs(hold(wish), answered(states)) == first
    assert decider.needs(hold(wish), states) == first | {f"clerk-{c}-2026-11-24" for c in ("c1", "c2", "c3")}
