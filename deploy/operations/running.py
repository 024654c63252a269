"""A service's App beside its running process: its database, its code, its keys."""

from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from deploy.home import BadInput
from deploy.operations import asked
from deploy.operations.databases import settings_of
from deploy.parts import definition
from shared.app import App
from shared.tables import events


@contextmanager
def service_app(name: str) -> Iterator[App]:
    """The App of a service whose database is there. Raises BadInput."""
    settings = settings_of(asked.service(name))
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
