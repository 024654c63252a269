"""The WHERE of a projection's statement, as a function over a row in memory and as hints where to look for rows."""

import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BindParameter, Delete, Update
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import BinaryExpression, BooleanClauseList, Grouping, Null

Row = Mapping[str, Any]
Value = Callable[[Row], Any]
"""Gives a value of the right side, from a statement's parameters."""

_COMPARE: Mapping[Any, Callable[[Any, Any], Any]] = {
    operator.eq: operator.eq,
    operator.ne: operator.ne,
    operator.lt: operator.lt,
    operator.le: operator.le,
    operator.gt: operator.gt,
    operator.ge: operator.ge,
}


class NotFoldable(TypeError):
    """A statement that can't be carried out in memory; its text says what about it."""


@dataclass(frozen=True, slots=True)
class Condition:
    """`column compare value`; NULL compares to nothing. `compare` None: the column is (not) NULL, as `value` says.

    `parameter`: the name of the parameter that the value is; None where it is a constant.
    """

    column: str
    compare: Callable[[Any, Any], Any] | None
    value: Value
    parameter: str | None = None

    @property
    def is_equality(self) -> bool:
        """Whether it names the value."""
        return self.compare is operator.eq

    def holds(self, row: Row, parameters: Row) -> bool:
        """Whether it is true of a row."""
        there = row[self.column]
        if self.compare is None:
            return bool((there is None) == self.value(parameters))
        wanted = self.value(parameters)
        return there is not None and wanted is not None and bool(self.compare(there, wanted))


def conditions(statement: Update | Delete) -> list[Condition]:
    """All of these must hold. Raises NotFoldable."""
    clause = statement.whereclause
    return [] if clause is None else list(_all(clause))


def _all(clause: Any) -> Iterator[Condition]:
    match clause:
        case BooleanClauseList() if clause.operator is operators.and_:
            for part in clause.clauses:
                yield from _all(part)
        case Grouping():
            yield from _all(clause.element)
        case BinaryExpression() if clause.operator is operators.between_op:
            between: Any = clause.right
            low, high = between.clauses
            yield _compared(clause.left, operator.ge, low)
            yield _compared(clause.left, operator.le, high)
        case BinaryExpression() if isinstance(clause.right, Null):
            is_null = clause.operator is operators.is_
            yield Condition(_column(clause.left), None, lambda _parameters: is_null)
        case BinaryExpression() if clause.operator in _COMPARE:
            yield _compared(clause.left, _COMPARE[clause.operator], clause.right)
        case _:
            raise NotFoldable(f"can't be carried out in memory: WHERE {clause}")


def _compared(column: Any, compare: Callable[[Any, Any], Any], value: Any) -> Condition:
    return Condition(_column(column), compare, value_of(value), parameter_of(value))


def parameter_of(element: Any) -> str | None:
    """The name of the parameter that stands for a value; None where it is none."""
    return element.key if isinstance(element, BindParameter) and not element.unique else None


def _column(element: Any) -> str:
    name = getattr(element, "name", None)
    if name is None or getattr(element, "table", None) is None:
        raise NotFoldable(f"not a column: {element}")
    return str(name)


def value_of(element: Any) -> Value:
    """What stands for a value in a statement: a named parameter, or a constant. Raises NotFoldable."""
    if not isinstance(element, BindParameter):
        raise NotFoldable(f"neither a parameter nor a constant: {element}")
    if element.unique:
        constant = element.value
        return lambda _parameters: constant
    return operator.itemgetter(element.key)


def new_value(element: Any) -> Callable[[Row, Row], Any]:
    """What an update sets, given the row and its parameters: a value, or a column's and something added to it.

    Raises NotFoldable.
    """
    if isinstance(element, BinaryExpression) and element.operator in (operator.add, operator.sub):
        column, change, combine = _column(element.left), value_of(element.right), element.operator
        return lambda row, parameters: combine(row[column], change(parameters))
    value = value_of(element)
    return lambda _row, parameters: value(parameters)
