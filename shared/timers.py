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


def due(connection: Connection, kind: str, now: datetime, limit: int = 100) -> list[str]:
    """The subjects that are due at `now`, the longest waiting first."""
    query = (
        select(timers.c.subject)
        .where(timers.c.kind == kind, timers.c.due_at <= instant(now))
        .order_by(timers.c.due_at)
        .limit(limit)
    )
    return list(connection.execute(query).scalars())
