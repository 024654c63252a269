"""A town hall for each kind of database, whose processes and servers the tests of this folder kill."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.servers import RabbitMQ
from tests.journeys.town_hall import TownHall, a_town_hall


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def town_hall(request: pytest.FixtureRequest, servers_folder: Path, rabbitmq: RabbitMQ) -> Iterator[TownHall]:
    """The whole ensemble with its town, one for all tests of a module on a kind of database."""
    name = f"f-{request.param}-{request.module.__name__.rpartition('_')[2]}"
    with a_town_hall(request, name, servers_folder, rabbitmq) as hall:
        yield hall


@pytest.fixture
def broker_node(rabbitmq: RabbitMQ) -> Iterator[RabbitMQ]:
    """The node that the test may kill; it runs again afterwards."""
    yield rabbitmq
    rabbitmq.start()
