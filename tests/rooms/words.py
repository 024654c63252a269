"""How these tests speak: rooms, hours, visits and what is said about them, on Tuesday 24 November 2026."""

from datetime import UTC, date, datetime, timedelta, timezone

from services.rooms.commands import HoldRooms, LetGoRooms, Scope, StopWanted
from services.rooms.events import (
    Because,
    HoursOpened,
    OpenDay,
    Opening,
    RoomDeclined,
    RoomDefined,
    RoomFreed,
    RoomReleased,
    RoomReserved,
    RoomTaken,
    StopHeld,
)

ZONE = "Europe/Berlin"
CET = timezone(timedelta(hours=1))
DAY = date(2026, 11, 24)
NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


def at(clock: str, day: date = DAY) -> datetime:
    """A winter time in Gütersloh."""
    return datetime.combine(day, datetime.strptime(clock, "%H:%M").time(), CET)  # noqa: DTZ007


def room(
    name: str, seats: int = 3, *, equipment: tuple[str, ...] = (), step_free: bool = True, site: str = "rathaus"
) -> RoomDefined:
    return RoomDefined(name, name.upper(), site, seats, equipment, step_free)


def open_from(name: str, *hours: tuple[str, str], day: date = DAY) -> HoursOpened:
    """The room is open on one day only, from the first clock to the second of each pair."""
    openings = tuple(Opening(at(a, day), at(b, day)) for a, b in hours)
    return HoursOpened(name, day, day, ZONE, (OpenDay(day, openings),))


def open_rooms(*rooms: RoomDefined | str) -> tuple[RoomDefined | HoursOpened, ...]:
    """Rooms, open from 8 to 12."""
    defined = [room(one) if isinstance(one, str) else one for one in rooms]
    return tuple(event for one in defined for event in (one, open_from(one.room, ("08:00", "12:00"))))


def stop(
    start: str,
    end: str,
    blocked: str | None = None,
    *,
    number: int = 1,
    wish: str | None = None,
    seats: int = 2,
    equipment: tuple[str, ...] = (),
    step_free: bool = False,
    day: date = DAY,
) -> StopWanted:
    return StopWanted(number, seats, equipment, step_free, at(start, day), at(end, day), at(blocked or end, day), wish)


def hold(*stops: StopWanted, appointment: str = "a1", attempt: int = 1, site: str = "rathaus") -> HoldRooms:
    return HoldRooms(f"hold-{appointment}-{attempt}", NOW, appointment, attempt, site, stops)


def let_go(scope: Scope = "all", *, appointment: str = "a1", attempt: int = 1) -> LetGoRooms:
    return LetGoRooms(f"let-go-{appointment}-{attempt}-{scope}", NOW, appointment, attempt, scope)


def held(where: str, wanted: StopWanted, *, until: str | None = None, site: str = "rathaus") -> StopHeld:
    """The stop as it is held in a room; `until` where its buffer was cut."""
    day = wanted.starts_at.date()
    blocked = at(until, day) if until else wanted.blocked_until
    times = wanted.starts_at, wanted.ends_at, blocked
    return StopHeld(wanted.stop, where, where.upper(), day, site, *times, blocked_from=wanted.blocked_from)


def taken(stop: StopHeld, *, appointment: str = "a1", attempt: int = 1) -> RoomTaken:
    times = stop.starts_at, stop.blocked_until, stop.lane, stop.ends_at, stop.blocked_from
    return RoomTaken(stop.room, stop.date, appointment, attempt, stop.stop, *times)


def freed(stop: StopHeld, *, appointment: str = "a1", attempt: int = 1) -> RoomFreed:
    times = stop.starts_at, stop.blocked_until, stop.lane, stop.blocked_from
    return RoomFreed(stop.room, stop.date, appointment, attempt, stop.stop, *times)


def reserved(*stops: StopHeld, appointment: str = "a1", attempt: int = 1) -> tuple[RoomTaken | RoomReserved, ...]:
    """All that a reservation is made of: the rooms' days and what is said."""
    return (
        *(taken(one, appointment=appointment, attempt=attempt) for one in stops),
        RoomReserved(appointment, attempt, stops),
    )


def released(
    *stops: StopHeld, appointment: str = "a1", attempt: int = 1, kept: int = 0, closed: bool = False
) -> tuple[RoomFreed | RoomReleased, ...]:
    return (
        *(freed(one, appointment=appointment, attempt=attempt) for one in stops),
        RoomReleased(appointment, attempt, stops, kept, closed),
    )


def declined(because: Because, *others: str, appointment: str = "a1", attempt: int = 1) -> RoomDeclined:
    return RoomDeclined(appointment, attempt, because, tuple(at(clock) for clock in others))
