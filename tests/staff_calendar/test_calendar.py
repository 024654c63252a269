"""From quotas to instants: weeks, exceptions, closed days, and the nights on which the clocks change."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from services.staff_calendar.calendar import clashing, falls_on, open_days, overlapping
from services.staff_calendar.events import WEEKDAYS, Exceptional, Hours, Pattern, Quota, Weekday

ZONE = "Europe/Berlin"
DAY = date(2026, 11, 24)
MONDAY = date(2026, 1, 5)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def opened(
    pattern: Pattern, first: str, last: str | None = None, closed: tuple[date, ...] = ()
) -> dict[str, list[str]]:
    days = open_days(pattern, date.fromisoformat(first), date.fromisoformat(last or first), ZONE, closed)
    return {
        str(day.date): [f"{o.from_.isoformat()[11:]} {o.until.isoformat()[11:]} {o.site}" for o in day.open]
        for day in days
    }


def weekly(*quotas: Quota) -> Pattern:
    return Pattern(quotas)


def test_a_weekly_quota_opens_its_weekday() -> None:
    """Local wall-clock time becomes an instant with its offset; other days are left out."""
    tuesday = weekly(Quota("tue", "08:00", "12:30", "rathaus"))
    assert opened(tuesday, "2026-11-23", "2026-12-01") == {
        "2026-11-24": ["08:00:00+01:00 12:30:00+01:00 rathaus"],
        "2026-12-01": ["08:00:00+01:00 12:30:00+01:00 rathaus"],
    }


def test_a_quota_of_every_second_week_follows_its_anchor() -> None:
    """Weeks count from Monday, before the anchor too, and over the end of a year with 53 weeks."""
    fortnightly = Quota("fri", "08:00", "12:00", "spexard", every_weeks=2, anchor=date(2026, 12, 21))
    fridays = [date(2026, 12, 11) + timedelta(weeks=n) for n in range(6)]
    assert [falls_on(fortnightly, day) for day in fridays] == [True, False, True, False, True, False]
    assert not falls_on(fortnightly, date(2026, 12, 24))


def test_an_exception_replaces_the_quotas_of_its_date() -> None:
    """Other hours, or none at all: absent."""
    pattern = Pattern(
        (Quota("tue", "08:00", "12:30", "rathaus"), Quota("wed", "08:00", "12:30", "rathaus")),
        (
            Exceptional(date(2026, 11, 24), (Hours("spexard", "10:00", "11:00"),), "Sprechtag"),
            Exceptional(date(2026, 11, 25)),
        ),
    )
    assert opened(pattern, "2026-11-23", "2026-11-26") == {"2026-11-24": ["10:00:00+01:00 11:00:00+01:00 spexard"]}


def test_on_closed_dates_nothing_is_open() -> None:
    """A public holiday goes before quotas and exceptions."""
    pattern = Pattern(
        tuple(Quota(day, "08:00", "12:00", "rathaus") for day in WEEKDAYS),
        (Exceptional(date(2026, 12, 25), (Hours("rathaus", "09:00", "10:00"),)),),
    )
    assert list(opened(pattern, "2026-12-24", "2026-12-27", (date(2026, 12, 25), date(2026, 12, 26)))) == [
        "2026-12-24",
        "2026-12-27",
    ]


def test_hours_that_touch_become_one_opening() -> None:
    """A visit may lie across the seam of two quotas at one site, not of two sites."""
    seam = weekly(Quota("tue", "10:00", "12:00", "rathaus"), Quota("tue", "08:00", "10:00", "rathaus"))
    assert opened(seam, "2026-11-24") == {"2026-11-24": ["08:00:00+01:00 12:00:00+01:00 rathaus"]}
    sites = weekly(Quota("tue", "10:00", "12:00", "spexard"), Quota("tue", "08:00", "10:00", "rathaus"))
    assert opened(sites, "2026-11-24") == {
        "2026-11-24": ["08:00:00+01:00 10:00:00+01:00 rathaus", "10:00:00+01:00 12:00:00+01:00 spexard"]
    }


@pytest.mark.parametrize(
    ("hours", "expected"),
    [
        (("01:00", "05:00"), ("2026-10-24T23:00", "2026-10-25T04:00")),  # five hours on the clock's four
        (("02:30", "04:00"), ("2026-10-25T00:30", "2026-10-25T03:00")),  # begins the first time it is half past two
        (("01:00", "02:30"), ("2026-10-24T23:00", "2026-10-25T01:30")),  # ends the second time
        (("08:00", "12:00"), ("2026-10-25T07:00", "2026-10-25T11:00")),
    ],
)
def test_when_the_clocks_go_back_an_opening_is_never_shorter(hours: tuple[str, str], expected: tuple[str, str]) -> None:
    """25 October 2026, three o'clock becomes two: the hour that comes twice is open twice."""
    (day,) = open_days(weekly(Quota("sun", *hours, "rathaus")), date(2026, 10, 25), date(2026, 10, 25), ZONE, closed=())
    assert (day.open[0].from_, day.open[0].until) == (utc(expected[0]), utc(expected[1]))


@pytest.mark.parametrize(
    ("hours", "expected"),
    [
        (("01:00", "05:00"), ("2027-03-28T00:00", "2027-03-28T03:00")),  # three hours: one does not exist
        (("02:30", "04:00"), ("2027-03-28T01:00", "2027-03-28T02:00")),  # begins with the change
        (("01:00", "02:30"), ("2027-03-28T00:00", "2027-03-28T01:00")),  # ends with the change
        (("08:00", "12:00"), ("2027-03-28T06:00", "2027-03-28T10:00")),
    ],
)
def test_when_the_clocks_go_forward_a_time_that_does_not_exist_is_the_change(
    hours: tuple[str, str], expected: tuple[str, str]
) -> None:
    """28 March 2027, two o'clock becomes three."""
    (day,) = open_days(weekly(Quota("sun", *hours, "rathaus")), date(2027, 3, 28), date(2027, 3, 28), ZONE, closed=())
    assert (day.open[0].from_, day.open[0].until) == (utc(expected[0]), utc(expected[1]))


def test_hours_wholly_within_the_gap_are_none() -> None:
    """Between two and three on 28 March 2027 there is no time at all."""
    assert opened(weekly(Quota("sun", "02:10", "02:50", "rathaus")), "2027-03-28") == {}


def test_a_weekday_quota_keeps_its_clock_over_the_change() -> None:
    """Eight o'clock is eight o'clock, with the offset of the day."""
    monday = weekly(Quota("mon", "08:00", "09:00", "rathaus"))
    assert opened(monday, "2026-10-19", "2026-10-26") == {
        "2026-10-19": ["08:00:00+02:00 09:00:00+02:00 rathaus"],
        "2026-10-26": ["08:00:00+01:00 09:00:00+01:00 rathaus"],
    }


def test_leap_day_and_year_end_are_days_like_others() -> None:
    """29 February 2028 is a Tuesday; 31 December 2026 and 1 January 2027 follow one another."""
    daily = weekly(*(Quota(day, "08:00", "09:00", "rathaus") for day in WEEKDAYS))
    assert list(opened(daily, "2028-02-28", "2028-03-01")) == ["2028-02-28", "2028-02-29", "2028-03-01"]
    assert list(opened(daily, "2026-12-31", "2027-01-01")) == ["2026-12-31", "2027-01-01"]
    assert list(opened(weekly(Quota("tue", "08:00", "09:00", "r")), "2028-02-28", "2028-03-06")) == ["2028-02-29"]


clocks = st.times().map(lambda t: f"{t.hour:02}:{t.minute:02}")
dates = st.sampled_from(["2026-10-25", "2027-03-28", "2028-02-29", "2026-12-31", "2027-01-01"]).map(date.fromisoformat)


@cache
def minutes_of(day: date) -> list[tuple[datetime, str]]:
    """Every minute of a local day and what the clock shows at it."""
    zone = ZoneInfo(ZONE)
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
    minutes = ((midnight + timedelta(minutes=n)).astimezone(zone) for n in range(25 * 60))
    return [(local.astimezone(UTC), f"{local:%H:%M}") for local in minutes if local.date() == day]


@given(clocks, clocks, dates)
def test_an_opening_holds_exactly_what_the_clock_says(one: str, other: str, day: date) -> None:
    """From the first to the last minute that the wall clock shows as within the quota, counted minute by minute."""
    first, until = min(one, other), max(one, other)
    assume(first < until)
    days = open_days(weekly(Quota(WEEKDAYS[day.weekday()], first, until, "r")), day, day, ZONE, ())
    shown = [minute for minute, clock in minutes_of(day) if first <= clock < until]
    opening = [(o.from_, o.until) for d in days for o in d.open]
    assert opening == ([(shown[0], shown[-1] + timedelta(minutes=1))] if shown else [])


def test_quotas_overlap_only_when_they_share_a_week() -> None:
    """Two fortnightly quotas may alternate on one weekday; with the weekly one they clash."""
    even = Quota("fri", "08:00", "12:00", "rathaus", 2, date(2026, 12, 4))
    odd = Quota("fri", "09:00", "11:00", "spexard", 2, date(2026, 12, 11))
    every_third = Quota("fri", "09:00", "10:00", "spexard", 3, date(2026, 12, 4))
    assert overlapping((even, odd), DAY) is None
    assert overlapping((even, odd, every_third), DAY) == (0, 2)
    assert overlapping((even, Quota("fri", "12:00", "13:00", "rathaus")), DAY) is None
    assert overlapping((odd, Quota("thu", "09:00", "11:00", "rathaus")), DAY) is None
    assert overlapping((odd, Quota("fri", "10:59", "13:00", "rathaus")), DAY) == (0, 1)


rhythms = st.builds(
    lambda n, start: Quota("mon", "08:00", "09:00", "r", n, MONDAY + timedelta(weeks=start)),
    st.integers(1, 6),
    st.integers(0, 12),
)
limits = st.none() | st.integers(-30, 90).map(lambda days: MONDAY + timedelta(days=days))
limited = st.builds(
    lambda quota, nth, first, last: replace(quota, of_month=nth, valid_from=first, valid_until=last),
    rhythms,
    st.sampled_from((None, None, 1, 2, 4, 5, -1)),
    limits,
    limits,
)


@given(rhythms, rhythms)
def test_whether_two_rhythms_meet_agrees_with_counting_weeks(a: Quota, b: Quota) -> None:
    """The arithmetic of periods finds a shared week exactly where counting finds one."""
    mondays = [MONDAY + timedelta(weeks=n) for n in range(60)]
    assert (overlapping((a, b), MONDAY) is not None) == any(falls_on(a, day) and falls_on(b, day) for day in mondays)


@given(limited, limited)
def test_whether_two_quotas_meet_agrees_with_counting_days(a: Quota, b: Quota) -> None:
    """Also the second Monday of a month, the last one, and from one date to another; over sixty years."""
    mondays = (MONDAY + timedelta(weeks=n) for n in range(60 * 52))
    assert (overlapping((a, b), MONDAY) is not None) == any(falls_on(a, day) and falls_on(b, day) for day in mondays)


def test_a_quota_of_the_nth_weekday_of_a_month() -> None:
    """The second Tuesday; the fifth, which few months have; the last, which every month has."""
    days = [date(2026, 11, 1) + timedelta(days=n) for n in range(92)]

    def falls(nth: int) -> list[str]:
        quota = Quota("tue", "14:00", "18:00", "spexard", of_month=nth)
        return [f"{day:%m-%d}" for day in days if falls_on(quota, day)]

    assert falls(2) == ["11-10", "12-08", "01-12"]
    assert falls(5) == ["12-29"]
    assert falls(-1) == ["11-24", "12-29", "01-26"]


def test_the_last_weekday_of_a_month_is_its_fourth_or_fifth() -> None:
    """So it clashes with these, not with the others."""
    last = Quota("tue", "08:00", "12:00", "rathaus", of_month=-1)
    clash = [nth for nth in (1, 2, 3, 4, 5) if overlapping((last, replace(last, of_month=nth)), DAY)]
    assert clash == [4, 5]


def test_a_quota_is_valid_from_one_date_to_another() -> None:
    """Both inclusive; the summer's hours may follow the spring's."""
    spring = Quota("tue", "08:00", "12:00", "rathaus", valid_until=date(2027, 6, 1))
    summer = Quota("tue", "07:00", "11:00", "rathaus", valid_from=date(2027, 6, 8), valid_until=date(2027, 6, 8))
    opened = open_days(weekly(spring, summer), date(2027, 5, 25), date(2027, 6, 30), ZONE, ())
    assert [(f"{day.date:%m-%d}", f"{day.open[0].from_:%H}") for day in opened] == [
        ("05-25", "08"),
        ("06-01", "08"),
        ("06-08", "07"),
    ]
    assert overlapping((spring, summer), DAY) is None
    assert overlapping((spring, replace(summer, valid_from=date(2027, 6, 1))), DAY) == (0, 1)
    assert overlapping((spring, replace(summer, valid_from=date(2027, 6, 1))), date(2027, 6, 2)) is None


def test_hours_of_one_date_may_not_overlap() -> None:
    """Nobody is at two sites at once."""
    assert clashing((Hours("a", "08:00", "10:00"), Hours("b", "10:00", "11:00"))) is None
    assert clashing((Hours("a", "08:00", "10:00"), Hours("b", "09:00", "11:00"))) == (0, 1)


def test_every_weekday_is_known() -> None:
    """mon to sun, as date.weekday() counts them."""
    names: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    assert names == WEEKDAYS
