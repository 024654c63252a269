"""What a replay does at a service: declared by its definition, or refused.

Reactions and projections are pure, so a message that comes again can do nothing but what the gate lets through. The
world is touched only by what acts on timer rows of a declared kind. A kind that is not declared is never due.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from shared.messages import Message
from shared.tables import Write, cursors, raising


class Mode(StrEnum):
    """What a replay is for."""

    REDELIVER = "redeliver"
    """Through the queue of a listener; only what it missed takes effect."""
    REBUILD = "rebuild"
    """Into a read model beside the present one; no service takes part."""
    REDO = "redo"
    """Named side effects once more."""


class Undeclared(RuntimeError):
    """Something with a side effect does not say what a replay does: it must not be run."""


@dataclass(frozen=True, slots=True)
class Effect:
    """A side effect that hangs on timer rows of one kind; a replay never causes it.

    `what` is its name for operations. `redo(name, now, subject)` makes the command, of that id, which makes the effect
    on `subject` due once more; None where it can't be done again.
    """

    what: str
    redo: Callable[[str, datetime, str], Any] | None = None


@dataclass(frozen=True, slots=True)
class Replays:
    """A service's word that its reactions are pure, and its side effects by the kind of the timer they hang on."""

    effects: Mapping[str, Effect] = field(default_factory=dict)

    def effect(self, what: str) -> tuple[str, Effect] | None:
        """Kind of timer and effect of that name."""
        return next(((kind, effect) for kind, effect in self.effects.items() if effect.what == what), None)


_COME_TO = raising(cursors, ["name"], "position")


def cursor_name(replay: str) -> str:
    """The row of `cursors` in which a listener notes how far a replay has come."""
    return f"replay {replay}"


def came_to(messages: Iterable[Message]) -> list[Write]:
    """Note how far each replay among these messages has come: whoever replays sends no more than is taken."""
    last: dict[str, int] = {}
    for message in messages:
        if message.replay:
            last[message.replay] = max(message.position, last.get(message.replay, 0))
    return [(_COME_TO, {"name": cursor_name(job), "position": position}) for job, position in last.items()]
