"""What booking stores: the catalogue of concerns, what it heard of rooms and clerks, and the life of every appointment.

Streams: `catalogue`; `room-{room}` and `clerk-{clerk}` (noted from their owners); `appointment-{appointment}`.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from services.booking.accounts.events import AccountEvent

Responsibility = Literal["anyone", "surname", "district"]


@dataclass(frozen=True, slots=True)
class Text:
    """One text in the languages of the pages."""

    de: str
    en: str


@dataclass(frozen=True, slots=True)
class Document:
    """Something to bring."""

    key: str
    de: str
    en: str


@dataclass(frozen=True, slots=True)
class YesNo:
    """A question of a concern, asked where `when` holds for the answers before it: "child+ pass-"; "" = always."""

    key: str
    text: Text
    when: str = ""


@dataclass(frozen=True, slots=True)
class Effect:
    """What follows where `when` holds. `document`: the key of one of the concern's, brought only then.
    `ends`: no visit is needed, and why; `online_url`: where it is done instead. The rest adds to what is needed.
    """

    when: str = ""
    document: str | None = None
    ends: Text | None = None
    online_url: str | None = None
    minutes: int = 0
    seats: int = 0
    equipment: tuple[str, ...] = ()
    competences: tuple[str, ...] = ()
    step_free: bool = False


@dataclass(frozen=True, slots=True)
class Share:
    """So many percent more of a day's places are open from `days` before it."""

    days: int
    percent: int


@dataclass(frozen=True, slots=True)
class Release:
    """Which places of a concern may be booked from when: shares of each day, or every week at a local time for the
    days up to the end of the week `weeks` ahead. A place is a start within `place_minutes` of an opening.
    """

    shares: tuple[Share, ...] = ()
    weekday: str | None = None
    time: str = "00:00"
    weeks: int = 1
    place_minutes: int = 30


@dataclass(frozen=True, slots=True)
class Concern:
    """What a guest comes for. Minutes are whole; `extra_minutes_per_person` counts from the second person on.

    Not sooner than `lead_minutes` from now, nor before the day `lead_days` after today, which begins at local midnight.
    `buffer_minutes` are kept free after a visit, `buffer_before_minutes` before it; of two buffers between neighbours
    the larger counts. Where `topic_en` is empty, `topic` is shown in English, too.
    """

    key: str
    name: Text
    department: str
    minutes: int
    leika: str | None = None
    topic: str = ""
    keywords: tuple[str, ...] = ()
    extra_minutes_per_person: int = 0
    equipment: tuple[str, ...] = ()
    competences: tuple[str, ...] = ()
    documents: tuple[Document, ...] = ()
    lead_minutes: int = 0
    lead_days: int = 0
    horizon_days: int = 60
    buffer_minutes: int = 0
    buffer_before_minutes: int = 0
    max_party: int = 10
    grid_minutes: int = 5
    online_url: str | None = None
    responsibility: Responsibility = "anyone"
    questions: tuple[YesNo, ...] = ()
    effects: tuple[Effect, ...] = ()
    release: Release | None = None
    topic_en: str = ""


@dataclass(frozen=True, slots=True)
class ConcernDefined:
    concern: Concern


@dataclass(frozen=True, slots=True)
class ConcernWithdrawn:
    key: str


@dataclass(frozen=True, slots=True)
class RoomNoted:
    """`parties`: so many visits at once may share the room, each with its part of the seats."""

    room: str
    name: str
    site: str
    seats: int
    equipment: tuple[str, ...]
    step_free: bool
    parties: int = 1


@dataclass(frozen=True, slots=True)
class Opening:
    """[from_, until); `site` is empty where the resource itself has one. `quota_class`: for whom it is kept; so many
    minutes (`release_minutes`) before a time begins, everybody may book it; None = never.
    """

    from_: datetime
    until: datetime
    site: str = ""
    quota_class: str = "public"
    release_minutes: int | None = None


@dataclass(frozen=True, slots=True)
class OpenDay:
    date: date
    open: tuple[Opening, ...]


@dataclass(frozen=True, slots=True)
class RoomHoursNoted:
    """All open times of a room from `from_` to `until`, both inclusive; a date not in `days` is closed."""

    room: str
    from_: date
    until: date
    days: tuple[OpenDay, ...]


@dataclass(frozen=True, slots=True)
class StreetPart:
    """House numbers of a street, both inclusive; None = from the first, to the last. `side`: odd, even or both."""

    street: str
    first: str | None = None
    last: str | None = None
    side: str = "both"
    postcode: str | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """A clerk's responsibility in a department: anyone, a surname range, or a district with its streets.

    `fallback`: what no rule of the department covers falls under this one.
    """

    department: str
    kind: Responsibility
    key: str | None = None
    first: str | None = None
    last: str | None = None
    streets: tuple[StreetPart, ...] = ()
    fallback: bool = False


@dataclass(frozen=True, slots=True)
class ClerkNoted:
    clerk: str
    name: str
    departments: tuple[str, ...]
    competences: tuple[str, ...]
    responsibility: tuple[Rule, ...]
    languages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ClerkHoursNoted:
    """All open times of a clerk from `from_` to `until`, both inclusive; a date not in `days` is closed."""

    clerk: str
    from_: date
    until: date
    days: tuple[OpenDay, ...]


@dataclass(frozen=True, slots=True)
class Span:
    """The instants [from_, until)."""

    from_: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class BusyDay:
    date: date
    busy: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class ClerkBusyNoted:
    """All times at which a clerk is busy elsewhere on these dates; other dates are as they were."""

    clerk: str
    days: tuple[BusyDay, ...]


@dataclass(frozen=True, slots=True)
class PlannedStop:
    """One concern of a visit: when, what it needs, and who and where was proposed (the owners decide).

    `blocked_from`: where a buffer before it begins; None = there is none.
    """

    stop: int
    concern: str
    name: Text
    department: str
    competences: tuple[str, ...]
    responsibility: str | None
    seats: int
    equipment: tuple[str, ...]
    step_free: bool
    starts_at: datetime
    ends_at: datetime
    blocked_until: datetime
    room: str | None = None
    clerk: str | None = None
    blocked_from: datetime | None = None

    @property
    def reach_from(self) -> datetime:
        return self.blocked_from or self.starts_at


@dataclass(frozen=True, slots=True)
class Answer:
    question: str
    yes: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """A visit as it was proposed. `date` is the local day of all of its stops. `answers`: those that decided it;
    `audience`: the classes of quotas, besides the public one, that were open to whoever asked; `spoken`: the language
    that the clerks are to speak (`language` is that of the mails).
    """

    site: str
    date: date
    starts_at: datetime
    ends_at: datetime
    party_size: int
    step_free: bool
    language: str
    stops: tuple[PlannedStop, ...]
    documents: tuple[Document, ...] = ()
    answers: tuple[Answer, ...] = ()
    audience: tuple[str, ...] = ()
    spoken: str | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """What an owner holds for one stop; `lane`: which of a room's parties.

    `ends_at`, `blocked_from`: where the buffers begin; None = it was not said, and there is none.
    """

    stop: int
    id: str
    name: str
    starts_at: datetime
    blocked_until: datetime
    lane: int = 1
    ends_at: datetime | None = None
    blocked_from: datetime | None = None

    @property
    def place(self) -> str:
        """What one party at a time may have, as rooms names it."""
        return self.id if self.lane == 1 else f"{self.id}/{self.lane}"


@dataclass(frozen=True, slots=True)
class AppointmentRequested:
    """`guest` is sealed; `fingerprint` tells a repeated request from another one under the same key.

    `confirm_by`: until then the guest must say yes once everything is held; None = nobody is asked.
    """

    appointment: str
    attempt: int
    plan: Plan
    hold_until: datetime
    requested_at: datetime
    guest: str
    fingerprint: str
    confirm_by: datetime | None = None


@dataclass(frozen=True, slots=True)
class MoveRequested:
    appointment: str
    attempt: int
    plan: Plan
    hold_until: datetime
    requested_at: datetime


@dataclass(frozen=True, slots=True)
class RoomHeld:
    appointment: str
    attempt: int
    stops: tuple[Held, ...]


@dataclass(frozen=True, slots=True)
class StaffHeld:
    appointment: str
    attempt: int
    stops: tuple[Held, ...]


@dataclass(frozen=True, slots=True)
class AppointmentHeld:
    """Room and clerk are held; the guest must say yes before `confirm_by`, or all of it is let go."""

    appointment: str
    attempt: int
    plan: Plan
    rooms: tuple[Held, ...]
    clerks: tuple[Held, ...]
    confirm_by: datetime


@dataclass(frozen=True, slots=True)
class AppointmentConfirmed:
    appointment: str
    attempt: int
    plan: Plan
    rooms: tuple[Held, ...]
    clerks: tuple[Held, ...]


@dataclass(frozen=True, slots=True)
class AppointmentMoved:
    appointment: str
    attempt: int
    plan: Plan
    rooms: tuple[Held, ...]
    clerks: tuple[Held, ...]
    previous_starts_at: datetime


@dataclass(frozen=True, slots=True)
class AppointmentReassigned:
    """The same time and the same room, with another clerk."""

    appointment: str
    attempt: int
    plan: Plan
    rooms: tuple[Held, ...]
    clerks: tuple[Held, ...]


@dataclass(frozen=True, slots=True)
class AppointmentQuestioned:
    """The clerk would rather have another time: at `starts_at`, or any (None). The guest is asked; nothing changes.

    `stop`: the clerk's; None = it was not stored yet.
    """

    appointment: str
    attempt: int
    starts_at: datetime | None
    stop: int | None = None


@dataclass(frozen=True, slots=True)
class WishNoted:
    """The same wish while the guest is moving the visit: there is something to ask only if that fails."""

    appointment: str
    attempt: int
    starts_at: datetime | None
    stop: int | None


@dataclass(frozen=True, slots=True)
class QuestionWithdrawn:
    """The clerk of `stop` wishes for nothing any more, or another one has taken over.

    `stop` = None: it was not stored yet, and nobody's question is left.
    """

    appointment: str
    attempt: int
    stop: int | None = None


@dataclass(frozen=True, slots=True)
class AppointmentDeclined:
    """`late`: the answer took so long that the guest is no longer waiting for it."""

    appointment: str
    attempt: int
    because: tuple[str, ...]
    alternatives: tuple[datetime, ...]
    starts_at: datetime
    language: str
    late: bool


@dataclass(frozen=True, slots=True)
class AppointmentExpired:
    appointment: str
    attempt: int
    starts_at: datetime
    language: str


@dataclass(frozen=True, slots=True)
class AppointmentCancelled:
    appointment: str
    attempt: int
    by: str
    was_confirmed: bool


@dataclass(frozen=True, slots=True)
class MoveDeclined:
    appointment: str
    attempt: int
    because: tuple[str, ...]
    alternatives: tuple[datetime, ...]
    starts_at: datetime
    language: str


@dataclass(frozen=True, slots=True)
class AnswerCameLate:
    """An owner answered when nothing was waiting any more; what ended the waiting lets go of it."""

    appointment: str
    attempt: int
    who: str
    held: bool


@dataclass(frozen=True, slots=True)
class PassNoted:
    """What the guest shows at the entrance, as its owner has said."""

    appointment: str
    number: str


@dataclass(frozen=True, slots=True)
class GuestForgotten:
    appointment: str


BookingEvent = (
    ConcernDefined
    | ConcernWithdrawn
    | RoomNoted
    | RoomHoursNoted
    | ClerkNoted
    | ClerkHoursNoted
    | ClerkBusyNoted
    | AppointmentRequested
    | MoveRequested
    | RoomHeld
    | StaffHeld
    | AppointmentHeld
    | AppointmentConfirmed
    | AppointmentMoved
    | AppointmentReassigned
    | AppointmentQuestioned
    | WishNoted
    | QuestionWithdrawn
    | AppointmentDeclined
    | AppointmentExpired
    | AppointmentCancelled
    | MoveDeclined
    | AnswerCameLate
    | PassNoted
    | GuestForgotten
    | AccountEvent
)
