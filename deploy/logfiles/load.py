"""A log file taken into an empty database, in parts that are committed; an interrupted call is taken up again."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Engine,
    Integer,
    MetaData,
    Table,
    Text,
    delete,
    func,
    insert,
    inspect,
    select,
    text,
)

from deploy.logfiles import tables
from deploy.logfiles.reading import BadFile, LogFile
from shared import copying, many
from shared.app import App
from shared.database import reading, writing
from shared.rebuild import read_tables, rebuild

AT_ONCE = 5_000
"""Rows of one transaction."""
Tell = Callable[[int], None]
state = Table(
    "imports",
    MetaData(),
    Column("lines", Integer, primary_key=True, autoincrement=False),
    Column("digest", Text, nullable=False),
)
"""How much of which file is in; only there while a file is taken in."""


class NotEmpty(Exception):
    """The database holds something already; the text says what."""


def begun(engine: Engine) -> int:
    """Lines of a file that an interrupted call has taken in; 0 when there was none."""
    with reading(engine) as connection:
        row = _begun(connection)
    return row.lines if row else 0


def check_empty(app: App) -> None:
    """Raises NotEmpty, unless it is the database of an interrupted call."""
    with reading(app.engine) as connection:
        if _begun(connection):
            return
        names = set(inspect(connection).get_table_names())
        for table in (*tables.of(app.definition, True), *read_tables(app.definition)):
            if table.name in names and connection.execute(select(table).limit(1)).first() is not None:
                raise NotEmpty(f"its table {table.name} has rows")


def load(app: App, file: LogFile, tell: Tell = lambda _lines: None) -> int:
    """Take the file in, or go on with it; then work out the read tables. Returns the number of events.

    Raises BadFile; what was taken in by then stays, for the whole file to be taken up again.
    """
    skip, digest = _resume(app)
    for rows, table, names in _batches(app, file, skip, digest):
        with writing(app.engine) as connection:
            _insert(connection, table, names, rows)
            connection.execute(delete(state))
            connection.execute(insert(state), {"lines": file.done, "digest": file.digest})
        tell(file.done)
    if file.done < skip:
        raise BadFile("this is a shorter file than the one that was begun with")
    with writing(app.engine) as connection:
        _count_on(connection, app)
    rebuild(app)
    with writing(app.engine) as connection:
        state.drop(connection)
    return file.events


def _batches(
    app: App, file: LogFile, skip: int, digest: str
) -> Iterator[tuple[list[dict[str, Any]], Table, Sequence[str]]]:
    table: Table | None = None
    names: Sequence[str] = ()
    values: Sequence[Any] = ()
    batch: list[dict[str, Any]] = []
    for entry in file.entries():
        if isinstance(entry, dict):
            if batch and table is not None:
                yield batch, table, names
                batch = []
            table, names, values = _begin(app, entry)
        elif table is None or len(entry) != len(names):
            raise BadFile(f"line {file.done} is no row of the table before it")
        elif file.done > skip:
            batch.append({name: value(given) for name, value, given in zip(names, values, entry, strict=True)})
        if file.done == skip and file.digest != digest:
            raise BadFile("this is another file than the one that was begun with")
        if len(batch) >= AT_ONCE and table is not None:
            yield batch, table, names
            batch = []
    if batch and table is not None:
        yield batch, table, names


def _begin(app: App, entry: dict[str, Any]) -> tuple[Table, Any, Any]:
    table = tables.named(app.definition, str(entry.get("table")))
    if table is None:
        raise BadFile(f"{app.definition.name} has no table {entry.get('table')!r}")
    try:
        return table, tuple(entry["columns"]), tables.from_json(table, entry["columns"])
    except KeyError as error:
        raise BadFile(f"{table.name} has no column {error}") from None


def _insert(connection: Connection, table: Table, names: Sequence[str], rows: Sequence[dict[str, Any]]) -> None:
    if connection.dialect.name == "postgresql":
        copying.copy(connection, table, names, rows)
    else:
        many.execute(connection, (insert(table), rows))


def _resume(app: App) -> tuple[int, str]:
    with writing(app.engine) as connection:
        state.create(connection, checkfirst=True)
        row = _begun(connection)
    return (0, "") if row is None else (row.lines, row.digest)


def _begun(connection: Connection) -> Any:
    if not inspect(connection).has_table(state.name):
        return None
    return connection.execute(select(state.c.lines, state.c.digest)).first()


def _count_on(connection: Connection, app: App) -> None:
    """Numbers given by the database go on behind those in the file."""
    if connection.dialect.name != "postgresql":
        return
    for table in tables.of(app.definition, True):
        column = table.autoincrement_column
        if column is not None:
            last = connection.execute(select(func.max(column))).scalar()
            if last is not None:
                sequence = text("SELECT setval(pg_get_serial_sequence(:table, :column), :last)")
                connection.execute(sequence, {"table": table.name, "column": column.name, "last": last})
