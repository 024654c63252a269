"""What is wrong with a wish before it is searched for."""

from collections.abc import Iterator
from datetime import datetime, tzinfo

from services.booking.proposals.wish import Wish

MOST_STOPS = 8
MOST_PEOPLE = 100


def faults(wish: Wish, now: datetime, zone: tzinfo) -> tuple[tuple[str, str], ...]:
    """(field, code) of everything that is wrong; () if the wish can be searched for."""
    return (*_dates(wish, now, zone), *_parts(wish), *_numbers(wish))


def _dates(wish: Wish, now: datetime, zone: tzinfo) -> Iterator[tuple[str, str]]:
    today = now.astimezone(zone).date()
    for field, day in (("from_date", wish.from_date), ("until_date", wish.until_date)):
        if day is not None and day < today:
            yield field, f"{field}_in_past"
    if wish.from_date is not None and wish.until_date is not None and wish.until_date < wish.from_date:
        yield "until_date", "until_before_from"


def _parts(wish: Wish) -> Iterator[tuple[str, str]]:
    for number, (begins, ends) in enumerate(wish.parts):
        if ends <= begins and (ends.hour or ends.minute):  # until 00:00 is until the end of the day
            yield f"parts.{number}", "part_ends_before_it_begins"
    if any(day not in range(7) for day in wish.weekdays):
        yield "weekdays", "no_such_weekday"


def _numbers(wish: Wish) -> Iterator[tuple[str, str]]:
    if not 1 <= len(wish.stops) <= MOST_STOPS:
        yield "stops", "number_of_concerns"
    if not 1 <= wish.party_size <= MOST_PEOPLE:
        yield "party_size", "party_size"
    for number, need in enumerate(wish.stops):
        if need.minutes < 1:
            yield f"stops.{number}.minutes", "minutes_too_short"
