"""Rows worked out in memory, written to tables and read from them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, Table, bindparam, delete, insert, select, tuple_, update

from shared import copying, many
from shared.conditions import NotFoldable
from shared.fold import Fold, Rows
from shared.rows import Key

AT_ONCE = 500
"""Keys in one DELETE."""


def flush(connection: Connection, fold: Fold, targets: Mapping[Table, Table] | None = None) -> int:
    """Write what has changed since the last flush; returns how many rows. `targets`: where a table's rows go instead.

    What a target holds must be what was flushed before.
    """
    return sum(_flush(connection, rows, (targets or {}).get(table, table)) for table, rows in fold.tables.items())


def _flush(connection: Connection, rows: Rows, target: Table) -> int:
    gone = rows.touched & rows.kept
    if gone:
        _delete(connection, target, rows.key, gone)
    there = rows.rows
    # Rows that the database numbers itself are numbered in the order of the log.
    touched = rows.touched if rows.key else sorted(rows.touched)
    fresh = [there[key] for key in touched if key in there] if rows.kept else list(there.values())
    if fresh:
        if connection.dialect.name == "postgresql":
            copying.copy(connection, target, rows.columns, fresh)
        else:
            many.execute(connection, (insert(target), fresh))
    count = len(gone) + len(fresh)
    rows.written()
    return count


def _delete(connection: Connection, target: Table, names: Sequence[str], keys: Iterable[Key]) -> None:
    if not names:
        raise NotFoldable(f"{target.name} has rows that can't be told apart, and yet are changed")
    columns = [target.c[name] for name in names]
    todo = list(keys)
    for n in range(0, len(todo), AT_ONCE):
        some = todo[n : n + AT_ONCE]
        if len(columns) == 1:
            connection.execute(delete(target).where(columns[0].in_([key[0] for key in some])))
        else:
            connection.execute(delete(target).where(tuple_(*columns).in_(some)))


def load(connection: Connection, fold: Fold, targets: Mapping[Table, Table] | None = None) -> None:
    """Begin with the rows that the tables (or their targets) hold."""
    for table, rows in fold.tables.items():
        rows.load(stored(connection, (targets or {}).get(table, table), rows.columns))


def stored(connection: Connection, table: Table, names: Sequence[str]) -> Iterator[Mapping[str, Any]]:
    """All rows of a table, few at a time."""
    query = select(*(table.c[name] for name in names)).execution_options(yield_per=2000)
    for row in connection.execute(query):
        yield dict(zip(names, row, strict=True))


def keep_leases(connection: Connection, target: Table, before: Sequence[Row[Any]]) -> None:
    """Who has moved a due time ahead is at work on it: what comes due now would be done twice."""
    if before:
        ahead = (
            update(target)
            .where(
                target.c.kind == bindparam("b_kind"),
                target.c.subject == bindparam("b_subject"),
                target.c.due_at < bindparam("b_due_at"),
            )
            .values(due_at=bindparam("b_due_at"))
        )
        rows = [{"b_kind": row.kind, "b_subject": row.subject, "b_due_at": row.due_at} for row in before]
        connection.execute(ahead, rows)
