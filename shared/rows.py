"""The rows of one table in memory, by primary key; and which of them the WHERE of a statement means."""

import bisect
from collections.abc import Callable, Iterable, Sequence
from operator import itemgetter
from typing import Any

from shared.conditions import Condition, NotFoldable, Row

Key = tuple[Any, ...]
_LONGEST_SPAN = 2_000
"""So many whole numbers between two bounds are looked up one by one."""


class Kept:
    """`key`: the columns of the primary key; () for rows that are told apart by their number only.

    `kept`: the keys of the rows that are written somewhere; `touched`: those of rows that were changed since, unless
    that is not `noting`.
    """

    def __init__(self, key: tuple[str, ...], *, noting: bool) -> None:
        self.key = key
        self._of_key = frozenset(key)
        self.rows: dict[Key, dict[str, Any]] = {}
        self.touched: set[Key] = set()
        self.kept: set[Key] = set()
        self.key_of = values_of(key) if key else self._number
        self._counted = 0
        self._notes, self._noting = noting, False
        self._watched = False
        self._indexes: dict[tuple[str, ...], dict[Key, tuple[Key, ...]]] = {}
        self._orders: dict[str, list[tuple[Any, Key]]] = {}

    def load(self, rows: Iterable[Row]) -> None:
        """Begin with these rows: nothing of them is touched."""
        for row in rows:
            self.put(self.key_of(row), dict(row))
        self.written()

    def written(self) -> None:
        """All rows are where they belong: from now on it matters which are touched."""
        if self._noting:
            self.kept -= self.touched
            self.kept |= self.touched & self.rows.keys()
        else:
            self.kept = set(self.rows)
        self.touched.clear()
        self._noting = self._notes

    def _number(self, _row: Row) -> Key:
        self._counted += 1
        return (self._counted,)

    def put(self, key: Key, row: dict[str, Any]) -> None:
        """The row takes the place of what was there."""
        if self._watched:
            if key in self.rows:
                self._out(key, self.rows[key])
            self._in(key, row)
        self.rows[key] = row
        if self._noting:
            self.touched.add(key)

    def change(self, key: Key, parameters: dict[str, Any], no_columns: Iterable[str]) -> None:
        """The row holds these values from now on, but for those that stand for no column."""
        if not self._of_key.isdisjoint(parameters):
            raise NotFoldable(f"an update of {', '.join(self.key)}: the key of a row")
        values = parameters.copy()
        for name in no_columns:
            del values[name]
        row = self.rows[key]
        if self._watched:
            self._out(key, row)
        row.update(values)
        if self._watched:
            self._in(key, row)
        if self._noting:
            self.touched.add(key)

    def drop(self, key: Key) -> None:
        """It is no longer there."""
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

    # ------------------------------------------------------------------------------------------------- finding

    def find(self, wanted: Sequence[Condition]) -> Callable[[Row], Sequence[Key]]:
        """The keys of the rows of which all conditions are true, given a statement's parameters."""
        rows, key_of = self.rows, self.key_in(wanted)
        if key_of is None:
            return self._by_span(wanted) or self._among(self._candidates(wanted), wanted)

        def find(parameters: Row) -> Sequence[Key]:
            key = key_of(parameters)
            return (key,) if key in rows else ()

        return find

    def key_in(self, wanted: Sequence[Condition]) -> Callable[[Row], Key] | None:
        """The key of the only row that a statement can mean, given its parameters; None where it is not said."""
        if {one.column for one in wanted if one.is_equality} != set(self.key) or len(wanted) != len(self.key):
            return None
        return _key_of_conditions(self.key, wanted)

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
