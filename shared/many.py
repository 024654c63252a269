"""Few statements for many rows, and few rounds for many statements.

psycopg2 sends an upsert of n rows as n statements, each of which PostgreSQL parses and plans. One INSERT with many rows
costs a fraction of that; and whatever is written together goes there as one string, since a way there and back costs
as much as the row. What must stay secret goes by itself: PostgreSQL writes into its log what it could not do. SQLite
takes many rows of a prepared statement as they are; but SQLAlchemy would look through each of them for what is the same
in all.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, Delete, Insert, Update
from sqlalchemy.engine import Dialect
from sqlalchemy.sql.compiler import SQLCompiler

from shared.tables import KEYS, SECRET

Adapt = tuple[tuple[str, Callable[[Any], Any]], ...]
"""Names, and what makes of a value of that name what the driver takes."""
Row = Mapping[str, Any]
Work = tuple[Insert | Update | Delete, Sequence[Row]]
"""A statement, and the rows to execute it for in their order: at least one, and all with the same names."""
ROWS = 500
"""Rows of one statement, and of one round, at most."""
_BIND = re.compile(r"%\((\w+)\)s")


class _Spelled(NamedTuple):
    """A statement as PostgreSQL's driver takes it: its text, its values in their order, and for how many rows."""

    sql: str
    values: Sequence[Any]
    rows: int
    alone: bool


def execute(connection: Connection, *work: Work) -> None:
    """Execute statements for their rows, one after the other. Raises KeyError, or on SQLite StatementError, for a row
    that lacks a value, TypeError for an INSERT with values that are not in its rows.
    """
    if connection.dialect.name == "postgresql":
        for sql, values in _rounds(_spelled(work, connection.dialect)):
            connection.exec_driver_sql(sql, values)
        return
    for statement, rows in work:
        if isinstance(statement, Insert) and len(rows) > 1:
            sql, adapt = _prepared(statement, tuple(rows[0]), connection.dialect)
            connection.exec_driver_sql(sql, [tuple([bind(row[name]) for name, bind in adapt]) for row in rows])
        else:
            connection.execute(statement, rows)


def _rounds(spelled: Iterable[_Spelled]) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Neighbours together, up to so many rows."""
    together: list[str] = []
    values: list[Any] = []
    rows, alone = 0, False
    for one in spelled:
        if together and (rows + one.rows > ROWS or alone or one.alone):
            yield "; ".join(together), tuple(values)
            together, values, rows = [], [], 0
        together.append(one.sql)
        values += one.values
        rows, alone = rows + one.rows, one.alone
    if together:
        yield "; ".join(together), tuple(values)


def _spelled(work: Iterable[Work], dialect: Dialect) -> Iterator[_Spelled]:
    for statement, rows in work:
        names = tuple(rows[0])
        alone = SECRET in getattr(statement.table, "info", ())
        if isinstance(statement, Insert):
            head, tail, adapt, fixed = _shape(statement, names, dialect)
            group = f"({', '.join(['%s'] * len(names))})"
            for some in _pages(rows, statement.get_execution_options().get(KEYS, ())):
                values = [bind(row[name]) for row in some for name, bind in adapt]
                yield _Spelled(f"{head}{', '.join([group] * len(some))}{tail}", [*values, *fixed], len(some), alone)
        else:
            sql, adapt, always = _positional(statement, names, dialect)
            for row in rows:
                yield _Spelled(sql, [bind({**always, **row}[name]) for name, bind in adapt], 1, alone)


def _pages(rows: Sequence[Row], keys: Sequence[str]) -> Iterator[Sequence[Row]]:
    """At most ROWS at a time, and no two with the same keys: one statement can't change a row twice."""
    page: list[Row] = []
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
def _shape(statement: Insert, names: tuple[str, ...], dialect: Dialect) -> tuple[str, str, Adapt, tuple[Any, ...]]:
    """What stands before the rows of an INSERT of these columns and what behind, how each value goes to the driver, and
    the values of what stands behind.
    """
    quote = dialect.identifier_preparer.quote
    table = dialect.identifier_preparer.format_table(statement.table)
    compiled = statement.compile(dialect=dialect, column_keys=list(names))
    first, conflict, rest = str(compiled).partition(" ON CONFLICT ")
    if set(_BIND.findall(first)) != set(names):
        raise TypeError(f"all values of an INSERT into {table} come with its rows")
    fixed = tuple(bind(compiled.params[name]) for name, bind in _bound(compiled, _BIND.findall(rest)))
    head = f"INSERT INTO {table} ({', '.join(map(quote, names))}) VALUES "  # noqa: S608  (names of our own tables)
    return head, f"{conflict}{_BIND.sub('%s', rest)}", _bound(compiled, names), fixed


@lru_cache(maxsize=200)
def _positional(
    statement: Update | Delete, names: tuple[str, ...], dialect: Dialect
) -> tuple[str, Adapt, dict[str, Any]]:
    """A statement with its values in order, how each goes to the driver, and those that are the same for every row."""
    compiled = statement.compile(dialect=dialect, column_keys=list(names))
    sql = str(compiled)
    always = {name: bind.value for name, bind in compiled.binds.items() if not bind.required}
    return _BIND.sub("%s", sql), _bound(compiled, _BIND.findall(sql)), always


def _bound(compiled: SQLCompiler, names: Iterable[str]) -> Adapt:
    """How each of these values of a statement goes to the driver."""
    kinds = ((name, compiled.binds[name].type.dialect_impl(compiled.dialect)) for name in names)
    return tuple((name, kind.bind_processor(compiled.dialect) or _as_it_is) for name, kind in kinds)


@lru_cache(maxsize=200)
def _prepared(statement: Insert, names: tuple[str, ...], dialect: Dialect) -> tuple[str, Adapt]:
    """An INSERT of these columns, and how each of its values, in their order, goes to the driver."""
    compiled = statement.compile(dialect=dialect, column_keys=list(names))
    return str(compiled), _bound(compiled, compiled.positiontup or ())


def _as_it_is(value: Any) -> Any:
    return value
