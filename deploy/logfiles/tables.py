"""Which tables make a log file, and how their values go into JSON and back."""

import base64
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Date, LargeBinary, Table

from shared.definition import Definition
from shared.tables import cursors, events, gates, held, metadata, timers

FORMAT = 1
_NOT_PERSONAL = (events, cursors, gates, held)


def of(definition: Definition, personal: bool) -> list[Table]:
    """`events` first, then the others by name. Without personal data: only those that hold none but sealed."""
    if not personal:
        return list(_NOT_PERSONAL)
    others = {table.name: table for one in (metadata, definition.beside) for table in one.tables.values()}
    return [events, *(others[name] for name in sorted(others.keys() - {events.name, timers.name}))]


def named(definition: Definition, name: str) -> Table | None:
    """A table that may be in a file."""
    return {table.name: table for table in of(definition, True)}.get(name)


def to_json(table: Table) -> Sequence[Callable[[Any], Any]]:
    """For each column, what makes a value fit for JSON."""
    return [_bytes_to_text if isinstance(column.type, LargeBinary) else _plain for column in table.columns]


def from_json(table: Table, names: Sequence[str]) -> Sequence[Callable[[Any], Any]]:
    """For each of these columns, what makes its value out of JSON. Raises KeyError for an unknown column."""
    return [_from(table.c[name].type) for name in names]


def _from(kind: Any) -> Callable[[Any], Any]:
    if isinstance(kind, LargeBinary):
        return lambda value: None if value is None else base64.b64decode(value, validate=True)
    if isinstance(kind, Date):
        return lambda value: None if value is None else kind.python_type.fromisoformat(value)
    return _plain


def _bytes_to_text(value: Any) -> str | None:
    return None if value is None else base64.b64encode(bytes(value)).decode()


def _plain(value: Any) -> Any:
    return value
