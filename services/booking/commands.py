"""Orders to booking. Each carries its own id and the time it is given."""

from dataclasses import dataclass
from datetime import datetime

from services.booking.accounts.commands import AccountCommand
from services.booking.events import (
    ClerkBusyNoted,
    ClerkHoursNoted,
    ClerkNoted,
    Concern,
    Held,
    Plan,
    RoomHoursNoted,
    RoomNoted,
)


@dataclass(frozen=True, slots=True)
class SetCatalogue:
    """All concerns there are from now on; what is missing is withdrawn."""

    id: str
    now: datetime
    concerns: tuple[Concern, ...]


@dataclass(frozen=True, slots=True)
class Note:
    """Keep what the owner of a room or a clerk has said."""

    id: str
    now: datetime
    fact: RoomNoted | RoomHoursNoted | ClerkNoted | ClerkHoursNoted | ClerkBusyNoted


@dataclass(frozen=True, slots=True)
class RequestAppointment:
    id: str
    now: datetime
    appointment: str
    plan: Plan
    hold_until: datetime
    guest: str
    fingerprint: str
    confirm_by: datetime | None = None


@dataclass(frozen=True, slots=True)
class RequestMove:
    id: str
    now: datetime
    appointment: str
    plan: Plan
    hold_until: datetime


@dataclass(frozen=True, slots=True)
class ConfirmByGuest:
    """The guest says yes to what is held."""

    id: str
    now: datetime
    appointment: str


@dataclass(frozen=True, slots=True)
class CancelAppointment:
    id: str
    now: datetime
    appointment: str
    by: str


@dataclass(frozen=True, slots=True)
class HearAnswer:
    """`who` is "rooms" or "staff"; `held` is what it holds, or empty with the reason why it can't."""

    id: str
    now: datetime
    appointment: str
    attempt: int
    who: str
    held: tuple[Held, ...] = ()
    because: str = ""
    alternatives: tuple[datetime, ...] = ()


@dataclass(frozen=True, slots=True)
class NotePass:
    """Keep the number of the guest's pass."""

    id: str
    now: datetime
    appointment: str
    number: str


@dataclass(frozen=True, slots=True)
class HearWish:
    """The clerk of `stop` would rather have another time: at `starts_at`, or any (None)."""

    id: str
    now: datetime
    appointment: str
    attempt: int
    stop: int
    starts_at: datetime | None


@dataclass(frozen=True, slots=True)
class HearNoWish:
    """The clerk of `stop` has taken the wish back."""

    id: str
    now: datetime
    appointment: str
    attempt: int
    stop: int


@dataclass(frozen=True, slots=True)
class HearSubstitute:
    """Another clerk has taken over the stop `held.stop` of an attempt."""

    id: str
    now: datetime
    appointment: str
    attempt: int
    held: Held


@dataclass(frozen=True, slots=True)
class HearWithdrawal:
    """The clerks of an attempt are held no more: one is away, and nobody can take over."""

    id: str
    now: datetime
    appointment: str
    attempt: int


@dataclass(frozen=True, slots=True)
class ExpireHold:
    id: str
    now: datetime
    appointment: str


@dataclass(frozen=True, slots=True)
class ForgetGuest:
    id: str
    now: datetime
    appointment: str


BookingCommand = (
    SetCatalogue
    | Note
    | RequestAppointment
    | RequestMove
    | ConfirmByGuest
    | CancelAppointment
    | HearAnswer
    | HearSubstitute
    | HearWish
    | HearNoWish
    | HearWithdrawal
    | NotePass
    | ExpireHold
    | ForgetGuest
    | AccountCommand
)
