"""Projections carried out in memory: read tables as dictionaries, by the same statements that go to the database.

A replay ends at the rows that are left, and most of a log's writes are overwritten or deleted by later ones. So it
writes nothing before the end. Only what projections use is understood: rows inserted, upserted, updated and deleted by
conditions on their own columns.
"""

import bisect
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sqlalchemy import Column, Delete, Insert, Table, Update

from shared.conditions import Condition, NotFoldable, Row, conditions, new_value
from shared.tables import KEYS, SETS, Write

Key = tuple[Any, ...]
Apply = Callable[[dict[str, Any]], None]
_LONGEST_SPAN = 2_000
"""So many whole numbers between two bounds are looked up one by one."""


class TakenTwice(Exception):
    """A row is inserted that is there already: the log holds what the table's primary key would refuse."""

    def __init__(self, table: str, key: Key) -> None:
        super().__init__(f"{table} {', '.join(map(str, key))} is taken twice")
        self.table = table


class Fold:
    """Some read tables; writes to other tables are passed over.

    `only_look`: the rows will be written nowhere, and what is taken twice is noted in `twice`.
    """

    def __init__(self, tables: Iterable[Table], *, only_look: bool = False) -> None:
        self.twice: list[TakenTwice] = []
        self.tables = {table: Rows(table, self.twice if only_look else None) for table in tables}
        self._applies: dict[int, Apply | None] = {}
        self._known: list[Any] = []

    def apply(self, writes: Iterable[Write]) -> None:
        """Carry out what a projection wants. Raises NotFoldable, or TakenTwice."""
        for statement, parameters in writes:
            try:
                apply = self._applies[id(statement)]
            except KeyError:
                apply = self._learn(statement)
            if apply is not None:
                apply(parameters)

    def _learn(self, statement: Any) -> Apply | None:
        rows = self.tables.get(statement.table)
        apply = None if rows is None else rows.understood(statement)
        self._known.append(statement)  # an id is its own only as long as the statement lives
        self._applies[id(statement)] = apply
        return apply


class Rows:
    """One table: its rows by primary key.

    `touched`: the keys of rows that were changed since they were last written; `kept`: those of the rows written.
    """

    def __init__(self, table: Table, twice: list[TakenTwice] | None = None) -> None:
        self.table = table
        self._twice = twice
        self._surrogate = table.autoincrement_column
        numbered = {} if self._surrogate is None else {self._surrogate.name}
        self.key = tuple(column.name for column in table.primary_key if column.name not in numbered)
        self.columns = tuple(column.name for column in table.columns if column.name not in numbered)
        self.rows: dict[Key, dict[str, Any]] = {}
        self.touched: set[Key] = set()
        self.kept: set[Key] = set()
        self._blank = {name: _default(table.c[name]) for name in self.columns}
        self._counted = 0
        self._indexes: dict[tuple[str, ...], dict[Key, tuple[Key, ...]]] = {}
        self._orders: dict[str, list[tuple[Any, Key]]] = {}

    def load(self, rows: Iterable[Row]) -> None:
        """Begin with these rows: nothing of them is touched."""
        for row in rows:
            self._put(self._key_of(row), dict(row))
        self.touched.clear()
        self.kept = set(self.rows)

    def understood(self, statement: Any) -> Apply:
        """What a statement does, given its parameters. Raises NotFoldable."""
        match statement:
            case Insert():
                return self._insert(statement)
            case Update():
                return self._update(statement)
            case Delete():
                return self._delete(statement)
            case _:
                raise NotFoldable(f"neither insert, update nor delete: {statement}")

    # ------------------------------------------------------------------------------------------------------ statements

    def _insert(self, statement: Insert) -> Apply:
        options = statement.get_execution_options()
        keys, sets = options.get(KEYS), options.get(SETS, ())
        if keys is None and getattr(statement, "_post_values_clause", None) is not None:
            raise NotFoldable("an upsert that was not made by shared.tables.upsert")
        if keys is not None and set(keys) != set(self.key):
            raise NotFoldable(f"an upsert by other columns than the key of {self.table.name}")

        width = len(self.columns)

        def insert(parameters: dict[str, Any]) -> None:
            key = self._key_of(parameters)
            there = self.rows.get(key)
            if there is None:
                self._put(key, parameters if len(parameters) == width else self._blank | parameters)
            elif keys is None:
                self._is_taken(key)
            elif sets:
                self._put(key, there | {name: parameters.get(name, self._blank[name]) for name in sets})

        return insert

    def _is_taken(self, key: Key) -> None:
        twice = TakenTwice(self.table.name, key)
        if self._twice is None:
            raise twice
        self._twice.append(twice)

    def _update(self, statement: Update) -> Apply:
        find = self._find(conditions(statement))
        given = getattr(statement, "_values", None) or {}  # SQLAlchemy offers no public way to these
        fixed = {str(getattr(name, "name", name)): new_value(value) for name, value in given.items()}
        names, keys = frozenset(self.columns), frozenset(self.key)
        if fixed.keys() & keys:
            raise NotFoldable(f"an update of the key of {self.table.name}")

        def update(parameters: dict[str, Any]) -> None:
            change = {name: value for name, value in parameters.items() if name in names}
            if not keys.isdisjoint(change):
                raise NotFoldable(f"an update of the key of {self.table.name}")
            for key in find(parameters):
                row = self.rows[key]
                for name, value in fixed.items():
                    change[name] = value(row, parameters)
                self._put(key, row | change)

        return update

    def _delete(self, statement: Delete) -> Apply:
        find = self._find(conditions(statement))

        def delete(parameters: dict[str, Any]) -> None:
            for key in find(parameters):
                self._drop(key)

        return delete

    def _find(self, wanted: Sequence[Condition]) -> Callable[[Row], Sequence[Key]]:
        if [one.column for one in wanted if one.is_equality] == list(self.key) and len(wanted) == len(self.key):
            return self._by_key([one.value for one in wanted])
        candidates = self._candidates(wanted)

        def find(parameters: Row) -> Sequence[Key]:
            rows = self.rows
            return [
                key
                for key in candidates(parameters)
                if key in rows and all(one.holds(rows[key], parameters) for one in wanted)
            ]

        return find

    def _by_key(self, values: Sequence[Callable[[Row], Any]]) -> Callable[[Row], Sequence[Key]]:
        rows = self.rows

        def find(parameters: Row) -> Sequence[Key]:
            key = tuple([value(parameters) for value in values])
            return (key,) if key in rows else ()

        return find

    def _candidates(self, wanted: Sequence[Condition]) -> Callable[[Row], Iterable[Key]]:
        equal = {one.column: one.value for one in wanted if one.is_equality}
        if set(self.key) <= equal.keys():
            values = [equal[name] for name in self.key]
            return lambda parameters: (tuple([value(parameters) for value in values]),)
        if equal:
            return self._indexed(equal, wanted)
        for one in wanted:
            if one.compare is not None and one.compare.__name__ in {"lt", "le"}:
                return self._ordered(one)
        return lambda _parameters: tuple(self.rows)

    def _indexed(
        self, equal: dict[str, Callable[[Row], Any]], wanted: Sequence[Condition]
    ) -> Callable[[Row], Iterable[Key]]:
        names, values = tuple(equal), tuple(equal.values())
        span = _span(set(self.key) - equal.keys(), wanted)

        def candidates(parameters: Row) -> Iterable[Key]:
            if span is not None:
                column, first, last = span[0], span[1](parameters), span[2](parameters)
                if isinstance(first, int) and isinstance(last, int) and last - first < _LONGEST_SPAN:
                    there = {name: value(parameters) for name, value in equal.items()}
                    return (tuple((there | {column: n})[name] for name in self.key) for n in range(first, last + 1))
            return self._index(names).get(tuple([value(parameters) for value in values]), ())

        return candidates

    def _ordered(self, bound: Condition) -> Callable[[Row], Iterable[Key]]:
        def candidates(parameters: Row) -> Iterable[Key]:
            order = self._order(bound.column)
            value = bound.value(parameters)
            return [key for _, key in order[: bisect.bisect_right(order, value, key=lambda entry: entry[0])]]

        return candidates

    # ------------------------------------------------------------------------------------------------------------ rows

    def _key_of(self, row: Row) -> Key:
        if not self.key:
            self._counted += 1
            return (self._counted,)
        return tuple([row[name] for name in self.key])

    def _put(self, key: Key, row: dict[str, Any]) -> None:
        if self._indexes or self._orders:
            before = self.rows.get(key)
            if before is not None:
                self._out(key, before)
            self._in(key, row)
        self.rows[key] = row
        if self._twice is None:
            self.touched.add(key)

    def _drop(self, key: Key) -> None:
        row = self.rows.pop(key)
        self._out(key, row)
        if self._twice is None:
            self.touched.add(key)

    def _in(self, key: Key, row: Row) -> None:
        for names, index in self._indexes.items():
            value = tuple([row[name] for name in names])
            index[value] = (*index.get(value, ()), key)
        for name, order in self._orders.items():
            if row[name] is not None:
                bisect.insort(order, (row[name], key))

    def _out(self, key: Key, row: Row) -> None:
        for names, index in self._indexes.items():
            value = tuple([row[name] for name in names])
            keys = tuple([one for one in index[value] if one != key])
            if keys:
                index[value] = keys
            else:
                del index[value]
        for name, order in self._orders.items():
            if row[name] is not None:
                del order[bisect.bisect_left(order, (row[name], key))]

    def _index(self, names: tuple[str, ...]) -> dict[Key, tuple[Key, ...]]:
        if names not in self._indexes:
            found: dict[Key, list[Key]] = {}
            for key, row in self.rows.items():
                found.setdefault(tuple(row[name] for name in names), []).append(key)
            self._indexes[names] = {value: tuple(keys) for value, keys in found.items()}
        return self._indexes[names]

    def _order(self, name: str) -> list[tuple[Any, Key]]:
        if name not in self._orders:
            entries = ((row[name], key) for key, row in self.rows.items() if row[name] is not None)
            self._orders[name] = sorted(entries)
        return self._orders[name]


def _span(left: set[str], wanted: Sequence[Condition]) -> tuple[str, Callable[[Row], Any], Callable[[Row], Any]] | None:
    """The one column of the key that is not fixed, and its first and last value, when both bounds are given."""
    bounds = {one.compare.__name__: one for one in wanted if one.compare is not None and one.column in left}
    if len(left) != 1:
        return None
    low, high = bounds.get("ge"), bounds.get("lt") or bounds.get("le")
    if low is None or high is None:
        return None
    if "lt" in bounds:
        exclusive = bounds["lt"].value
        return next(iter(left)), low.value, lambda parameters: _before(exclusive(parameters))
    return next(iter(left)), low.value, high.value


def _before(value: Any) -> Any:
    return value - 1 if isinstance(value, int) else value


def _default(column: Column[Any]) -> Any:
    """What a column holds where an insert does not say it."""
    if column.server_default is None:
        return None if column.default is None else getattr(column.default, "arg", None)
    said = str(getattr(column.server_default, "arg", ""))
    if column.type.python_type is bool:
        return said.lower() in {"1", "true"}
    return column.type.python_type(said)
