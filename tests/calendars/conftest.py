"""Calendar servers and people's programs, started privately on loopback: the real ones, and a nasty one of our own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.calendars.servers import Radicale, Server, Xandikos


@pytest.fixture(scope="session")
def radicale(servers_folder: Path) -> Iterator[Server]:
    """With a user `clerk` whose password is `secret`, and sync tokens."""
    server = Radicale(servers_folder / "radicale")
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def xandikos(servers_folder: Path) -> Iterator[Server]:
    """Without passwords."""
    server = Xandikos(servers_folder / "xandikos")
    server.start()
    yield server
    server.stop()


@pytest.fixture(params=["radicale", "xandikos"])
def server(request: pytest.FixtureRequest) -> Server:
    """Each of the two; what is stored of one test is in collections of its own."""
    found: Server = request.getfixturevalue(request.param)
    return found
