"""Busy times come from the calendars that clerks really use, and take part in who is held."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import text

from services.staff_calendar.events import ClerkBecameBusy, ClerkBecameFree, StaffDeclined, StaffReserved
from tests.calendars.desk import Desk, day_event, event, ics
from tests.calendars.servers import Server
from tests.staff_calendar.office import wanted

BOTH = pytest.mark.parametrize("database_kind", ["sqlite", "postgresql"], indirect=True)


@BOTH
def test_what_stands_in_the_calendar_is_busy(desk: Desk, server: Server) -> None:
    """New, moved, deleted: each leads to its facts."""
    shelf = server.collection()
    shelf.put("a.ics", ics(event()))
    calendar = desk.shelf("c-17", shelf)
    desk.sync()
    assert desk.busy() == ["10:00-11:30"]
    assert desk.state(calendar).because is None
    shelf.put("a.ics", ics(event(start="20261124T090000", end="20261124T103000")))
    desk.sync()
    assert desk.busy() == ["09:00-10:30"]
    shelf.delete("a.ics")
    desk.sync()
    assert desk.busy() == []
    facts = [one for one in desk.office.log() if isinstance(one, ClerkBecameBusy | ClerkBecameFree)]
    assert [type(one).__name__ for one in facts] == [
        "ClerkBecameBusy",
        "ClerkBecameFree",
        "ClerkBecameBusy",
        "ClerkBecameFree",
    ]


def test_nothing_new_is_no_event(desk: Desk, server: Server) -> None:
    """A look at a calendar in which nothing has changed leaves no trace in the log."""
    shelf = server.collection()
    shelf.put("a.ics", ics(event()))
    desk.shelf("c-17", shelf)
    desk.sync()
    before = len(desk.office.log())
    desk.sync()
    desk.sync()
    assert len(desk.office.log()) == before


def test_a_busy_clerk_is_not_held(desk: Desk, radicale: Server) -> None:
    """Nor may a guest's buffer reach into it; beside it the clerk is free."""
    shelf = radicale.collection()
    shelf.put("a.ics", ics(event(start="20261124T090000", end="20261124T093000")))
    desk.shelf("c-17", shelf)
    desk.sync()
    for appointment, start in (("a1", "09:10"), ("a2", "08:50"), ("a3", "08:45"), ("a4", "09:30")):
        desk.office.hear("AppointmentRequested", appointment, **wanted(start))
    answers = [one for one in desk.office.log() if isinstance(one, StaffReserved | StaffDeclined)]
    assert [(one.appointment, type(one).__name__) for one in answers] == [
        ("a1", "StaffDeclined"),
        ("a2", "StaffDeclined"),
        ("a3", "StaffReserved"),
        ("a4", "StaffReserved"),
    ]


def test_other_starts_are_named_beside_what_is_busy(desk: Desk, radicale: Server) -> None:
    """A decline's alternatives keep clear of it."""
    shelf = radicale.collection()
    shelf.put("a.ics", ics(event(start="20261124T080000", end="20261124T120000")))
    desk.shelf("c-17", shelf)
    desk.sync()
    desk.office.hear("AppointmentRequested", **wanted("09:00"))
    (declined,) = [one for one in desk.office.log() if isinstance(one, StaffDeclined)]
    assert declined.because == "taken"
    assert [f"{start:%H:%M}" for start in declined.alternatives] == ["12:00", "12:05", "12:10", "12:15", "12:20"]


def test_several_calendars_of_one_clerk_add_up(desk: Desk, radicale: Server, xandikos: Server) -> None:
    """What both say is busy once; what one lets go stays as long as the other has it."""
    one, other = radicale.collection(), xandikos.collection()
    one.put("a.ics", ics(event()))
    other.put("b.ics", ics(event("e2", "20261124T110000", "20261124T120000")))
    desk.shelf("c-17", one)
    desk.shelf("c-17", other)
    desk.sync()
    assert desk.busy() == ["10:00-12:00"]
    one.delete("a.ics")
    desk.sync()
    assert desk.busy() == ["11:00-12:00"]


def test_days_at_the_town_and_days_of_a_clerk_elsewhere(desk: Desk, radicale: Server) -> None:
    """All-day entries and floating times are meant in the zone of the calendar; UTC is UTC."""
    shelf = radicale.collection()
    shelf.put("a.ics", ics(day_event("e1", "20261201", "20261203")))
    shelf.put("b.ics", ics(event("e2", "20261124T100000", "20261124T110000", zone="")))
    shelf.put("c.ics", ics(event("e3", "20261125T100000Z", "20261125T110000Z")))
    desk.shelf("c-17", shelf, zone="Europe/Lisbon")
    desk.sync()
    assert desk.busy(date="2026-12-01") == ["01:00-00:00"]
    assert desk.busy(date="2026-12-02") == ["00:00-00:00"]
    assert desk.busy(date="2026-12-03") == ["00:00-01:00"]
    assert desk.busy(date="2026-11-24") == ["11:00-12:00"]
    assert desk.busy(date="2026-11-25") == ["11:00-12:00"]


def test_a_series_without_end_goes_as_far_as_the_horizon(desk: Desk, radicale: Server) -> None:
    """And further as days pass, though nothing changes on the server."""
    shelf = radicale.collection()
    shelf.put("a.ics", ics(event("e1", "20261124T100000", "20261124T113000", "RRULE:FREQ=WEEKLY")))
    desk.shelf("c-17", shelf)
    desk.sync()
    assert desk.busy(date="2027-05-25") == ["10:00-11:30"], "summer time changes nothing for a clerk"
    assert desk.busy(date="2027-08-31") == []
    desk.sync(timedelta(days=100))
    assert desk.busy(date="2027-08-31") == ["10:00-11:30"]


@BOTH
def test_only_times_are_kept(desk: Desk, server: Server) -> None:
    """No title, place or person is anywhere in the database."""
    shelf = server.collection()
    shelf.put(
        "a.ics", ics(event("e1", "20261124T100000", "20261124T113000", "ATTENDEE;CN=Frau Geheim:mailto:g@example.org"))
    )
    desk.shelf("c-17", shelf)
    desk.sync()
    assert desk.busy() == ["10:00-11:30"]
    with desk.office.app.read() as connection:
        names = [row[0] for row in connection.execute(text(_TABLES[connection.dialect.name]))]
        stored = json.dumps(
            [
                [str(bytes(value) if isinstance(value, memoryview) else value) for value in row]
                for name in names
                for row in connection.execute(text(f'SELECT * FROM "{name}"'))
            ]
        )
    assert "e1" in stored
    for word in ("geheim", "Geheim", "Zahnarzt", "Praxis", "example.org", "secret", shelf.url):
        assert word not in stored


_TABLES = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table'",
    "postgresql": "SELECT tablename FROM pg_tables WHERE schemaname = 'public'",
}
