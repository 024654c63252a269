"""Which letters become due, and what follows from each try to send one. The only place with rules.

Booking and visitor_access are heard independently of each other: the details of an attempt may come before its pass or
after it, and news of a later attempt or of the end of the visit in between. A letter that was overtaken is dropped.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import assert_never

from services.notifications.commands import (
    AskGuest,
    AskToConfirm,
    CloseVisit,
    DropQuestion,
    ForgetGuest,
    Heard,
    KeepVisit,
    LetterCommand,
    NoteGuest,
    NotePass,
    NoteStops,
    NoteVisit,
    RecordFailure,
    RecordSent,
    SendAgain,
)
from services.notifications.events import (
    GuestForgotten,
    GuestNoted,
    LetterEvent,
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
    StopsNoted,
    VisitClosed,
    VisitNoted,
)

FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(minutes=10)
GIVE_UP_AFTER = timedelta(hours=24)
ENOUGH_TRIES = GIVE_UP_AFTER // LONGEST_PAUSE // 2
"""Half of what 24 hours of the longest pauses hold: a weekend that we were away, or a wrong clock, is no trying."""
ASKING = ("asked_to_move", "asked_for_another")
"""Kinds of letters with which a guest is asked for another time: with a proposal, and without."""
WAITING = ("due", "deferred")
KEEPING = ("move_declined", "move_expired")
"""Kinds of letters that say that the old time stays."""
ENDS = ("cancelled", "declined", "expired", "not_confirmed")
"""Letters that stay true whatever comes after them."""
OUTCOMES: Mapping[type, str] = {
    MessageSent: "sent",
    MessageSentAgain: "sent",
    SendingDeferred: "deferred",
    MessageFailed: "failed",
}


@dataclass(frozen=True, slots=True)
class Letter:
    """One message to the guest. `status` is due, deferred, sent, failed or dropped; `sent`: it has been once."""

    due: MessageDue
    status: str = "due"
    tries: int = 0
    sent: bool = False

    @property
    def settled(self) -> bool:
        """It went out once, or never can."""
        return self.sent or self.status == "failed"


@dataclass(frozen=True, slots=True)
class Correspondence:
    """All we know of one appointment and all we have written or are about to write. Visits and passes by attempt."""

    guest: GuestNoted | None = None
    visits: Mapping[int, VisitNoted] = field(default_factory=dict)
    passes: Mapping[int, str] = field(default_factory=dict)
    letters: Mapping[str, Letter] = field(default_factory=dict)
    closed: bool = False
    forgotten: bool = False
    question: QuestionNoted | None = None
    """What a clerk would rather have, until it is taken back."""


def stream(appointment: str) -> str:
    """The stream of an appointment's letters."""
    return f"letter-{appointment}"


def message_id(appointment: str, kind: str, attempt: int) -> str:
    """Id of a message: one per kind and attempt, whatever the order in which we hear."""
    return f"{appointment}.{kind}.{attempt}"


def appointment_of(message: str) -> str:
    """The appointment a message id begins with."""
    return message.rsplit(".", 2)[0]


def pause(tries: int) -> timedelta:
    """How long to wait after the failed try number `tries` (from 1): 5 s, doubling to 10 minutes."""
    return min(FIRST_PAUSE * (1 << min(tries - 1, 16)), LONGEST_PAUSE)


def stream_of(event: LetterEvent) -> str:
    """The stream an event belongs to."""
    return stream(event.appointment)


def needs(command: LetterCommand, states: Mapping[str, Correspondence]) -> set[str]:
    """A command touches the letters of its own appointment only."""
    return {stream(command.appointment)}


def initial(stream: str) -> Correspondence:
    """Nobody has asked yet."""
    return Correspondence()


def evolve(state: Correspondence, event: LetterEvent) -> Correspondence:
    """The state after one more fact."""
    match event:
        case GuestNoted():
            return replace(state, guest=event)
        case VisitNoted():
            return replace(state, visits={**state.visits, event.attempt: event})
        case StopsNoted():
            noted = state.visits[event.attempt]
            changed = replace(noted, visit=replace(noted.visit, stops=event.stops))
            return replace(state, visits={**state.visits, event.attempt: changed})
        case PassNoted():
            return replace(state, passes={**state.passes, event.attempt: event.number})
        case VisitClosed():
            return replace(state, closed=True)
        case GuestForgotten():
            return replace(state, guest=None, forgotten=True)
        case QuestionNoted():
            return replace(state, question=event)
        case QuestionClosed():
            return replace(state, question=None)
        case MessageDue():
            question = _question(event) if event.kind in ASKING else state.question
            return _with(replace(state, question=question), Letter(event))
        case MessageDropped():
            return _with(state, replace(state.letters[event.message], status="dropped"))
        case MessageSent() | MessageSentAgain() | SendingDeferred() | MessageFailed():
            letter = state.letters[event.message]
            sent = letter.sent or isinstance(event, MessageSent)
            return _with(state, replace(letter, status=OUTCOMES[type(event)], tries=event.tries, sent=sent))
        case MessageRepeated():
            letter = state.letters[event.message]
            return _with(state, replace(letter, status="due", due=replace(letter.due, due_at=event.due_at)))
        case _:
            assert_never(event)


def decide(command: LetterCommand, states: Mapping[str, Correspondence]) -> Sequence[LetterEvent]:
    """What follows from a command. Nobody is on the line: nothing is refused, what is done already yields ()."""
    state = states[stream(command.appointment)]
    match command:
        case RecordSent():
            return tuple(_sent(state, command))
        case RecordFailure():
            return tuple(_failure(state, command))
        case SendAgain():
            return tuple(_again(state, command))
        case ForgetGuest():
            return tuple(_forget(state, command))
        case _:
            return () if state.closed or state.forgotten else _note(state, command)


def _note(state: Correspondence, command: Heard) -> Sequence[LetterEvent]:
    match command:
        case NoteGuest():
            return tuple(_guest(state, command))
        case NoteVisit():
            return tuple(_visit(state, command))
        case NoteStops():
            return tuple(_stops(state, command))
        case NotePass():
            return tuple(_pass(state, command))
        case CloseVisit():
            return tuple(_close(state, command))
        case KeepVisit():
            return tuple(_keep(state, command))
        case AskGuest():
            return tuple(_ask(state, command))
        case DropQuestion():
            return tuple(_ask_no_more(state, command))
        case AskToConfirm():
            return tuple(_ask_to_confirm(state, command))
        case _:
            assert_never(command)


def _forget(state: Correspondence, c: ForgetGuest) -> Iterator[LetterEvent]:
    if not state.forgotten:
        yield from _dropped(state.letters.values(), "forgotten")
        yield GuestForgotten(c.appointment)


def _guest(state: Correspondence, c: NoteGuest) -> Iterator[LetterEvent]:
    if state.guest is None:
        yield GuestNoted(c.appointment, c.guest, c.language, c.starts_at, c.concerns)


def _visit(state: Correspondence, c: NoteVisit) -> Iterator[LetterEvent]:
    if c.attempt in state.visits:
        return
    yield VisitNoted(c.appointment, c.attempt, c.kind, c.visit)
    yield from _dropped(state.letters.values(), "moved")
    if c.attempt in state.passes:
        yield _due(c, c.kind)


def _stops(state: Correspondence, c: NoteStops) -> Iterator[LetterEvent]:
    # The guest need not know, but whatever letter goes out from now on must not name the clerk before.
    noted = state.visits.get(c.attempt)
    if noted is not None and noted.visit.stops != c.stops:
        yield StopsNoted(c.appointment, c.attempt, c.stops)


def _pass(state: Correspondence, c: NotePass) -> Iterator[LetterEvent]:
    if c.attempt in state.passes:
        return
    yield PassNoted(c.appointment, c.attempt, c.number)
    # The pass of an attempt the guest has moved away from asks for no letter: it would name the old time.
    if c.attempt == max(state.visits, default=None):
        yield _due(c, state.visits[c.attempt].kind)


def _close(state: Correspondence, c: CloseVisit) -> Iterator[LetterEvent]:
    yield VisitClosed(c.appointment, c.attempt, c.kind)
    yield from _dropped(state.letters.values(), c.kind)
    if c.tell:
        yield replace(_due(c, _end(state, c)), asked_for=c.asked_for, alternatives=c.alternatives)


def _end(state: Correspondence, c: CloseVisit) -> str:
    """The letter about it: who was asked to say yes is not told that the house was late."""
    asked = state.letters.get(message_id(c.appointment, "asked_to_confirm", c.attempt))
    return "not_confirmed" if c.kind == "expired" and asked is not None and asked.sent else c.kind


def _keep(state: Correspondence, c: KeepVisit) -> Iterator[LetterEvent]:
    if not any(letter.due.attempt == c.attempt and letter.due.kind in KEEPING for letter in state.letters.values()):
        yield replace(_due(c, c.kind), asked_for=c.asked_for, alternatives=c.alternatives)


def _ask(state: Correspondence, c: AskGuest) -> Iterator[LetterEvent]:
    question = replace(_due(c, ASKING[c.proposed is None]), asked_for=c.proposed)
    if c.attempt != max(state.visits, default=None) or state.question == _question(question):
        return
    yield from _dropped(_questions(state), "changed")
    # Once for an attempt: a clerk who shifts an entry to and fro does not fill a guest's mailbox.
    asked = any(letter.due.attempt == c.attempt and letter.settled for letter in _questions(state))
    yield _question(question) if asked else question


def _ask_no_more(state: Correspondence, c: DropQuestion) -> Iterator[LetterEvent]:
    yield from _dropped(_questions(state), "withdrawn")
    if state.question is not None:
        yield QuestionClosed(c.appointment)


def _question(due: MessageDue) -> QuestionNoted:
    return QuestionNoted(due.appointment, due.attempt, due.asked_for)


def _questions(state: Correspondence) -> list[Letter]:
    return [letter for letter in state.letters.values() if letter.due.kind in ASKING]


def _ask_to_confirm(state: Correspondence, c: AskToConfirm) -> Iterator[LetterEvent]:
    due = replace(_due(c, "asked_to_confirm"), asked_for=c.asked_for, confirm_by=c.confirm_by)
    if not state.visits and due.message not in state.letters:
        yield due


def _sent(state: Correspondence, c: RecordSent) -> Iterator[LetterEvent]:
    # Accepted is accepted, even where the letter was dropped while it was on the line: the record says what happened.
    letter = state.letters.get(c.message)
    if letter is not None and letter.status != "sent":
        due = letter.due
        said = MessageSentAgain if letter.sent else MessageSent
        yield said(due.appointment, due.attempt, due.kind, due.message, letter.tries + 1)


def _again(state: Correspondence, c: SendAgain) -> Iterator[LetterEvent]:
    # Only what had come to its end: a letter that waits goes out anyway.
    letter = state.letters.get(c.message)
    if letter is not None and letter.status in ("sent", "failed") and _still_true(state, letter.due, c.now):
        due = letter.due
        yield MessageRepeated(due.appointment, due.attempt, due.kind, due.message, c.now)


def _still_true(state: Correspondence, due: MessageDue, now: datetime) -> bool:
    """Whether it can be said again: not to somebody forgotten, nor of a time that no longer stands, nor once there is
    nothing to confirm or to ask any more."""
    if state.forgotten or due.kind in ENDS:
        return not state.forgotten
    if due.confirm_by is not None and (state.visits or due.confirm_by <= now):
        return False
    if due.kind in ASKING and not _open(state, due, now):
        return False
    return not state.closed and due.attempt >= max(state.visits, default=0)


def _open(state: Correspondence, due: MessageDue, now: datetime) -> bool:
    """Whether a clerk still wishes for just this, and there is time left for it."""
    ahead = now < state.visits[due.attempt].visit.starts_at and (due.asked_for is None or now < due.asked_for)
    return ahead and state.question == _question(due)


def _failure(state: Correspondence, c: RecordFailure) -> Iterator[LetterEvent]:
    letter = state.letters.get(c.message)
    if letter is None or letter.status not in WAITING:
        return
    due, tries = letter.due, letter.tries + 1
    next_try = c.now + pause(tries)
    tried_enough = tries >= ENOUGH_TRIES and next_try > due.due_at + GIVE_UP_AFTER
    if c.permanent or tried_enough:
        yield MessageFailed(due.appointment, due.attempt, due.kind, due.message, tries, c.because)
    else:
        yield SendingDeferred(due.appointment, due.attempt, due.kind, due.message, tries, next_try, c.because)


def _due(c: NoteVisit | NotePass | CloseVisit | KeepVisit | AskGuest | AskToConfirm, kind: str) -> MessageDue:
    return MessageDue(c.appointment, c.attempt, kind, message_id(c.appointment, kind, c.attempt), c.now)


def _dropped(letters: Iterable[Letter], because: str) -> Iterator[MessageDropped]:
    for letter in letters:
        if letter.status in WAITING:
            due = letter.due
            yield MessageDropped(due.appointment, due.attempt, due.kind, due.message, because)


def _with(state: Correspondence, letter: Letter) -> Correspondence:
    return replace(state, letters={**state.letters, letter.due.message: letter})


State = Correspondence
