"""Read tables made anew from the log: what the projections say is all that is in them.

Nothing else of a replay happens: nothing is decided, said or sent. The rows are worked out in memory
(`shared/fold.py`) and written once. `shared/beside.py` does it beside the present tables while the service goes on.
"""

import gc
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import orjson
from sqlalchemy import Connection, Table, delete, select

from shared.app import App
from shared.codec import Codec, version_of
from shared.database import writing
from shared.definition import Change, Definition
from shared.fill import flush, keep_leases
from shared.fold import Fold
from shared.frozen import keep_writers_off
from shared.glance import Glances, Make, StoredAt
from shared.tables import Write, events, timers

PAGE = 2000
"""Events that are read at once."""
_PAGE = "SELECT {columns} FROM events WHERE id > {after} AND id <= {upto} AND {needed} ORDER BY id LIMIT {limit}"
COLUMNS = ("id", "type", "schema_version", "data")
WHERE = ("stream", "version", "meta", "recorded_at")
"""Says where and when an event stands: read for the projections that want to know."""
NO_END = 2**62
_NEVER = 0
"""No event is stored in that schema version."""
TRIES = 3
"""Events of a type for which a glance must do before it is trusted."""


def read_tables(definition: Definition) -> list[Table]:
    """All tables that a service's projections write, and nothing else does: its read tables and its timers."""
    return [*definition.metadata.sorted_tables, timers]


def rebuild(app: App, tables: Sequence[Table] = ()) -> int:
    """Empty these of the service's read tables and fill them again (default: all, and the timers), in one transaction;
    returns the number of events that change them.

    Tables that are missing are made. The service may run: its writers wait, its readers see the old rows until the end.
    Raises what the codec or the database raises; then nothing has changed.
    """
    count = 0
    tables = tables or read_tables(app.definition)
    with writing(app.engine) as connection:
        keep_writers_off(connection)
        app.definition.metadata.create_all(connection)
        before = connection.execute(select(timers)).all()
        fold = Fold(tables)
        for page in Replay(app.definition, tables).pages(fold, connection):
            count += len(page)
        for table in tables:
            connection.execute(delete(table))
        flush(connection, fold)
        keep_leases(connection, timers, before)
    app.reload()
    return count


class Replay:
    """Lets the projections of a service see stored events again: as far as they feed these tables.

    They get a glance at an event only, as soon as they have made the same of the first few of its type as of the whole
    event: not so those that ask for the very class of an event.
    """

    def __init__(self, definition: Definition, tables: Collection[Table]) -> None:
        self._tables = tables
        self._projection = definition.project
        self._glances = Glances(definition.events, definition.upcasts)
        self._load = Codec(definition.events, definition.upcasts).load
        self._needed = _needed(definition.project.unneeded(tables))
        self._known: dict[str, tuple[int, Make, list[Change]]] = {}
        self._tried: Counter[str] = Counter()

    def pages(
        self, fold: Fold, connection: Connection, after: int = 0, upto: int = NO_END
    ) -> Iterator[Sequence[Sequence[Any]]]:
        """Fold the events with ids in (after, upto] that matter; yields each page of rows, of which the id is first,
        when done.

        Raises UnknownEvent, TakenTwice, or what the projection raises.
        """
        at, columns = StoredAt(partial(_one, connection)), [*COLUMNS, *WHERE]
        for page in pages(connection, after, upto, self._needed, columns):
            at.columns(columns)
            with _uncollected():
                self._look(fold, page, at)
            yield page
            columns[:] = [*COLUMNS, *at.asked]

    def _look(self, fold: Fold, page: Iterable[Sequence[Any]], at: StoredAt) -> None:
        known, parse, apply, point = self._known, orjson.loads, fold.apply, at.point
        for row in page:
            point(row)
            kind = row[1]
            try:
                version, make, changes = known[kind]
            except KeyError:
                self._try_out(fold, row, at)
                continue
            event = make(parse(row[3])) if row[2] == version else self._load(kind, row[2], row[3])
            for change in changes:
                apply(change(event, at))

    def _try_out(self, fold: Fold, row: Sequence[Any], at: StoredAt) -> None:
        _, kind, schema_version, data = row[:4]
        event = self._load(kind, schema_version, data)
        changes = self._projection.changes(kind, self._tables)
        whole = [list(change(event, at)) for change in changes]
        for writes in whole:
            fold.apply(writes)
        version, make = self._glances.maker(kind)
        if schema_version != version:
            return
        self._tried[kind] += 1
        if not self._is_same(make, changes, data, at, whole):
            self._known[kind] = _NEVER, make, changes
        elif self._tried[kind] == TRIES:
            self._known[kind] = version, make, changes

    def _is_same(
        self, make: Make, changes: Sequence[Change], data: str, at: StoredAt, whole: Sequence[Sequence[Write]]
    ) -> bool:
        try:
            glanced = make(orjson.loads(data))
            return all(_same(writes, list(change(glanced, at))) for writes, change in zip(whole, changes, strict=True))
        except Exception:
            return False


@contextmanager
def _uncollected() -> Iterator[None]:
    """What a page leaves behind is in no cycle; to look for cycles among all the rows takes the longer the more there
    are.
    """
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _needed(unneeded: Iterable[type]) -> str:
    """Passes over these events in SQL; but not over those of a newer version than is known here."""
    versions: dict[int, list[str]] = {}
    for cls in unneeded:
        versions.setdefault(version_of(cls), []).append(f"'{cls.__name__}'")
    parts = (f"NOT (type IN ({', '.join(names)}) AND schema_version <= {known})" for known, names in versions.items())
    return " AND ".join(parts) or "TRUE"


def _same(one: Sequence[Write], other: Sequence[Write]) -> bool:
    return len(one) == len(other) and all(
        statement is again and parameters == the_same
        for (statement, parameters), (again, the_same) in zip(one, other, strict=True)
    )


def pages(
    connection: Connection, after: int, upto: int, needed: str, columns: Sequence[str]
) -> Iterator[Sequence[Sequence[Any]]]:
    """The log in the order in which it was written; `columns`, id first, are looked up for each page."""
    connection.exec_driver_sql("SELECT 1")  # begins the transaction, should there be none
    cursor = connection.connection.cursor()
    while True:
        these = ", ".join(columns)
        cursor.execute(_PAGE.format(columns=these, after=after, upto=upto, limit=PAGE, needed=needed))
        page = cursor.fetchall()
        if not page:
            return
        yield page
        after = page[-1][0]


def _one(connection: Connection, column: str, id_: int) -> Any:
    return connection.execute(select(events.c[column]).where(events.c.id == id_)).scalar_one()
