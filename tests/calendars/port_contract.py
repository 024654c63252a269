"""What every adapter of the port must do, whatever stands behind it.

To try an adapter of one's own, say for Exchange: a module with a fixture `make_calendar` that returns a fresh, empty
calendar as (adapter, other), where `other` is a second adapter of the same calendar, as its owner's program would be;
and `from tests.calendars.port_contract import *`. FOYER_CALENDAR_* in the environment say where it is.
"""

from collections.abc import Callable

import pytest

from services.staff_calendar.calendars.port import Calendar, Trouble
from tests.calendars.desk import event, ics

MakeCalendar = Callable[[], tuple[Calendar, Calendar]]
__all__ = [
    "test_a_calendar_says_what_it_can_do",
    "test_a_second_entry_of_a_name_is_refused",
    "test_an_entry_changed_by_another_is_not_written_over",
    "test_an_unknown_token_leads_to_everything",
    "test_changes_are_told_step_by_step",
    "test_deleting_twice_is_no_trouble",
    "test_what_is_gone_has_no_content",
    "test_what_was_put_can_be_read",
]


def test_a_calendar_says_what_it_can_do(make_calendar: MakeCalendar) -> None:
    """It can be read and written, and answers without trouble."""
    calendar, _ = make_calendar()
    able = calendar.abilities()
    assert (able.reads, able.writes) == (True, True)


def test_what_was_put_can_be_read(make_calendar: MakeCalendar) -> None:
    """With its UID and times, whatever else the server makes of it."""
    calendar, other = make_calendar()
    href = calendar.href("e-1.ics")
    calendar.put(href, ics(event("e-1")), None)
    (found,) = other.read([href])
    assert found.ics is not None
    assert found.etag
    for word in (b"e-1", b"20261124T100000", b"20261124T113000"):
        assert word in found.ics


def test_changes_are_told_step_by_step(make_calendar: MakeCalendar) -> None:
    """New, changed, deleted; nothing where nothing happened."""
    calendar, other = make_calendar()
    first = calendar.changes(None)
    assert first.changed == ()
    href = other.href("e-1.ics")
    etag = other.put(href, ics(event("e-1")), None)
    second = calendar.changes(first.token)
    assert [one.href for one in second.changed] == [href]
    nothing = calendar.changes(second.token)
    assert (nothing.changed if not nothing.whole else (), nothing.deleted) == ((), ())
    other.put(href, ics(event("e-1", start="20261124T090000")), etag)
    third = calendar.changes(nothing.token)
    assert [one.href for one in third.changed] == [href]
    other.delete(href, None)
    fourth = calendar.changes(third.token)
    assert href in fourth.deleted or (fourth.whole and fourth.changed == ())


def test_an_unknown_token_leads_to_everything(make_calendar: MakeCalendar) -> None:
    """Never to an error: servers forget."""
    calendar, _ = make_calendar()
    href = calendar.href("e-1.ics")
    calendar.put(href, ics(event("e-1")), None)
    changes = calendar.changes("step:of-another-age")
    assert changes.whole
    assert [one.href for one in changes.changed] == [href]


def test_a_second_entry_of_a_name_is_refused(make_calendar: MakeCalendar) -> None:
    """So that an entry written before a crash is not written twice."""
    calendar, _ = make_calendar()
    href = calendar.href("e-1.ics")
    calendar.put(href, ics(event("e-1")), None)
    with pytest.raises(Trouble) as refused:
        calendar.put(href, ics(event("e-1", start="20261124T090000")), None)
    assert refused.value.because == "changed_meanwhile"


def test_an_entry_changed_by_another_is_not_written_over(make_calendar: MakeCalendar) -> None:
    """Neither written nor deleted."""
    calendar, other = make_calendar()
    href = calendar.href("e-1.ics")
    calendar.put(href, ics(event("e-1")), None)
    (before,) = calendar.read([href])
    other.put(href, ics(event("e-1", start="20261124T090000")), before.etag)
    for change in (
        lambda: calendar.put(href, ics(event("e-1", start="20261124T080000")), before.etag),
        lambda: calendar.delete(href, before.etag),
    ):
        with pytest.raises(Trouble) as refused:
            change()
        assert refused.value.because == "changed_meanwhile"
    (now,) = calendar.read([href])
    assert now.ics is not None
    assert b"20261124T090000" in now.ics


def test_deleting_twice_is_no_trouble(make_calendar: MakeCalendar) -> None:
    """Gone is gone."""
    calendar, _ = make_calendar()
    href = calendar.href("e-1.ics")
    calendar.put(href, ics(event("e-1")), None)
    calendar.delete(href, None)
    calendar.delete(href, None)


def test_what_is_gone_has_no_content(make_calendar: MakeCalendar) -> None:
    """It is told, not left out."""
    calendar, _ = make_calendar()
    href = calendar.href("never.ics")
    assert [(one.href, one.ics) for one in calendar.read([href])] == [(href, None)]
