"""Hearing messages once, in order per stream, and losing none.

A gate per source stream remembers the sequence that was applied last. Lower is a duplicate; the next one is applied;
higher waits in the table `held` for its predecessor. A message that fails is parked there with its reason, and its
successors wait behind it. Bytes that are no message are kept there, too. Gate, held rows and events commit together.
"""

import hashlib
from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import bindparam, delete
from sqlalchemy.exc import DBAPIError

from shared import store
from shared.database import is_away
from shared.definition import Command, Definition
from shared.messages import Message, read
from shared.session import Session
from shared.tables import Write, gates, held, instant, upsert

UNREADABLE = "unreadable"
FAILED = "failed"
_MOVE_GATE = upsert(gates, ["stream", "source"])
_HOLD = upsert(held, ["stream", "source", "sequence"], update=())
_PARK = upsert(held, ["stream", "source", "sequence"], update=["reason", "error", "tries"])
_LET_GO = delete(held).where(
    held.c.stream == bindparam("b_stream"),
    held.c.source == bindparam("b_source"),
    held.c.sequence == bindparam("b_sequence"),
)
log = structlog.get_logger()
Gate = tuple[str, str]
"""Source and stream."""


@dataclass(slots=True)
class HearMessages:
    """A job for the writer: take a batch of messages, whatever order and number they come in."""

    definition: Definition
    messages: Sequence[Message]
    now: datetime
    writes: Sequence[Write] = ()
    """Rows that came with the messages (subject keys)."""
    one_by_one: bool = False
    """Write each message by itself, to find and park the one that the database has refused; still one transaction."""
    _reactions: dict[str, Sequence[Command]] = field(default_factory=dict)

    def commands(self) -> Sequence[Command]:
        """All commands the batch leads to; a message whose reaction fails is found when its turn comes."""
        commands: list[Command] = []
        for message in self.messages:
            try:
                commands += self._react(message)
            except Exception:
                log.debug("reaction_failed", type=message.type)
        return commands

    def _react(self, message: Message) -> Sequence[Command]:
        if message.id not in self._reactions:
            self._reactions[message.id] = tuple(self.definition.react(message, self.now))
        return self._reactions[message.id]

    def run(self, session: Session) -> int:
        """Apply what can be applied, hold the rest. Returns how many messages took effect."""
        desk = _Desk(session, self.messages)
        applied = 0
        for message in sorted(self.messages, key=lambda m: (m.source, m.position)):
            applied += self._take(session, desk, message)
        desk.close(self.now)
        session.write(*self.writes)
        return applied

    def _take(self, session: Session, desk: "_Desk", message: Message) -> int:
        gate = (message.source, message.stream)
        applied = 0
        pending: Message | None = message
        if message.sequence <= desk.passed(gate) or message.sequence in desk.kept(gate):
            return 0
        if message.sequence > desk.passed(gate) + 1 or gate in desk.blocked:
            desk.hold(message)
            return 0
        while pending is not None:
            error = self._apply(session, pending)
            if error is not None:
                desk.park(pending, error)
                return applied
            desk.passes(pending)
            applied += 1
            pending = desk.successor(gate)
        return applied

    def _apply(self, session: Session, message: Message) -> Exception | None:
        """Why the message can't be applied; None when it is."""
        try:
            with session.savepoint() if self.one_by_one else nullcontext():
                session.decide(*self._react(message), cause=message.cause)
        except DBAPIError as error:
            if is_away(error) or not self.one_by_one:
                raise
            return error
        except Exception as error:
            return error
        return None


class _Desk:
    """The gates and held rows that a batch touches, read once and written once."""

    def __init__(self, session: Session, messages: Sequence[Message]) -> None:
        self._session = session
        streams = sorted({message.stream for message in messages})
        self._gates: dict[Gate, int] = {}
        self._held: dict[Gate, dict[int, Message | None]] = {}
        self.blocked: set[Gate] = set()
        self._moved: set[Gate] = set()
        self._new: list[tuple[Message, Exception | None]] = []
        for row in store.gates_and_held(session.connection, streams):
            gate = (row.source, row.stream)
            if row.passed:
                self._gates[gate] = row.sequence
                continue
            self._held.setdefault(gate, {})[row.sequence] = None if row.reason else read(bytes(row.body))
            if row.reason:
                self.blocked.add(gate)

    def passed(self, gate: Gate) -> int:
        return self._gates.get(gate, -1)

    def kept(self, gate: Gate) -> Iterable[int]:
        return self._held.get(gate, {})

    def hold(self, message: Message) -> None:
        self._held.setdefault((message.source, message.stream), {})[message.sequence] = message
        self._new.append((message, None))

    def park(self, message: Message, error: Exception) -> None:
        gate = (message.source, message.stream)
        self.blocked.add(gate)
        self._held.setdefault(gate, {})[message.sequence] = None
        self._new.append((message, error))
        log.error("message_parked", type=message.type, source=message.source, error=type(error).__name__)

    def passes(self, message: Message) -> None:
        gate = (message.source, message.stream)
        self._gates[gate] = message.sequence
        self._moved.add(gate)
        if message.sequence in self._held.get(gate, {}):
            del self._held[gate][message.sequence]
            self._session.write((_LET_GO, _key("b_", message)))

    def successor(self, gate: Gate) -> Message | None:
        return self._held.get(gate, {}).get(self.passed(gate) + 1)

    def close(self, now: datetime) -> None:
        # One pass per statement, so that each goes out as one.
        for message, error in self._new:
            if error is None and message.sequence in self.kept((message.source, message.stream)):
                self._session.write((_HOLD, _held_row(message, now)))
        for message, error in self._new:
            if error is not None:
                row = _held_row(message, now) | {"reason": FAILED, "error": describe(error), "tries": 1}
                self._session.write((_PARK, row))
        for source, stream in sorted(self._moved):
            row = {"stream": stream, "source": source, "sequence": self._gates[source, stream]}
            self._session.write((_MOVE_GATE, row))


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
        session.write((_HOLD, row | {"error": self.why, "tries": 1, "held_at": instant(self.now)}))
        log.error("message_unreadable", digest=name[:12], why=self.why)


def describe(error: Exception) -> str:
    """An error as operations see it: its kind and its text, at most 500 characters."""
    text = f"{type(error).__name__}: {getattr(error, 'orig', None) or error}"
    # PostgreSQL takes no NUL, and what the message brought along must not keep it from being parked.
    return "".join(c if c.isprintable() else " " for c in text)[:500]


def _held_row(message: Message, now: datetime) -> dict[str, Any]:
    waiting = {"type": message.type, "body": message.body, "reason": None, "error": None, "tries": 0}
    return _key("", message) | waiting | {"held_at": instant(now)}


def _key(prefix: str, message: Message) -> dict[str, Any]:
    key = {"stream": message.stream, "source": message.source, "sequence": message.sequence}
    return {prefix + name: value for name, value in key.items()}
