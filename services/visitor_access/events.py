"""What this service stores, in the words of the security desk."""

from dataclasses import dataclass
from datetime import date as Date
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Stop:
    """Where a guest is sent and to whom; the concern is nobody's business at the entrance."""

    room: str
    clerk: str


@dataclass(frozen=True, slots=True)
class Entry:
    """Tells a repeated entry at the desk from a new one: digests of the caller's key and of what was sent with it."""

    key: str
    content: str


@dataclass(frozen=True, slots=True)
class PassReserved:
    """A pass belongs to one appointment, for good. The stream of the pass is the guard."""

    number: str
    appointment: str


@dataclass(frozen=True, slots=True)
class GuestAnnounced:
    """Asked for, not yet confirmed. `guest` is the sealed token of the personal data, opaque here."""

    appointment: str
    attempt: int
    site: str
    date: Date
    starts_at: datetime
    ends_at: datetime
    party_size: int
    guest: str
    number: str


@dataclass(frozen=True, slots=True)
class GuestRegistered:
    """Expected at this time and place; said again with the same pass when the appointment has moved."""

    appointment: str
    attempt: int
    number: str
    site: str
    date: Date
    starts_at: datetime
    ends_at: datetime
    party_size: int
    stops: tuple[Stop, ...]


@dataclass(frozen=True, slots=True)
class HostsChanged:
    """At the same time in the same rooms, to another clerk."""

    appointment: str
    attempt: int
    stops: tuple[Stop, ...]


@dataclass(frozen=True, slots=True)
class GuestRemoved:
    """No longer expected. `because` is declined, expired or cancelled."""

    appointment: str
    attempt: int
    because: str


@dataclass(frozen=True, slots=True)
class AppointmentEnded:
    """The guest has been in the house and stays on the list; is no longer expected if the arrival is taken back."""

    appointment: str
    because: str


@dataclass(frozen=True, slots=True)
class GuestArrived:
    """`at` has the local offset of the visit, as all times of the desk."""

    appointment: str
    number: str
    at: datetime
    entry: Entry | None = None


@dataclass(frozen=True, slots=True)
class ArrivalUndone:
    """The arrival (and a departure after it) was a mis-click."""

    appointment: str
    number: str
    at: datetime
    entry: Entry | None = None


@dataclass(frozen=True, slots=True)
class GuestLeft:
    """`assumed`: nobody saw it, but the day has ended or the visit has moved to another day or site."""

    appointment: str
    number: str
    at: datetime
    assumed: bool = False
    entry: Entry | None = None


@dataclass(frozen=True, slots=True)
class GuestMissed:
    """Expected, and not arrived by the end of the day."""

    appointment: str
    number: str


@dataclass(frozen=True, slots=True)
class GuestUnreadable:
    """The key of the guest's personal data is gone."""

    appointment: str


VisitEvent = (
    PassReserved
    | GuestAnnounced
    | GuestRegistered
    | HostsChanged
    | GuestRemoved
    | AppointmentEnded
    | GuestArrived
    | ArrivalUndone
    | GuestLeft
    | GuestMissed
    | GuestUnreadable
)
