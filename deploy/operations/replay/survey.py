"""What a redelivery would do at a listener, told by its gates before a message is sent; and whether it has done it."""

from dataclasses import asdict, dataclass, field
from typing import Any

from sqlalchemy import Connection, select

from deploy.operations.replay.selection import Selection
from shared.tables import gates, held

PAGE = 5000


@dataclass(slots=True)
class Survey:
    """Of the selected messages, at the listener. Each counts once.

    `had`: took effect before. `applies`: missed, and would take effect. `follows`: waits there for one of those,
    selected or not. `waits`: missed, but so is one before it that is not selected, or one before it is parked.
    `kept`: parked there, or waiting for one that is not selected.
    """

    total: int = 0
    had: int = 0
    kept: int = 0
    applies: int = 0
    waits: int = 0
    follows: int = 0

    @property
    def missed(self) -> int:
        """What the listener has never seen."""
        return self.applies + self.waits

    def lines(self, listener: str) -> tuple[str, ...]:
        """In words."""
        lines = [f"{self.total:,} messages are selected; {listener} has applied {self.had:,} of them."]
        if self.kept:
            lines.append(f"{self.kept:,} wait or are parked there; see `foyer parked`.")
        lines.append(f"{self.applies:,} were missed and will take effect, and {self.follows:,} that wait for them.")
        if self.waits:
            lines.append(
                f"{self.waits:,} were missed too, but will only wait: messages before them in their streams are "
                "missing and not selected, or are parked."
            )
        return tuple(lines)

    def as_data(self) -> dict[str, int]:
        """For programs."""
        return asdict(self)


@dataclass(slots=True)
class _Gate:
    passed: int
    waiting: set[int]
    parked: set[int]
    followed: set[int] = field(default_factory=set)


def survey(log: Connection, listener: Connection, source: str, selection: Selection) -> Survey:
    """Look at every selected message and the gate that it would come to."""
    found = Survey()
    known = _gates(listener, source)
    for page in selection.pages(log, size=PAGE):
        for row in page:
            _look(found, known.setdefault(row.stream, _Gate(-1, set(), set())), row.sequence)
    return found


def _look(found: Survey, gate: _Gate, sequence: int) -> None:
    found.total += 1
    if sequence in gate.waiting or sequence in gate.parked:
        found.kept += 1
    elif sequence <= gate.passed:
        found.had += sequence not in gate.followed
    elif sequence == gate.passed + 1:
        found.applies += 1
        gate.passed = sequence
        while gate.passed + 1 in gate.waiting:
            gate.passed += 1
            gate.waiting.discard(gate.passed)
            gate.followed.add(gate.passed)
            found.follows += 1
    else:
        found.waits += 1


def _gates(listener: Connection, source: str) -> dict[str, _Gate]:
    query: Any = select(gates.c.stream, gates.c.sequence).where(gates.c.source == source)
    known = {stream: _Gate(sequence, set(), set()) for stream, sequence in listener.execute(query)}
    query = select(held.c.stream, held.c.sequence, held.c.reason).where(held.c.source == source)
    for stream, sequence, reason in listener.execute(query):
        gate = known.setdefault(stream, _Gate(-1, set(), set()))
        (gate.parked if reason else gate.waiting).add(sequence)
    listener.rollback()
    return known
