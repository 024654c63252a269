"""The service on a fresh database of either kind, and a mail server on loopback."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from shared import config
from tests.conftest import MakeDatabase
from tests.notifications.letterbox import Letterbox
from tests.notifications.mail_server import MailServer


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    """One that takes everything until it is told otherwise."""
    server = MailServer()
    server.start()
    yield server
    server.stop()


@pytest.fixture
def letterbox(
    make_database: MakeDatabase, home: Path, mail_server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> Letterbox:
    """The service, on Sunday 22 November 2026, 9:00 UTC."""
    monkeypatch.setenv("FOYER_HOME", str(home))
    monkeypatch.setenv("FOYER_DATABASE_URL", make_database("notifications", migrated=True))
    monkeypatch.setenv("FOYER_SMTP_URL", mail_server.url)
    settings = config.load("notifications")
    return Letterbox(settings)
