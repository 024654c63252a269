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
from shared.definition import Recorded
from shared.tables import BigId, Write, instant, upsert

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


def project(event: OperationsEvent, at: Recorded) -> Iterable[Write]:
    """The rows an event changes."""
    time = instant(at.time)
    match event:
        case ActionBegun():
            yield _BEGUN, _begun(event, time)
        case ActionDone():
            yield _ENDED, _ended(event.action, "done" if event.status == 0 else "not well", event.outcome, time)
        case ActionFailed():
            yield _ENDED, _ended(event.action, "failed", {"because": event.because}, time)
        case ActionInterrupted():
            yield _ENDED, _ended(event.action, "interrupted", {"go_on": event.go_on}, time)
        case ReplayPlanned():
            yield _PLANNED, _planned(event, time)
        case ReplayAdvanced():
            yield _MOVED, {"b_job": event.job, "b_position": event.position, "b_sent": event.sent, "b_at": time}
        case ReplayStopped() | ReplayResumed() | ReplayFinished():
            status = {ReplayStopped: "stopped", ReplayResumed: "running", ReplayFinished: "finished"}[type(event)]
            yield _TURNED, {"b_job": event.job, "b_status": status, "b_at": time}


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


def _ended(action: str, status: str, outcome: dict[str, object], time: str) -> dict[str, object]:
    return {"b_action": action, "b_status": status, "b_outcome": outcome, "b_at": time}


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
