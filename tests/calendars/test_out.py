"""Appointments stand in the clerk's own calendar within seconds; what the clerk does with them there is a wish."""

import re
from datetime import timedelta
from typing import Any

import pytest

from services.staff_calendar.calendars import links
from services.staff_calendar.calendars.adapters.caldav import CalDav
from services.staff_calendar.calendars.port import Trouble
from services.staff_calendar.calendars.rounds import Rounds
from services.staff_calendar.calendars.tables import written
from services.staff_calendar.calendars.uids import Uids
from services.staff_calendar.events import ClerkWished
from tests.calendars.desk import QUICK, Desk, event, ics
from tests.calendars.servers import Server, Shelf
from tests.staff_calendar.office import wanted


def entry(desk: Desk, shelf: Shelf, appointment: str = "a1") -> str | None:
    """How the visit stands in the calendar, with its lines unfolded."""
    uid = Uids(desk.office.settings.secret).of(appointment, 1)
    stored = shelf.get(f"{uid}.ics")
    return stored and re.sub(r"\r?\n[ \t]", "", stored.decode())


def test_a_visit_is_tentative_confirmed_moved_and_gone(desk: Desk, server: Server) -> None:
    """One entry with one UID and a rising SEQUENCE; no guest is named; it never makes the clerk busy."""
    shelf = server.collection()
    calendar = desk.shelf("c-17", shelf, writes=True)
    desk.sync()
    desk.office.hear("AppointmentRequested", **wanted("09:00"))
    desk.rounds.whole()
    first = entry(desk, shelf)
    assert first is not None
    for line in ("STATUS:TENTATIVE", "DTSTART:20261124T080000Z", "DTEND:20261124T081000Z", "SEQUENCE:0"):
        assert line in first
    desk.office.hear("AppointmentConfirmed")
    desk.rounds.whole()
    second = entry(desk, shelf)
    assert second is not None
    assert "STATUS:CONFIRMED" in second
    assert "SEQUENCE:1" in second
    desk.office.hear("AppointmentMoveRequested", attempt=2, **wanted("10:00"))
    desk.rounds.whole()
    assert entry(desk, shelf) == second, "the old time stands until the new one is sure"
    desk.office.hear("AppointmentMoved", attempt=2)
    desk.rounds.whole()
    third = entry(desk, shelf)
    assert third is not None
    assert "DTSTART:20261124T090000Z" in third
    desk.sync()
    assert desk.busy() == []
    assert desk.state(calendar).because is None
    desk.office.hear("AppointmentCancelled")
    desk.rounds.whole()
    assert entry(desk, shelf) is None
    assert [one for one in desk.office.log() if isinstance(one, ClerkWished)] == []


def test_it_stands_there_though_the_next_look_is_not_due(desk: Desk, radicale: Server) -> None:
    """Who holds something is asked at every tick, not at every poll."""
    shelf = radicale.collection()
    desk.shelf("c-17", shelf, writes=True)
    desk.sync()
    desk.office.hear("AppointmentRequested", **wanted("09:00"))
    desk.sync(later=timedelta(seconds=1))
    assert entry(desk, shelf) is not None


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("what", ["new", "changed", "deleted"])
def test_a_crash_leaves_no_entry_twice_and_none_missing(
    desk: Desk, server: Server, monkeypatch: pytest.MonkeyPatch, what: str, when: str
) -> None:
    """Killed before or after the server took it, and before it was recorded: after the restart all is as it should."""
    shelf = server.collection()
    desk.shelf("c-17", shelf, writes=True)
    desk.sync()
    if what != "new":
        desk.office.hear("AppointmentRequested", **wanted("09:00"))
        desk.rounds.whole()
    kinds = {"new": "AppointmentRequested", "changed": "AppointmentConfirmed", "deleted": "AppointmentCancelled"}
    desk.office.hear(kinds[what], **(wanted("09:00") if what == "new" else {}))
    name = "delete" if what == "deleted" else "put"
    real = getattr(CalDav, name)

    def dies(self: CalDav, *how: Any) -> Any:
        if when == "after":
            real(self, *how)
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(CalDav, name, dies)
        with desk.office.app.read() as connection:
            (found,) = links.connected(connection)
        with pytest.raises(Killed):
            desk.rounds.look(found)
    desk.rounds.close()
    desk.rounds = Rounds(desk.office.app, QUICK)
    desk.sync()
    listed = CalDav(shelf.access, QUICK.guard, QUICK.limits, desk.rounds.pool).changes(None).changed
    assert len(listed) == (0 if what == "deleted" else 1)
    stored = entry(desk, shelf)
    if what == "deleted":
        assert stored is None
    else:
        assert stored is not None
        assert f"STATUS:{'TENTATIVE' if what == 'new' else 'CONFIRMED'}" in stored
    with desk.office.app.read() as connection:
        assert len(connection.execute(written.select()).all()) == len(listed)
    assert [one for one in desk.office.log() if isinstance(one, ClerkWished)] == []


def test_what_the_clerk_moves_is_a_wish(desk: Desk, server: Server) -> None:
    """The guest is not overrun: what is held stays, the entry stays where the clerk has put it."""
    shelf = server.collection()
    desk.shelf("c-17", shelf, writes=True)
    desk.office.hear("AppointmentRequested", **wanted("09:00"))
    desk.office.hear("AppointmentConfirmed")
    desk.sync()
    before = entry(desk, shelf)
    assert before is not None
    uid = Uids(desk.office.settings.secret).of("a1", 1)
    moved = before.replace("20261124T080000Z", "20261124T100000Z").replace("20261124T081000Z", "20261124T101000Z")
    shelf.put(f"{uid}.ics", moved.encode())
    desk.sync()
    desk.sync()
    (wish,) = [one for one in desk.office.log() if isinstance(one, ClerkWished)]
    assert (wish.appointment, wish.attempt, wish.stop, wish.clerk, wish.wish) == ("a1", 1, 1, "c-17", "move")
    assert wish.starts_at is not None
    assert wish.starts_at.isoformat() == "2026-11-24T10:00:00+00:00"
    assert desk.office.day()["reservations"][0]["starts_at"] == "2026-11-24T09:00:00+01:00"
    assert desk.busy() == []
    now = entry(desk, shelf)
    assert now is not None
    assert "20261124T100000Z" in now
    shelf.put(f"{uid}.ics", before.encode())
    desk.sync()
    assert [one.wish for one in desk.office.log() if isinstance(one, ClerkWished)] == ["move", "none"]


def test_what_the_clerk_deletes_is_a_wish(desk: Desk, server: Server) -> None:
    """The visit is held all the same; when it is moved, it stands in the calendar again."""
    shelf = server.collection()
    desk.shelf("c-17", shelf, writes=True)
    desk.office.hear("AppointmentRequested", **wanted("09:00"))
    desk.office.hear("AppointmentConfirmed")
    desk.sync()
    shelf.delete(f"{Uids(desk.office.settings.secret).of('a1', 1)}.ics")
    desk.sync()
    desk.sync()
    assert [one.wish for one in desk.office.log() if isinstance(one, ClerkWished)] == ["cancel"]
    assert len(desk.office.day()["reservations"]) == 1
    assert entry(desk, shelf) is None
    desk.office.hear("AppointmentMoveRequested", attempt=2, **wanted("10:00"))
    desk.office.hear("AppointmentMoved", attempt=2)
    desk.rounds.whole()
    again = entry(desk, shelf)
    assert again is not None
    assert "20261124T090000Z" in again


def test_a_note_of_the_clerk_is_no_wish(desk: Desk, radicale: Server) -> None:
    """An alarm, a category, a note, shown as free: nothing that concerns the guest."""
    shelf = radicale.collection()
    desk.shelf("c-17", shelf, writes=True, opens="Termine", site="rathaus")
    desk.office.hear("AppointmentRequested", **wanted("09:00"))
    desk.sync()
    before = entry(desk, shelf)
    assert before is not None
    uid = Uids(desk.office.settings.secret).of("a1", 1)
    noted = before.replace("END:VEVENT", "COMMENT:Akte mitnehmen\r\nCATEGORIES:Termine\r\nEND:VEVENT")
    shelf.put(f"{uid}.ics", noted.replace("TRANSP:OPAQUE", "TRANSP:TRANSPARENT").encode())
    desk.sync()
    desk.office.hear("AppointmentConfirmed")
    desk.rounds.whole()
    now = entry(desk, shelf)
    assert now is not None
    assert "STATUS:CONFIRMED" in now
    assert [one for one in desk.office.log() if isinstance(one, ClerkWished)] == []


def test_a_uid_that_looks_like_ours_is_not(desk: Desk, radicale: Server) -> None:
    """Nobody can make a clerk free by an invitation with a name like ours."""
    shelf = radicale.collection()
    shelf.put("x.ics", ics(event(f"a1.1.{'0' * 20}@foyer")))
    desk.shelf("c-17", shelf, writes=True)
    desk.sync()
    assert desk.busy() == ["10:00-11:30"]


def test_a_visit_that_goes_to_a_colleague_changes_calendars(desk: Desk, radicale: Server) -> None:
    """It stands in the calendar of whoever holds it, and in no other."""
    desk.office.employ("c-18")
    mine, other = radicale.collection(), radicale.collection()
    desk.shelf("c-17", mine, writes=True)
    desk.shelf("c-18", other, writes=True)
    desk.office.hear("AppointmentRequested", **wanted("09:00", clerk="c-17"))
    desk.sync()
    assert (entry(desk, mine) is None, entry(desk, other) is None) == (False, True)
    desk.office.hear("AppointmentMoveRequested", attempt=2, **wanted("09:00", clerk="c-18"))
    desk.office.hear("AppointmentMoved", attempt=2)
    desk.rounds.whole()
    assert (entry(desk, mine) is None, entry(desk, other) is None) == (True, False)


def test_what_can_not_be_written_waits(desk: Desk, radicale: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """With growing pauses, as everything with that calendar; then it is written."""
    shelf = radicale.collection()
    calendar = desk.shelf("c-17", shelf, writes=True)
    desk.sync()

    def refuses(*_: Any) -> None:
        raise Trouble("forbidden", "status 403")

    with monkeypatch.context() as patched:
        patched.setattr(CalDav, "put", refuses)
        desk.office.hear("AppointmentRequested", **wanted("09:00"))
        desk.rounds.whole()
        assert (desk.state(calendar).because, desk.state(calendar).failures) == ("forbidden", 1)
    desk.sync()
    assert entry(desk, shelf) is not None
    assert desk.state(calendar).because is None
