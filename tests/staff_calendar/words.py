"""How these tests speak: clerks, quotas, visits and what is said about them, on Tuesday 24 November 2026."""

from datetime import UTC, date, datetime, timedelta, timezone

from services.staff_calendar.commands import HoldStaff, LetGoStaff, Scope, StopWanted
from services.staff_calendar.events import (
    Because,
    ClerkDefined,
    ClerkFreed,
    ClerkTaken,
    HoursOpened,
    Needs,
    OpenDay,
    Opening,
    Responsibility,
    StaffDeclined,
    StaffReleased,
    StaffReserved,
    StopHeld,
)

ZONE = "Europe/Berlin"
CET = timezone(timedelta(hours=1))
DAY = date(2026, 11, 24)
NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


def at(clock: str, day: date = DAY) -> datetime:
    """A winter time in Gütersloh."""
    return datetime.combine(day, datetime.strptime(clock, "%H:%M").time(), CET)  # noqa: DTZ007


def clerk(
    name: str,
    *,
    departments: tuple[str, ...] = ("buergerbuero",),
    competences: tuple[str, ...] = ("pass",),
    responsibility: tuple[Responsibility, ...] = (),
) -> ClerkDefined:
    return ClerkDefined(name, name.upper(), departments, competences, responsibility, ("de",))


def open_from(name: str, *hours: tuple[str, str], site: str = "rathaus", day: date = DAY) -> HoursOpened:
    """The clerk is open on one day only, from the first clock to the second of each pair."""
    openings = tuple(Opening(site, at(a, day), at(b, day)) for a, b in hours)
    return HoursOpened(name, day, day, ZONE, (OpenDay(day, openings),))


def on_duty(*names: str) -> tuple[ClerkDefined | HoursOpened, ...]:
    """Clerks for passports, open from 8 to 12."""
    return tuple(event for name in names for event in (clerk(name), open_from(name, ("08:00", "12:00"))))


def stop(
    start: str,
    end: str,
    blocked: str | None = None,
    *,
    number: int = 1,
    wish: str | None = None,
    competences: tuple[str, ...] = ("pass",),
    department: str = "buergerbuero",
    responsibility: str | None = None,
    day: date = DAY,
) -> StopWanted:
    return StopWanted(
        number, department, competences, responsibility, at(start, day), at(end, day), at(blocked or end, day), wish
    )


def hold(*stops: StopWanted, appointment: str = "a1", attempt: int = 1, site: str = "rathaus") -> HoldStaff:
    return HoldStaff(f"hold-{appointment}-{attempt}", NOW, appointment, attempt, site, stops)


def let_go(scope: Scope = "all", *, appointment: str = "a1", attempt: int = 1) -> LetGoStaff:
    return LetGoStaff(f"let-go-{appointment}-{attempt}-{scope}", NOW, appointment, attempt, scope)


def held(who: str, wanted: StopWanted, *, until: str | None = None, site: str = "rathaus") -> StopHeld:
    """The stop as it is held by a clerk; `until` where its buffer was cut."""
    day = wanted.starts_at.date()
    return StopHeld(
        wanted.stop,
        who,
        who.upper(),
        day,
        site,
        wanted.starts_at,
        wanted.ends_at,
        at(until, day) if until else wanted.blocked_until,
        wanted.concern,
        wanted.title,
        wanted.blocked_from,
        Needs(wanted.department, wanted.competences, wanted.responsibility),
    )


def taken(stop: StopHeld, *, appointment: str = "a1", attempt: int = 1) -> ClerkTaken:
    times = stop.starts_at, stop.blocked_until, stop.ends_at, stop.blocked_from
    return ClerkTaken(stop.clerk, stop.date, appointment, attempt, stop.stop, *times)


def freed(stop: StopHeld, *, appointment: str = "a1", attempt: int = 1) -> ClerkFreed:
    times = stop.starts_at, stop.blocked_until, stop.blocked_from
    return ClerkFreed(stop.clerk, stop.date, appointment, attempt, stop.stop, *times)


def reserved(*stops: StopHeld, appointment: str = "a1", attempt: int = 1) -> tuple[ClerkTaken | StaffReserved, ...]:
    """All that a reservation is made of: the clerks' days and what is said."""
    return (
        *(taken(one, appointment=appointment, attempt=attempt) for one in stops),
        StaffReserved(appointment, attempt, stops),
    )


def released(
    *stops: StopHeld, appointment: str = "a1", attempt: int = 1, kept: int = 0, closed: bool = False
) -> tuple[ClerkFreed | StaffReleased, ...]:
    return (
        *(freed(one, appointment=appointment, attempt=attempt) for one in stops),
        StaffReleased(appointment, attempt, stops, kept, closed),
    )


def declined(because: Because, *others: str, appointment: str = "a1", attempt: int = 1) -> StaffDeclined:
    return StaffDeclined(appointment, attempt, because, tuple(at(clock) for clock in others))
