"""What the tests of this service say: one guest, one visit, and the words for what happens to them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from services.notifications.commands import (
    AskGuest,
    AskToConfirm,
    CloseVisit,
    DropQuestion,
    ForgetGuest,
    KeepVisit,
    NoteGuest,
    NotePass,
    NoteStops,
    NoteVisit,
    RecordFailure,
    RecordSent,
    SendAgain,
)
from services.notifications.decider import KEEPING, message_id
from services.notifications.drafts import Draft
from services.notifications.events import (
    GuestForgotten,
    GuestNoted,
    MessageDropped,
    MessageDue,
    MessageFailed,
    MessageRepeated,
    MessageSent,
    MessageSentAgain,
    PassNoted,
    QuestionClosed,
    QuestionNoted,
    SendingDeferred,
    Stop,
    StopsNoted,
    Visit,
    VisitClosed,
    VisitNoted,
    Wording,
)
from services.notifications.letters.house import Guest, House, Site

A = "a1"
NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
LATER = datetime.fromisoformat("2026-11-25T14:00:00+01:00")
PASSPORT = Wording("Reisepass, Ausgabe", "Passport, collection")
OLD_PASSPORT = Wording("Bisheriger Reisepass", "Your previous passport")
TOKEN = "s1.a1.e.0/guest.AAAA"
HOUSE = House(
    town="Stadt Gütersloh",
    sender="termine@guetersloh.example",
    public_url="https://termine.guetersloh.example",
    timezone=ZoneInfo("Europe/Berlin"),
    retention_days=30,
    sites={"rathaus": Site(Wording("Rathaus", "Town hall"), "Berliner Straße 70, 33330 Gütersloh")},
)
WITHOUT = ("declined", "expired", "not_confirmed", "asked_to_confirm")
"""Letters about no visit that stands or stood."""
GUEST = Guest("Jörg Öztürk", "joerg@example.org", "tok-1", "tok-2")


def visit(start: str = "2026-11-24T09:00:00+01:00", minutes: int = 10, **other: Any) -> Visit:
    """A visit of one stop for two people."""
    starts_at = datetime.fromisoformat(start)
    ends_at = starts_at + timedelta(minutes=minutes)
    stops = (Stop(PASSPORT, starts_at, ends_at, "Raum 101", "J. Brinkmann"),)
    fields = {"party_size": 2, "step_free": True, "stops": stops, "documents": (OLD_PASSPORT,)} | other
    return Visit(site="rathaus", starts_at=starts_at, ends_at=ends_at, **fields)


FIRST = visit()
MOVED = visit("2026-11-25T14:00:00+01:00")
SUBSTITUTED = tuple(replace(stop, clerk="A. Demir") for stop in FIRST.stops)


def visit_of(attempt: int) -> Visit:
    """The visit of an attempt: the first one, or the one it was moved to."""
    return FIRST if attempt == 1 else visit(f"2026-11-{23 + attempt}T14:00:00+01:00")


# ------------------------------------------------------------------------------------------------------------- commands


def note_guest(language: str = "de", now: datetime = NOW) -> NoteGuest:
    return NoteGuest("c", now, A, TOKEN, language, FIRST.starts_at, (PASSPORT,))


def confirm(now: datetime = NOW) -> NoteVisit:
    return NoteVisit("c", now, A, 1, "confirmation", FIRST)


def move(attempt: int = 2, now: datetime = NOW) -> NoteVisit:
    return NoteVisit("c", now, A, attempt, "moved", visit_of(attempt))


def hand_over(attempt: int = 1) -> NoteStops:
    return NoteStops("c", NOW, A, attempt, SUBSTITUTED)


def register(attempt: int = 1, number: str = "7KQ4M2XD", now: datetime = NOW) -> NotePass:
    return NotePass("c", now, A, attempt, number)


def cancel(attempt: int = 1, *, was_confirmed: bool = True, now: datetime = NOW) -> CloseVisit:
    return CloseVisit("c", now, A, attempt, "cancelled", was_confirmed)


def decline(*, late: bool, now: datetime = NOW) -> CloseVisit:
    return CloseVisit("c", now, A, 1, "declined", late, FIRST.starts_at, (LATER,))


def expire(now: datetime = NOW) -> CloseVisit:
    return CloseVisit("c", now, A, 1, "expired", True, FIRST.starts_at)


def keep(attempt: int = 2, kind: str = "move_declined", now: datetime = NOW) -> KeepVisit:
    return KeepVisit("c", now, A, attempt, kind, LATER, ())


def ask_to_confirm() -> AskToConfirm:
    return AskToConfirm("c", NOW, A, 1, FIRST.starts_at, LATER)


def ask(proposed: datetime | None = LATER) -> AskGuest:
    return AskGuest("c", NOW, A, 1, proposed)


def ask_no_more() -> DropQuestion:
    return DropQuestion("c", NOW, A)


def forget(now: datetime = NOW) -> ForgetGuest:
    return ForgetGuest("c", now, A)


def sent(kind: str, attempt: int = 1, now: datetime = NOW) -> RecordSent:
    return RecordSent("c", now, A, message_id(A, kind, attempt))


def not_sent(
    kind: str, attempt: int = 1, because: str = "try_later", *, permanent: bool = False, now: datetime = NOW
) -> RecordFailure:
    return RecordFailure("c", now, A, message_id(A, kind, attempt), permanent, because)


def again(kind: str, attempt: int = 1, now: datetime = NOW) -> SendAgain:
    return SendAgain("c", now, A, message_id(A, kind, attempt))


# --------------------------------------------------------------------------------------------------------------- events


def guest_noted(language: str = "de") -> GuestNoted:
    return GuestNoted(A, TOKEN, language, FIRST.starts_at, (PASSPORT,))


def confirmed() -> VisitNoted:
    return VisitNoted(A, 1, "confirmation", FIRST)


def moved(attempt: int = 2) -> VisitNoted:
    return VisitNoted(A, attempt, "moved", visit_of(attempt))


def handed_over(attempt: int = 1) -> StopsNoted:
    return StopsNoted(A, attempt, SUBSTITUTED)


def passed(attempt: int = 1) -> PassNoted:
    return PassNoted(A, attempt, "7KQ4M2XD")


def closed(because: str, attempt: int = 1) -> VisitClosed:
    return VisitClosed(A, attempt, because)


def due(kind: str, attempt: int = 1, **more: Any) -> MessageDue:
    return MessageDue(A, attempt, kind, message_id(A, kind, attempt), NOW, **more)


def was_sent(kind: str, attempt: int = 1, tries: int = 1) -> MessageSent:
    return MessageSent(A, attempt, kind, message_id(A, kind, attempt), tries)


def repeated(kind: str, attempt: int = 1) -> MessageRepeated:
    return MessageRepeated(A, attempt, kind, message_id(A, kind, attempt), NOW)


def was_sent_again(kind: str, attempt: int = 1, tries: int = 2) -> MessageSentAgain:
    return MessageSentAgain(A, attempt, kind, message_id(A, kind, attempt), tries)


def failed(kind: str, because: str, attempt: int = 1, tries: int = 1) -> MessageFailed:
    return MessageFailed(A, attempt, kind, message_id(A, kind, attempt), tries, because)


def deferred(kind: str, due_at: datetime, tries: int = 1, because: str = "try_later") -> SendingDeferred:
    return SendingDeferred(A, 1, kind, message_id(A, kind, 1), tries, due_at, because)


def dropped(kind: str, because: str, attempt: int = 1) -> MessageDropped:
    return MessageDropped(A, attempt, kind, message_id(A, kind, attempt), because)


def question_noted(proposed: datetime | None) -> QuestionNoted:
    return QuestionNoted(A, 1, proposed)


def question_closed() -> QuestionClosed:
    return QuestionClosed(A)


def forgotten() -> GuestForgotten:
    return GuestForgotten(A)


# -------------------------------------------------------------------------------------------------------------- letters


def letter(kind: str = "confirmation", language: str = "de", **other: Any) -> Draft:
    """The draft of a letter of that kind, as the choreography would bring it about."""
    fields: dict[str, Any] = {
        "appointment": A,
        "attempt": 2 if kind in {"moved", *KEEPING} else 1,
        "kind": kind,
        "language": language,
        "concerns": (PASSPORT,),
        "visit": None if kind in WITHOUT else MOVED if kind == "moved" else FIRST,
        "number": None if kind in WITHOUT else "7KQ4M2XD",
        "asked_for": LATER if kind in KEEPING else FIRST.starts_at,
        "alternatives": (LATER,) if kind == "declined" else (),
        "confirm_by": NOW if kind == "asked_to_confirm" else None,
    }
    return Draft(**fields | other)
