"""What rooms and staff_calendar hold: never two at once, and all or nothing."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from deploy.verify.booked import Attempt, Visit
from deploy.verify.log import ALL_OR_NOTHING, NO_OVERLAP, Finding, Reissue, Stored

Place = tuple[str, int]
"""The stream of a resource-day, and the number of the stop that it is held for."""


Occupied = tuple[Stored, datetime, datetime]
"""What is taken, from when until when."""


def held_of(service: str, log: Iterable[Stored]) -> tuple[Mapping[Attempt, Sequence[Place]], list[Finding]]:
    """What is held, by attempt; and where the log itself holds two at once or frees what is not held. `log` goes stream
    by stream.
    """
    faults: list[Finding] = []
    held: dict[Attempt, list[Place]] = defaultdict(list)
    for stream, of_that_day in groupby(log, key=lambda event: event.stream):
        day: list[Occupied] = []
        for event in of_that_day:
            faults += (_freed if event.type.endswith("Freed") else _taken)(service, event, day)
        for event, _, _ in day:
            appointment, attempt, stop = _whose(event)
            held[appointment, attempt].append((stream, stop))
    return held, faults


def _taken(service: str, event: Stored, day: list[Occupied]) -> list[Finding]:
    begins, until = _interval(event.data)
    overlapping = [other for other, starts, ends in day if starts < until and begins < ends]
    day.append((event, begins, until))
    return [Finding(NO_OVERLAP, service, event.stream, f"{_times(other)} and {_times(event)}") for other in overlapping]


def _freed(service: str, event: Stored, day: list[Occupied]) -> list[Finding]:
    for occupied in day:
        if _whose(occupied[0]) == _whose(event):
            day.remove(occupied)
            return []
    return [Finding(ALL_OR_NOTHING, service, event.stream, f"version {event.version} frees what is not held")]


def _whose(event: Stored) -> tuple[str, int, int]:
    return event.data["appointment"], event.data["attempt"], event.data["stop"]


def _interval(data: Mapping[str, Any]) -> tuple[datetime, datetime]:
    return datetime.fromisoformat(data["starts_at"]), datetime.fromisoformat(data["blocked_until"])


def _times(event: Stored) -> str:
    starts, until = _interval(event.data)
    return f"version {event.version} ({starts:%H:%M}-{until:%H:%M}, {event.data['appointment']})"


def all_or_nothing(
    service: str, held: Mapping[Attempt, Sequence[Place]], visits: Mapping[str, Visit]
) -> Iterator[Finding]:
    """A confirmed appointment holds every stop of its attempt once; nothing else is held."""
    for appointment, visit in visits.items():
        if visit.attempt is None:
            continue
        stops = sorted(stop for _, stop in held.get((appointment, visit.attempt), ()))
        if stops != list(range(1, visit.asked.get(visit.attempt, 0) + 1)):
            detail = f"confirmed with {visit.asked.get(visit.attempt, 0)} stops, of which are held: {stops}"
            yield Finding(ALL_OR_NOTHING, service, f"reservation-{appointment}", detail, Reissue(service, appointment))
    for (appointment, attempt), places in held.items():
        held_by = visits.get(appointment)
        if held_by is None or not held_by.may_hold(attempt):
            why = "unknown to booking" if held_by is None else f"{held_by.status} (attempt {held_by.attempt})"
            for stream, stop in places:
                detail = f"held for stop {stop}, attempt {attempt} of {appointment}, which is {why}"
                remedy = None if held_by is None else Reissue(service, appointment)
                yield Finding(ALL_OR_NOTHING, service, stream, detail, remedy)
