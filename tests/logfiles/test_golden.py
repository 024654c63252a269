"""Logs as version 1 wrote them still replay."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from deploy.logfiles.load import load
from deploy.logfiles.reading import opened
from deploy.parts import SERVICES, definition
from shared.app import App
from shared.rebuild import read_tables
from shared.tables import events
from tests.conftest import MakeDatabase
from tests.line import settings

GOLDEN = Path(__file__).parent.parent / "golden"
COUNTS: dict[str, Any] = json.loads((GOLDEN / "counts.json").read_text())


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)  # both kinds: test_logfiles.py
@pytest.mark.parametrize("service", SERVICES)
def test_the_logs_of_version_1_still_replay(service: str, make_database: MakeDatabase, home: Path) -> None:
    """Every event is read, every stream folds, and the read tables have as many rows as then."""
    app = App(definition(service), settings(home, make_database(service, migrated=True), service))
    with (GOLDEN / f"{service}.jsonl.zst").open("rb") as file:
        count = load(app, opened(file))
    with app.read() as connection:
        rows = connection.execute(select(events).order_by(events.c.stream, events.c.version)).all()
        tables = {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar()
            for table in read_tables(app.definition)
        }
    assert count == len(rows)
    assert Counter(row.type for row in rows) == COUNTS[service]["events"]
    assert tables | COUNTS[service]["rows"] == tables
    decider, states = app.definition.decider, {}
    for row in rows:
        state = states.get(row.stream) or decider.initial(row.stream)
        states[row.stream] = decider.evolve(state, app.codec.load(row.type, row.schema_version, row.data))
    assert len(states) > 10
    app.engine.dispose()
