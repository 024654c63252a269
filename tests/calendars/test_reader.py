"""The child that works calendars out."""

from dataclasses import asdict
from datetime import UTC, datetime

from services.staff_calendar.calendars.expand import Question
from services.staff_calendar.calendars.reader import Reader
from services.staff_calendar.calendars.settings import Limits

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
