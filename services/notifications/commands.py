"""What this service is asked to do. The notes come from heard messages, the records from the sender."""

from dataclasses import dataclass
from datetime import datetime

from services.notifications.events import Stop, Visit, Wording


@dataclass(frozen=True, slots=True)
class NoteGuest:
    """Keep whom to write to, in which language, and what was asked for."""

    id: str
    now: datetime
    appointment: str
    guest: str
    language: str
    starts_at: datetime
    concerns: tuple[Wording, ...]


@dataclass(frozen=True, slots=True)
class NoteVisit:
    """The visit is confirmed (kind `confirmation`) or stands at its new time (kind `moved`)."""

    id: str
    now: datetime
    appointment: str
    attempt: int
    kind: str
    visit: Visit


@dataclass(frozen=True, slots=True)
class NoteStops:
    """A clerk of the visit was replaced: keep whom the guest will see."""

    id: str
    now: datetime
    appointment: str
    attempt: int
    stops: tuple[Stop, ...]


@dataclass(frozen=True, slots=True)
class NotePass:
    """The pass for this attempt was issued."""

    id: str
    now: datetime
    appointment: str
    attempt: int
    number: str


@dataclass(frozen=True, slots=True)
class CloseVisit:
    """The visit will not take place. `kind` is cancelled, declined or expired; `tell` asks for a letter."""

    id: str
    now: datetime
    appointment: str
    attempt: int
    kind: str
    tell: bool
    asked_for: datetime | None = None
    alternatives: tuple[datetime, ...] = ()


@dataclass(frozen=True, slots=True)
class KeepVisit:
    """The visit could not be moved to `asked_for`: the old time stays, and the guest must know.

    `kind` is the letter it asks for: move_declined or, where it was not known in time, move_expired.
    """

    id: str
    now: datetime
    appointment: str
    attempt: int
    kind: str
    asked_for: datetime
    alternatives: tuple[datetime, ...]


@dataclass(frozen=True, slots=True)
class AskGuest:
    """The clerk would rather have another time: at `proposed`, or any (None). The guest decides."""

    id: str
    now: datetime
    appointment: str
    attempt: int
    proposed: datetime | None


@dataclass(frozen=True, slots=True)
class DropQuestion:
    """The clerk wishes for no other time any more: what has not been asked yet is not asked."""

    id: str
    now: datetime
    appointment: str


@dataclass(frozen=True, slots=True)
class AskToConfirm:
    """Everything is held: the guest must say yes before `confirm_by`."""

    id: str
    now: datetime
    appointment: str
    attempt: int
    asked_for: datetime
    confirm_by: datetime


@dataclass(frozen=True, slots=True)
class ForgetGuest:
    """Nothing may be sent to this guest any more."""

    id: str
    now: datetime
    appointment: str


@dataclass(frozen=True, slots=True)
class RecordSent:
    """The mail server has accepted the message."""

    id: str
    now: datetime
    appointment: str
    message: str


@dataclass(frozen=True, slots=True)
class RecordFailure:
    """The message could not be handed over; `permanent` when another try can't help."""

    id: str
    now: datetime
    appointment: str
    message: str
    permanent: bool
    because: str


@dataclass(frozen=True, slots=True)
class SendAgain:
    """Operations want a letter to go out once more, under the same Message-ID."""

    id: str
    now: datetime
    appointment: str
    message: str


Heard = NoteGuest | NoteVisit | NoteStops | NotePass | CloseVisit | KeepVisit | AskGuest | DropQuestion | AskToConfirm
"""What others have said; of no account once the visit is closed or the guest forgotten."""

LetterCommand = Heard | ForgetGuest | RecordSent | RecordFailure | SendAgain
