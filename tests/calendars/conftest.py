"""Calendar servers and people's programs, started privately on loopback: the real ones, and a nasty one of our own."""

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import pytest

from deploy.commands import calendars
from services.staff_calendar.calendars import rounds
from services.staff_calendar.calendars.reader import Reader
from services.staff_calendar.calendars.settings import Limits
from shared import config
from shared.config import Settings
from tests.calendars.desk import Desk, desk_of
from tests.calendars.servers import Radicale, Server, Xandikos
from tests.conftest import MakeDatabase
from tests.staff_calendar.office import Office

BOTH = [pytest.param(name, marks=pytest.mark.server) for name in ("radicale", "xandikos")]


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


@pytest.fixture(params=BOTH)
def server(request: pytest.FixtureRequest) -> Server:
    """Each of the two; what is stored of one test is in collections of its own."""
    found: Server = request.getfixturevalue(request.param)
    return found


class _Kept(Reader):
    """Goes on after its round: each child takes half a second to load."""

    def close(self) -> None:
        """Its child ends with the run."""


@pytest.fixture(autouse=True)
def _readers(monkeypatch: pytest.MonkeyPatch) -> None:
    """One for all tests with the same limits; test_reader.py has its own."""
    for module in (rounds, calendars):
        monkeypatch.setattr(module, "Reader", _kept)


@lru_cache
def _kept(limits: Limits) -> Reader:
    return _Kept(limits)


@pytest.fixture
def database_kind(request: pytest.FixtureRequest) -> str:
    """SQLite, unless a test asks for both: most of what is tested here is other people's servers, not ours."""
    return str(getattr(request, "param", "sqlite"))


@pytest.fixture
def settings(make_database: MakeDatabase, home: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Staff_calendar on a fresh database."""
    monkeypatch.setenv("FOYER_HOME", str(home))
    monkeypatch.setenv("FOYER_DATABASE_URL", make_database("staff_calendar", migrated=True))
    return config.load("staff_calendar")


@pytest.fixture
def office(settings: Settings) -> Office:
    """On Sunday 22 November 2026, with a clerk who is there on Tuesday mornings."""
    office = Office(settings)
    office.employ("c-17")
    return office


@pytest.fixture
def desk(office: Office) -> Iterator[Desk]:
    """Calendars may be on loopback, and are asked with little patience."""
    with desk_of(office) as desk:
        yield desk


@pytest.fixture(params=BOTH)
def any_server(request: pytest.FixtureRequest) -> Server:
    """The same for tests that have another `server`."""
    found: Server = request.getfixturevalue(request.param)
    return found
