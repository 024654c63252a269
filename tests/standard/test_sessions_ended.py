"""Whose sessions were ended is let in nowhere any more, whatever that message waits for."""

from pathlib import Path

import pytest

from deploy.parts import SERVICES, service_class
from services.booking.place import PLACE
from shared.messages import read
from shared.tables import ended_sessions

EXAMPLE = Path(__file__).parent.parent / "contracts" / "booking.SessionsEnded.v1.json"


@pytest.mark.parametrize("service", [service for service in SERVICES if service != PLACE.name])
def test_sessions_end_at_once(service: str) -> None:
    """In every service that hears of it."""
    written = list(service_class(service).app.definition.written_at_once(read(EXAMPLE.read_bytes())))
    assert ended_sessions in [statement.table for statement, _ in written]
