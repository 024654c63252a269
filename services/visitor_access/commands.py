"""What the entrance can be asked to do. `now` is aware; `id` names the events that follow."""

from dataclasses import dataclass
from datetime import date as Date
from datetime import datetime

from services.visitor_access.events import Entry, Stop


@dataclass(frozen=True, slots=True)
class AnnounceGuest:
    id: str
    now: datetime
    appointment: str
    attempt: int
    site: str
    date: Date
    starts_at: datetime
    ends_at: datetime
    party_size: int
    guest: str


@dataclass(frozen=True, slots=True)
class RegisterGuest:
    id: str
    now: datetime
    appointment: str
    attempt: int
    site: str
    date: Date
    starts_at: datetime
    ends_at: datetime
    party_size: int
    stops: tuple[Stop, ...]


@dataclass(frozen=True, slots=True)
class ChangeHosts:
    """Another clerk sees the guest of an attempt."""

    id: str
    now: datetime
    appointment: str
    attempt: int
    stops: tuple[Stop, ...]


@dataclass(frozen=True, slots=True)
class RemoveGuest:
    id: str
    now: datetime
    appointment: str
    because: str


@dataclass(frozen=True, slots=True)
class MakeUnreadable:
    id: str
    now: datetime
    appointment: str


@dataclass(frozen=True, slots=True)
class EndDay:
    """The day of this visit has ended, says the timer."""

    id: str
    now: datetime
    appointment: str


@dataclass(frozen=True, slots=True)
class RecordArrival:
    """`code` is a pass as typed or an appointment id; `at` is set when brought in later from a desk without a line."""

    id: str
    now: datetime
    code: str
    at: datetime | None = None
    site: str | None = None
    entry: Entry | None = None


@dataclass(frozen=True, slots=True)
class RecordDeparture:
    id: str
    now: datetime
    code: str
    at: datetime | None = None
    entry: Entry | None = None


@dataclass(frozen=True, slots=True)
class UndoArrival:
    id: str
    now: datetime
    code: str
    entry: Entry | None = None


Heard = AnnounceGuest | RegisterGuest | ChangeHosts | RemoveGuest | MakeUnreadable | EndDay
AtTheDesk = RecordArrival | RecordDeparture | UndoArrival
VisitCommand = Heard | AtTheDesk
