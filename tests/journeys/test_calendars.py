"""Clerks' own calendars and the whole town hall: busy times reach the proposals, appointments reach the calendars."""

import re
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from pathlib import Path

import pytest
import requests
from icalendar import Calendar

from deploy.run import COMMAND
from deploy.servers.ports import free_port
from deploy.servers.process import Process
from tests import command
from tests.calendars.desk import event, ics
from tests.calendars.servers import Radicale, Server
from tests.journeys.town import CERTIFICATE
from tests.journeys.town_hall import Booked, TownHall

ASKED = "Passt Ihnen eine andere Zeit?"
EVERY_SECOND = {"FOYER_CALENDAR_NETWORKS": "127.0.0.0/8", "FOYER_CALENDAR_POLL": "1"}
DAY = 5
"""Days from today, on which nobody else books a certificate."""


@pytest.fixture
def radicale(servers_folder: Path) -> Iterator[Server]:
    server = Radicale(servers_folder / "radicale-town")
    server.start()
    yield server
    server.stop()


def foyer(town_hall: TownHall, *words: str) -> str:
    """As an operator types it; what it says."""
    env = {**town_hall.ensemble.env, **EVERY_SECOND, "FOYER_CALENDAR_PASSWORD": "secret"}
    ran = command.foyer(env, "calendars", *words)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def later(ics: bytes) -> bytes:
    """The same entry, as the clerk drags it down by an hour."""
    calendar = Calendar.from_ical(ics)
    for entry in calendar.events:
        entry.DTSTART, entry.DTEND = entry.DTSTART + timedelta(hours=1), entry.DTEND + timedelta(hours=1)
    return bytes(calendar.to_ical())


def subjects(town_hall: TownHall, booked: Booked) -> str:
    """Of all mails about a visit."""
    return "\n".join(mail["Subject"] for mail in town_hall.mails(booked))


def test_a_clerks_own_calendar_and_the_town_hall_keep_in_step(town_hall: TownHall, radicale: Server) -> None:
    """The process that looks at calendars is the real one, and looks every second."""
    figures = f"127.0.0.1:{free_port()}"
    env = {**town_hall.ensemble.env, **EVERY_SECOND, "FOYER_METRICS_CALENDARS": figures}
    calendars = Process("calendars", (*COMMAND, "calendars"), town_hall.ensemble.home / "log" / "calendars.log", env)
    shelf = radicale.collection()
    day = town_hall.day(DAY)
    assert town_hall.proposals(CERTIFICATE, days=DAY)
    midnight = datetime.combine(day, time.min)
    hours = ("00:00", "23:59")
    begins, ends = (f"{midnight:%Y%m%d}T{clock.replace(':', '')}00" for clock in hours)
    shelf.put("a.ics", ics(event("away", begins, ends, zone=town_hall.zone.key)))
    calendars.start()
    try:
        foyer(town_hall, "add", "c-3", shelf.url, "-u", "clerk", "--writes", "--yes", "--reason", "test")
        town_hall.wait(lambda: not town_hall.proposals(CERTIFICATE, days=DAY), "nothing is proposed any more")
        shelf.delete("a.ics")
        town_hall.wait(lambda: town_hall.proposals(CERTIFICATE, days=DAY), "it is proposed again")
        booked = town_hall.confirmed(town_hall.proposals(CERTIFICATE, days=DAY)[0])
        found = Listed(shelf.url, radicale)
        town_hall.wait(lambda: "STATUS:CONFIRMED" in found.all(), "it stands in the calendar")
        assert booked.appointment in found.all()
        for name in town_hall.names:
            assert name not in found.all()
        (uid,) = re.findall(r"UID:(\S+)", found.all())
        shelf.put(f"{uid}.ics", later(shelf.get(f"{uid}.ics") or b""))
        town_hall.wait(lambda: ASKED in subjects(town_hall, booked), "the guest is asked for another time")
        assert town_hall.seen(booked)["status"] == "confirmed", "and nothing else has happened"
        assert booked.appointment in foyer(town_hall, "wishes", "-c", "c-3")
        counted = requests.get(f"http://{figures}/metrics", timeout=10).text
        assert re.search(r'^foyer_calendar_looks_total\{outcome="well"\} [1-9]', counted, re.MULTILINE)
        shown = town_hall.call("GET", "staff_calendar", "/metrics").text
        assert 'foyer_calendars{reason="well"} 1.0' in shown
        assert town_hall.manage(booked, "cancellation").status_code == 202
        town_hall.wait(lambda: "BEGIN:VEVENT" not in found.all(), "it is gone from the calendar")
    finally:
        foyer(town_hall, "remove", "c-3-1", "--yes", "--reason", "test")
        calendars.stop()


class Listed:
    """All that stands in a calendar, as one text."""

    def __init__(self, url: str, server: Server) -> None:
        self.url, self.server = url, server

    def all(self) -> str:
        return re.sub(r"\r?\n[ \t]", "", requests.get(self.url, auth=self.server.auth, timeout=10).text)
