"""Projections carried out in memory: read tables as dictionaries, by the same statements that go to the database.

A replay ends at the rows that are left, and most of a log's writes are overwritten or deleted by later ones. So it
writes nothing before the end. Only what projections use is understood: rows inserted, upserted, updated and deleted by
conditions on their own columns.
"""

import bisect
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from operator import itemgetter
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
        applies = self._applies
        for statement, parameters in writes:
            try:
                apply = applies[id(statement)]
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
        self._noting = twice is None
        self._surrogate = table.autoincrement_column
        numbered = {} if self._surrogate is None else {self._surrogate.name}
        self.key = tuple(column.name for column in table.primary_key if column.name not in numbered)
        self.columns = tuple(column.name for column in table.columns if column.name not in numbered)
        self.rows: dict[Key, dict[str, Any]] = {}
        self.touched: set[Key] = set()
        self.kept: set[Key] = set()
        self._blank = {name: _default(table.c[name]) for name in self.columns}
        self._counted = 0
        self._key_of = values_of(self.key) if self.key else self._number
        self._watched = False
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

        width, rows, blank = len(self.columns), self.rows, self._blank
        key_of, put = self._key_of, self._put

        def insert(parameters: dict[str, Any]) -> None:
            key = key_of(parameters)
            if key not in rows:  # a dictionary of our own: an update changes it
                put(key, parameters.copy() if len(parameters) == width else blank | parameters)
            elif keys is None:
                self._is_taken(key)
            elif sets:
                put(key, rows[key] | {name: parameters.get(name, blank[name]) for name in sets})

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
        if fixed.keys() & set(self.key):
            raise NotFoldable(f"an update of the key of {self.table.name}")
        rows, changed = self.rows, cache(self._changed)

        def update(parameters: dict[str, Any]) -> None:
            names = changed(tuple(parameters))
            for key in find(parameters):
                row = rows[key]
                if self._watched:
                    self._out(key, row)
                computed = [(name, value(row, parameters)) for name, value in fixed.items()] if fixed else ()
                for name in names:
                    row[name] = parameters[name]
                row.update(computed)
                self._note(key, row)

        return update

    def _changed(self, parameters: tuple[str, ...]) -> list[str]:
        """The columns that these parameters of an update set."""
        if not set(self.key).isdisjoint(parameters):
            raise NotFoldable(f"an update of the key of {self.table.name}")
        return [name for name in parameters if name in self.columns]

    def _delete(self, statement: Delete) -> Apply:
        find = self._find(conditions(statement))

        def delete(parameters: dict[str, Any]) -> None:
            for key in find(parameters):
                self._drop(key)

        return delete

    def _find(self, wanted: Sequence[Condition]) -> Callable[[Row], Sequence[Key]]:
        if {one.column for one in wanted if one.is_equality} == set(self.key) and len(wanted) == len(self.key):
            return self._by_key(wanted)
        return self._by_span(wanted) or self._among(self._candidates(wanted), wanted)

    def _by_key(self, wanted: Sequence[Condition]) -> Callable[[Row], Sequence[Key]]:
        rows, key_of = self.rows, _key_of_conditions(self.key, wanted)

        def find(parameters: Row) -> Sequence[Key]:
            key = key_of(parameters)
            return (key,) if key in rows else ()

        return find

    def _among(
        self, candidates: Callable[[Row], Iterable[Key]], wanted: Sequence[Condition]
    ) -> Callable[[Row], Sequence[Key]]:
        """Those of which all conditions are true."""
        rows = self.rows

        def find(parameters: Row) -> Sequence[Key]:
            return [
                key
                for key in candidates(parameters)
                if key in rows and all(one.holds(rows[key], parameters) for one in wanted)
            ]

        return find

    def _candidates(self, wanted: Sequence[Condition]) -> Callable[[Row], Iterable[Key]]:
        equal = [one for one in wanted if one.is_equality]
        if set(self.key) <= {one.column for one in equal}:
            key_of = _key_of_conditions(self.key, equal)
            return lambda parameters: (key_of(parameters),)
        if equal:
            names = tuple(one.column for one in equal)
            values_of = _key_of_conditions(names, equal)
            return lambda parameters: self._index(names).get(values_of(parameters), ())
        for one in wanted:
            if one.compare is not None and one.compare.__name__ in {"lt", "le"}:
                return self._ordered(one)
        return lambda _parameters: tuple(self.rows)

    def _by_span(self, wanted: Sequence[Condition]) -> Callable[[Row], Sequence[Key]] | None:
        """For a key of which all columns but one are given, and of that one two bounds: key by key, unless there are
        too many.
        """
        fixed = {one.column: one for one in wanted if one.is_equality and one.column in self.key}
        span = _span(set(self.key) - fixed.keys(), wanted)
        if span is None:
            return None
        column, first_of, last_of = span
        place = self.key.index(column)
        before = _key_of_conditions(self.key[:place], list(fixed.values()))
        behind = _key_of_conditions(self.key[place + 1 :], list(fixed.values()))
        rest = [one for one in wanted if one.column != column and fixed.get(one.column) is not one]
        rows, otherwise = self.rows, self._among(self._candidates(wanted), wanted)

        def find(parameters: Row) -> Sequence[Key]:
            first, last = first_of(parameters), last_of(parameters)
            if not (isinstance(first, int) and isinstance(last, int) and last - first < _LONGEST_SPAN):
                return otherwise(parameters)
            head, tail = before(parameters), behind(parameters)
            keys = [key for n in range(first, last + 1) if (key := (*head, n, *tail)) in rows]
            return [key for key in keys if all(one.holds(rows[key], parameters) for one in rest)] if rest else keys

        return find

    def _ordered(self, bound: Condition) -> Callable[[Row], Iterable[Key]]:
        def candidates(parameters: Row) -> Iterable[Key]:
            order = self._order(bound.column)
            value = bound.value(parameters)
            return [key for _, key in order[: bisect.bisect_right(order, value, key=itemgetter(0))]]

        return candidates

    # ------------------------------------------------------------------------------------------------------------ rows

    def _number(self, _row: Row) -> Key:
        self._counted += 1
        return (self._counted,)

    def _put(self, key: Key, row: dict[str, Any]) -> None:
        if self._watched and key in self.rows:
            self._out(key, self.rows[key])
        self.rows[key] = row
        self._note(key, row)

    def _note(self, key: Key, row: Row) -> None:
        if self._watched:
            self._in(key, row)
        if self._noting:
            self.touched.add(key)

    def _drop(self, key: Key) -> None:
        row = self.rows.pop(key)
        if self._watched:
            self._out(key, row)
        if self._noting:
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
            self._watched = True
            found: dict[Key, list[Key]] = {}
            for key, row in self.rows.items():
                found.setdefault(tuple(row[name] for name in names), []).append(key)
            self._indexes[names] = {value: tuple(keys) for value, keys in found.items()}
        return self._indexes[names]

    def _order(self, name: str) -> list[tuple[Any, Key]]:
        if name not in self._orders:
            self._watched = True
            entries = ((row[name], key) for key, row in self.rows.items() if row[name] is not None)
            self._orders[name] = sorted(entries)
        return self._orders[name]


def values_of(names: Sequence[str]) -> Callable[[Row], Key]:
    """What a row, or parameters, hold under these names."""
    match names:
        case []:
            return lambda _row: ()
        case [name]:
            return lambda row: (row[name],)
        case _:
            return itemgetter(*names)


def _key_of_conditions(names: Sequence[str], equal: Sequence[Condition]) -> Callable[[Row], Key]:
    """The values that these columns must have."""
    by_column = {one.column: one for one in equal}
    parameters = [by_column[name].parameter for name in names]
    if all(parameters):
        return values_of([name for name in parameters if name])
    values = [by_column[name].value for name in names]
    return lambda given: tuple([value(given) for value in values])


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
