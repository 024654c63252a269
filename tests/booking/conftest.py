"""A booking app on a fresh database of either kind."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from services.booking.service import DEFINITION, Booking
from shared import config
from tests.booking.facts import NOW
from tests.conftest import MakeDatabase


@pytest.fixture
def booking(make_database: MakeDatabase, home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Booking]:
    """Started, at the time of the facts."""
    monkeypatch.setenv("FOYER_DATABASE_URL", make_database("booking", migrated=True))
    monkeypatch.setenv("FOYER_HOME", str(home))
    loaded = config.load("booking")
    app = Booking(DEFINITION, loaded, clock=lambda: NOW)
    yield app
    app.engine.dispose()
