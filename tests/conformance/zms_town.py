"""The towns of Munich's cases: clerks with an opening pattern, and rooms that are open while they are there."""

from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from services.booking.proposals.index import Index
from services.staff_calendar.calendar import open_days
from services.staff_calendar.events import Pattern, Quota, Weekday

ZONE = ZoneInfo("Europe/Berlin")
WEEKDAYS: dict[str, Weekday] = {
    "MO": "mon", "TU": "tue", "WE": "wed", "TH": "thu", "FR": "fri", "SA": "sat", "SU": "sun"
}  # fmt: skip
LAST = -1  # the fifth is the last one there
Given = dict[str, Any]
Hours = dict[date, list[tuple[datetime, datetime]]]


def pattern(opening: Given) -> Pattern:
    """The opening as a clerk's quotas."""
    place = LAST if opening.get("week_of_month") == 5 else opening.get("week_of_month") or None
    rhythm = opening.get("every_n_weeks") or 1
    anchor = date.fromisoformat(opening["from_date"]) if rhythm > 1 else None
    hours = opening["from_time"], opening["to_time"]
    days = [WEEKDAYS[day] for day in opening["weekdays"]]
    return Pattern(tuple(Quota(day, *hours, "site", rhythm, anchor, of_month=place) for day in days))


def hours_of(opening: Given) -> Hours:
    """What staff_calendar would say is open."""
    first, last = date.fromisoformat(opening["from_date"]), date.fromisoformat(opening["to_date"])
    closed = [date.fromisoformat(one) for one in opening.get("closed_days") or ()]
    days = open_days(pattern(opening), first, last, str(ZONE), closed) if first <= last else ()
    return {day.date: [(one.from_, one.until) for one in day.open] for day in days}


def index_of(days: Hours, counters: int = 1) -> Index:
    """A clerk and a room for each counter, with these hours."""
    index = Index(ZONE, minutes=1)
    for number in range(counters if days else 0):
        index.define_room(f"r{number}", name="r", site="site", seats=1)
        index.open_room(f"r{number}", min(days), max(days), days)
        index.define_clerk(f"c{number}", name="c", departments=())
        at_site = {day: [("site", *one) for one in some] for day, some in days.items()}
        index.open_clerk(f"c{number}", min(days), max(days), at_site)
    return index


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


def at(day: date, clock: str) -> datetime:
    return datetime.combine(day, time.fromisoformat(clock), ZONE)
