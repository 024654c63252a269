"""The migrations of every service lead to exactly the tables that its code uses, on both databases."""

import threading
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, inspect

from shared import config, tables
from shared.config import Settings
from shared.database import connect, reading
from shared.definition import Definition
from shared.migrate import migrate
from tests.conftest import SERVICES

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


def test_all_services_are_looked_at() -> None:
    """A service that can't be imported is no reason to be green."""
    assert tuple(BUILT) == SERVICES
