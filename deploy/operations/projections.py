"""Two tables to list from: actions and replays."""

from collections.abc import Iterable

from sqlalchemy import JSON, Column, Integer, MetaData, Table, Text, bindparam, update

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
from shared.definition import Projection, Recorded
from shared.tables import BigId, Write, upsert

metadata = MetaData()

actions = Table(
    "actions",
    metadata,
    Column("action", Text, primary_key=True),
    Column("at", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("plan", JSON, nullable=False),
    Column("host", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("status", Text, nullable=False),
    Column("ended_at", Text),
    Column("outcome", JSON),
)
replays = Table(
    "replays",
    metadata,
    Column("job", Text, primary_key=True),
    Column("at", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("listener", Text, nullable=False),
    Column("mode", Text, nullable=False),
    Column("total", BigId, nullable=False),
    Column("sent", BigId, nullable=False),
    Column("position", BigId, nullable=False),
    Column("up_to", BigId, nullable=False),
    Column("status", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("changed_at", Text, nullable=False),
)
_BEGUN = upsert(actions, ["action"])
_ENDED = (
    update(actions)
    .where(actions.c.action == bindparam("b_action"))
    .values(status=bindparam("b_status"), ended_at=bindparam("b_at"), outcome=bindparam("b_outcome", type_=JSON))
)
_PLANNED = upsert(replays, ["job"])
_THIS = replays.c.job == bindparam("b_job")
_MOVED = (
    update(replays)
    .where(_THIS)
    .values(position=bindparam("b_position"), sent=bindparam("b_sent"), changed_at=bindparam("b_at"))
)
_TURNED = update(replays).where(_THIS).values(status=bindparam("b_status"), changed_at=bindparam("b_at"))


def _begin(event: ActionBegun, at: Recorded) -> Iterable[Write]:
    return ((_BEGUN, _begun(event, at.instant)),)


def _done(event: ActionDone, at: Recorded) -> Iterable[Write]:
    return (_ended(event.action, "done" if event.status == 0 else "not well", event.outcome, at),)


def _failed(event: ActionFailed, at: Recorded) -> Iterable[Write]:
    return (_ended(event.action, "failed", {"because": event.because}, at),)


def _interrupted(event: ActionInterrupted, at: Recorded) -> Iterable[Write]:
    return (_ended(event.action, "interrupted", {"go_on": event.go_on}, at),)


def _plan(event: ReplayPlanned, at: Recorded) -> Iterable[Write]:
    return ((_PLANNED, _planned(event, at.instant)),)


def _advance(event: ReplayAdvanced, at: Recorded) -> Iterable[Write]:
    place = {"b_position": event.position, "b_sent": event.sent}
    return ((_MOVED, {"b_job": event.job, **place, "b_at": at.instant}),)


def _turn(event: ReplayStopped | ReplayResumed | ReplayFinished, at: Recorded) -> Iterable[Write]:
    return ((_TURNED, {"b_job": event.job, "b_status": _TURNS[type(event)], "b_at": at.instant}),)


_TURNS: dict[type, str] = {ReplayStopped: "stopped", ReplayResumed: "running", ReplayFinished: "finished"}


def _begun(event: ActionBegun, time: str) -> dict[str, object]:
    return {
        "action": event.action,
        "at": time,
        "what": event.what,
        "target": event.target,
        "who": event.who,
        "reason": event.reason,
        "plan": event.plan,
        "host": event.host,
        "pid": event.pid,
        "status": "begun",
        "ended_at": None,
        "outcome": None,
    }


def _ended(action: str, status: str, outcome: dict[str, object], at: Recorded) -> Write:
    return _ENDED, {"b_action": action, "b_status": status, "b_outcome": outcome, "b_at": at.instant}


def _planned(event: ReplayPlanned, time: str) -> dict[str, object]:
    return {
        "job": event.job,
        "at": time,
        "source": event.source,
        "listener": event.listener,
        "mode": event.mode,
        "total": event.total,
        "sent": 0,
        "position": event.above,
        "up_to": event.up_to,
        "status": "running",
        "who": event.who,
        "reason": event.reason,
        "changed_at": time,
    }


project = Projection(
    OperationsEvent,
    {
        actions: {
            ActionBegun: _begin,
            ActionDone: _done,
            ActionFailed: _failed,
            ActionInterrupted: _interrupted,
        },
        replays: {
            ReplayPlanned: _plan,
            ReplayAdvanced: _advance,
            ReplayStopped: _turn,
            ReplayResumed: _turn,
            ReplayFinished: _turn,
        },
    },
)
