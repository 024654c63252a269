"""The child that works calendars out."""

import signal
import threading
from dataclasses import asdict
from datetime import UTC, datetime

import pytest

from services.staff_calendar.calendars.expand import Question
from services.staff_calendar.calendars.reader import Reader
from services.staff_calendar.calendars.settings import Limits

pytestmark = pytest.mark.slow

ICS = (
    b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:u\r\nDTSTAMP:20261101T000000Z\r\n"
    b"DTSTART:20261124T090000Z\r\nDTEND:20261124T100000Z\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)


def test_a_large_parent_costs_the_child_nothing() -> None:
    """Linux hands the most memory that a process ever had on to its children; they must not end because of it."""
    large = b"x" * 300_000_000
    del large
    first, last = (int(datetime(2026, 11, day, tzinfo=UTC).timestamp()) for day in (23, 26))
    reader, question = Reader(Limits()), asdict(Question(first, last, "Europe/Berlin"))
    try:
        found = [reader.entries(ICS, question)[0]["uid"] for _ in range(50)]
        children = {reader._child.pid} if reader._child else set()
        assert found == ["u"] * 50
        assert len(children) == 1
    finally:
        reader.close()


def test_on_a_busy_machine_a_calendar_may_take_longer() -> None:
    """Processor time counts, not the time that the child had to wait for others."""
    first, last = (int(datetime(2026, 11, day, tzinfo=UTC).timestamp()) for day in (23, 26))
    reader, question = Reader(Limits(expand_seconds=3)), asdict(Question(first, last, "Europe/Berlin"))
    try:
        reader.entries(ICS, question)
        child = reader._child
        assert child is not None
        child.send_signal(signal.SIGSTOP)
        waits = threading.Timer(3.5, child.send_signal, (signal.SIGCONT,))
        waits.start()
        assert reader.entries(ICS, question)[0]["uid"] == "u"
        assert reader._child is child
        waits.join()
    finally:
        reader.close()
