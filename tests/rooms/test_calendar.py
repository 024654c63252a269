"""From hours to instants: weekdays, closures, closed days, and the nights on which the clocks change."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.rooms.calendar import clashing, open_days
from services.rooms.events import WEEKDAYS, Closure, Hours, Pattern

ZONE = "Europe/Berlin"


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def opened(
    pattern: Pattern, first: str, last: str | None = None, closed: tuple[date, ...] = ()
) -> dict[str, list[str]]:
    days = open_days(pattern, date.fromisoformat(first), date.fromisoformat(last or first), ZONE, closed)
    return {str(day.date): [f"{o.from_.isoformat()[11:]} {o.until.isoformat()[11:]}" for o in day.open] for day in days}


def test_weekly_hours_open_their_weekday() -> None:
    """Local wall-clock time becomes an instant with its offset; other days are left out."""
    assert opened(Pattern((Hours("tue", "08:00", "12:30"),)), "2026-11-23", "2026-12-01") == {
        "2026-11-24": ["08:00:00+01:00 12:30:00+01:00"],
        "2026-12-01": ["08:00:00+01:00 12:30:00+01:00"],
    }


def test_closures_and_closed_dates_open_nothing() -> None:
    """First and last date of a closure included."""
    daily = tuple(Hours(day, "08:00", "12:00") for day in WEEKDAYS)
    closure = Closure(date(2026, 12, 23), date(2026, 12, 24))
    assert list(opened(Pattern(daily, (closure,)), "2026-12-22", "2026-12-27", (date(2026, 12, 26),))) == [
        "2026-12-22",
        "2026-12-25",
        "2026-12-27",
    ]


def test_hours_that_touch_become_one_opening() -> None:
    """A visit may lie across the seam."""
    seam = Pattern((Hours("tue", "10:00", "12:00"), Hours("tue", "08:00", "10:00"), Hours("tue", "14:00", "15:00")))
    assert opened(seam, "2026-11-24") == {
        "2026-11-24": ["08:00:00+01:00 12:00:00+01:00", "14:00:00+01:00 15:00:00+01:00"]
    }


@pytest.mark.parametrize(
    ("day", "hours", "expected"),
    [
        ("2026-10-25", ("01:00", "05:00"), ("2026-10-24T23:00", "2026-10-25T04:00")),  # five hours on the clock's four
        ("2026-10-25", ("02:30", "04:00"), ("2026-10-25T00:30", "2026-10-25T03:00")),  # half past two, the first time
        ("2026-10-25", ("01:00", "02:30"), ("2026-10-24T23:00", "2026-10-25T01:30")),  # half past two, the second time
        ("2026-10-25", ("08:00", "12:00"), ("2026-10-25T07:00", "2026-10-25T11:00")),
        ("2027-03-28", ("01:00", "05:00"), ("2027-03-28T00:00", "2027-03-28T03:00")),  # an hour does not exist
        ("2027-03-28", ("02:30", "04:00"), ("2027-03-28T01:00", "2027-03-28T02:00")),  # begins with the change
        ("2027-03-28", ("01:00", "02:30"), ("2027-03-28T00:00", "2027-03-28T01:00")),  # ends with the change
        ("2027-03-28", ("08:00", "12:00"), ("2027-03-28T06:00", "2027-03-28T10:00")),
    ],
)
def test_when_the_clocks_change_hours_are_what_the_clock_shows(
    day: str, hours: tuple[str, str], expected: tuple[str, str]
) -> None:
    """Never shorter for a clock that goes back; without the hour that a clock going forward skips."""
    [open_day] = open_days(
        Pattern((Hours("sun", *hours),)), date.fromisoformat(day), date.fromisoformat(day), ZONE, closed=()
    )
    assert (open_day.open[0].from_, open_day.open[0].until) == (utc(expected[0]), utc(expected[1]))


def test_hours_wholly_within_the_gap_are_none() -> None:
    """Between two and three on 28 March 2027 there is no time at all."""
    assert opened(Pattern((Hours("sun", "02:10", "02:50"),)), "2027-03-28") == {}


clocks = st.times().map(lambda t: f"{t.hour:02}:{t.minute:02}")
dates = st.sampled_from(["2026-10-25", "2027-03-28", "2028-02-29", "2026-12-31", "2027-01-01"]).map(date.fromisoformat)


@settings(max_examples=100, deadline=None)
@given(st.lists(clocks, min_size=2, max_size=2, unique=True), dates)
def test_an_opening_holds_exactly_what_the_clock_says(pair: list[str], day: date) -> None:
    """From the first to the last minute that the wall clock shows as within the hours, counted minute by minute."""
    first, until = sorted(pair)
    days = open_days(Pattern((Hours(WEEKDAYS[day.weekday()], first, until),)), day, day, ZONE, ())
    zone = ZoneInfo(ZONE)
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
    minutes = [midnight + timedelta(minutes=n) for n in range(25 * 60)]
    shown = [m for m in minutes if m.astimezone(zone).date() == day and first <= f"{m.astimezone(zone):%H:%M}" < until]
    opening = [(o.from_, o.until) for d in days for o in d.open]
    assert opening == ([(shown[0], shown[-1] + timedelta(minutes=1))] if shown else [])


def test_hours_of_one_day_may_not_overlap() -> None:
    """Touching is fine."""
    assert clashing((Hours("mon", "08:00", "10:00"), Hours("mon", "10:00", "11:00"))) is None
    assert (
        clashing((Hours("mon", "10:00", "11:00"), Hours("mon", "12:00", "13:00"), Hours("mon", "09:00", "10:01"))) == 2
    )
