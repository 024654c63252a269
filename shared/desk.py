"""The gates and held rows that a transaction touches, read once and written once."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import bindparam, delete

from shared import store
from shared.messages import Message, read
from shared.session import Session
from shared.tables import gates, held, instant, raising, upsert

FAILED = "failed"
UNREADABLE = "unreadable"
_MOVE_GATE = raising(gates, ["stream", "source"], "sequence")
HOLD = upsert(held, ["stream", "source", "sequence"], update=())
PARK = upsert(held, ["stream", "source", "sequence"], update=["body", "reason", "error", "tries"])
LET_GO = delete(held).where(
    held.c.stream == bindparam("b_stream"),
    held.c.source == bindparam("b_source"),
    held.c.sequence == bindparam("b_sequence"),
)
log = structlog.get_logger()
Gate = tuple[str, str]
"""Source and stream."""
Apply = Callable[[Message], Exception | None]
"""Applies a message; says why it can't be, None when it was."""


class Desk:
    """Where messages wait, are parked, and pass their gates. `close` writes what was done, but for rows let go."""

    def __init__(self, session: Session, streams: Iterable[str]) -> None:
        self._session = session
        self._gates: dict[Gate, int] = {}
        self._held: dict[Gate, dict[int, Message | None]] = {}
        self.blocked: set[Gate] = set()
        self._moved: set[Gate] = set()
        self._new: list[tuple[Message, Exception | None, int]] = []
        for row in store.gates_and_held(session.connection, sorted(set(streams))):
            gate = (row.source, row.stream)
            if row.passed:
                self._gates[gate] = row.sequence
                continue
            self._held.setdefault(gate, {})[row.sequence] = None if row.reason else read(bytes(row.body))
            if row.reason:
                self.blocked.add(gate)

    def passed(self, gate: Gate) -> int:
        """The sequence that was applied last; -1 for none."""
        return self._gates.get(gate, -1)

    def kept(self, gate: Gate) -> Iterable[int]:
        """The sequences that wait or are parked."""
        return self._held.get(gate, {})

    def is_new(self, message: Message) -> bool:
        """Whether it has neither been applied nor kept."""
        gate = gate_of(message)
        return message.sequence > self.passed(gate) and message.sequence not in self.kept(gate)

    def take(self, message: Message, apply: Apply) -> int:
        """Apply it and what waits for it, or hold it; returns how many messages took effect."""
        gate = gate_of(message)
        # Also one that is held already: had its gate moved on without it, nothing else would let it pass.
        if message.sequence == self.passed(gate) + 1 and gate not in self.blocked:
            return self.apply(message, apply)
        if self.is_new(message):
            self.hold(message)
        return 0

    def apply(self, message: Message, apply: Apply, tries: int = 1) -> int:
        """Apply the next message of its gate and its successors; whichever fails is parked. `tries`: of the first."""
        applied = 0
        pending: Message | None = message
        while pending is not None:
            error = apply(pending)
            if error is not None:
                self.park(pending, error, tries)
                return applied
            self.passes(pending)
            applied, tries = applied + 1, 1
            pending = self._successor(gate_of(message))
        return applied

    def discard(self, message: Message, apply: Apply) -> int:
        """Let its gate pass without it, and its successors follow; returns how many of them took effect."""
        self.passes(message)
        pending = self._successor(gate_of(message))
        return 0 if pending is None else self.apply(pending, apply)

    def hold(self, message: Message) -> None:
        """Let it wait."""
        self._held.setdefault(gate_of(message), {})[message.sequence] = message
        self._new.append((message, None, 0))

    def park(self, message: Message, error: Exception, tries: int = 1) -> None:
        """Put it where operations see it; its successors wait."""
        gate = gate_of(message)
        self.blocked.add(gate)
        self._held.setdefault(gate, {})[message.sequence] = None
        self._new.append((message, error, tries))
        log.error("message_parked", type=message.type, source=message.source, error=type(error).__name__)

    def passes(self, message: Message) -> None:
        """Its gate moves on; where it was kept, it is let go."""
        gate = gate_of(message)
        self._gates[gate] = message.sequence
        self._moved.add(gate)
        if message.sequence in self._held.get(gate, {}):
            if self._held[gate].pop(message.sequence) is None:
                self.blocked.discard(gate)
            self._session.write((LET_GO, key("b_", message)))

    def _successor(self, gate: Gate) -> Message | None:
        return self._held.get(gate, {}).get(self.passed(gate) + 1)

    def close(self, now: datetime) -> None:
        """Write it all down."""
        # One pass per statement, so that each goes out as one.
        for message, error, _tries in self._new:
            if error is None and message.sequence in self.kept(gate_of(message)):
                self._session.write((HOLD, held_row(message, now)))
        for message, error, tries in self._new:
            if error is not None and message.sequence in self.kept(gate_of(message)):
                row = held_row(message, now) | {"reason": FAILED, "error": describe(error), "tries": tries}
                self._session.write((PARK, row))
        for source, stream in sorted(self._moved):
            row = {"stream": stream, "source": source, "sequence": self._gates[source, stream]}
            self._session.write((_MOVE_GATE, row))


def gate_of(message: Message) -> Gate:
    """The gate it has to pass."""
    return message.source, message.stream


def describe(error: Exception) -> str:
    """An error as operations see it: its kind and its text, at most 500 characters."""
    text = f"{type(error).__name__}: {getattr(error, 'orig', None) or error}"
    # PostgreSQL takes no NUL, and what the message brought along must not keep it from being parked.
    return "".join(c if c.isprintable() else " " for c in text)[:500]


def held_row(message: Message, now: datetime) -> dict[str, Any]:
    """A row of `held` for a message that waits."""
    waiting = {"type": message.type, "body": message.body, "reason": None, "error": None, "tries": 0}
    return key("", message) | waiting | {"held_at": instant(now)}


def key(prefix: str, message: Message) -> dict[str, Any]:
    """The key of its row; the names begin with `prefix`."""
    found = {"stream": message.stream, "source": message.source, "sequence": message.sequence}
    return {prefix + name: value for name, value in found.items()}
