"""Two versions of the same read tables: which rows are equal, which differ, which only one of them has."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from sqlalchemy import Connection, Table

from shared.fill import stored
from shared.fold import Fold, Rows
from shared.tables import timers

EXAMPLES = 20


@dataclass(slots=True)
class Difference:
    """One table: how many rows are equal, and how many are not. `examples` says of some what is not equal."""

    table: str
    equal: int = 0
    changed: int = 0
    missing: int = 0
    surplus: int = 0
    examples: list[str] = field(default_factory=list)

    @property
    def found(self) -> int:
        """Rows that are not equal."""
        return self.changed + self.missing + self.surplus

    def note(self, what: str, key: Sequence[Any], of: str = "") -> None:
        """Remember an example."""
        if len(self.examples) < EXAMPLES:
            self.examples.append(f"{what} {', '.join(map(str, key))}{of}")


def compare(connection: Connection, fold: Fold, *, keep: bool = False) -> list[Difference]:
    """What the tables hold, beside what the log says they should hold. Columns are named, values are not: they may be
    somebody's. The fold is used up, unless it is to be kept.
    """
    return [_compare(connection, table, rows, keep) for table, rows in fold.tables.items()]


def _compare(connection: Connection, table: Table, rows: Rows, keep: bool) -> Difference:
    difference = Difference(table.name)
    if not rows.key:
        return _counted(connection, table, rows, difference)
    left = dict(rows.rows) if keep else rows.rows
    for there in stored(connection, table, rows.columns):
        key = tuple([there[name] for name in rows.key])
        wanted = left.pop(key, None)
        if wanted is None:
            difference.surplus += 1
            difference.note("surplus", key)
        elif there == wanted or not (wrong := list(_wrong(table, there, wanted))):
            difference.equal += 1
        else:
            difference.changed += 1
            difference.note("different", key, f" ({', '.join(wrong)})")
    difference.missing = len(left)
    for key in left:
        difference.note("missing", key)
    return difference


def _counted(connection: Connection, table: Table, rows: Rows, difference: Difference) -> Difference:
    # Without a key of its own a row is what it holds.
    left: dict[bytes, int] = {}
    for row in rows.rows.values():
        left[_plain(row)] = left.get(_plain(row), 0) + 1
    for there in stored(connection, table, rows.columns):
        name = _plain(there)
        if left.get(name, 0):
            left[name] -= 1
            difference.equal += 1
        else:
            difference.surplus += 1
    difference.missing = sum(left.values())
    return difference


def _wrong(table: Table, there: Mapping[str, Any], wanted: Mapping[str, Any]) -> Iterator[str]:
    for name, value in wanted.items():
        if there[name] == value or _plain(there[name]) == _plain(value):
            continue
        if table is timers and str(there[name]) > str(value):
            continue  # somebody is at work on it and has moved its due time ahead
        yield name


def _plain(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS, default=str)
