"""An entrance on a fresh database of either kind."""

from pathlib import Path

import pytest

from shared import config
from shared.config import Settings
from tests.conftest import MakeDatabase
from tests.visitor_access.entrance import Entrance


@pytest.fixture
def settings(make_database: MakeDatabase, home: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings of the service with a database of its own, migrated."""
    monkeypatch.setenv("FOYER_HOME", str(home))
    monkeypatch.setenv("FOYER_DATABASE_URL", make_database("visitor_access", migrated=True))
    return config.load("visitor_access")


@pytest.fixture
def entrance(settings: Settings) -> Entrance:
    """The entrance, on Sunday 22 November 2026, 10:00."""
    return Entrance(settings)
