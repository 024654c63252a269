"""When clerks are busy elsewhere: what their own calendars say, as facts of their days."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from services.staff_calendar.commands import NoteBusy
from services.staff_calendar.events import BusyDay, BusyTimesChanged, ClerkBecameBusy, ClerkBecameFree, Span
from services.staff_calendar.spans import joined, without

PREFIX = "busy-"


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """What is said of a clerk's busy times needs no memory: the days know."""


def stream(clerk: str) -> str:
    """Where it is said what is busy now."""
    return f"{PREFIX}{clerk}"


def note(
    order: NoteBusy, known: Mapping[date, tuple[Span, ...]]
) -> tuple[ClerkBecameBusy | ClerkBecameFree | BusyTimesChanged, ...]:
    """What is new and what is over, day by day; then the whole of the days that changed, if any did."""
    events: list[ClerkBecameBusy | ClerkBecameFree] = []
    changed: list[BusyDay] = []
    for one in order.days:
        wanted, before = joined(one.busy), known[one.date]
        if free := without(before, wanted):
            events.append(ClerkBecameFree(order.clerk, one.date, free))
        if new := without(wanted, before):
            events.append(ClerkBecameBusy(order.clerk, one.date, new))
        if free or new:
            changed.append(BusyDay(one.date, wanted))
    return (*events, BusyTimesChanged(order.clerk, tuple(changed))) if changed else ()
