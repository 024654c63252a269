"""A busy time over an appointment does not remove it: it is shown, with who could take over."""

from services.staff_calendar.calendars.conflicts import conflicts
from tests.calendars.desk import Desk, event, ics
from tests.calendars.servers import Server
from tests.staff_calendar.office import wanted


def test_a_busy_time_over_an_appointment_is_a_conflict(desk: Desk, radicale: Server) -> None:
    """The appointment stays; the colleague who is free is named, the one who is busy too is not."""
    desk.office.employ("c-18", "c-19")
    desk.office.hear("AppointmentRequested", **wanted("09:00", clerk="c-17"))
    mine, other = radicale.collection(), radicale.collection()
    mine.put("a.ics", ics(event(start="20261124T085000", end="20261124T100000")))
    other.put("b.ics", ics(event(start="20261124T085000", end="20261124T091000")))
    desk.shelf("c-17", mine)
    desk.shelf("c-18", other)
    desk.sync()
    (found,) = conflicts(desk.office.app)
    assert (found.clerk, found.appointment, found.starts_at) == ("c-17", "a1", "2026-11-24T09:00:00+01:00")
    assert found.busy == (("2026-11-24T08:50:00+01:00", "2026-11-24T10:00:00+01:00"),)
    assert [one.clerk for one in found.colleagues] == ["c-19"]
    assert len(desk.office.day()["reservations"]) == 1
    assert conflicts(desk.office.app, clerk="c-18") == []
    assert conflicts(desk.office.app, department="buergerbuero") == [found]
    assert conflicts(desk.office.app, department="bauamt") == []


def test_what_ends_where_the_appointment_begins_is_none(desk: Desk, radicale: Server) -> None:
    """Beside each other is fine."""
    desk.office.hear("AppointmentRequested", **wanted("09:00"))
    shelf = radicale.collection()
    shelf.put("a.ics", ics(event(start="20261124T083000", end="20261124T090000")))
    desk.shelf("c-17", shelf)
    desk.sync()
    assert desk.busy() == ["08:30-09:00"]
    assert conflicts(desk.office.app) == []


def test_a_conflict_ends_with_the_busy_time(desk: Desk, radicale: Server) -> None:
    """Or with the appointment."""
    desk.office.hear("AppointmentRequested", **wanted("09:00"))
    shelf = radicale.collection()
    shelf.put("a.ics", ics(event(start="20261124T083000", end="20261124T093000")))
    desk.shelf("c-17", shelf)
    desk.sync()
    assert len(conflicts(desk.office.app)) == 1
    desk.office.hear("AppointmentCancelled")
    assert conflicts(desk.office.app) == []
