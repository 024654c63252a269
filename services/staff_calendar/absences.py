"""A clerk is away for a while: the hours that remain, and what becomes of the appointments that fall into it.

Exactly one of two things: a colleague takes over the whole visit's stops as they are (competent, responsible, on duty,
free; who has the fewest minutes that day), or the visit is withdrawn, which makes booking call it off and tell the
guest where to find a new time. What has begun already stays with the clerk; so does a stop of a visit that has begun
elsewhere where nobody can take it over: the guest is in the house.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from services.staff_calendar import day as clerk_day
from services.staff_calendar.allocation import Days, day_stream
from services.staff_calendar.commands import EndAbsence, RecordAbsence
from services.staff_calendar.day import ClerkDay
from services.staff_calendar.events import (
    AbsenceEnded,
    AbsenceRecorded,
    ClerkFreed,
    ClerkTaken,
    HoursOpened,
    StaffSubstituted,
    StaffWithdrawn,
    StopHeld,
)
from services.staff_calendar.holding import freed
from services.staff_calendar.reservation import Reservation
from services.staff_calendar.staff import HORIZON_DAYS, Clerk, Refused, Staff, reopened
from services.staff_calendar.substitution import handing_over, possible, takers

Absent = AbsenceRecorded | AbsenceEnded | HoursOpened | ClerkFreed | ClerkTaken | StaffSubstituted | StaffWithdrawn
Reservations = Mapping[str, Reservation]
"""By appointment."""
LONGEST = timedelta(days=HORIZON_DAYS)


def own_days(order: RecordAbsence, clerk: Clerk) -> set[str]:
    """The streams of the clerk's days that the absence touches, from the present one on."""
    first, last = clerk.day_of(max(order.from_, order.now)), clerk.day_of(order.until)
    most = min((last - first).days, HORIZON_DAYS)
    return {day_stream(order.clerk, first + timedelta(days=n)) for n in range(most + 1)}


def appointments(days: Iterable[ClerkDay]) -> set[str]:
    """Whose stops are held on these days."""
    return {appointment for day in days for appointment, _, _ in day.holding}


def touched(order: RecordAbsence, staff: Staff, reservations: Reservations) -> set[str]:
    """The days that deciding may look at or change: of the visits affected, and of everybody who might take over."""
    return {
        stream
        for _, _, stops in affected(order, reservations)
        for stop in stops
        for stream in (
            day_stream(stop.clerk, stop.date),
            *(day_stream(clerk.definition.clerk, stop.date) for clerk in possible(stop, staff)),
        )
    }


def record(order: RecordAbsence, staff: Staff, days: Days, reservations: Reservations) -> tuple[Absent, ...]:
    """The absence, the hours that remain, and what becomes of each visit. Raises Refused."""
    clerk = _checked(order, staff)
    if order.absence in clerk.absences:
        return ()
    recorded = AbsenceRecorded(order.clerk, order.absence, order.from_, order.until, order.reason)
    away = replace(clerk, absences={**clerk.absences, order.absence: recorded})
    consequences = tuple(_consequences(order, staff, dict(days), reservations))
    if order.plan is not None and order.plan != plan_of(consequences):
        raise Refused("changed_meanwhile", detail="Appointments have changed meanwhile; look at the list again.")
    return (recorded, *_hours(away, order, order.from_, order.until), *consequences)


def end(order: EndAbsence, staff: Staff) -> tuple[Absent, ...]:
    """The hours are open again; what others have taken over stays with them."""
    clerk = staff.clerks.get(order.clerk)
    if clerk is None or order.absence not in clerk.absences:
        return ()
    absence = clerk.absences[order.absence]
    back = replace(clerk, absences={name: one for name, one in clerk.absences.items() if name != order.absence})
    return (AbsenceEnded(order.clerk, order.absence), *_hours(back, order, absence.from_, absence.until))


def plan_of(events: Iterable[object]) -> str:
    """Tells one set of consequences from another: what was shown is what is done, or nothing is."""
    told = sorted(
        f"{event.appointment} {event.attempt} {event.held.stop} {event.held.clerk}"
        if isinstance(event, StaffSubstituted)
        else f"{event.appointment} {event.attempt} withdrawn"
        for event in events
        if isinstance(event, StaffSubstituted | StaffWithdrawn)
    )
    return hashlib.sha256("\n".join(told).encode()).hexdigest()[:24]


def affected(order: RecordAbsence, reservations: Reservations) -> Iterator[tuple[str, int, tuple[StopHeld, ...]]]:
    """Appointment, attempt and all its stops, where one of them is the clerk's and begins within the absence."""
    found = [
        (stops[0].starts_at, appointment, attempt, stops)
        for appointment, reservation in reservations.items()
        for attempt, stops in reservation.held.items()
        if any(_falls_into(order, stop) for stop in stops)
    ]
    for _, appointment, attempt, stops in sorted(found, key=lambda one: one[:3]):
        yield appointment, attempt, stops


def _falls_into(order: RecordAbsence, stop: StopHeld) -> bool:
    within = stop.starts_at < order.until and order.from_ < stop.ends_at
    return stop.clerk == order.clerk and within and order.now < stop.starts_at


def _consequences(
    order: RecordAbsence, staff: Staff, days: dict[str, ClerkDay], reservations: Reservations
) -> Iterator[Absent]:
    """`days` is changed on the way, so that nobody is given two visits at once."""
    for appointment, attempt, stops in affected(order, reservations):
        events = _taken_over(order, staff, days, appointment, attempt, stops)
        if events is None and any(stop.starts_at <= order.now for stop in stops):
            continue
        if events is None:
            events = (
                *(freed(appointment, attempt, stop) for stop in stops),
                StaffWithdrawn(appointment, attempt, stops),
            )
        _apply(days, events)
        yield from events


def _taken_over(
    order: RecordAbsence,
    staff: Staff,
    days: Mapping[str, ClerkDay],
    appointment: str,
    attempt: int,
    stops: Sequence[StopHeld],
) -> tuple[Absent, ...] | None:
    """A colleague for every stop that falls into the absence; None when one is missing."""
    trial = dict(days)
    events: tuple[Absent, ...] = ()
    for stop in stops:
        if not _falls_into(order, stop):
            continue
        found = takers(stop, staff, trial)
        if not found:
            return None
        steps: tuple[Absent, ...] = handing_over(appointment, attempt, stop, found[0])
        _apply(trial, steps)
        events = (*events, *steps)
    return events


def _apply(days: dict[str, ClerkDay], events: Iterable[Absent]) -> None:
    for event in events:
        if isinstance(event, ClerkTaken | ClerkFreed):
            stream = day_stream(event.clerk, event.date)
            days[stream] = clerk_day.evolve(days[stream], event)


def _checked(order: RecordAbsence, staff: Staff) -> Clerk:
    clerk = staff.clerks.get(order.clerk)
    if clerk is None:
        raise Refused("unknown_clerk", "clerk", f"there is no clerk {order.clerk}")
    if order.until <= order.from_:
        raise Refused("until_not_after_from", "until", "The absence ends before it begins.")
    if order.until <= order.now:
        raise Refused("over", "until", "The absence is over already.")
    if order.until - order.from_ > LONGEST:
        raise Refused("too_long", "until", f"At most {HORIZON_DAYS} days at once.")
    return clerk


def _hours(
    clerk: Clerk, order: RecordAbsence | EndAbsence, from_: datetime, until: datetime
) -> tuple[HoursOpened, ...]:
    """The days of the absence as they are open now, as far as they are opened yet and not over."""
    first: date = max(clerk.day_of(from_), clerk.day_of(order.now))
    return reopened(clerk, first, clerk.day_of(until), order.zone, order.closed)
