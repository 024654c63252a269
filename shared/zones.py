"""Time zones as calendar files explain them (VTIMEZONE, RFC 5545, 3.6.5)."""

from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from icalendar import Timezone


@lru_cache(maxsize=16)
def explained(name: str, year: int) -> Timezone:
    """The zone of that name, for times of that year."""
    zone = Timezone.from_tzid(name, first_date=date(year - 1, 1, 1), last_date=date(year + 2, 1, 1))
    for part in zone.subcomponents:
        # icalendar (up to 7.3.2) gives an onset in whichever of the two offsets is greater; it is local time before it.
        late = max(part.TZOFFSETTO - part.TZOFFSETFROM, timedelta())
        part.DTSTART -= late
        more: Any = part.get("RDATE")
        for onset in more.dts if more else ():
            onset.dt -= late
    return zone
