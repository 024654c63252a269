"""A log written into a file."""

import re
from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256
from typing import Any, BinaryIO

import orjson
import zstandard
from sqlalchemy import Column, Connection, Engine, Table, Text, select

from deploy.logfiles import tables
from shared.definition import Definition
from shared.frozen import frozen
from shared.tables import events, held

LEVEL = 9
_TOKEN = re.compile(r'(s1\.[^"\s\\]+\.)[A-Za-z0-9_-]{16,}(?=\\?")')
"""A sealed token; what is sealed stands behind its last dot."""


def export(engine: Engine, definition: Definition, out: BinaryIO, *, personal: bool = True, plain: bool = False) -> int:
    """Write the log as it stands at this moment; the service may go on. Returns the number of events.

    Without `personal` there are no keys in it and nothing sealed, so that nobody can ever be named from it.
    """
    with frozen(engine) as (connection, last):
        lines = _lines(connection, definition, personal, last)
        if plain:
            return _write(out.write, lines)
        with zstandard.ZstdCompressor(level=LEVEL).stream_writer(out, closefd=False) as compressed:
            return _write(compressed.write, lines)


def _write(write: Callable[[bytes], Any], lines: Iterable[tuple[bytes, bool]]) -> int:
    digest, rows, count = sha256(), 0, 0
    for line, is_event in lines:
        digest.update(line)
        write(line)
        rows += 1
        count += is_event
    write(_line({"lines": rows, "events": count, "sha256": digest.hexdigest()}))
    return count


def _lines(connection: Connection, definition: Definition, personal: bool, last: int) -> Iterator[tuple[bytes, bool]]:
    yield _line({"foyer": "log", "format": tables.FORMAT, "service": definition.name, "personal": personal}), False
    for table in tables.of(definition, personal):
        yield _line({"table": table.name, "columns": [column.name for column in table.columns]}), False
        shred = None if personal else _shredding(table)
        for row in _rows(connection, table, last):
            values = [to(value) for to, value in zip(tables.to_json(table), shred(row) if shred else row, strict=True)]
            yield _line(values), table is events


def _rows(connection: Connection, table: Table, last: int) -> Iterator[Any]:
    query = select(table).execution_options(yield_per=2000)
    if table is events:
        query = query.where(events.c.id <= last)
    yield from connection.execute(query.order_by(*(_sorted(column, connection) for column in table.primary_key)))


def _sorted(column: Column[Any], connection: Connection) -> Any:
    # By their bytes, as SQLite does, whatever the language of the database is.
    if connection.dialect.name == "postgresql" and isinstance(column.type, Text):
        return column.collate("C")
    return column


def _shredding(table: Table) -> Callable[[Any], list[Any]]:
    """Takes out of a row what was sealed."""
    names = {"data", "message"} if table is events else {"body", "error"} if table is held else set()
    touched = [column.name in names for column in table.columns]
    return lambda row: [shredded(value) if touch else value for value, touch in zip(row, touched, strict=True)]


def shredded(value: Any) -> Any:
    """A text, or the bytes of one, without what was sealed in it: a token says still whom it was about."""
    if isinstance(value, str):
        return _TOKEN.sub(r"\1", value)
    if value is None:
        return None
    return shredded(bytes(value).decode(errors="replace")).encode()


def _line(value: Any) -> bytes:
    return orjson.dumps(value) + b"\n"
