"""Bring a service's database to the newest schema; safe when several processes start at once."""

from pathlib import Path

from alembic import command
from alembic.config import Config

from shared.alone import only_one
from shared.config import Settings
from shared.database import connect
from shared.definition import Definition


def migrate(definition: Definition, settings: Settings) -> None:
    """Upgrade to head. Raises what the database says when it cannot be reached."""
    engine = connect(settings.database_url)
    with only_one(engine, settings, "migration", wait=True):
        config = Config()
        config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
        config.set_main_option("version_locations", str(definition.migrations))
        config.set_main_option("path_separator", "os")
        config.attributes["engine"] = engine
        command.upgrade(config, "head")
    engine.dispose()
