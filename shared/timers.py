"""Timeouts are rows with a due time, set and cleared in the transaction of the events they belong to."""

from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, select

from shared.tables import Write, instant, timers, upsert

_SET = upsert(timers, ["kind", "subject"])
_CLEAR = delete(timers).where(timers.c.kind == bindparam("b_kind"), timers.c.subject == bindparam("b_subject"))


def set_timer(kind: str, subject: str, due_at: datetime) -> Write:
    """Let `subject` come due at that time; an earlier setting of the same kind is replaced."""
    return _SET, {"kind": kind, "subject": subject, "due_at": instant(due_at)}


def clear_timer(kind: str, subject: str) -> Write:
    """Take a timer back; nothing happens where there is none."""
    return _CLEAR, {"b_kind": kind, "b_subject": subject}


def due(
    connection: Connection, kind: str, now: datetime, limit: int = 100, horizon: datetime | None = None
) -> list[str]:
    """The subjects that are due at `now`, the longest waiting first.

    Those beyond `horizon` are due, too: none of that kind is set so far ahead but by a clock that was wrong.
    """
    is_due = timers.c.due_at <= instant(now)
    if horizon is not None:
        is_due |= timers.c.due_at > instant(horizon)
    query = select(timers.c.subject).where(timers.c.kind == kind, is_due).order_by(timers.c.due_at).limit(limit)
    return list(connection.execute(query).scalars())
