"""From snapshots of free places to visits: what one guest did stays, what the office or the clock did goes."""

from datetime import datetime, timedelta

from deploy.town.derive_demand import Change, busiest, changes, played, without_holds
from deploy.town.facts import load

MONDAY = datetime.fromisoformat("2026-02-09T10:04")
THURSDAY = datetime.fromisoformat("2026-02-12T09:00")


def row(kind: str, starts_at: datetime, seen_at: datetime = MONDAY, counter: str = "1") -> dict[str, str]:
    return {"seen_at": str(seen_at), "kind": kind, "slot_start": str(starts_at), "location_id": counter}


def later(minutes: int, moment: datetime = THURSDAY) -> datetime:
    return moment + timedelta(minutes=minutes)


def test_a_start_time_that_several_counters_show_counts_once() -> None:
    """The counters of an authority share their clerks."""
    assert changes([row("taken", THURSDAY), row("taken", THURSDAY, counter="2")]) == [Change(MONDAY, True, THURSDAY)]


def test_neighbouring_start_times_are_one_visit() -> None:
    """A visit of fifteen minutes takes three starts of a five-minute grid with it; a run of half an hour is two."""
    rows = [row("taken", later(minutes)) for minutes in (0, 5, 10, 15, 20, 25, 60)]
    assert [change.starts_at for change in changes(rows)] == [later(0), later(15), later(60)]


def test_a_closed_afternoon_is_not_demand() -> None:
    """Thirteen visits of one day gone at once is the office; on two days it may be thirteen guests."""
    rows = [row("taken", later(20 * n)) for n in range(13)]
    assert changes(rows) == []
    assert len(changes([*rows[:12], row("taken", later(24 * 60))])) == 13


def test_a_place_that_time_has_run_out_for_is_not_demand() -> None:
    """And a day that is opened is none either."""
    assert changes([row("taken", later(10, MONDAY)), row("day_opened", THURSDAY)]) == []


def test_a_hold_that_was_given_up_is_neither_a_booking_nor_a_cancellation() -> None:
    """Within two snapshots; after an hour it is both."""
    taken, back = Change(MONDAY, True, THURSDAY), Change(later(30, MONDAY), False, later(5))
    assert without_holds([taken, back]) == []
    cancelled = Change(later(60, MONDAY), False, THURSDAY)
    assert without_holds([taken, cancelled]) == [taken, cancelled]


def test_a_cancellation_takes_the_booking_with_the_nearest_lead_time() -> None:
    """And one before the first booking has nothing to take."""
    day = [
        Change(later(-60, MONDAY), False, THURSDAY),
        Change(MONDAY, True, THURSDAY),
        Change(MONDAY, True, later(24 * 60 * 5)),
        Change(later(60, MONDAY), False, later(24 * 60 * 4)),
    ]
    rows = list(played(day, load().concerns))
    assert [(action, what.lead_days) for _, action, what in rows] == [("book", 3), ("book", 8), ("cancel", 8)]
    assert rows[1][2] == rows[2][2]


def test_what_one_snapshot_shows_is_spread_over_the_minutes_before_it() -> None:
    """Nobody knows when within the quarter of an hour; all at once it was not."""
    day = [Change(MONDAY, True, later(60 * n)) for n in range(3)]
    assert [minute for minute, _, _ in played(day, load().concerns)] == [590, 595, 600]
    assert MONDAY.hour * 60 + MONDAY.minute == 604


def test_the_busiest_day_is_the_one_with_most_bookings() -> None:
    """Cancellations don't count."""
    day = [Change(MONDAY, True, THURSDAY), *(Change(later(n, THURSDAY), False, THURSDAY) for n in range(3))]
    assert busiest(day) == MONDAY.date()
