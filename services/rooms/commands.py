"""Orders to rooms. Each carries its own id, the time it is given, and the settings it depends on."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from services.rooms.events import Closure, Pattern

Scope = Literal["all", "others", "this"]


@dataclass(frozen=True, slots=True)
class DefineRoom:
    """`zone` is an IANA name; `closed` are the local dates on which the whole house is closed (public holidays)."""

    id: str
    now: datetime
    room: str
    name: str
    site: str
    seats: int
    equipment: tuple[str, ...]
    step_free: bool
    pattern: Pattern
    zone: str
    closed: tuple[date, ...] = ()
    parties: int = 1


@dataclass(frozen=True, slots=True)
class SetClosures:
    """All closures of a site, instead of those before; `zone` and `closed` as in DefineRoom."""

    id: str
    now: datetime
    site: str
    closures: tuple[Closure, ...]
    zone: str
    closed: tuple[date, ...] = ()


@dataclass(frozen=True, slots=True)
class ExtendHorizon:
    """The daily order to open the days that have come within the horizon."""

    id: str
    now: datetime
    zone: str
    closed: tuple[date, ...] = ()


@dataclass(frozen=True, slots=True)
class StopWanted:
    """A stop that needs a room for [starts_at, ends_at) and the buffers from `blocked_from` (None = no buffer before)
    and until `blocked_until`; `room` is a wish."""

    stop: int
    seats: int
    equipment: tuple[str, ...]
    step_free: bool
    starts_at: datetime
    ends_at: datetime
    blocked_until: datetime
    room: str | None = None
    blocked_from: datetime | None = None

    @property
    def reach_from(self) -> datetime:
        return self.blocked_from or self.starts_at


@dataclass(frozen=True, slots=True)
class HoldRooms:
    id: str
    now: datetime
    appointment: str
    attempt: int
    site: str
    stops: tuple[StopWanted, ...]


@dataclass(frozen=True, slots=True)
class LetGoRooms:
    """Let go of all attempts, of all `others` than `attempt`, or of `this` attempt only."""

    id: str
    now: datetime
    appointment: str
    attempt: int
    scope: Scope


RoomCommand = DefineRoom | SetClosures | ExtendHorizon | HoldRooms | LetGoRooms
