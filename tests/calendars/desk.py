"""Staff_calendar and the rounds over its calendars, in one process, with a clock that tests set."""

import ipaddress
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

from services.staff_calendar.calendars import links
from services.staff_calendar.calendars.guard import Guard
from services.staff_calendar.calendars.links import Kind, Link, State
from services.staff_calendar.calendars.rounds import Rounds
from services.staff_calendar.calendars.settings import CalendarSettings, Limits
from services.staff_calendar.calendars.vault import Access
from services.staff_calendar.events import BusyTimesChanged
from tests.calendars.servers import Shelf
from tests.staff_calendar.office import Office

LOOPBACK = Guard((ipaddress.ip_network("127.0.0.0/8"),))
QUICK = CalendarSettings(guard=LOOPBACK, limits=Limits(seconds=20.0))
IMPATIENT = CalendarSettings(guard=LOOPBACK, limits=Limits(seconds=1.5))
"""For servers that never answer."""


class Desk:
    """`office` is the service; `rounds` looks at calendars when the test says so."""

    def __init__(self, office: Office, settings: CalendarSettings = QUICK) -> None:
        self.office, self.settings = office, settings
        self.rounds = Rounds(office.app, settings)

    def connect(self, clerk: str, access: Access, kind: Kind = "caldav", **how: Any) -> str:
        """Connect a calendar; its name."""
        with self.office.app.read() as connection:
            known = [found.link.calendar for found in links.connected(connection)]
        name = links.new_name(clerk, known)
        link = replace(Link(name, clerk, kind, "host", "Europe/Berlin"), **how)
        self.office.app.write(*links.connect(link, access, self.office.settings.master_key, self.office.now))
        return name

    def shelf(self, clerk: str, shelf: Shelf, **how: Any) -> str:
        return self.connect(clerk, shelf.access, **how)

    def sync(self, later: timedelta = timedelta(hours=2)) -> None:
        """Let time pass, then one round over what is due."""
        self.office.now += later
        self.rounds.whole()

    def state(self, calendar: str) -> State:
        with self.office.app.read() as connection:
            found = links.one(connection, calendar)
        assert found is not None
        return found.state

    def busy(self, clerk: str = "c-17", date: str = "2026-11-24") -> list[str]:
        """The busy times of a day as "10:00-11:30"."""
        told: Mapping[str, list[str]] = {}
        for event in self.office.log():
            if isinstance(event, BusyTimesChanged) and event.clerk == clerk:
                told = {
                    **told,
                    **{
                        str(day.date): [f"{one.from_:%H:%M}-{one.until:%H:%M}" for one in day.busy]
                        for day in event.days
                    },
                }
        return told.get(date, [])

    def close(self) -> None:
        self.rounds.close()


@contextmanager
def desk_of(office: Office, settings: CalendarSettings = QUICK) -> Iterator[Desk]:
    """A desk that is tidied up."""
    desk = Desk(office, settings)
    try:
        yield desk
    finally:
        desk.close()


def event(
    uid: str = "e1",
    start: str = "20261124T100000",
    end: str = "20261124T113000",
    *lines: str,
    zone: str = "Europe/Berlin",
) -> str:
    """A VEVENT on Tuesday 24 November. `zone` empty: floating, or UTC where the times end with Z."""
    tz = f";TZID={zone}" if zone and not start.endswith("Z") else ""
    return "\r\n".join(
        (
            "BEGIN:VEVENT",
            f"UID:{uid}",
            "DTSTAMP:20261101T000000Z",
            f"DTSTART{tz}:{start}",
            f"DTEND{tz}:{end}",
            "SUMMARY:Streng geheim: Zahnarzt",
            "LOCATION:Praxis Dr. Weh",
            *lines,
            "END:VEVENT",
            "",
        )
    )


def day_event(uid: str, first: str, last: str, *lines: str) -> str:
    """An all-day VEVENT; `last` is the day after."""
    times = f"DTSTART;VALUE=DATE:{first}", f"DTEND;VALUE=DATE:{last}"
    return "\r\n".join(("BEGIN:VEVENT", f"UID:{uid}", "DTSTAMP:20261101T000000Z", *times, *lines, "END:VEVENT", ""))


def ics(*components: str, extra: str = "") -> bytes:
    """A calendar file."""
    return (
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//test//DE\r\n"
        + extra
        + "".join(components)
        + "END:VCALENDAR\r\n"
    ).encode()
