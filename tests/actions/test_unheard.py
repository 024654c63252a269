"""A listener whom nobody brings what was said is named: its queue was lost, or it hears a source only now."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, text, update

from deploy.operations.streams import Heard, Queue, astray, never_heard
from deploy.parts import definition
from shared.database import connect, writing
from shared.migrate import migrate
from shared.tables import cursors, events, gates, instant
from tests.line import settings

LONG_AGO = datetime.now(UTC) - timedelta(days=2)
EVENT = {"version": 0, "type": "x", "schema_version": 1, "data": "{}", "meta": "{}", "recorded_at": instant(LONG_AGO)}


@pytest.fixture
def pattern(home: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Databases of rooms, which has run, and of booking, which said something two days ago."""
    pattern = f"sqlite:///{home}/{{service}}.db"
    monkeypatch.setenv("FOYER_HOME", str(home))
    monkeypatch.setenv("FOYER_DATABASE_URL", pattern)
    for service in ("booking", "rooms"):
        migrate(definition(service), settings(home, pattern, service))
    change(pattern, "rooms", insert(events).values(EVENT | {"stream": "house"}))
    said = {"stream": "appointment-a", "said": "AppointmentRequested", "message": "{}", "sequence": 0, "position": 1}
    change(pattern, "booking", insert(events).values(EVENT | said))
    change(pattern, "booking", text("DELETE FROM cursors"))
    change(pattern, "booking", insert(cursors).values(name="published", position=1))
    return pattern


def change(pattern: str, service: str, statement: object) -> None:
    engine = connect(pattern.format(service=service))
    with writing(engine) as connection:
        connection.execute(statement)  # type: ignore[call-overload]
    engine.dispose()


def test_a_source_that_is_new_to_a_service_is_named(pattern: str) -> None:
    """Until something of it has been heard."""
    assert never_heard("rooms") == ["booking"]
    change(pattern, "rooms", insert(gates).values(stream="appointment-b", source="booking", sequence=0))
    assert never_heard("rooms") == []


def test_a_service_that_has_never_run_is_not_told_to_replay(pattern: str) -> None:
    """It has an empty database: a backup comes first, if there is one."""
    change(pattern, "rooms", text("DELETE FROM events"))
    assert never_heard("rooms") == []


def test_what_was_said_just_now_is_only_on_its_way(pattern: str) -> None:
    """As when an ensemble is started for the first time."""
    soon = datetime.now(UTC) + timedelta(hours=1)  # however slow this machine is
    change(pattern, "booking", update(events).values(recorded_at=instant(soon)))
    assert never_heard("rooms") == []


def test_what_waits_nowhere_is_counted() -> None:
    """What lies in the queue, is kept or was said just now is not lost."""
    lost = Heard("rooms", "booking", 0, 5, 0, instant(LONG_AGO), waiting=1, parked=1, parked_since=None)
    now = replace(lost, behind_since=instant(datetime.now(UTC) + timedelta(hours=1)))
    assert astray(lost, Queue("rooms", 0, 1)) == 3
    assert astray(lost, Queue("rooms", 4, 1)) == 0, "it may be among those"
    assert astray(lost, Queue("rooms", None, None)) == astray(lost, None) == 0, "who knows"
    assert astray(now, Queue("rooms", 0, 1)) == 0
