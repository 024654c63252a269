"""Who gets a stop of a visit."""

from dataclasses import replace
from datetime import timedelta

from services.staff_calendar import decider
from services.staff_calendar.events import ClerkDefined, HoursOpened, Responsibility
from tests.given_when_then import Scenario
from tests.staff_calendar.words import (
    DAY,
    at,
    clerk,
    declined,
    held,
    hold,
    on_duty,
    open_from,
    reserved,
    stop,
)

staff = Scenario(decider)
NINE = stop("09:00", "09:10", "09:15")


def test_a_clerk_on_duty_is_reserved() -> None:
    """One visit costs one fact in the clerk's day and one said."""
    staff.given(*on_duty("c1")).when(hold(NINE)).then(*reserved(held("c1", NINE)))


def test_a_taken_clerk_is_declined() -> None:
    """Two appointments can't have one clerk at the same time; the nearest other starts are named."""
    (
        staff.given(*on_duty("c1"), *reserved(held("c1", NINE), appointment="a0"))
        .when(hold(NINE))
        .then(declined("taken", "08:45", "09:15", "08:40", "09:20", "08:35"))
    )


def test_the_buffer_of_the_one_before_is_respected() -> None:
    """Who is blocked until 9:15 can't be had at 9:10."""
    late = stop("09:10", "09:20", "09:25")
    (
        staff.given(*on_duty("c1"), *reserved(held("c1", NINE), appointment="a0"))
        .when(hold(late))
        .then(declined("taken", "09:15", "09:20", "09:25", "09:30", "08:45"))
    )


def test_the_next_visit_may_begin_when_the_buffer_ends() -> None:
    """Half-open: blocked until 9:15 is free at 9:15."""
    next_ = stop("09:15", "09:25", "09:30")
    (
        staff.given(*on_duty("c1"), *reserved(held("c1", NINE), appointment="a0"))
        .when(hold(next_))
        .then(*reserved(held("c1", next_)))
    )


def test_two_visits_never_share_a_tick() -> None:
    """Off the grid of five minutes, the tick that both would touch belongs to the first."""
    odd, next_ = stop("09:00", "09:07"), stop("09:07", "09:10")
    (
        staff.given(*on_duty("c1", "c2"), *reserved(held("c1", odd), appointment="a0"))
        .when(hold(stop("09:07", "09:10", wish="c1")))
        .then(*reserved(held("c2", next_)))
    )


def test_the_same_attempt_asked_again_changes_nothing() -> None:
    """An order already fulfilled, or already declined, yields nothing."""
    staff.given(*on_duty("c1"), *reserved(held("c1", NINE))).when(hold(NINE)).then()
    staff.given(*on_duty("c1"), declined("taken")).when(hold(NINE)).then()


def test_the_wished_clerk_comes_first() -> None:
    """A wish goes before fair load."""
    wish = stop("09:00", "09:10", "09:15", wish="c2")
    busy = held("c2", stop("10:00", "11:00"))
    (
        staff.given(*on_duty("c1", "c2"), *reserved(busy, appointment="a0"))
        .when(hold(wish))
        .then(*reserved(held("c2", wish)))
    )


def test_another_clerk_serves_when_the_wished_one_is_taken() -> None:
    """A wish is a preference; the owner of the calendar decides."""
    wish = stop("09:00", "09:10", "09:15", wish="c2")
    (
        staff.given(*on_duty("c1", "c2"), *reserved(held("c2", NINE), appointment="a0"))
        .when(hold(wish))
        .then(*reserved(held("c1", wish)))
    )


def test_the_own_buffer_may_not_reach_into_the_next_visit() -> None:
    """At nine for ten minutes would do, but for the five minutes after it."""
    next_ = stop("09:10", "09:20", "09:25")
    (
        staff.given(*on_duty("c1"), *reserved(held("c1", next_), appointment="a0"))
        .when(hold(NINE))
        .then(declined("taken", "08:55", "08:50", "08:45", "08:40", "08:35"))
    )


def test_what_else_a_batch_has_loaded_changes_nothing() -> None:
    """The same order is decided alike, whether other orders have asked for other days before it or not."""
    first, second = stop("09:00", "09:10", wish="c2"), stop("09:10", "09:20", number=2, wish="c3")
    known = staff.given(*on_duty("c1", "c2", "c3"), *reserved(held("c2", NINE), appointment="a0"))
    whole = {f"clerk-{name}-2026-11-24": decider.initial(f"clerk-{name}-2026-11-24") for name in ("c1", "c3")}
    states = whole | known.states | {"reservation-a1": decider.initial("reservation-a1")}
    expected = reserved(held("c3", first), held("c3", second))
    known.when(hold(first, second)).then(*expected)
    assert tuple(decider.decide(hold(first, second), states)) == expected


def test_a_wished_clerk_who_does_not_fit_is_passed_over() -> None:
    """Neither an unknown clerk nor one without the competence is taken for being wished for."""
    for wish in ("nobody", "c9"):
        wanted = stop("09:00", "09:10", wish=wish)
        (
            staff.given(*on_duty("c1"), clerk("c9", competences=("melde",)), open_from("c9", ("08:00", "12:00")))
            .when(hold(wanted))
            .then(*reserved(held("c1", wanted)))
        )


def test_the_load_is_shared_fairly() -> None:
    """Without a wish the clerk with the fewest minutes that day is taken; of equals the first by id."""
    busy = held("c1", stop("10:00", "10:10"))
    staff.given(*on_duty("c2", "c1")).when(hold(NINE)).then(*reserved(held("c1", NINE)))
    (
        staff.given(*on_duty("c1", "c2"), *reserved(busy, appointment="a0"))
        .when(hold(NINE))
        .then(*reserved(held("c2", NINE)))
    )


def test_only_who_is_competent_is_taken() -> None:
    """All competences of the stop, in the department."""
    able: tuple[ClerkDefined | HoursOpened, ...] = (
        clerk("c3", competences=("pass", "melde")),
        open_from("c3", ("08:00", "12:00")),
    )
    both = stop("09:00", "09:10", competences=("pass", "melde"))
    staff.given(*on_duty("c1"), *able).when(hold(both)).then(*reserved(held("c3", both)))
    staff.given(*on_duty("c1")).when(hold(both)).then(declined("no_competent_clerk"))
    elsewhere = stop("09:00", "09:10", department="bauamt")
    staff.given(*on_duty("c1"), *able).when(hold(elsewhere)).then(declined("no_competent_clerk"))


def test_only_who_is_responsible_is_taken() -> None:
    """The rule named must be the clerk's in that department; who is there for anyone is there for every rule."""
    rules = {
        "c1": Responsibility("soziales", "surname", "soziales-L-Z", "L", "Z"),
        "c2": Responsibility("bauamt", "surname", "soziales-A-K", "A", "K"),
        "c3": Responsibility("soziales", "surname", "soziales-A-K", "A", "K"),
    }
    team = [
        event
        for name, rule in rules.items()
        for event in (
            clerk(name, departments=("soziales", "bauamt"), competences=(), responsibility=(rule,)),
            open_from(name, ("08:00", "12:00")),
        )
    ]
    wanted = stop("09:00", "09:10", competences=(), department="soziales", responsibility="soziales-A-K")
    staff.given(*team).when(hold(wanted)).then(*reserved(held("c3", wanted)))
    staff.given(*team[:4]).when(hold(wanted)).then(declined("no_competent_clerk"))
    anyone = clerk(
        "c0", departments=("soziales",), competences=(), responsibility=(Responsibility("soziales", "anyone"),)
    )
    (
        staff.given(*team[:4], anyone, open_from("c0", ("08:00", "12:00")))
        .when(hold(wanted))
        .then(*reserved(held("c0", wanted)))
    )


def test_nobody_on_duty_is_said_so() -> None:
    """Outside the quotas, and at another site, nobody is on duty."""
    early, elsewhere = stop("07:30", "08:10"), stop("09:00", "09:10")
    (
        staff.given(*on_duty("c1"))
        .when(hold(early))
        .then(declined("not_on_duty", "08:00", "08:05", "08:10", "08:15", "08:20"))
    )
    staff.given(*on_duty("c1")).when(hold(elsewhere, site="spexard")).then(declined("not_on_duty"))
    staff.given(clerk("c1")).when(hold(elsewhere)).then(declined("not_on_duty"))


def test_the_buffer_may_reach_past_the_end_of_the_quota() -> None:
    """The guest must be gone at twelve, the clerk's buffer may be afterwards; a minute more for the guest may not."""
    last = stop("11:50", "12:00", "12:05")
    staff.given(*on_duty("c1")).when(hold(last)).then(*reserved(held("c1", last)))
    over = stop("11:55", "12:05")
    (
        staff.given(*on_duty("c1"))
        .when(hold(over))
        .then(declined("not_on_duty", "11:50", "11:45", "11:40", "11:35", "11:30"))
    )


def test_a_visit_needs_one_opening_for_all_of_it() -> None:
    """A lunch break in the middle of a stop is no time on duty."""
    split = (clerk("c1"), open_from("c1", ("08:00", "09:00"), ("09:30", "12:00")))
    wanted = stop("08:50", "09:40")
    (staff.given(*split).when(hold(wanted)).then(declined("not_on_duty", "08:10", "09:30", "08:05", "09:35", "08:00")))


def test_a_reservation_stays_when_the_quota_is_narrowed() -> None:
    """Who closes the morning keeps the guests already expected, and they still block."""
    after = stop("09:05", "09:10")
    (
        staff.given(*on_duty("c1"), *reserved(held("c1", NINE), appointment="a0"), open_from("c1", ("09:00", "12:00")))
        .when(hold(after))
        .then(declined("taken", "09:15", "09:20", "09:25", "09:30", "09:35"))
    )
    (
        staff.given(*on_duty("c1"), *reserved(held("c1", NINE)), open_from("c1", ("10:00", "12:00")))
        .when(hold(NINE))
        .then()
    )


def test_alternatives_are_never_in_the_past() -> None:
    """It is ten o'clock: that the clerk was free at nine helps nobody."""
    today = DAY.replace(day=22)
    over, block = stop("09:55", "10:25", day=today), stop("10:20", "10:25", day=today)
    (
        staff.given(clerk("c1"), open_from("c1", ("08:00", "10:45"), day=today))
        .given(*reserved(held("c1", block), appointment="a0"))
        .when(hold(over))
        .then(declined("taken"))
    )


def test_alternatives_lie_within_what_is_open_and_free_to_the_minute() -> None:
    """Neither hours nor visits need begin or end on the grid of five minutes; what is touched is left out."""
    long_, block = stop("09:10", "09:22"), held("c1", stop("09:15", "09:30"))
    staff.given(*on_duty("c1"), *reserved(block, appointment="a0")).when(hold(long_)).then(
        declined("taken", "09:00", "08:55", "08:50", "09:30", "08:45")
    )
    odd = (clerk("c1"), open_from("c1", ("08:02", "12:00")))
    staff.given(*odd, *reserved(held("c1", stop("08:05", "11:55")), appointment="a0")).when(
        hold(stop("08:10", "08:15"))
    ).then(declined("taken", "11:55"))


def test_a_buffer_never_reaches_into_the_next_day() -> None:
    """The clerk's day is the boundary of what is guarded, so nothing may straddle two."""
    late = (clerk("c1"), open_from("c1", ("22:00", "23:55")))
    midnight = at("00:00", DAY + timedelta(days=1))
    fits = replace(stop("23:45", "23:55"), blocked_until=midnight)
    over = replace(fits, blocked_until=midnight + timedelta(minutes=5))
    staff.given(*late).when(hold(fits)).then(*reserved(held("c1", fits)))
    staff.given(*late).when(hold(over)).then(declined("not_on_duty", "23:40", "23:35", "23:30", "23:25", "23:20"))
