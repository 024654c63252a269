"""Bring a service's database to the newest schema; safe when several processes start at once."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, text

from shared.alone import only_one
from shared.config import Settings
from shared.database import connect, reading
from shared.definition import Definition

_EVERY_LETTER = ("UTF8", "SQL_ASCII")
"""Encodings of PostgreSQL; the second takes bytes as they come."""


def migrate(definition: Definition, settings: Settings) -> None:
    """Upgrade to head. Raises what the database says when it cannot be reached; ValueError where it lacks letters."""
    engine = connect(settings.database_url)
    _check_encoding(engine, settings.service)
    with _for_this_user_only(), only_one(engine, settings, "migration", wait=True):
        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
        config.set_main_option("version_locations", str(definition.migrations))
        config.set_main_option("path_separator", "os")
        config.attributes["engine"] = engine
        command.upgrade(config, "head")
    engine.dispose()


def _check_encoding(engine: Engine, service: str) -> None:
    if engine.dialect.name != "postgresql":
        return
    with reading(engine) as connection:
        encoding = connection.execute(text("SHOW server_encoding")).scalar()
    if encoding not in _EVERY_LETTER:
        raise ValueError(f"the database of {service} is in {encoding}, which lacks letters: make it anew in UTF8")


@contextmanager
def _for_this_user_only() -> Iterator[None]:
    """A file that is made here shows guests in its read tables."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)
