"""The few rules of the log of operations: what has ended stays ended, and a replay never goes back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import assert_never

from deploy.operations.commands import (
    AdvanceReplay,
    BeginAction,
    EndAction,
    FinishReplay,
    OperationsCommand,
    PlanReplay,
    ResumeReplay,
    StopReplay,
)
from deploy.operations.events import (
    ActionBegun,
    ActionDone,
    ActionFailed,
    ActionInterrupted,
    OperationsEvent,
    ReplayAdvanced,
    ReplayFinished,
    ReplayPlanned,
    ReplayResumed,
    ReplayStopped,
)


@dataclass(frozen=True, slots=True)
class Action:
    """`status`: none, begun, ended."""

    status: str = "none"


@dataclass(frozen=True, slots=True)
class Replay:
    """`status`: none, running, stopped, finished. `position` and `sent`: how far it has come."""

    planned: ReplayPlanned | None = None
    status: str = "none"
    position: int = 0
    sent: int = 0


State = Action | Replay


def action_stream(action: str) -> str:
    """One per action."""
    return f"action-{action}"


def replay_stream(job: str) -> str:
    """One per replay."""
    return f"replay-{job}"


def stream_of(event: OperationsEvent) -> str:
    """The stream an event belongs to."""
    match event:
        case ActionBegun() | ActionDone() | ActionFailed() | ActionInterrupted():
            return action_stream(event.action)
        case _:
            return replay_stream(event.job)


def needs(command: OperationsCommand, states: Mapping[str, State]) -> set[str]:
    """A command touches one stream."""
    match command:
        case BeginAction() | EndAction():
            return {action_stream(command.action)}
        case _:
            return {replay_stream(command.job)}


def initial(stream: str) -> State:
    """Nothing yet."""
    return Action() if stream.startswith("action-") else Replay()


def evolve(state: State, event: OperationsEvent) -> State:
    """The state after one more fact."""
    match event:
        case ActionBegun():
            return Action("begun")
        case ActionDone() | ActionFailed() | ActionInterrupted():
            return Action("ended")
        case ReplayPlanned():
            return Replay(event, "running", event.above)
        case _:
            assert isinstance(state, Replay)  # noqa: S101  (a stream of this name holds nothing else)
            return _replay(state, event)


def _replay(state: Replay, event: ReplayAdvanced | ReplayStopped | ReplayResumed | ReplayFinished) -> Replay:
    match event:
        case ReplayAdvanced():
            return replace(state, position=event.position, sent=event.sent)
        case ReplayStopped():
            return replace(state, status="stopped")
        case ReplayResumed():
            return replace(state, status="running")
        case ReplayFinished():
            return replace(state, status="finished", sent=event.sent)
        case _:
            assert_never(event)


def decide(command: OperationsCommand, states: Mapping[str, State]) -> Sequence[OperationsEvent]:
    """What follows from a command; () where it is so already."""
    [stream] = needs(command, states)
    state = states[stream]
    match command:
        case BeginAction():
            return () if state.status != "none" else (_begun(command),)
        case EndAction():
            return () if state.status != "begun" else (_ended(command),)
        case _:
            assert isinstance(state, Replay)  # noqa: S101  (a stream of this name holds nothing else)
            return _decide_replay(command, state)


def _begun(c: BeginAction) -> ActionBegun:
    return ActionBegun(c.action, c.what, c.target, c.who, c.reason, c.plan, c.host, c.pid)


def _ended(c: EndAction) -> ActionDone | ActionFailed | ActionInterrupted:
    if c.outcome is not None:
        return ActionDone(c.action, c.outcome, c.status)
    return ActionInterrupted(c.action, c.go_on) if c.go_on else ActionFailed(c.action, c.because)


def _decide_replay(
    c: PlanReplay | AdvanceReplay | StopReplay | ResumeReplay | FinishReplay, state: Replay
) -> Sequence[OperationsEvent]:
    match c:
        case PlanReplay():
            return () if state.planned else (_planned(c),)
        case AdvanceReplay():
            ahead = state.status in {"running", "stopped"} and c.position > state.position
            return (ReplayAdvanced(c.job, c.position, c.sent),) if ahead else ()
        case StopReplay():
            return (ReplayStopped(c.job, c.who),) if state.status == "running" else ()
        case ResumeReplay():
            return (ReplayResumed(c.job, c.who),) if state.status == "stopped" else ()
        case FinishReplay():
            return (ReplayFinished(c.job, c.sent),) if state.status in {"running", "stopped"} else ()
        case _:
            assert_never(c)


def _planned(c: PlanReplay) -> ReplayPlanned:
    return ReplayPlanned(
        *(c.job, c.source, c.listener, c.mode, c.above, c.up_to, c.total, c.selection),
        *(c.rate, c.named, c.who, c.reason),
    )
