"""People's own programs: khal and vdirsyncer read and write the same calendars, and subscribe to the feed."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from werkzeug.serving import make_server

from services.staff_calendar.calendars.vault import Access
from services.staff_calendar.events import ClerkWished
from services.staff_calendar.service import StaffCalendarService
from tests.calendars.desk import Desk
from tests.calendars.servers import Server, Shelf, run
from tests.over_http import Wsgi
from tests.staff_calendar.office import wanted

LOCALE = "timeformat = %H:%M\ndateformat = %Y-%m-%d\nlongdateformat = %Y-%m-%d\n"
DATETIMES = "datetimeformat = %Y-%m-%d %H:%M\nlongdatetimeformat = %Y-%m-%d %H:%M\n"


class Desktop:
    """A clerk's own machine: a folder of entries, khal on it, vdirsyncer between it and the server."""

    def __init__(self, folder: Path, remote: str) -> None:
        self.folder, self.entries = folder, folder / "entries"
        self.entries.mkdir(parents=True)
        (folder / "khal").write_text(
            f"[calendars]\n[[mine]]\npath = {self.entries}\n[locale]\n{LOCALE}{DATETIMES}"
            f"local_timezone = Europe/Berlin\ndefault_timezone = Europe/Berlin\n"
            f"[sqlite]\npath = {folder}/khal.db\n[default]\ndefault_calendar = mine\n"
        )
        (folder / "vdirsyncer").write_text(
            f'[general]\nstatus_path = "{folder}/status/"\n[pair p]\na = "here"\nb = "there"\ncollections = null\n'
            f'[storage here]\ntype = "filesystem"\npath = "{self.entries}"\nfileext = ".ics"\n[storage there]\n{remote}'
        )
        self._vdirsyncer("discover")

    def _vdirsyncer(self, *words: str) -> str:
        return run("vdirsyncer", "-c", str(self.folder / "vdirsyncer"), *words)

    def sync(self) -> None:
        self._vdirsyncer("sync")

    def khal(self, *words: str) -> str:
        return run("khal", "-c", str(self.folder / "khal"), *words, env={"HOME": str(self.folder)})

    def list(self, day: str = "2026-11-24") -> list[str]:
        """The entries of a day, as khal shows them."""
        shown = self.khal("list", "--notstarted", "--format", "{start-time}-{end-time} {title} {status}", day, "1d")
        return [line.strip() for line in shown.splitlines() if line[:2].isdigit() and ":" in line[:3]]


def of(shelf: Shelf) -> str:
    """vdirsyncer's own words for a CalDAV collection."""
    who = f'username = "{shelf.server.username}"\npassword = "{shelf.server.password}"\n' if shelf.server.auth else ""
    return f'type = "caldav"\nurl = "{shelf.url}"\n{who}'


def test_an_entry_made_in_khal_makes_busy_and_a_visit_is_seen_there(desk: Desk, server: Server, tmp_path: Path) -> None:
    """Both ways, over the clerk's own server; what khal deletes is a wish."""
    shelf = server.collection()
    desktop = Desktop(tmp_path / "desktop", of(shelf))
    desktop.khal("new", "2026-11-24", "10:00", "11:30", "Zahnarzt")
    desktop.sync()
    desk.shelf("c-17", shelf, writes=True)
    desk.sync()
    assert desk.busy() == ["10:00-11:30"]
    desk.office.hear("AppointmentRequested", **wanted("09:00"))
    desk.office.hear("AppointmentConfirmed")
    desk.rounds.whole()
    desktop.sync()
    assert [line for line in desktop.list() if line.startswith("09:00")] == ["09:00-09:10 Reisepass, Ausgabe CONFIRMED"]
    for entry in desktop.entries.glob("*.ics"):
        if "Reisepass" in entry.read_text():
            entry.unlink()
    desktop.sync()
    desk.sync()
    assert [one.wish for one in desk.office.log() if isinstance(one, ClerkWished)] == ["cancel"]
    assert desk.busy() == ["10:00-11:30"]


@pytest.fixture
def address(desk: Desk) -> Iterator[str]:
    """staff_calendar over real HTTP."""
    server = make_server("127.0.0.1", 0, Wsgi(StaffCalendarService, desk.office.app), threaded=True)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def test_the_feed_is_subscribed_to(desk: Desk, address: str, tmp_path: Path) -> None:
    """vdirsyncer reads it, khal shows it."""
    desk.office.hear("AppointmentRequested", **wanted("09:00"))
    path = desk.office.get("/api/staff/c-17/calendar-address")["address"].partition("/api/")[2]
    desktop = Desktop(tmp_path / "desktop", f'type = "http"\nurl = "{address}/api/{path}"\n')
    desktop.sync()
    (line,) = desktop.list()
    assert line.startswith("09:00-09:10 Reisepass, Ausgabe")


def test_our_own_feed_never_makes_busy(desk: Desk, address: str) -> None:
    """A clerk who connects it as a calendar of their own is not blocked by visits."""
    desk.office.hear("AppointmentRequested", **wanted("09:00"))
    path = desk.office.get("/api/staff/c-17/calendar-address")["address"].partition("/api/")[2]
    calendar = desk.connect("c-17", Access(f"{address}/api/{path}"), "address")
    desk.sync()
    assert (desk.state(calendar).because, desk.busy()) == (None, [])
