"""The process that looks at calendars is killed while a server holds its request: nothing twice or missing.

Every state of a visit, before and after the server took it, is tried in test_out.py; here are the real signals.
"""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from deploy.run import COMMAND
from deploy.servers.process import wait_until
from services.staff_calendar.calendars.tables import written
from services.staff_calendar.calendars.uids import Uids
from services.staff_calendar.calendars.vault import Access
from services.staff_calendar.events import ClerkWished
from tests.calendars import nasty
from tests.calendars.desk import Desk
from tests.calendars.nasty import Nasty
from tests.calendars.servers import Server, Shelf
from tests.nursery import Nursery
from tests.staff_calendar.office import Office, wanted

PATIENCE = 60


@pytest.fixture
def proxy() -> Iterator[Nasty]:
    with nasty.running() as server:
        yield server


class Street:
    """A real process, a real server, and between them a proxy that can hold a request for ever."""

    def __init__(self, office: Office, radicale: Server, proxy: Nasty, nursery: Nursery) -> None:
        self.office, self.proxy = office, proxy
        office.now = datetime.now(UTC)
        ahead = (1 - office.now.weekday()) % 7 or 7
        self.day = (office.now + timedelta(days=ahead + 7)).date().isoformat()
        self.root = radicale.url.removesuffix("/clerk/")
        self.auth = radicale.auth
        self.passing = proxy.behaviour = nasty.passes_on(self.root, self.auth)
        self.shelf = radicale.collection()
        self.held = threading.Event()
        env = {"FOYER_CALENDAR_NETWORKS": "127.0.0.0/8", "FOYER_CALENDAR_POLL": "1"}
        command = (*COMMAND, "calendars")
        self.process = nursery.process("calendars", command, office.settings.home / "calendars.log", env)

    def hold(self, method: str, taken: bool) -> None:
        """From the next request of that method on: nobody gets an answer; whether the server got the request or not."""

        def answer(handler: nasty.Handler) -> None:
            if handler.command == method:
                if taken:
                    self._pass_on(handler)
                self.held.set()
            if self.held.is_set():
                handler.close_connection = True
                wait_until(lambda: self.proxy.behaviour is not answer, PATIENCE, "the process is killed")
            else:
                self.passing(handler)

        self.proxy.behaviour = answer

    def _pass_on(self, handler: nasty.Handler) -> None:
        kept = ("content-type", "if-match", "if-none-match")
        headers = {name: value for name, value in handler.headers.items() if name.lower() in kept}
        url = self.root + handler.path
        told = requests.request(
            handler.command, url, data=handler.body, headers=headers, auth=self.auth, timeout=PATIENCE
        )
        assert told.ok, told.text

    def kill(self) -> None:
        """In the middle of the request, and start again."""
        wait_until(self.held.is_set, PATIENCE, "the request is held")
        self.process.kill()
        self.proxy.behaviour = self.passing
        self.process.start()

    def entries(self, shelf: Shelf) -> str:
        found = requests.get(shelf.url, auth=self.auth, timeout=PATIENCE)
        return found.text.replace("\r\n ", "") if found.ok else ""

    def records(self) -> list[tuple[str, str]]:
        """What is known to be written: calendar and UID."""
        with self.office.app.read() as connection:
            return [(row.calendar, row.uid) for row in connection.execute(written.select())]

    def looked_again(self) -> None:
        """More than once from now on, so that whatever follows from what stands there has followed."""
        before = sum(method == "REPORT" for method, _ in self.proxy.asked)
        wait_until(
            lambda: sum(method == "REPORT" for method, _ in self.proxy.asked) >= before + 4, PATIENCE, "it looks again"
        )


@pytest.fixture
def street(desk: Desk, radicale: Server, proxy: Nasty, nursery: Nursery) -> Iterator[Street]:
    street = Street(desk.office, radicale, proxy, nursery)
    access = Access(street.shelf.url.replace(street.root, proxy.url), "k17", "Streng-Geheim")
    desk.connect("c-17", access, writes=True)
    yield street
    street.proxy.behaviour = street.passing
    street.process.stop()
    log = street.process.log.read_text()
    assert "calendar_written" in log
    for word in ("Streng-Geheim", "k17", "Basic ", street.shelf.url.removeprefix(street.root)):
        assert word not in log


STEPS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "reserved": ("AppointmentRequested", "PUT", {}),
    "confirmed": ("AppointmentConfirmed", "PUT", {}),
    "moved": ("AppointmentMoved", "PUT", {"attempt": 2}),
    "cancelled": ("AppointmentCancelled", "DELETE", {}),
}


@pytest.mark.parametrize(
    ("step", "taken"), [("reserved", True), ("confirmed", False), ("moved", True), ("cancelled", True)]
)
def test_a_killed_process_leaves_nothing_twice_and_nothing_missing(street: Street, step: str, taken: bool) -> None:
    """Before the server has got it, or after; on the way to every state of a visit."""
    office, shelf = street.office, street.shelf
    street.process.start()
    shows = {
        "reserved": ("STATUS:TENTATIVE", "080000Z"),
        "confirmed": ("STATUS:CONFIRMED", "080000Z"),
        "moved": ("STATUS:CONFIRMED", "090000Z"),
        "cancelled": (),
    }

    def stands(name: str) -> bool:
        found = street.entries(shelf)
        return found.count("BEGIN:VEVENT") == bool(shows[name]) and all(word in found for word in shows[name])

    def say(name: str) -> None:
        message, _, data = STEPS[name]
        if name == "reserved":
            data = wanted("09:00", day=street.day)
        if name == "moved":
            office.hear("AppointmentMoveRequested", attempt=2, **wanted("10:00", day=street.day))
        office.hear(message, **data)

    for name in STEPS:
        if name == step:
            street.hold(STEPS[name][1], taken)
            say(name)
            street.kill()
            wait_until(lambda name=name: stands(name), PATIENCE, f"{name} is seen")  # type: ignore[misc]
            break
        if not (step == "cancelled" and name == "moved"):
            say(name)
            wait_until(lambda name=name: stands(name), PATIENCE, f"{name} is seen")  # type: ignore[misc]
    known = [] if step == "cancelled" else [("c-17-1", Uids(office.settings.secret).of("a1", 1))]
    wait_until(lambda: street.records() == known, PATIENCE, "it is recorded")
    street.looked_again()
    assert (stands(step), street.records()) == (True, known)
    assert [one for one in office.log() if isinstance(one, ClerkWished)] == []
