"""What a clerk has done with visits in the own calendar is shown until it is settled."""

from services.staff_calendar.calendars.uids import Uids
from services.staff_calendar.calendars.wishes import OpenWish, wishes
from services.staff_calendar.service import StaffCalendarService
from tests.calendars.desk import Desk
from tests.calendars.servers import Server, Shelf
from tests.over_http import over_http, token
from tests.staff_calendar.office import wanted


def visited(desk: Desk, shelf: Shelf) -> str:
    """A visit at nine stands in the clerk's calendar; the resource's name."""
    desk.shelf("c-17", shelf, writes=True)
    desk.office.hear("AppointmentRequested", **wanted("09:00"))
    desk.office.hear("AppointmentConfirmed")
    desk.sync()
    return f"{Uids(desk.office.settings.secret).of('a1', 1)}.ics"


def moved(ics: bytes) -> bytes:
    """To eleven o'clock."""
    return ics.replace(b"20261124T080000Z", b"20261124T100000Z").replace(b"20261124T081000Z", b"20261124T101000Z")


def page(desk: Desk) -> str:
    """The clerk's page of the day."""
    client = over_http(StaffCalendarService, desk.office.app, roles=())
    bearer = token(desk.office.app, "clerk", person="c-17")
    headers = {"Accept-Language": "de", "Authorization": f"Bearer {bearer}"}
    return client.get("/staff?date=2026-11-24", headers=headers).text


def test_a_wish_is_shown_until_it_is_put_back(desk: Desk, radicale: Server) -> None:
    """With the time the clerk would rather have; the visit stands as it was."""
    shelf = radicale.collection()
    name = visited(desk, shelf)
    before = shelf.get(name)
    assert before is not None
    assert wishes(desk.office.app) == []
    assert "in Ihrem Kalender geändert" not in page(desk)
    shelf.put(name, moved(before))
    desk.sync()
    (wish,) = wishes(desk.office.app)
    times = "2026-11-24T09:00:00+01:00", "2026-11-24T09:10:00+01:00"
    instead = "2026-11-24T11:00:00+01:00", "2026-11-24T11:10:00+01:00"
    title = wish.title
    assert wish == OpenWish("c-17", "J. Brinkmann", "a1", 1, 1, title, "rathaus", *times, "move", *instead)
    assert f"09:00 {title} – verschoben auf Dienstag, 24. November 2026, 11:00" in page(desk)
    assert wishes(desk.office.app, clerk="c-18") == []
    shelf.put(name, before)
    desk.sync()
    assert wishes(desk.office.app) == []


def test_a_wish_ends_when_the_visit_is_moved_or_over(desk: Desk, radicale: Server) -> None:
    """While it is being moved, the time that is sure still counts."""
    shelf = radicale.collection()
    shelf.delete(visited(desk, shelf))
    desk.sync()
    assert [(one.wish, one.wished_from) for one in wishes(desk.office.app)] == [("cancel", None)]
    assert "– gelöscht" in page(desk)
    desk.office.hear("AppointmentMoveRequested", attempt=2, **wanted("10:00"))
    assert [one.attempt for one in wishes(desk.office.app)] == [1]
    desk.office.hear("AppointmentMoved", attempt=2)
    assert wishes(desk.office.app) == []
