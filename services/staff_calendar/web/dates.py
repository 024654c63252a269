"""The dates of a week as the page shows them: hours, what shuts or replaces them, and who comes. Pure."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date as Date
from datetime import datetime, timedelta, tzinfo
from typing import Any

from services.staff_calendar.calendar import beginning
from services.staff_calendar.web.agenda import Row

Span = tuple[datetime, datetime]
LAST = timedelta(days=6)
"""From a Monday to the last day of its week."""


@dataclass(frozen=True, slots=True)
class Day:
    """One date. `hours` name their site; `away` is within the date, () for none; all times are local."""

    date: Date
    hours: tuple[tuple[datetime, datetime, str], ...]
    away: tuple[Span, ...]
    busy: tuple[Span, ...]
    rows: tuple[Row, ...]
    holiday: bool
    exceptional: bool
    whole_day_away: bool


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of the dates of a week, as the read tables have it."""

    hours: Mapping[str, Sequence[Mapping[str, Any]]]
    busy: Mapping[str, Sequence[Sequence[str]]]
    rows: Sequence[Row]
    absences: Sequence[Mapping[str, Any]]
    exceptions: Collection[str]
    holidays: Collection[Date]


def monday_of(day: Date) -> Date:
    """The first day of its week."""
    return day - timedelta(days=day.weekday())


def days(monday: Date, known: Known, zone: tzinfo) -> list[Day]:
    """Monday to Friday, and of the weekend what is not empty."""
    found = (_day(monday + timedelta(days=n), known, zone) for n in range(LAST.days + 1))
    return [day for day in found if day.date.weekday() < 5 or day.hours or day.rows or day.exceptional]


def _day(date: Date, known: Known, zone: tzinfo) -> Day:
    key = date.isoformat()
    away = tuple(_within(date, known.absences, zone))
    whole = (beginning(date, "00:00", zone), beginning(date + timedelta(days=1), "00:00", zone))
    return Day(
        date,
        tuple((*_span(one["from"], one["until"], zone), one["site"]) for one in known.hours.get(key, ())),
        away,
        tuple(_span(begins, ends, zone) for begins, ends in known.busy.get(key, ())),
        tuple(row for row in known.rows if row.starts_at.date() == date),
        date in known.holidays,
        key in known.exceptions,
        whole in away,
    )


def _within(date: Date, absences: Sequence[Mapping[str, Any]], zone: tzinfo) -> Iterator[Span]:
    """The parts of the absences that lie on the date."""
    first, last = beginning(date, "00:00", zone), beginning(date + timedelta(days=1), "00:00", zone)
    for one in absences:
        begins, ends = _span(one["from_at"], one["until_at"], zone)
        if begins < last and ends > first:
            yield max(begins, first), min(ends, last)


def _span(begins: str, ends: str, zone: tzinfo) -> Span:
    return datetime.fromisoformat(begins).astimezone(zone), datetime.fromisoformat(ends).astimezone(zone)
