"""The services' databases, opened for a look; or a sentence about what is not there."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, make_url
from sqlalchemy.exc import SQLAlchemyError

from deploy.home import BadInput
from shared import config
from shared.config import Settings
from shared.database import connect


def there(service: str, url: str) -> None:
    """Raises BadInput where a service's database is a file that is not there: connecting would make an empty one."""
    if not is_there(url):
        raise BadInput(
            f"{service} has no database at {make_url(url).database}: has `foyer up` run here? FOYER_HOME or "
            "FOYER_DATABASE_URL say where to look."
        )


def is_there(url: str) -> bool:
    """Whether a database is one of a server, or a file that is there."""
    parsed = make_url(url)
    return parsed.get_backend_name() != "sqlite" or Path(parsed.database or "").is_file()


@contextmanager
def database(service: str) -> Iterator[Engine]:
    """A service's database. Raises BadInput where there is none, or it can't be read."""
    url = config.url_of(service, config.load(config.EVERY).database_url)
    there(service, url)
    engine = connect(url)
    try:
        yield engine
    except SQLAlchemyError as error:
        raise unreadable(service, error) from None
    finally:
        engine.dispose()


@contextmanager
def looking(service: str, engine: Engine) -> Iterator[Connection]:
    """A connection to look with, while the engine stays open. Raises BadInput."""
    try:
        with engine.connect() as connection:
            yield connection
    except SQLAlchemyError as error:
        engine.dispose()
        raise unreadable(service, error) from None


@contextmanager
def opened(service: str) -> Iterator[Connection]:
    """A connection to look with. Raises BadInput."""
    with database(service) as engine, engine.connect() as connection:
        yield connection


def unreadable(service: str, error: Exception) -> BadInput:
    """What to say when a database does not answer as it should."""
    reason = str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
    return BadInput(f"{service}'s database can't be read ({reason}). See `foyer status`.")


def settings_of(service: str) -> Settings:
    """The settings of a service as its own process would have them, keys included.

    Raises BadInput where it has no database: its keys are elsewhere, and none are made here.
    """
    there(service, config.load(service, keys=False).database_url)
    return config.load(service)
