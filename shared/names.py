"""Tables that change their names: a read model and the one that stands beside it, with their indexes."""

from collections.abc import Iterable, Iterator

from sqlalchemy import Connection, MetaData, Table, inspect, text
from sqlalchemy.schema import CreateIndex
from sqlalchemy.sql import quoted_name

NEW, OLD = "__new", "__old"
_ASIDE = "__aside"
_PATIENCE = text("SET LOCAL lock_timeout = '5s'")


def named(tables: Iterable[Table], suffix: str) -> dict[Table, Table]:
    """The tables that stand beside these: the same columns and keys, another name, no further indexes."""
    return {table: _beside(table, suffix) for table in tables}


def _beside(table: Table, suffix: str) -> Table:
    other = table.to_metadata(MetaData(), name=table.name + suffix)
    other.indexes.clear()
    return other


def make_indexes(connection: Connection, tables: Iterable[Table], suffix: str) -> None:
    """Those of the tables that stand beside, where they can have names of their own that can be changed later."""
    if connection.dialect.name != "postgresql":
        return
    for table in tables:
        for other in table.to_metadata(MetaData(), name=table.name + suffix).indexes:
            other.name = quoted_name(f"{other.name}{suffix}", None)
            other.create(connection, checkfirst=True)


def change_places(connection: Connection, tables: Iterable[Table], suffix: str) -> None:
    """The tables with the suffix get the names of these, and these are kept as the former ones. Their keys and indexes
    go with them.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(_PATIENCE)
    for table in tables:
        if suffix == NEW:
            _beside(table, OLD).drop(connection, checkfirst=True)
        for statement in _statements(connection, table, suffix):
            connection.exec_driver_sql(statement)


def _statements(connection: Connection, table: Table, suffix: str) -> Iterator[str]:
    """What to do, in order."""
    on_postgresql = connection.dialect.name == "postgresql"
    quote = connection.dialect.identifier_preparer.quote
    name = table.name
    keys = (_key_name(connection, name), _key_name(connection, name + suffix), f"{name}{OLD}_pkey")
    yield f"ALTER TABLE {quote(name)} RENAME TO {quote(name + _ASIDE)}"
    yield f"ALTER TABLE {quote(name + suffix)} RENAME TO {quote(name)}"
    yield f"ALTER TABLE {quote(name + _ASIDE)} RENAME TO {quote(name + OLD)}"
    # An index has its name for itself, in the whole database: the table in use has the one that is in the code.
    if on_postgresql:
        others = [[str(index.name) + which for which in ("", suffix, OLD)] for index in table.indexes]
        for present, coming, former in (keys, *others):
            yield f"ALTER INDEX {quote(present)} RENAME TO {quote(present + _ASIDE)}"
            yield f"ALTER INDEX {quote(coming)} RENAME TO {quote(present)}"
            yield f"ALTER INDEX {quote(present + _ASIDE)} RENAME TO {quote(former)}"
    else:
        for index in table.indexes:
            yield f"DROP INDEX {quote(str(index.name))}"
            yield str(CreateIndex(index).compile(connection))


def _key_name(connection: Connection, table: str) -> str:
    return str(inspect(connection).get_pk_constraint(table)["name"])
