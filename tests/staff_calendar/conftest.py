"""Running calendars on a fresh database of either kind."""

from pathlib import Path

import pytest

from shared import config
from shared.config import Settings
from tests.conftest import MakeDatabase
from tests.staff_calendar.office import Office


@pytest.fixture
def settings(make_database: MakeDatabase, home: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings of the service with a database of its own, migrated."""
    monkeypatch.setenv("FOYER_HOME", str(home))
    monkeypatch.setenv("FOYER_DATABASE_URL", make_database("staff_calendar", migrated=True))
    return config.load("staff_calendar")


@pytest.fixture
def office(settings: Settings) -> Office:
    """The service on Sunday 22 November 2026, 10:00 in Gütersloh."""
    return Office(settings)
