"""Timeouts are rows."""

from datetime import timedelta, timezone

from shared.app import App
from shared.timers import clear_timer, set_timer
from tests.shared.toy import NOON

SECOND = timedelta(seconds=1)


def test_what_is_due_comes_the_longest_waiting_first(app: App) -> None:
    """Exactly from its time on, whatever offset that was given in; each kind by itself."""
    berlin = timezone(timedelta(hours=1))
    app.write(
        set_timer("hold", "later", NOON + SECOND),
        set_timer("hold", "now", NOON.astimezone(berlin)),
        set_timer("hold", "before", NOON - SECOND),
        set_timer("day", "other", NOON - SECOND),
    )
    assert app.due("hold") == ["before", "now"]
    assert app.due("hold", limit=1) == ["before"]


def test_a_timer_is_set_anew_and_taken_back(app: App) -> None:
    """One per kind and subject; taking back what is not there does nothing."""
    app.write(*(set_timer(kind, subject, NOON) for kind in ("hold", "mark") for subject in ("a", "b")))
    app.write(set_timer("hold", "a", NOON + SECOND), clear_timer("hold", "b"), clear_timer("hold", "nobody"))
    assert app.due("hold") == []
    assert sorted(app.due("mark")) == ["a", "b"]
    app.write(set_timer("hold", "a", NOON))
    assert app.due("hold") == ["a"]


def test_what_lies_too_far_ahead_is_due(app: App) -> None:
    """Where a kind is never set further ahead than that, only a wrong clock can have done so."""
    app.write(set_timer("hold", "furthest", NOON + SECOND), set_timer("hold", "beyond", NOON + 1.5 * SECOND))
    assert app.due("hold") == []
    assert app.due("hold", furthest=SECOND) == ["beyond"]
