"""The migrations of every service lead to exactly the tables that its code uses, on both databases."""

import threading
from collections.abc import Callable, Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, inspect, text

from deploy.parts import definition as definition_of
from deploy.servers import PostgreSQL
from shared import config, tables
from shared.config import Settings
from shared.database import connect, reading
from shared.definition import Definition
from shared.migrate import migrate
from tests.conftest import SERVICES
from tests.shared import toy

BUILT = [name for name in SERVICES if find_spec(f"services.{name}") and find_spec(f"services.{name}.service")]


@pytest.fixture(params=BUILT)
def definition(request: pytest.FixtureRequest) -> Definition:
    """Every service that there is."""
    found: Definition = import_module(f"services.{request.param}.service").DEFINITION
    return found


@pytest.fixture
def settings(
    definition: Definition, make_database: Callable[[str], str], home: Path, monkeypatch: pytest.MonkeyPatch
) -> Settings:
    """Those of the service on an empty database."""
    monkeypatch.setenv("FOYER_HOME", str(home))
    monkeypatch.setenv("FOYER_DATABASE_URL", make_database(definition.name))
    return config.load(definition.name)


@pytest.fixture
def engine(settings: Settings) -> Engine:
    """The database of the service."""
    return connect(settings.database_url)


def differences(engine: Engine, definition: Definition) -> list[object]:
    """What alembic would have to change so that the database is as the code says."""
    with reading(engine) as connection:
        context = MigrationContext.configure(connection)
        return list(compare_metadata(context, [tables.metadata, definition.metadata, definition.beside]))


def test_migrations_make_the_tables_that_the_code_uses(
    definition: Definition, settings: Settings, engine: Engine
) -> None:
    """Tables, columns, types, indexes, unique constraints: no difference."""
    assert differences(engine, definition), "an empty database differs"
    migrate(definition, settings)
    assert differences(engine, definition) == []
    # compare_metadata does not look at primary keys.
    own = (definition.metadata, definition.beside)
    for table in (*tables.metadata.tables.values(), *(table for one in own for table in one.tables.values())):
        found = inspect(engine).get_pk_constraint(table.name)["constrained_columns"]
        assert found == [column.name for column in table.primary_key.columns], table.name
    engine.dispose()


def test_migrating_again_changes_nothing(definition: Definition, settings: Settings, engine: Engine) -> None:
    """Every start of a service migrates; two at once wait for each other."""
    starts = [threading.Thread(target=migrate, args=(definition, settings)) for _ in range(3)]
    for start in starts:
        start.start()
    for start in starts:
        start.join()
    assert differences(engine, definition) == []
    engine.dispose()


@pytest.fixture
def encoded(postgres: PostgreSQL, home: Path) -> Iterator[Callable[[str], Settings]]:
    """`encoded("LATIN1")`: the settings of rooms on an empty database that keeps its text so."""
    server = connect(postgres.url())

    def make(encoding: str) -> Settings:
        with server.connect().execution_options(isolation_level="AUTOCOMMIT") as there:
            there.exec_driver_sql(f"CREATE DATABASE encoded TEMPLATE template0 ENCODING {encoding} LOCALE 'C'")
        return toy.settings(home, postgres.url("encoded"), "rooms")

    yield make
    server.dispose()
    postgres.drop_database("encoded")


def test_where_the_database_keeps_bytes_they_are_utf_8(encoded: Callable[[str], Settings]) -> None:
    """Debian makes such clusters where the locale is C; a name comes back as it went in."""
    settings = encoded("SQL_ASCII")
    migrate(definition_of("rooms"), settings)
    engine = connect(settings.database_url)
    with reading(engine) as connection:
        assert connection.execute(text("SELECT :name"), {"name": "Müller"}).scalar() == "Müller"
    engine.dispose()


def test_a_database_that_lacks_letters_is_refused(encoded: Callable[[str], Settings]) -> None:
    """In a sentence, and before there is anything in it."""
    settings = encoded("LATIN1")
    with pytest.raises(ValueError, match=r"rooms .* LATIN1.* UTF8"):
        migrate(definition_of("rooms"), settings)
    engine = connect(settings.database_url)
    assert inspect(engine).get_table_names() == []
    engine.dispose()


def test_all_services_are_looked_at() -> None:
    """A service that can't be imported is no reason to be green."""
    assert tuple(BUILT) == SERVICES
