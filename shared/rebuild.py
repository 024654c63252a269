"""Read tables made anew from the log: what the projections say is all that is in them.

Nothing else of a replay happens: nothing is decided, said or sent.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, Row, bindparam, delete, select, text, update

from shared.app import App
from shared.database import writing
from shared.definition import Recorded
from shared.session import write_all
from shared.tables import Write, events, timers

PAGE = 2000
"""Events that are read, projected and written at once."""
_COLUMNS = (
    events.c.id,
    events.c.stream,
    events.c.version,
    events.c.type,
    events.c.schema_version,
    events.c.data,
    events.c.meta,
    events.c.recorded_at,
)
_AHEAD = (
    update(timers)
    .where(
        timers.c.kind == bindparam("b_kind"),
        timers.c.subject == bindparam("b_subject"),
        timers.c.due_at < bindparam("b_due_at"),
    )
    .values(due_at=bindparam("b_due_at"))
)


def rebuild(app: App) -> int:
    """Empty the service's read tables and timers and fill them again, in one transaction; returns the events read.

    Tables that are missing are made. The service may run: its writers wait, its readers see the old rows until the end.
    Raises what the codec or the database raises; then nothing has changed.
    """
    count = 0
    with writing(app.engine) as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("LOCK TABLE events, timers IN SHARE ROW EXCLUSIVE MODE"))
        app.definition.metadata.create_all(connection)
        before = connection.execute(select(timers)).all()
        for table in (*app.definition.metadata.sorted_tables, timers):
            connection.execute(delete(table))
        for page in pages(connection):
            write_all(connection, projected(app, page))
            count += len(page)
        _keep_leases(connection, before)
    app.reload()
    return count


def pages(connection: Connection, size: int = PAGE) -> Iterator[Sequence[Any]]:
    """The whole log in the order in which it was written."""
    last = 0
    query = select(*_COLUMNS).where(events.c.id > bindparam("b_last")).order_by(events.c.id).limit(size)
    while page := connection.execute(query, {"b_last": last}).all():
        yield page
        last = page[-1].id


def projected(app: App, page: Sequence[Any]) -> Iterator[Write]:
    """What the projections make of some events."""
    load, project = app.codec.load, app.definition.project
    for row in page:
        event = load(row.type, row.schema_version, row.data)
        yield from project(event, Recorded(row.stream, row.version, _event_id(row.meta), _time(row.recorded_at)))


def _event_id(meta: str) -> str:
    return str(orjson.loads(meta)["id"])


def _time(recorded_at: str) -> datetime:
    return datetime.fromisoformat(recorded_at)


def _keep_leases(connection: Connection, before: Sequence[Row[Any]]) -> None:
    # Who has moved a due time ahead is at work on it: what comes due now would be done twice.
    if before:
        rows = [{"b_kind": row.kind, "b_subject": row.subject, "b_due_at": row.due_at} for row in before]
        connection.execute(_AHEAD, rows)
