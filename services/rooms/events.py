"""What rooms stores: frozen facts, in the words of those who look after the house.

Streams: `house` (RoomDefined, HoursSet, SiteClosuresSet, HoursOpened), `room-{room}-{date}`, from a room's second lane
on `room-{room}/{lane}-{date}` (RoomTaken, RoomFreed), and `reservation-{appointment}` (RoomReserved, RoomDeclined,
RoomReleased, HoldForgone).
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Clock = str
"""A local wall-clock time "HH:MM", 00:00 to 23:59; sorts as text."""
Because = Literal["no_fitting_room", "closed", "taken"]


@dataclass(frozen=True, slots=True)
class Hours:
    """Local hours [from_, until) on a weekday."""

    weekday: Weekday
    from_: Clock
    until: Clock


@dataclass(frozen=True, slots=True)
class Closure:
    """The dates on which a room, or all of a site, is closed, both inclusive."""

    from_: date
    until: date
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Pattern:
    """When a room is open: every week, except for closures."""

    weekly: tuple[Hours, ...] = ()
    closures: tuple[Closure, ...] = ()


@dataclass(frozen=True, slots=True)
class Opening:
    """The instants [from_, until) at which a room is open; aware, with the local offset."""

    from_: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class OpenDay:
    """The openings of one local date, in order, not touching each other."""

    date: date
    open: tuple[Opening, ...]


@dataclass(frozen=True, slots=True)
class StopHeld:
    """One stop of a visit and its room; `date` is the room's local day, `blocked_until` the end of the buffer.

    `lane`: which of the parties that the room may hold at once, from 1. `blocked_from`: where a buffer before the stop
    begins; None = there is none.
    """

    stop: int
    room: str
    name: str
    date: date
    site: str
    starts_at: datetime
    ends_at: datetime
    blocked_until: datetime
    lane: int = 1
    blocked_from: datetime | None = None

    @property
    def reach_from(self) -> datetime:
        return self.blocked_from or self.starts_at


@dataclass(frozen=True, slots=True)
class RoomDefined:
    """`parties`: so many visits at once may share the room, each with its part of the seats."""

    room: str
    name: str
    site: str
    seats: int
    equipment: tuple[str, ...]
    step_free: bool
    parties: int = 1


@dataclass(frozen=True, slots=True)
class HoursSet:
    room: str
    pattern: Pattern


@dataclass(frozen=True, slots=True)
class SiteClosuresSet:
    """When a whole site is closed: bridge days, company holidays, a staff meeting. Replaces what was set before."""

    site: str
    closures: tuple[Closure, ...]


@dataclass(frozen=True, slots=True)
class HoursOpened:
    """The hours of a room from `from_` to `until`, both inclusive. A date that `days` leaves out is closed."""

    room: str
    from_: date
    until: date
    zone: str
    days: tuple[OpenDay, ...]


@dataclass(frozen=True, slots=True)
class RoomTaken:
    """`ends_at`: where the buffer after the stop begins; None = it was not noted, and all of it counts as the visit."""

    room: str
    date: date
    appointment: str
    attempt: int
    stop: int
    starts_at: datetime
    blocked_until: datetime
    lane: int = 1
    ends_at: datetime | None = None
    blocked_from: datetime | None = None


@dataclass(frozen=True, slots=True)
class RoomFreed:
    room: str
    date: date
    appointment: str
    attempt: int
    stop: int
    starts_at: datetime
    blocked_until: datetime
    lane: int = 1
    blocked_from: datetime | None = None


@dataclass(frozen=True, slots=True)
class RoomReserved:
    appointment: str
    attempt: int
    stops: tuple[StopHeld, ...]


@dataclass(frozen=True, slots=True)
class RoomDeclined:
    appointment: str
    attempt: int
    because: Because
    alternatives: tuple[datetime, ...] = ()


@dataclass(frozen=True, slots=True)
class RoomReleased:
    """An attempt's rooms are free again. `kept` and `closed` as in HoldForgone."""

    appointment: str
    attempt: int
    stops: tuple[StopHeld, ...]
    kept: int = 0
    closed: bool = False


@dataclass(frozen=True, slots=True)
class HoldForgone:
    """Nothing was held when it was let go: remembered, so that a request heard later is declined.

    `attempt` will not be held; nor will one below `kept`; nor any at all when `closed`.
    """

    appointment: str
    attempt: int
    kept: int = 0
    closed: bool = False


RoomEvent = (
    RoomDefined
    | HoursSet
    | SiteClosuresSet
    | HoursOpened
    | RoomTaken
    | RoomFreed
    | RoomReserved
    | RoomDeclined
    | RoomReleased
    | HoldForgone
)
