"""Time zones in calendar files, read as RFC 5545 has it and compared with zoneinfo."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import icalendar
import pytest

from shared.zones import explained

YEAR = 2027


@pytest.mark.parametrize(
    "name",
    [
        "Europe/Berlin",
        "Europe/London",
        "Europe/Dublin",
        "America/New_York",
        "America/Santiago",
        "Australia/Lord_Howe",
        "Asia/Kolkata",
    ],
)
def test_clocks_change_when_they_do(name):
    """An onset is local time in TZOFFSETFROM; with half-hour steps, southern summers and a winter time that is DST."""
    onsets = sorted(_onsets(name))
    at, step = datetime(YEAR - 1, 1, 2, tzinfo=UTC), timedelta(minutes=30)
    while at.year < YEAR + 2:
        told = [offset for onset, offset in onsets if onset <= at][-1]
        assert told == at.astimezone(ZoneInfo(name)).utcoffset(), at
        at += step


def _onsets(name):
    """When an offset begins, and which."""
    for part in icalendar.Timezone.from_ical(explained(name, YEAR).to_ical()).subcomponents:
        begins = [part["DTSTART"], *(part["RDATE"].dts if "RDATE" in part else ())]
        zone = part["TZOFFSETFROM"].td
        yield from (((one.dt - zone).replace(tzinfo=UTC), part["TZOFFSETTO"].td) for one in begins)
