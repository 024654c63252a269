"""One town hall for what operations do with it: real processes, a broker, a mail sink; on SQLite."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from deploy.home import Home
from deploy.servers import RabbitMQ
from tests.journeys.town_hall import TownHall, a_town_hall

Foyer = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def town_hall(servers_folder: Path, rabbitmq: RabbitMQ, request: pytest.FixtureRequest) -> Iterator[TownHall]:
    """The whole ensemble with its town; what a test breaks it mends."""
    on = SimpleNamespace(param="sqlite", getfixturevalue=request.getfixturevalue)
    with a_town_hall(on, "ops", servers_folder, rabbitmq) as hall:  # type: ignore[arg-type]
        Home(hall.ensemble.home).make()
        Home(hall.ensemble.home).save(hall.ensemble.env)
        yield hall


@pytest.fixture
def foyer(town_hall: TownHall) -> Foyer:
    """`foyer("show", ...)` as an operator types it, in the folder of this ensemble."""

    def run(*words: str, seconds: float = 60, **env: str) -> "subprocess.CompletedProcess[str]":
        command = (sys.executable, "-m", "deploy.cli", *words)
        settings = {**os.environ, **town_hall.ensemble.env, "COLUMNS": "200", **env}
        return subprocess.run(command, env=settings, capture_output=True, text=True, timeout=seconds, check=False)

    return run
