"""Clerks open hours by entries of their own calendar, besides the quotas."""

from services.staff_calendar.calendars import links
from services.staff_calendar.calendars.sync import keep_clerk
from services.staff_calendar.events import CalendarHoursSet, StaffDeclined, StaffReserved
from tests.calendars.desk import Desk, event, ics
from tests.calendars.servers import Server
from tests.calendars.test_expand import available
from tests.staff_calendar.office import wanted

WEEKLY = ("CATEGORIES:Termine", "RRULE:FREQ=WEEKLY")


def hours(desk: Desk, date: str) -> list[str]:
    """What is open that day."""
    return [f"{one['from'][11:16]}-{one['until'][11:16]} {one['site']}" for one in desk.office.day(date=date)["open"]]


def test_entries_of_a_category_open_hours(desk: Desk, radicale: Server) -> None:
    """Every week, at the site of the calendar; others still make busy, and these do not."""
    shelf = radicale.collection()
    shelf.put("a.ics", ics(event("h", "20261126T140000", "20261126T170000", *WEEKLY)))
    shelf.put("b.ics", ics(event("e", "20261126T150000", "20261126T153000")))
    desk.shelf("c-17", shelf, opens="Termine", site="avenwedde")
    desk.sync()
    assert hours(desk, "2026-11-26") == ["14:00-17:00 avenwedde"]
    assert hours(desk, "2026-12-03") == ["14:00-17:00 avenwedde"]
    assert hours(desk, "2026-11-24") == ["08:00-12:30 rathaus"], "the quotas stay"
    assert desk.busy(date="2026-11-26") == ["15:00-15:30"]
    for appointment, minutes in (("a1", "14:00"), ("a2", "15:10")):
        body = wanted(minutes)
        (stop,) = body["stops"]
        moved = {name: stop[name].replace("-24T", "-26T") for name in ("starts_at", "ends_at", "blocked_until")}
        stops = [stop | moved | {"blocked_from": None}]
        desk.office.hear("AppointmentRequested", appointment, site="avenwedde", stops=stops)
    answers = [type(one).__name__ for one in desk.office.log() if isinstance(one, StaffReserved | StaffDeclined)]
    assert answers == ["StaffReserved", "StaffDeclined"]


def test_hours_beside_the_quotas_are_added(desk: Desk, radicale: Server) -> None:
    """What both open is open once."""
    shelf = radicale.collection()
    shelf.put("a.ics", ics(event("h", "20261124T120000", "20261124T140000", "CATEGORIES:Termine")))
    desk.shelf("c-17", shelf, opens="Termine", site="rathaus")
    desk.sync()
    assert hours(desk, "2026-11-24") == ["08:00-14:00 rathaus"]
    desk.office.extend()
    assert hours(desk, "2026-11-24") == ["08:00-14:00 rathaus"]


def test_a_whole_calendar_opens_hours(desk: Desk, radicale: Server) -> None:
    """All entries of a calendar that is there for that; nothing new is no event."""
    shelf = radicale.collection()
    shelf.put("a.ics", ics(event("h", "20261126T140000", "20261126T170000")))
    desk.shelf("c-17", shelf, opens="*", site="rathaus")
    desk.sync()
    assert (hours(desk, "2026-11-26"), desk.busy(date="2026-11-26")) == (["14:00-17:00 rathaus"], [])
    shelf.put("b.ics", ics(event("t", "20261126T140000", "20261126T170000", "TRANSP:TRANSPARENT")))
    desk.sync()
    assert len([one for one in desk.office.log() if isinstance(one, CalendarHoursSet)]) == 1
    shelf.delete("a.ics")
    desk.sync()
    assert hours(desk, "2026-11-26") == []


def test_availability_opens_hours_at_the_site(desk: Desk, xandikos: Server) -> None:
    """As a server keeps it; more important ones in the same entry take hours back."""
    shelf = xandikos.collection()
    usual = available("usual", hours="14-17")
    shelf.put("a.ics", ics(usual))
    desk.shelf("c-17", shelf, site="rathaus")
    desk.sync()
    dates = ("2026-11-23", "2026-11-25", "2026-11-26")
    assert [hours(desk, date) for date in dates] == [["14:00-17:00 rathaus"]] * 3
    away = available("away", "PRIORITY:1", "DTSTART:20261124T230000Z", "DTEND:20261125T230000Z")
    shelf.put("a.ics", ics(usual, away))
    desk.sync()
    assert [hours(desk, date) for date in dates] == [["14:00-17:00 rathaus"], [], ["14:00-17:00 rathaus"]]
    assert desk.busy(date="2026-11-25") == []


def test_hours_end_with_the_calendar(desk: Desk, radicale: Server) -> None:
    """What is disconnected opens nothing."""
    shelf = radicale.collection()
    calendar = desk.shelf("c-17", shelf, opens="*", site="rathaus")
    shelf.put("a.ics", ics(event("h", "20261126T140000", "20261126T170000")))
    desk.sync()
    assert hours(desk, "2026-11-26") == ["14:00-17:00 rathaus"]
    with desk.office.app.read() as connection:
        found = links.one(connection, calendar)
    assert found is not None
    keep_clerk(desk.office.app, found.link, None, links.disconnect(calendar))
    assert hours(desk, "2026-11-26") == []
