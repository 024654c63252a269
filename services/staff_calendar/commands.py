"""Orders to staff_calendar. Each carries its own id, the time it is given, and the settings it depends on."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from services.staff_calendar.events import (
    BusyDay,
    Document,
    OpenDay,
    Pattern,
    Presence,
    Responsibility,
    RoomOfStop,
    Wish,
)

Scope = Literal["all", "others", "this"]


@dataclass(frozen=True, slots=True)
class DefineClerk:
    id: str
    now: datetime
    clerk: str
    name: str
    departments: tuple[str, ...]
    competences: tuple[str, ...]
    responsibility: tuple[Responsibility, ...]
    languages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SetQuotas:
    """`zone` is an IANA name; `closed` are the local dates on which nobody is on duty (public holidays, closures)."""

    id: str
    now: datetime
    clerk: str
    pattern: Pattern
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
    """A stop that needs a clerk for [starts_at, ends_at) and the buffers from `blocked_from` (None = no buffer before)
    and until `blocked_until`; `clerk` is a wish."""

    stop: int
    department: str
    competences: tuple[str, ...]
    responsibility: str | None
    starts_at: datetime
    ends_at: datetime
    blocked_until: datetime
    clerk: str | None = None
    concern: str = ""
    title: str = ""
    blocked_from: datetime | None = None

    @property
    def reach_from(self) -> datetime:
        return self.blocked_from or self.starts_at


@dataclass(frozen=True, slots=True)
class HoldStaff:
    """`audience`: the classes of quotas that are open to the guest besides the public one; `spoken`: a language.

    `guest` is the sealed token of the personal data; "" where it was said before.
    """

    id: str
    now: datetime
    appointment: str
    attempt: int
    site: str
    stops: tuple[StopWanted, ...]
    audience: tuple[str, ...] = ()
    spoken: str | None = None
    guest: str = ""


@dataclass(frozen=True, slots=True)
class LetGoStaff:
    """Let go of all attempts, of all `others` than `attempt`, or of `this` attempt only."""

    id: str
    now: datetime
    appointment: str
    attempt: int
    scope: Scope


@dataclass(frozen=True, slots=True)
class ConfirmVisit:
    """Booking has confirmed an attempt, or moved the visit to it: what is held for it is going to take place."""

    id: str
    now: datetime
    appointment: str
    attempt: int
    party_size: int = 1
    language: str = "de"
    documents: tuple[Document, ...] = ()
    rooms: tuple[RoomOfStop, ...] = ()


@dataclass(frozen=True, slots=True)
class NoteBusy:
    """All the times at which the clerk's own calendars make the clerk busy on these dates."""

    id: str
    now: datetime
    clerk: str
    days: tuple[BusyDay, ...]


@dataclass(frozen=True, slots=True)
class NotePresence:
    """The entrance has seen the guest come or go, or takes it back ("expected")."""

    id: str
    now: datetime
    appointment: str
    presence: Presence
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class MakeUnreadable:
    id: str
    now: datetime
    appointment: str


@dataclass(frozen=True, slots=True)
class CallGuest:
    """A clerk asks the guest of a stop in."""

    id: str
    now: datetime
    appointment: str
    attempt: int
    stop: int
    clerk: str


@dataclass(frozen=True, slots=True)
class FinishVisit:
    """A clerk is done with a stop."""

    id: str
    now: datetime
    appointment: str
    attempt: int
    stop: int
    clerk: str


@dataclass(frozen=True, slots=True)
class SubstituteClerk:
    """A stop goes over from `clerk` to `substitute`."""

    id: str
    now: datetime
    appointment: str
    attempt: int
    stop: int
    clerk: str
    substitute: str


@dataclass(frozen=True, slots=True)
class RecordAbsence:
    """The clerk is away in [from_, until). `plan`: what was shown to follow from it (absences.plan_of); None = any."""

    id: str
    now: datetime
    clerk: str
    absence: str
    from_: datetime
    until: datetime
    reason: str | None
    zone: str
    closed: tuple[date, ...] = ()
    plan: str | None = None


@dataclass(frozen=True, slots=True)
class EndAbsence:
    """The absence is taken back."""

    id: str
    now: datetime
    clerk: str
    absence: str
    zone: str
    closed: tuple[date, ...] = ()


@dataclass(frozen=True, slots=True)
class RenewAddress:
    """The clerk's feed gets another address."""

    id: str
    now: datetime
    clerk: str


@dataclass(frozen=True, slots=True)
class OpenFromCalendar:
    """All the hours that the clerk's own calendars open from today on; `zone` and `closed` as in SetQuotas."""

    id: str
    now: datetime
    clerk: str
    days: tuple[OpenDay, ...]
    zone: str
    closed: tuple[date, ...] = ()


@dataclass(frozen=True, slots=True)
class NoteWish:
    """What a clerk has done with a visit in the own calendar: moved to other times, deleted, or put back."""

    id: str
    now: datetime
    appointment: str
    stop: int
    clerk: str
    wish: Wish
    starts_at: datetime | None = None
    ends_at: datetime | None = None


StaffCalendarCommand = (
    DefineClerk
    | SetQuotas
    | ExtendHorizon
    | HoldStaff
    | LetGoStaff
    | ConfirmVisit
    | NoteBusy
    | NotePresence
    | MakeUnreadable
    | CallGuest
    | FinishVisit
    | SubstituteClerk
    | RecordAbsence
    | EndAbsence
    | RenewAddress
    | NoteWish
    | OpenFromCalendar
)
