"""What operations store: actions, and replays as streams that go on where they stopped. Nothing here is personal."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class ActionBegun:
    """Somebody does something to the ensemble. `plan` is what was shown before it."""

    action: str
    what: str
    target: str
    who: str
    reason: str
    plan: dict[str, Any]
    host: str
    pid: int


@dataclass(frozen=True, slots=True)
class ActionDone:
    """It came to its end; `status` is its exit status."""

    action: str
    outcome: dict[str, Any]
    status: int = 0


@dataclass(frozen=True, slots=True)
class ActionFailed:
    """It could not be done."""

    action: str
    because: str


@dataclass(frozen=True, slots=True)
class ActionInterrupted:
    """Ctrl-C or SIGTERM; `go_on` says how to go on."""

    action: str
    go_on: str


@dataclass(frozen=True, slots=True)
class ReplayPlanned:
    """Messages of one service are given to one listener again.

    `selection` narrows those with positions in (above, up_to], which is frozen: what is said later is not part of it.
    `total` of them were found. `named` are the ids of mode `redo`, in their order.
    """

    job: str
    source: str
    listener: str
    mode: str
    above: int
    up_to: int
    total: int
    selection: dict[str, Any]
    rate: float = 0.0
    named: tuple[str, ...] = ()
    who: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ReplayAdvanced:
    """Everything up to this position (of mode `redo`: so many of the named) is confirmed; `sent` counts all of it."""

    job: str
    position: int
    sent: int


@dataclass(frozen=True, slots=True)
class ReplayStopped:
    """Somebody wants it to stop where it stands."""

    job: str
    who: str


@dataclass(frozen=True, slots=True)
class ReplayResumed:
    """It goes on."""

    job: str
    who: str


@dataclass(frozen=True, slots=True)
class ReplayFinished:
    """All was sent, and the listener has taken all of it."""

    job: str
    sent: int


OperationsEvent = (
    ActionBegun
    | ActionDone
    | ActionFailed
    | ActionInterrupted
    | ReplayPlanned
    | ReplayAdvanced
    | ReplayStopped
    | ReplayResumed
    | ReplayFinished
)
