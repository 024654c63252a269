"""A home for the log of operations."""

from pathlib import Path

import pytest

from deploy.operations.log import NAME
from tests.conftest import MakeDatabase


@pytest.fixture
def operations(home: Path, make_database: MakeDatabase, monkeypatch: pytest.MonkeyPatch) -> str:
    """Settings under which the log of operations is made anew, on both kinds of database; returns its URL."""
    url = make_database(NAME)
    (home / "booking.db").touch()  # an ensemble has run here
    monkeypatch.setenv("FOYER_HOME", str(home))
    head, _, tail = url.rpartition(NAME)
    monkeypatch.setenv("FOYER_DATABASE_URL", f"{head}{{service}}{tail}")
    return url
