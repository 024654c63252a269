"""Projections carried out in memory: read tables as dictionaries, by the same statements that go to the database.

A replay ends at the rows that are left, and most of a log's writes are overwritten or deleted by later ones. So it
writes nothing before the end. Only what projections use is understood: rows inserted, upserted, updated and deleted by
conditions on their own columns.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from sqlalchemy import BinaryExpression, Column, Delete, Insert, Table, Update

from shared.conditions import NotFoldable, conditions, new_value, parameter_of
from shared.rows import Kept, Key
from shared.tables import KEYS, SETS, Write

Apply = Callable[[dict[str, Any]], None]


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
        self._applies: dict[Any, Apply | None] = {}

    def apply(self, writes: Iterable[Write]) -> None:
        """Carry out what a projection wants. Raises NotFoldable, or TakenTwice."""
        applies = self._applies
        for statement, parameters in writes:
            try:
                apply = applies[statement]
            except KeyError:
                apply = self._learn(statement)
            if apply is not None:
                apply(parameters)

    def _learn(self, statement: Any) -> Apply | None:
        rows = self.tables.get(statement.table)
        apply = None if rows is None else rows.understood(statement)
        self._applies[statement] = apply
        return apply


class Rows(Kept):
    """One table: what its statements do to its rows."""

    def __init__(self, table: Table, twice: list[TakenTwice] | None = None) -> None:
        surrogate = table.autoincrement_column
        numbered = set() if surrogate is None else {surrogate.name}
        super().__init__(
            tuple(column.name for column in table.primary_key if column.name not in numbered), noting=twice is None
        )
        self.table = table
        self.columns = tuple(column.name for column in table.columns if column.name not in numbered)
        self._twice = twice
        self._blank = {name: _default(table.c[name]) for name in self.columns}

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

    def _insert(self, statement: Insert) -> Apply:
        options = statement.get_execution_options()
        keys, sets = options.get(KEYS), options.get(SETS, ())
        if keys is None and getattr(statement, "_post_values_clause", None) is not None:
            raise NotFoldable("an upsert that was not made by shared.tables.upsert")
        if keys is not None and set(keys) != set(self.key):
            raise NotFoldable(f"an upsert by other columns than the key of {self.table.name}")

        width, rows, blank = len(self.columns), self.rows, self._blank
        replaces = keys is not None and {*keys, *sets} == set(self.columns)
        key_of, put, change = self.key_of, self.put, self.change

        def insert(parameters: dict[str, Any]) -> None:
            key = key_of(parameters)
            if replaces or key not in rows:  # a dictionary of our own: an update changes it
                put(key, parameters.copy() if len(parameters) == width else blank | parameters)
            elif keys is None:
                self._is_taken(key)
            elif sets:
                change(key, {name: parameters.get(name, blank[name]) for name in sets}, ())

        return insert

    def _is_taken(self, key: Key) -> None:
        twice = TakenTwice(self.table.name, key)
        if self._twice is None:
            raise twice
        self._twice.append(twice)

    def _update(self, statement: Update) -> Apply:
        wanted = conditions(statement)
        given = getattr(statement, "_values", None) or {}  # SQLAlchemy offers no public way to these
        fixed = {str(getattr(name, "name", name)): new_value(value) for name, value in given.items()}
        if fixed.keys() & set(self.key):
            raise NotFoldable(f"an update of the key of {self.table.name}")
        others = {one.parameter for one in wanted} | {parameter_of(value) for value in _operands(given.values())}
        no_columns = {name for name in others if name}
        find, key_of, rows, change = self.find(wanted), self.key_in(wanted), self.rows, self.change

        def update(parameters: dict[str, Any]) -> None:
            for key in find(parameters):
                row = rows[key]
                computed = {name: value(row, parameters) for name, value in fixed.items()}
                change(key, parameters | computed, no_columns - computed.keys())

        def update_one(parameters: dict[str, Any]) -> None:
            if key_of and (key := key_of(parameters)) in rows:
                change(key, parameters, no_columns)

        return update if key_of is None or fixed else update_one

    def _delete(self, statement: Delete) -> Apply:
        find = self.find(conditions(statement))

        def delete(parameters: dict[str, Any]) -> None:
            for key in find(parameters):
                self.drop(key)

        return delete


def _operands(values: Iterable[Any]) -> Iterator[Any]:
    for value in values:
        yield value.right if isinstance(value, BinaryExpression) else value


def _default(column: Column[Any]) -> Any:
    """What a column holds where an insert does not say it."""
    if column.server_default is None:
        return None if column.default is None else getattr(column.default, "arg", None)
    said = str(getattr(column.server_default, "arg", ""))
    if column.type.python_type is bool:
        return said.lower() in {"1", "true"}
    return column.type.python_type(said)
