"""One statement for many rows.

psycopg2 sends an upsert of n rows as n statements, each of which PostgreSQL parses and plans. One INSERT with many rows
costs a fraction of that. SQLite takes many rows of a prepared statement as they are; but SQLAlchemy would look through
each of them for what is the same in all.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Delete, Insert, Update
from sqlalchemy.engine import Dialect

from shared.tables import KEYS

Adapt = tuple[tuple[str, Callable[[Any], Any]], ...]
"""Names, and what makes of a value of that name what the driver takes."""
ROWS = 500
"""Rows of one statement at most."""


def execute(connection: Connection, statement: Insert | Update | Delete, rows: Sequence[Mapping[str, Any]]) -> None:
    """Execute a statement for all rows, in their order. All rows have the same names."""
    if not isinstance(statement, Insert) or len(rows) < 2:
        connection.execute(statement, rows)
        return
    names = tuple(rows[0])
    if connection.dialect.name == "postgresql":
        head, tail, adapt = _shape(statement, names, connection.dialect)
        group = f"({', '.join(['%s'] * len(names))})"
        for some in _pages(rows, statement.get_execution_options().get(KEYS, ())):
            values = tuple(bind(row[name]) for row in some for name, bind in adapt)
            connection.exec_driver_sql(f"{head}{', '.join([group] * len(some))}{tail}", values)
    else:
        sql, adapt = _prepared(statement, names, connection.dialect)
        connection.exec_driver_sql(sql, [tuple([bind(row[name]) for name, bind in adapt]) for row in rows])


def _pages(rows: Sequence[Mapping[str, Any]], keys: Sequence[str]) -> Iterator[Sequence[Mapping[str, Any]]]:
    """At most ROWS at a time, and no two with the same keys: one statement can't change a row twice."""
    page: list[Mapping[str, Any]] = []
    seen: set[tuple[Any, ...]] = set()
    for row in rows:
        key = tuple(row[name] for name in keys)
        if len(page) == ROWS or (keys and key in seen):
            yield page
            page, seen = [], set()
        page.append(row)
        seen.add(key)
    yield page


@lru_cache(maxsize=200)
def _shape(statement: Insert, names: tuple[str, ...], dialect: Dialect) -> tuple[str, str, Adapt]:
    """What stands before the rows of an INSERT of these columns, what behind, and how each value goes to the driver."""
    quote = dialect.identifier_preparer.quote
    table = dialect.identifier_preparer.format_table(statement.table)
    _, conflict, rest = str(statement.compile(dialect=dialect, column_keys=list(names))).partition(" ON CONFLICT ")
    head = f"INSERT INTO {table} ({', '.join(map(quote, names))}) VALUES "  # noqa: S608  (names of our own tables)
    return head, f"{conflict}{rest}", _adapt(statement, names, dialect)


@lru_cache(maxsize=200)
def _prepared(statement: Insert, names: tuple[str, ...], dialect: Dialect) -> tuple[str, Adapt]:
    """An INSERT of these columns, and how each of its values, in their order, goes to the driver."""
    compiled = statement.compile(dialect=dialect, column_keys=list(names))
    return str(compiled), _adapt(statement, compiled.positiontup or (), dialect)


def _adapt(statement: Insert, names: Sequence[str], dialect: Dialect) -> Adapt:
    kinds = (statement.table.columns[name].type.dialect_impl(dialect) for name in names)
    binds = (kind.bind_processor(dialect) or _as_it_is for kind in kinds)
    return tuple(zip(names, binds, strict=True))


def _as_it_is(value: Any) -> Any:
    return value
