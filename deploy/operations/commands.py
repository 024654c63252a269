"""What the log of operations is asked to note."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class BeginAction:
    """Somebody begins something."""

    id: str
    now: datetime
    action: str
    what: str
    target: str
    who: str
    reason: str
    plan: dict[str, Any]
    host: str
    pid: int


@dataclass(frozen=True, slots=True)
class EndAction:
    """How it ended: exactly one of `outcome`, `because`, `go_on`."""

    id: str
    now: datetime
    action: str
    outcome: dict[str, Any] | None = None
    because: str = ""
    go_on: str = ""
    status: int = 0


@dataclass(frozen=True, slots=True)
class PlanReplay:
    """Freeze what a replay is to send."""

    id: str
    now: datetime
    job: str
    source: str
    listener: str
    mode: str
    above: int
    up_to: int
    total: int
    selection: dict[str, Any]
    rate: float
    named: tuple[str, ...]
    who: str
    reason: str


@dataclass(frozen=True, slots=True)
class AdvanceReplay:
    """Note how far it has come."""

    id: str
    now: datetime
    job: str
    position: int
    sent: int


@dataclass(frozen=True, slots=True)
class StopReplay:
    """Let it stop where it stands."""

    id: str
    now: datetime
    job: str
    who: str


@dataclass(frozen=True, slots=True)
class ResumeReplay:
    """Let it go on."""

    id: str
    now: datetime
    job: str
    who: str


@dataclass(frozen=True, slots=True)
class FinishReplay:
    """All is done."""

    id: str
    now: datetime
    job: str
    sent: int


OperationsCommand = BeginAction | EndAction | PlanReplay | AdvanceReplay | StopReplay | ResumeReplay | FinishReplay
