"""A service's App beside its running process: its database, its code, its keys."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog
from sqlalchemy import make_url, select
from sqlalchemy.exc import SQLAlchemyError

from deploy.home import BadInput
from deploy.operations import asked
from deploy.parts import definition
from shared import config
from shared.app import App
from shared.config import Settings
from shared.tables import events


def there(settings: Settings) -> None:
    """Raises BadInput where the database is not there, and makes none."""
    url = make_url(settings.database_url)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
        raise BadInput(
            f"{settings.service} has no database at {url.database}. FOYER_HOME or FOYER_DATABASE_URL say where to "
            "look; `foyer up` makes new ones."
        )


@contextmanager
def service_app(name: str) -> Iterator[App]:
    """The App of a service whose database is there. Raises BadInput."""
    settings = config.load(asked.service(name))
    there(settings)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    app = App(definition(name), settings)
    try:
        with app.engine.connect() as connection:
            connection.execute(select(events.c.id).limit(1))
    except SQLAlchemyError as error:
        app.engine.dispose()
        raise BadInput(f"{name}'s log can't be read: {reason(error)}. See `foyer status`.") from None
    try:
        yield app
    finally:
        app.engine.dispose()


def reason(error: Exception) -> str:
    """What a database said, in one line."""
    return str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
