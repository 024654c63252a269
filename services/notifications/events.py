"""What this service stores: what a letter needs, and what became of each letter. Nothing here names the guest."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Wording:
    """A text in both languages."""

    de: str
    en: str


@dataclass(frozen=True, slots=True)
class Stop:
    """One part of a visit: one concern with one clerk in one room."""

    concern: Wording
    starts_at: datetime
    ends_at: datetime
    room: str
    clerk: str


@dataclass(frozen=True, slots=True)
class Visit:
    """When, where, with whom and what to bring. `documents` has no document twice."""

    site: str
    starts_at: datetime
    ends_at: datetime
    party_size: int
    step_free: bool
    stops: tuple[Stop, ...]
    documents: tuple[Wording, ...]


@dataclass(frozen=True, slots=True)
class GuestNoted:
    """Somebody has asked. `guest` is the sealed token of the personal data, opaque here."""

    appointment: str
    guest: str
    language: str
    starts_at: datetime
    concerns: tuple[Wording, ...]


@dataclass(frozen=True, slots=True)
class VisitNoted:
    """The visit stands at this time and place. `kind` is the letter it asks for: confirmation or moved."""

    appointment: str
    attempt: int
    kind: str
    visit: Visit


@dataclass(frozen=True, slots=True)
class StopsNoted:
    """The visit of this attempt has other clerks now, at the same time and in the same rooms."""

    appointment: str
    attempt: int
    stops: tuple[Stop, ...]


@dataclass(frozen=True, slots=True)
class PassNoted:
    """The number the guest shows at the entrance."""

    appointment: str
    attempt: int
    number: str


@dataclass(frozen=True, slots=True)
class VisitClosed:
    """Nothing will come of it any more. `because` is declined, expired or cancelled."""

    appointment: str
    attempt: int
    because: str


@dataclass(frozen=True, slots=True)
class QuestionNoted:
    """A clerk would rather have another time: at `proposed`, or any (None). The guest has a letter about it, or about
    an earlier question of this attempt; the first one is noted with its letter (MessageDue)."""

    appointment: str
    attempt: int
    proposed: datetime | None


@dataclass(frozen=True, slots=True)
class QuestionClosed:
    """No clerk wishes for another time any more."""

    appointment: str


@dataclass(frozen=True, slots=True)
class MessageDue:
    """All that a letter needs is there. `asked_for` and `alternatives` are times, where the kind has them."""

    appointment: str
    attempt: int
    kind: str
    message: str
    due_at: datetime
    asked_for: datetime | None = None
    alternatives: tuple[datetime, ...] = ()
    confirm_by: datetime | None = None


@dataclass(frozen=True, slots=True)
class MessageSent:
    """The mail server has accepted it, at the try `tries`."""

    appointment: str
    attempt: int
    kind: str
    message: str
    tries: int


@dataclass(frozen=True, slots=True)
class SendingDeferred:
    """It could not be sent this time; the next try is at `due_at`."""

    appointment: str
    attempt: int
    kind: str
    message: str
    tries: int
    due_at: datetime
    because: str


@dataclass(frozen=True, slots=True)
class MessageFailed:
    """It will not be tried again. `because` is a word of ours, not the mail server's text: that quotes addresses."""

    appointment: str
    attempt: int
    kind: str
    message: str
    tries: int
    because: str


@dataclass(frozen=True, slots=True)
class MessageDropped:
    """It was overtaken before it went out.

    `because` is moved, cancelled, declined, expired, forgotten, withdrawn or changed.
    """

    appointment: str
    attempt: int
    kind: str
    message: str
    because: str


@dataclass(frozen=True, slots=True)
class MessageRepeated:
    """A letter that had come to its end is due once more, because operations want it so."""

    appointment: str
    attempt: int
    kind: str
    message: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class MessageSentAgain:
    """The mail server has accepted it once more, under the same Message-ID."""

    appointment: str
    attempt: int
    kind: str
    message: str
    tries: int


@dataclass(frozen=True, slots=True)
class GuestForgotten:
    """The key of the guest's personal data is gone; nothing can be sent any more."""

    appointment: str


LetterEvent = (
    GuestNoted
    | VisitNoted
    | StopsNoted
    | PassNoted
    | VisitClosed
    | QuestionNoted
    | QuestionClosed
    | MessageDue
    | MessageSent
    | SendingDeferred
    | MessageFailed
    | MessageDropped
    | MessageRepeated
    | MessageSentAgain
    | GuestForgotten
)
