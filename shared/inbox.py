"""Hearing messages once, in order per stream, and losing none.

A gate per source stream remembers the sequence that was applied last. Lower is a duplicate; the next one is applied;
higher waits in the table `held` for its predecessor. A message that fails is parked there with its reason, and its
successors wait behind it. Bytes that are no message are kept there, too. Gate, held rows and events commit together.

A replayed message comes the same way: the gate decides. What was applied has no second effect, and what closes a gap
lets those follow that waited for it.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import datetime

import structlog
from sqlalchemy.exc import DBAPIError

from shared.database import is_away
from shared.definition import Command, Definition
from shared.desk import HOLD, UNREADABLE, Desk, gate_of
from shared.messages import Message
from shared.replays import came_to
from shared.session import Session
from shared.tables import Write, instant

log = structlog.get_logger()


def as_said(message: Message) -> tuple[str, int]:
    """What sorts messages of one source by when they were said."""
    return message.source, message.position


def in_turn(messages: Sequence[Message], asks: Callable[[str], bool]) -> Sequence[Sequence[Message]]:
    """The messages in one batch; in two where some ask, which come then, and what follows on them in their stream."""
    if not any(asks(message.type) for message in messages):
        return (messages,)
    first: list[Message] = []
    then: list[Message] = []
    behind = set()
    for message in sorted(messages, key=as_said):
        if asks(message.type):
            behind.add(gate_of(message))
        (then if gate_of(message) in behind else first).append(message)
    return (first, then) if first else (then,)


@dataclass(slots=True)
class Reacting:
    """Makes commands of messages, once each, and decides them."""

    definition: Definition
    now: datetime
    one_by_one: bool = False
    """Write each message by itself, to find and park the one that the database has refused; still one transaction."""
    _reactions: dict[str, Sequence[Command]] = field(default_factory=dict)

    def commands(self, messages: Iterable[Message]) -> list[Command]:
        """All commands they lead to; a message whose reaction fails is found when its turn comes."""
        commands: list[Command] = []
        for message in messages:
            try:
                commands += self.react(message)
            except Exception:
                log.debug("reaction_failed", type=message.type)
        return commands

    def react(self, message: Message) -> Sequence[Command]:
        """The commands of one message."""
        if message.id not in self._reactions:
            self._reactions[message.id] = tuple(self.definition.commands(message, self.now))
        return self._reactions[message.id]

    def apply(self, session: Session, message: Message) -> Exception | None:
        """Why the message can't be applied; None when it is."""
        try:
            with session.savepoint() if self.one_by_one else nullcontext():
                session.decide(*self.react(message), cause=message.cause)
                session.write(*self.definition.note(message))
        except DBAPIError as error:
            if is_away(error) or not self.one_by_one:
                raise
            return error
        except Exception as error:
            return error
        return None


@dataclass(slots=True)
class HearMessages:
    """A job for the writer: take a batch of messages, whatever order and number they come in."""

    definition: Definition
    messages: Sequence[Message]
    now: datetime
    writes: Sequence[Write] = ()
    """Rows that came with the messages (subject keys)."""
    one_by_one: bool = False
    _reacting: Reacting = field(init=False)

    def __post_init__(self) -> None:
        self._reacting = Reacting(self.definition, self.now, self.one_by_one)

    def commands(self) -> Sequence[Command]:
        """All commands the batch leads to; of replayed messages most have no effect, so they are looked at later."""
        return self._reacting.commands(message for message in self.messages if not message.replay)

    def run(self, session: Session) -> int:
        """Apply what can be applied, hold the rest. Returns how many messages took effect."""
        desk = Desk(session, (message.stream for message in self.messages))
        self._prefetch(session, self._missed(desk))
        applied = 0
        for message in sorted(self.messages, key=as_said):
            if message.sequence > desk.passed(gate_of(message)):
                session.write(*self.definition.written_at_once(message))
            applied += desk.take(message, lambda pending: self._apply(session, pending))
        desk.close(self.now)
        session.write(*self.writes, *came_to(self.messages))
        return applied

    def _apply(self, session: Session, message: Message) -> Exception | None:
        return self._reacting.apply(session, message)

    def _missed(self, desk: Desk) -> Iterator[Message]:
        return (message for message in self.messages if message.replay and desk.is_new(message))

    def _prefetch(self, session: Session, missed: Iterable[Message]) -> None:
        # In as few rounds for all of them as for one; whose command it was that fails shows when it is decided.
        if commands := self._reacting.commands(missed):
            try:
                session.prefetch(commands)
            except DBAPIError:
                raise
            except Exception:
                log.debug("prefetch_failed")


@dataclass(frozen=True, slots=True)
class KeepUnreadable:
    """A job for the writer: keep bytes that are no message where operations see them; once, however often they come."""

    body: bytes
    why: str
    now: datetime

    def commands(self) -> Sequence[Command]:
        """None."""
        return ()

    def run(self, session: Session) -> None:
        """Write the row."""
        name = hashlib.sha256(self.body).hexdigest()
        row = {"stream": name, "source": "?", "sequence": 0, "type": "?", "body": self.body, "reason": UNREADABLE}
        session.write((HOLD, row | {"error": self.why, "tries": 1, "held_at": instant(self.now)}))
        log.error("message_unreadable", digest=name[:12], why=self.why)
