"""One town hall for what operations do with it: real processes, a broker, a mail sink; on SQLite.

At the broker it may do what docs/operations.md says it needs, and nothing else.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from deploy.home import Home
from deploy.parts import SERVICES
from deploy.servers import RabbitMQ
from tests import command
from tests.journeys.town_hall import TownHall, a_town_hall

Foyer = Callable[..., command.Ran]
PAGE = (Path(__file__).parents[2] / "docs/operations.md").read_text()


@pytest.fixture(scope="package")
def town_hall(servers_folder: Path, rabbitmq: RabbitMQ, request: pytest.FixtureRequest) -> Iterator[TownHall]:
    """The whole ensemble with its town; what a test breaks it mends."""
    on = SimpleNamespace(param="sqlite", getfixturevalue=request.getfixturevalue)
    [block] = re.findall(r"```text title=permissions\n(.*?)```", PAGE, re.DOTALL)
    may = dict(line.split() for line in block.splitlines())
    with a_town_hall(on, "ops", servers_folder, rabbitmq, may) as hall:  # type: ignore[arg-type]
        Home(hall.ensemble.home).make()
        Home(hall.ensemble.home).save(hall.ensemble.env)
        yield hall


@pytest.fixture
def foyer(town_hall: TownHall) -> Iterator[Foyer]:
    """`foyer("show", ...)` as an operator types it in this ensemble's folder."""
    yield lambda *words, **env: command.foyer({**town_hall.ensemble.env, **env}, *words)
    take_back(town_hall)


def take_back(town_hall: TownHall) -> None:
    """Let nobody have heard what tests threw into queues, and nobody has ever said."""
    for service in SERVICES:
        town_hall.run(service, "DELETE FROM gates WHERE stream LIKE '%-poison%'")
