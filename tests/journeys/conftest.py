"""A line of five services in one process, and ensembles of real processes that several tests share."""

import itertools
import logging
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import structlog

from deploy.parts import SERVICES, definition
from deploy.servers import PostgreSQL, RabbitMQ
from shared.migrate import migrate
from tests.journeys.town import town
from tests.journeys.town_hall import TownHall, a_town_hall
from tests.line import Line, furnish, settings

MakeLine = Callable[[], Line]


@contextmanager
def quietly() -> Iterator[None]:
    """No log lines: a thousand messages would bury what a failed test says."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    yield
    structlog.configure(**before)


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """For every test here."""
    with quietly():
        yield


@pytest.fixture(scope="session")
def furnished(servers_folder: Path) -> Path:
    """A folder with five SQLite databases of a town that everybody has heard of; to be copied, never used."""
    folder = servers_folder / "furnished"
    url = f"sqlite:///{folder}/{{service}}.db"
    for service in SERVICES:
        migrate(definition(service), settings(folder, url, service))
    with quietly():
        line = Line(folder, url)
        furnish(line, town())
        line.close()
    return folder


@pytest.fixture(scope="session")
def line_on_sqlite(furnished: Path, servers_folder: Path) -> MakeLine:
    """`line_on_sqlite()` is a fresh line of a furnished town."""
    numbers = itertools.count()

    def make() -> Line:
        folder = servers_folder / f"line{next(numbers)}"
        folder.mkdir()
        for service in SERVICES:
            shutil.copy(furnished / f"{service}.db", folder)
        return Line(folder, f"sqlite:///{folder}/{{service}}.db")

    return make


@pytest.fixture
def line(line_on_sqlite: MakeLine) -> Iterator[Line]:
    """A line for one test."""
    line = line_on_sqlite()
    yield line
    line.close()


@pytest.fixture(scope="session")
def line_on_postgresql(postgres: PostgreSQL, servers_folder: Path) -> MakeLine:
    """The same on PostgreSQL; the databases go with the server."""
    folder, numbers = servers_folder / "line", itertools.count()

    def create(number: int, template: str) -> str:
        for service in SERVICES:
            postgres.create_database(f"line{number}_{service}", template.format(service=service))
        return postgres.url(f"line{number}_{{service}}")

    def make() -> Line:
        return Line(folder, create(next(numbers), "line0_{service}"))

    url = create(next(numbers), "template0")
    for service in SERVICES:
        migrate(definition(service), settings(folder, url, service))
    with quietly():
        line = Line(folder, url)
        furnish(line, town())
        line.close()
    return make


@pytest.fixture(scope="package", params=["sqlite", "postgresql"])
def town_hall(request: pytest.FixtureRequest, servers_folder: Path, rabbitmq: RabbitMQ) -> Iterator[TownHall]:
    """The whole ensemble with its town, one for all journeys on a kind of database."""
    with a_town_hall(request, f"j-{request.param}", servers_folder, rabbitmq) as hall:
        yield hall
