"""Who may take over a stop from another clerk: competent, responsible, on duty at the site, and free."""

from collections.abc import Iterator, Mapping

from services.staff_calendar.allocation import Days, day_stream
from services.staff_calendar.commands import SubstituteClerk
from services.staff_calendar.day import ClerkDay
from services.staff_calendar.events import (
    ClerkFreed,
    ClerkTaken,
    StaffSubstituted,
    StopHeld,
)
from services.staff_calendar.holding import freed, handed_to, taken
from services.staff_calendar.staff import Clerk, Refused, Staff

Substituted = ClerkFreed | ClerkTaken | StaffSubstituted


def substitute(
    order: SubstituteClerk, held: Mapping[int, tuple[StopHeld, ...]], staff: Staff, days: Days
) -> tuple[Substituted, ...]:
    """The stop goes over as it is: same time, same room. Raises Refused."""
    stop = _stop(order, held)
    if stop.clerk == order.substitute:
        return ()
    if stop.clerk != order.clerk:
        raise Refused("not_held", detail="This appointment is no longer in this calendar.")
    clerk = staff.clerks.get(order.substitute)
    if clerk is None:
        raise Refused("unknown_clerk", "substitute", f"there is no clerk {order.substitute}")
    if not able(clerk, stop):
        raise Refused("not_competent", "substitute", f"{clerk.definition.name} does not deal with this concern")
    if not on_duty(clerk, stop):
        raise Refused("not_on_duty", "substitute", f"{clerk.definition.name} has no hours at that time")
    if not _free(days.get(day_stream(order.substitute, stop.date)), stop):
        raise Refused("taken", "substitute", f"{clerk.definition.name} has another appointment at that time")
    return handing_over(order.appointment, order.attempt, stop, clerk)


def handing_over(appointment: str, attempt: int, stop: StopHeld, clerk: Clerk) -> tuple[Substituted, ...]:
    """What happens when a stop goes over to a clerk."""
    new = handed_to(stop, clerk.definition.clerk, clerk.definition.name)
    said = StaffSubstituted(appointment, attempt, stop.clerk, new)
    return freed(appointment, attempt, stop), taken(appointment, attempt, new), said


def takers(stop: StopHeld, staff: Staff, days: Days) -> list[Clerk]:
    """Who could take over, whoever has the fewest minutes that day first. Looks only at the days given."""
    found = []
    for clerk in possible(stop, staff):
        day = days.get(day_stream(clerk.definition.clerk, stop.date))
        if day is not None and _free(day, stop):
            found.append((day.minutes, clerk.definition.clerk, clerk))
    return [clerk for *_, clerk in sorted(found, key=lambda one: one[:2])]


def possible(stop: StopHeld, staff: Staff) -> Iterator[Clerk]:
    """Everybody else who is able and on duty, free or not."""
    others = (clerk for name, clerk in staff.clerks.items() if name != stop.clerk)
    return (clerk for clerk in others if able(clerk, stop) and on_duty(clerk, stop))


def able(clerk: Clerk, stop: StopHeld) -> bool:
    """Competent and responsible, as was asked for when the stop was reserved; nobody where that is not known."""
    needs = stop.needs
    if needs is None:
        return False
    speaks = needs.spoken is None or needs.spoken in clerk.definition.languages
    return speaks and clerk.can(needs.department, needs.competences, needs.responsibility)


def on_duty(clerk: Clerk, stop: StopHeld) -> bool:
    """Does one opening at the site hold the visit? Whomever it is kept for: the place is given already."""
    return any(
        opening.from_ <= stop.starts_at and stop.ends_at <= opening.until
        for opening in clerk.all_openings(stop.date, stop.site)
    )


def _free(day: ClerkDay | None, stop: StopHeld) -> bool:
    return day is not None and day.free(stop)


def _stop(order: SubstituteClerk, held: Mapping[int, tuple[StopHeld, ...]]) -> StopHeld:
    for stop in held.get(order.attempt, ()):
        if stop.stop == order.stop:
            return stop
    raise Refused("not_held", detail="This appointment is not reserved any more.")
