"""A booking app on a fresh database of either kind."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from services.booking.service import DEFINITION, Booking
from shared import config
from tests.booking.facts import NOW


@pytest.fixture
def booking(migrated_database_url: str, home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Booking]:
    """Started, at the time of the facts."""
    monkeypatch.setenv("FOYER_DATABASE_URL", migrated_database_url)
    monkeypatch.setenv("FOYER_HOME", str(home))
    loaded = config.load("booking")
    app = Booking(DEFINITION, loaded, clock=lambda: NOW)
    yield app
    app.engine.dispose()
