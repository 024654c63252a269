"""Whatever the order in which two sources are heard, and however often: the right letters, each of them once."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from services.notifications import decider
from services.notifications.commands import CloseVisit, KeepVisit, LetterCommand, NotePass, NoteVisit
from services.notifications.decider import WAITING, Correspondence, message_id, stream
from services.notifications.events import LetterEvent, MessageDue, MessageSent
from tests.notifications.facts import (
    A,
    cancel,
    confirm,
    decline,
    expire,
    keep,
    move,
    not_sent,
    note_guest,
    register,
    sent,
)


@dataclass(frozen=True)
class History:
    """What booking and visitor_access say of one appointment, each in its own order."""

    booking: tuple[LetterCommand, ...]
    entrance: tuple[NotePass, ...]


@st.composite
def histories(draw: st.DrawFn) -> History:
    """Any way an appointment can go."""
    said: list[LetterCommand] = [note_guest()]
    passes = [register(1)]
    ending = draw(st.sampled_from(["declined", "late", "expired", "unconfirmed", "confirmed"]))
    if ending != "confirmed":
        last = {
            "declined": decline(late=False),
            "late": decline(late=True),
            "expired": expire(),
            "unconfirmed": cancel(was_confirmed=False),
        }[ending]
        # A pass of an appointment that was never confirmed can't be, but would do no harm.
        return History((*said, last), tuple(passes) if draw(st.booleans()) else ())
    said.append(confirm())
    standing = 1
    for attempt in range(2, 2 + draw(st.integers(0, 3))):
        if draw(st.booleans()):
            said.append(move(attempt))
            passes.append(register(attempt))
            standing = attempt
        else:
            said.append(keep(attempt))
    if draw(st.booleans()):
        said.append(cancel(standing))
    return History(tuple(said), tuple(passes))


@st.composite
def deliveries(draw: st.DrawFn) -> tuple[History, list[LetterCommand]]:
    """A history as it may be heard: the sources interleaved, every message once or more often."""
    history = draw(histories())
    left, heard = [list(history.booking), list(history.entrance)], list[LetterCommand]()
    while any(left):
        source = draw(st.sampled_from([source for source in left if source]))
        heard.append(source.pop(0))
        if draw(st.integers(0, 3)) == 0:
            heard.append(draw(st.sampled_from(heard)))
    return history, heard


def run(commands: list[LetterCommand]) -> tuple[Correspondence, list[LetterEvent]]:
    """The state and all events after these commands."""
    state, events = decider.initial(stream(A)), list[LetterEvent]()
    for command in commands:
        for event in decider.decide(command, {stream(A): state}):
            state = decider.evolve(state, event)
            events.append(event)
    return state, events


def expected(history: History) -> set[str]:
    """The letters that must be waiting, or have been sent, when all was heard."""
    last = history.booking[-1]
    if isinstance(last, CloseVisit):
        return {message_id(A, last.kind, last.attempt)} if last.tell else set()
    standing = max((c for c in history.booking if isinstance(c, NoteVisit)), key=lambda c: c.attempt)
    kept = (c for c in history.booking if isinstance(c, KeepVisit) and c.attempt > standing.attempt)
    return {message_id(A, standing.kind, standing.attempt), *(message_id(A, "move_declined", c.attempt) for c in kept)}


@settings(max_examples=200, deadline=None)
@given(deliveries())
def test_exactly_the_right_letters_are_due(delivery: tuple[History, list[LetterCommand]]) -> None:
    """When all was heard, what waits is what the guest must know now; each kind and attempt became due at most once."""
    history, heard = delivery
    state, events = run(heard)
    due = Counter(event.message for event in events if isinstance(event, MessageDue))
    assert set(due.values()) <= {1}
    assert {name for name, letter in state.letters.items() if letter.status in WAITING} == expected(history)


@settings(max_examples=200, deadline=None)
@given(deliveries(), st.data())
def test_no_letter_is_sent_twice_or_after_the_end(
    delivery: tuple[History, list[LetterCommand]], data: st.DataObject
) -> None:
    """With a sender at work in between: each letter is sent at most once, and after the end only the last word."""
    state, events = decider.initial(stream(A)), list[LetterEvent]()
    for command in delivery[1]:
        state = _after(state, command, events)
        for record in _round(state, data):
            state = _after(state, record, events)
    sent_once = Counter(event.message for event in events if isinstance(event, MessageSent))
    assert set(sent_once.values()) <= {1}


def _after(state: Correspondence, command: LetterCommand, events: list[LetterEvent]) -> Correspondence:
    for event in decider.decide(command, {stream(A): state}):
        if isinstance(event, MessageSent) and state.closed:
            assert event.kind in {"cancelled", "declined", "expired"}
        state = decider.evolve(state, event)
        events.append(event)
    return state


def _round(state: Correspondence, data: st.DataObject) -> Iterator[LetterCommand]:
    for letter in state.letters.values():
        if letter.status in WAITING:
            kind, attempt = letter.due.kind, letter.due.attempt
            match data.draw(st.sampled_from(["leave", "sent", "deferred", "failed"])):
                case "sent":
                    yield sent(kind, attempt)
                case "deferred":
                    yield not_sent(kind, attempt)
                case "failed":
                    yield not_sent(kind, attempt, permanent=True)
