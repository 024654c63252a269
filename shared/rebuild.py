"""Read tables made anew from the log: what the projections say is all that is in them.

Nothing else of a replay happens: nothing is decided, said or sent. The rows are worked out in memory
(`shared/fold.py`) and written once. `shared/beside.py` does it beside the present tables while the service goes on.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Table, delete, select

from shared.app import App
from shared.codec import Codec
from shared.database import writing
from shared.definition import Definition, Recorded
from shared.fill import flush, keep_leases
from shared.fold import Fold
from shared.frozen import keep_writers_off
from shared.glance import Glances, StoredAt
from shared.tables import Write, timers

PAGE = 2000
"""Events that are read at once."""
_PAGE = (
    "SELECT id, type, schema_version, data, stream, version, meta, recorded_at "
    "FROM events WHERE id > {after} AND id <= {upto} ORDER BY id LIMIT {limit}"
)
NO_END = 2**62
TRIES = 3
"""Events of a type for which a glance must do before it is trusted."""
Load = Callable[[str, int, str], Any]


def read_tables(definition: Definition) -> list[Table]:
    """All tables that a service's projections write, and nothing else does: its read tables and its timers."""
    return [*definition.metadata.sorted_tables, timers]


def rebuild(app: App) -> int:
    """Empty the service's read tables and timers and fill them again, in one transaction; returns the events read.

    Tables that are missing are made. The service may run: its writers wait, its readers see the old rows until the end.
    Raises what the codec or the database raises; then nothing has changed.
    """
    count = 0
    tables = read_tables(app.definition)
    with writing(app.engine) as connection:
        keep_writers_off(connection)
        app.definition.metadata.create_all(connection)
        before = connection.execute(select(timers)).all()
        fold = Fold(tables)
        for page in Replay(app.definition).pages(fold, connection):
            count += len(page)
        for table in tables:
            connection.execute(delete(table))
        flush(connection, fold)
        keep_leases(connection, timers, before)
    app.reload()
    return count


class Replay:
    """Lets the projections of a service see stored events again.

    They get a glance at an event only, as soon as they have made the same of the first few of its type as of the whole
    event: not so those that ask for the very class of an event.
    """

    def __init__(self, definition: Definition) -> None:
        self._project = definition.project
        self._glance = Glances(definition.events, definition.upcasts).load
        self._load = Codec(definition.events, definition.upcasts).load
        self._loads: dict[str, Load] = {}
        self._tried: Counter[str] = Counter()

    def pages(
        self, fold: Fold, connection: Connection, after: int = 0, upto: int = NO_END
    ) -> Iterator[Sequence[Sequence[Any]]]:
        """Fold the events with ids in (after, upto]; yields each page of rows, of which the id is first, when done.

        Raises UnknownEvent, TakenTwice, or what the projection raises.
        """
        for page in pages(connection, after, upto):
            self.look(fold, page)
            yield page

    def look(self, fold: Fold, page: Iterable[Sequence[Any]]) -> None:
        """Fold one page."""
        loads, project, apply = self._loads, self._project, fold.apply
        for _, kind, schema_version, data, *at in page:
            load = loads.get(kind)
            if load is None:
                apply(self._tried_out(kind, schema_version, data, StoredAt(at)))
            else:
                apply(project(load(kind, schema_version, data), StoredAt(at)))

    def _tried_out(self, kind: str, schema_version: int, data: str, at: Recorded) -> list[Write]:
        whole = list(self._project(self._load(kind, schema_version, data), at))
        try:
            quick = list(self._project(self._glance(kind, schema_version, data), at))
        except Exception:
            self._loads[kind] = self._load
            return whole
        if not _same(whole, quick):
            self._loads[kind] = self._load
        self._tried[kind] += 1
        if self._tried[kind] == TRIES:
            self._loads.setdefault(kind, self._glance)
        return whole


def _same(one: Sequence[Write], other: Sequence[Write]) -> bool:
    return len(one) == len(other) and all(
        statement is again and parameters == the_same
        for (statement, parameters), (again, the_same) in zip(one, other, strict=True)
    )


def pages(connection: Connection, after: int = 0, upto: int = NO_END) -> Iterator[Sequence[Sequence[Any]]]:
    """The log in the order in which it was written."""
    connection.exec_driver_sql("SELECT 1")  # begins the transaction, should there be none
    cursor = connection.connection.cursor()
    while True:
        cursor.execute(_PAGE.format(after=after, upto=upto, limit=PAGE))
        page = cursor.fetchall()
        if not page:
            return
        yield page
        after = page[-1][0]
