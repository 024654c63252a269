"""Calendars: seconds that one round over 300 clerks with 2 calendars each takes, on a local CalDAV server.

The bare line asks the same server the same question for every calendar with one keep-alive connection, and does nothing
with the answers. A round must be done within the poll interval of 60 s; processor time is that of our process only.
"""

import ipaddress
import os
import time
from base64 import b64encode
from collections.abc import Iterable
from http.client import HTTPConnection
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from bench.report import Report
from bench.toys import Servers
from services.staff_calendar.calendars import links
from services.staff_calendar.calendars.guard import Guard
from services.staff_calendar.calendars.links import Link
from services.staff_calendar.calendars.rounds import Rounds
from services.staff_calendar.calendars.settings import CalendarSettings
from services.staff_calendar.calendars.tables import links as table
from services.staff_calendar.commands import DefineClerk
from services.staff_calendar.service import DEFINITION
from shared import config
from shared.app import App
from shared.migrate import migrate
from tests.calendars.desk import event, ics
from tests.calendars.servers import Radicale, Shelf

CLERKS, EACH, ENTRIES = 300, 2, 5
SETTINGS = CalendarSettings(guard=Guard((ipaddress.ip_network("127.0.0.0/8"),)), at_one_host=8)
QUESTION = (
    '<?xml version="1.0"?><D:sync-collection xmlns:D="DAV:"><D:sync-token>{}</D:sync-token>'
    "<D:sync-level>1</D:sync-level><D:prop><D:getetag/></D:prop></D:sync-collection>"
)


def measure(_servers: Servers) -> Iterable[Report]:
    """The first round, rounds with nothing changed, rounds with one calendar in a hundred changed."""
    report = Report(f"Calendars: {CLERKS} clerks with {EACH} calendars of {ENTRIES} entries on one Radicale, SQLite")
    with TemporaryDirectory(prefix="f") as folder:
        server = Radicale(Path(folder) / "radicale")
        server.start()
        try:
            shelves = fill(Path(folder) / "radicale", server)
            app = office(Path(folder) / "home")
            connect(app, shelves)
            rounds = Rounds(app, SETTINGS)
            seconds, cpu = one_round(app, rounds)
            report.add("first round: everything is read", shown(seconds, cpu))
            bare = ask_all(shelves)
            report.add("bare: the same question for each, answers unread", f"{bare:.1f} s")
            seconds, cpu = one_round(app, rounds)
            report.add("round with nothing changed", shown(seconds, cpu), bare / seconds, "< 60 s")
            for shelf in shelves[:: 100 // EACH]:
                shelf.put("e0.ics", ics(event("e0", "20991124T080000", "20991124T090000")))
                shelf.put("new.ics", ics(event("new", *days(30))))
            seconds, cpu = one_round(app, rounds)
            report.add("round with 1 % changed", shown(seconds, cpu), bare / seconds, "< 60 s")
            rounds.close()
        finally:
            server.stop()
    yield report


def shown(seconds: float, cpu: float) -> str:
    """Both clocks."""
    return f"{seconds:.1f} s ({cpu:.1f} s processor)"


def days(ahead: int) -> tuple[str, str]:
    """An hour in so many days."""
    day = time.strftime("%Y%m%d", time.gmtime(time.time() + ahead * 86_400))
    return f"{day}T100000", f"{day}T110000"


def fill(folder: Path, server: Radicale) -> list[Shelf]:
    """Calendars with entries in the next weeks, one of them a series; laid where Radicale stores its own."""
    shelves = []
    for number in range(CLERKS * EACH):
        place = folder / "data/collection-root/clerk" / f"k{number}"
        place.mkdir(parents=True)
        (place / ".Radicale.props").write_text('{"tag": "VCALENDAR"}')
        for n in range(ENTRIES):
            extra = ("RRULE:FREQ=WEEKLY",) if n == 0 else ()
            (place / f"e{n}.ics").write_bytes(ics(event(f"e{n}", *days(n * 3 + 1), *extra)))
        shelves.append(Shelf(server, f"{server.url}k{number}/"))
    return shelves


def office(home: Path) -> App:
    """staff_calendar on a database of its own."""
    home.mkdir()
    os.environ |= {"FOYER_HOME": str(home), "FOYER_DATABASE_URL": f"sqlite:///{home}/{{service}}.db"}
    settings = config.load("staff_calendar")
    migrate(DEFINITION, settings)
    return App(DEFINITION, settings)


def connect(app: App, shelves: list[Shelf]) -> None:
    """Two for each clerk."""
    now = app.clock()
    for n in range(CLERKS):
        app.handle(DefineClerk(f"d{n}", now, f"c-{n}", f"Clerk {n}", ("office",), (), (), ("de",)))
    for n, shelf in enumerate(shelves):
        link = Link(f"k-{n}", f"c-{n // EACH}", "caldav", "127.0.0.1", "Europe/Berlin")
        app.write(*links.connect(link, shelf.access, app.settings.master_key, now))


def ask_all(shelves: list[Shelf]) -> float:
    """Seconds for the bare questions."""
    place = urlsplit(shelves[0].url)
    connection = HTTPConnection(str(place.hostname), place.port)

    sign = "Basic " + b64encode(b"clerk:secret").decode()
    begun = time.monotonic()
    for shelf in shelves:
        headers = {"Authorization": sign, "Content-Type": "text/xml"}
        connection.request("REPORT", urlsplit(shelf.url).path, QUESTION.format("").encode(), headers)
        answer = connection.getresponse()
        answer.read()
        answer.close()
    connection.close()
    return time.monotonic() - begun


def one_round(app: App, rounds: Rounds) -> tuple[float, float]:
    """Look at all calendars once; wall seconds and those of our processor."""
    with app.read() as connection:
        names = [row.calendar for row in connection.execute(table.select())]
    app.write(*(links.hurry(name, app.clock()) for name in names))
    begun, cpu = time.monotonic(), time.process_time()
    rounds.whole()
    return time.monotonic() - begun, time.process_time() - cpu
