"""One town hall for what operations do with it: real processes, a broker, a mail sink; on SQLite."""

import io
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from deploy.cli import main
from deploy.home import Home
from deploy.servers import RabbitMQ
from tests.journeys.town_hall import TownHall, a_town_hall


@pytest.fixture(scope="session")
def town_hall(servers_folder: Path, rabbitmq: RabbitMQ, request: pytest.FixtureRequest) -> Iterator[TownHall]:
    """The whole ensemble with its town; what a test breaks it mends."""
    on = SimpleNamespace(param="sqlite", getfixturevalue=request.getfixturevalue)
    with a_town_hall(on, "ops", servers_folder, rabbitmq) as hall:  # type: ignore[arg-type]
        Home(hall.ensemble.home).make()
        Home(hall.ensemble.home).save(hall.ensemble.env)
        yield hall


@dataclass(frozen=True)
class Ran:
    """How a command ended, and what it printed."""

    returncode: int
    stdout: str
    stderr: str


Foyer = Callable[..., Ran]


@pytest.fixture
def foyer(town_hall: TownHall, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Foyer:
    """`foyer("show", ...)` as an operator types it in this ensemble's folder; in this process: quicker."""

    def run(*words: str, **env: str) -> Ran:
        with monkeypatch.context() as patched:
            for name, value in {**town_hall.ensemble.env, "COLUMNS": "200", **env}.items():
                patched.setenv(name, value)
            patched.setattr(sys, "argv", ["foyer", *words])
            patched.setattr(sys, "stdin", io.StringIO())
            capsys.readouterr()
            status: Any = 0
            try:
                main()
            except SystemExit as end:
                status = end.code
        said = capsys.readouterr()
        return Ran(status or 0, said.out, said.err)

    return run
