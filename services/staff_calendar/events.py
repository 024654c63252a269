"""What staff_calendar stores: frozen facts, in the words of those who keep the calendars.

Streams: `staff` (the clerks, their hours and absences), `clerk-{clerk}-{date}` (ClerkTaken, ClerkFreed,
ClerkBecameBusy, ClerkBecameFree), `busy-{clerk}` (BusyTimesChanged) and `reservation-{appointment}` (who holds it, and
all that a clerk does with the guest).
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Clock = str
"""A local wall-clock time "HH:MM", 00:00 to 23:59; sorts as text."""
PUBLIC = "public"
"""The class of quotas that everybody may book; others are kept for some: "internal", "urgent"."""
Kind = Literal["anyone", "surname", "district"]
Wish = Literal["move", "cancel", "none"]
Because = Literal["no_competent_clerk", "not_on_duty", "taken"]
Presence = Literal["expected", "arrived", "left", "missed"]


@dataclass(frozen=True, slots=True)
class StreetPart:
    """House numbers of a street, both inclusive; None = from the first, to the last. `side`: odd, even or both."""

    street: str
    first: str | None = None
    last: str | None = None
    side: str = "both"
    postcode: str | None = None


@dataclass(frozen=True, slots=True)
class Responsibility:
    """A rule of a clerk in one department: `key` is what a request names; `first`/`last` bound a surname range,
    `streets` make a district. `fallback`: what no rule of the department covers falls under this one.
    """

    department: str
    kind: Kind
    key: str | None = None
    first: str | None = None
    last: str | None = None
    streets: tuple[StreetPart, ...] = ()
    fallback: bool = False


@dataclass(frozen=True, slots=True)
class Quota:
    """Local hours [from_, until) on a weekday at a site, every `every_weeks` weeks from the week of `anchor`.

    `of_month`: only on the first (1) to fifth (5), or the last (-1), such weekday of a month; None = on each.
    `valid_from`, `valid_until`: from the one date to the other, both inclusive; None = without end. `quota_class`: for
    whom; so many minutes (`release_minutes`) before a time begins, everybody may book it; None = never.
    """

    weekday: Weekday
    from_: Clock
    until: Clock
    site: str
    every_weeks: int = 1
    anchor: date | None = None
    quota_class: str = PUBLIC
    release_minutes: int | None = None
    of_month: int | None = None
    valid_from: date | None = None
    valid_until: date | None = None


@dataclass(frozen=True, slots=True)
class Hours:
    """Local hours [from_, until) at a site on the date of the exception they belong to; for whom as in Quota."""

    site: str
    from_: Clock
    until: Clock
    quota_class: str = PUBLIC
    release_minutes: int | None = None


@dataclass(frozen=True, slots=True)
class Exceptional:
    """What replaces the weekly quotas on one date; no hours: absent."""

    date: date
    open: tuple[Hours, ...] = ()
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Pattern:
    """Everything a clerk has said about the hours open for appointments."""

    weekly: tuple[Quota, ...] = ()
    exceptions: tuple[Exceptional, ...] = ()


@dataclass(frozen=True, slots=True)
class Opening:
    """The instants [from_, until) that a clerk opens at a site; aware, with the local offset; for whom as in Quota."""

    site: str
    from_: datetime
    until: datetime
    quota_class: str = PUBLIC
    release_minutes: int | None = None


@dataclass(frozen=True, slots=True)
class OpenDay:
    """The openings of one local date, in order, not touching each other at one site."""

    date: date
    open: tuple[Opening, ...]


@dataclass(frozen=True, slots=True)
class Needs:
    """What a clerk must be to take a stop; `spoken`: a language, or None."""

    department: str
    competences: tuple[str, ...] = ()
    responsibility: str | None = None
    spoken: str | None = None


@dataclass(frozen=True, slots=True)
class StopHeld:
    """One stop of a visit and its clerk; `date` is the clerk's local day, `blocked_until` the end of the buffer.

    `blocked_from`: where a buffer before the stop begins; None = there is none.
    """

    stop: int
    clerk: str
    name: str
    date: date
    site: str
    starts_at: datetime
    ends_at: datetime
    blocked_until: datetime
    concern: str = ""
    title: str = ""
    blocked_from: datetime | None = None
    needs: Needs | None = None

    @property
    def reach_from(self) -> datetime:
        return self.blocked_from or self.starts_at


@dataclass(frozen=True, slots=True)
class ClerkDefined:
    clerk: str
    name: str
    departments: tuple[str, ...]
    competences: tuple[str, ...]
    responsibility: tuple[Responsibility, ...]
    languages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class QuotasSet:
    clerk: str
    pattern: Pattern


@dataclass(frozen=True, slots=True)
class HoursOpened:
    """The hours of a clerk from `from_` to `until`, both inclusive. A date that `days` leaves out is closed."""

    clerk: str
    from_: date
    until: date
    zone: str
    days: tuple[OpenDay, ...]


@dataclass(frozen=True, slots=True)
class ClerkTaken:
    """`ends_at`: where the buffer after the stop begins; None = it was not noted, and all of it counts as the visit."""

    clerk: str
    date: date
    appointment: str
    attempt: int
    stop: int
    starts_at: datetime
    blocked_until: datetime
    ends_at: datetime | None = None
    blocked_from: datetime | None = None


@dataclass(frozen=True, slots=True)
class ClerkFreed:
    clerk: str
    date: date
    appointment: str
    attempt: int
    stop: int
    starts_at: datetime
    blocked_until: datetime
    blocked_from: datetime | None = None


@dataclass(frozen=True, slots=True)
class StaffReserved:
    """`guest` is the sealed token of the personal data, opaque here; said once, with the first attempt."""

    appointment: str
    attempt: int
    stops: tuple[StopHeld, ...]
    guest: str = ""


@dataclass(frozen=True, slots=True)
class StaffDeclined:
    appointment: str
    attempt: int
    because: Because
    alternatives: tuple[datetime, ...] = ()


@dataclass(frozen=True, slots=True)
class StaffReleased:
    """An attempt's clerks are free again. `kept` and `closed` as in HoldForgone."""

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


@dataclass(frozen=True, slots=True)
class Span:
    """The instants [from_, until); aware, with the local offset."""

    from_: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class BusyDay:
    """When a clerk is busy elsewhere on a local date: in order, neither overlapping nor touching."""

    date: date
    busy: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class ClerkBecameBusy:
    """A clerk's own calendar says of these times that they are taken; they were free before."""

    clerk: str
    date: date
    busy: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class ClerkBecameFree:
    """These times are not taken by the clerk's own calendar any more."""

    clerk: str
    date: date
    free: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class BusyTimesChanged:
    """What is busy now on the dates on which that has changed; said to those who propose times."""

    clerk: str
    days: tuple[BusyDay, ...]


@dataclass(frozen=True, slots=True)
class StaffSubstituted:
    """The stop has gone over from the clerk `previous` to the one in `held`."""

    appointment: str
    attempt: int
    previous: str
    held: StopHeld

    @property
    def stops(self) -> tuple[StopHeld, ...]:
        return (self.held,)


@dataclass(frozen=True, slots=True)
class StaffWithdrawn:
    """A clerk is away and nobody can take over: what was held for the attempt is held no more."""

    appointment: str
    attempt: int
    stops: tuple[StopHeld, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """What the guest is asked to bring, in German and English."""

    de: str
    en: str


@dataclass(frozen=True, slots=True)
class RoomOfStop:
    stop: int
    name: str


@dataclass(frozen=True, slots=True)
class VisitConfirmed:
    """What was held for this attempt takes place: so many people, with these documents, in these rooms."""

    appointment: str
    attempt: int
    party_size: int = 1
    language: str = "de"
    documents: tuple[Document, ...] = ()
    rooms: tuple[RoomOfStop, ...] = ()


@dataclass(frozen=True, slots=True)
class PresenceNoted:
    """What the entrance knows of the guest; `at` is when the guest came or left."""

    appointment: str
    presence: Presence
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class GuestCalled:
    """The clerk asks the guest in: `name` is the clerk's, `room` where to go."""

    appointment: str
    attempt: int
    stop: int
    clerk: str
    name: str
    room: str
    at: datetime


@dataclass(frozen=True, slots=True)
class VisitFinished:
    """The clerk is done with this stop of the visit."""

    appointment: str
    attempt: int
    stop: int
    clerk: str
    at: datetime


@dataclass(frozen=True, slots=True)
class GuestUnreadable:
    """The key of the guest's personal data is gone."""

    appointment: str


@dataclass(frozen=True, slots=True)
class AbsenceRecorded:
    """The clerk is away in [from_, until), whatever the quotas say. `reason` is shown to nobody but the clerk."""

    clerk: str
    absence: str
    from_: datetime
    until: datetime
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class AbsenceEnded:
    """The absence is taken back."""

    clerk: str
    absence: str


@dataclass(frozen=True, slots=True)
class CalendarAddressRenewed:
    """The address of the clerk's feed is another one now; the one before is void."""

    clerk: str


@dataclass(frozen=True, slots=True)
class CalendarHoursSet:
    """The hours that a clerk's own calendar opens from now on, besides the quotas; other dates open none."""

    clerk: str
    days: tuple[OpenDay, ...]


@dataclass(frozen=True, slots=True)
class ClerkWished:
    """In the own calendar a clerk has moved a visit to other times (`starts_at`, `ends_at`), or deleted it (`cancel`),
    or put it back (`none`). It stays as it is held until the guest agrees.
    """

    appointment: str
    attempt: int
    stop: int
    clerk: str
    wish: Wish
    starts_at: datetime | None = None
    ends_at: datetime | None = None


StaffCalendarEvent = (
    ClerkDefined
    | QuotasSet
    | HoursOpened
    | ClerkTaken
    | ClerkFreed
    | StaffReserved
    | StaffDeclined
    | StaffReleased
    | HoldForgone
    | VisitConfirmed
    | ClerkBecameBusy
    | ClerkBecameFree
    | BusyTimesChanged
    | StaffSubstituted
    | StaffWithdrawn
    | PresenceNoted
    | GuestCalled
    | VisitFinished
    | GuestUnreadable
    | AbsenceRecorded
    | AbsenceEnded
    | CalendarAddressRenewed
    | ClerkWished
    | CalendarHoursSet
)
