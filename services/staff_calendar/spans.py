"""Sets of time: spans [from_, until) in order that neither overlap nor touch. Instants are aware."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from services.staff_calendar.calendar import beginning, fixed
from services.staff_calendar.events import BusyDay, Span


def joined(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The same time as a set: in order, what overlaps or touches made one, what is empty left out."""
    found: list[Span] = []
    for span in sorted((span for span in spans if span.from_ < span.until), key=lambda span: span.from_):
        if found and span.from_ <= found[-1].until:
            found[-1] = Span(found[-1].from_, max(found[-1].until, span.until))
        else:
            found.append(span)
    return tuple(found)


def without(spans: Iterable[Span], gone: Iterable[Span]) -> tuple[Span, ...]:
    """What is in the one and not in the other; both are sets."""
    left = list(spans)
    for hole in gone:
        left = [piece for span in left for piece in _cut(span, hole)]
    return joined(left)


def by_day(spans: Iterable[Span], zone: str) -> tuple[BusyDay, ...]:
    """A set, cut at local midnights; only the dates on which there is something. Times carry the local offset."""
    local = ZoneInfo(zone)
    days: dict[date, list[Span]] = {}
    for span in joined(spans):
        day, begins = fixed(span.from_, local).date(), fixed(span.from_, local)
        while begins < span.until:
            midnight = beginning(day + timedelta(days=1), "00:00", local)
            days.setdefault(day, []).append(Span(begins, fixed(min(midnight, span.until), local)))
            begins, day = midnight, day + timedelta(days=1)
    return tuple(BusyDay(day, tuple(found)) for day, found in days.items())


def overlaps(span: Span, starts_at: datetime, until: datetime) -> bool:
    """Do they share an instant?"""
    return span.from_ < until and starts_at < span.until


def _cut(span: Span, hole: Span) -> Iterable[Span]:
    if not overlaps(span, hole.from_, hole.until):
        return (span,)
    return (Span(span.from_, hole.from_), Span(hole.until, span.until))
