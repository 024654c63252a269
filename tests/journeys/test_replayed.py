"""All that booking has ever said, given to an entrance that knows nothing, makes it what it was."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from deploy.parts import definition
from services.visitor_access.projections import metadata
from shared.app import App, Delivery
from shared.messages import CONTENT_TYPE, KEY_CONTENT_TYPE, again
from shared.migrate import migrate
from shared.replays import Mode
from shared.tables import events, gates, held, subject_keys
from tests.journeys.town import CERTIFICATE, ID_CARD
from tests.line import SUNDAY, Line, settings

MORNING = SUNDAY.replace(hour=8) + timedelta(days=1)


def visits(line: Line) -> None:
    """Two guests who come, one who moves, one who cancels, one who is forgotten."""
    made = [line.request(f"k{n}", [ID_CARD], MORNING + timedelta(minutes=30 * n)) for n in range(5)]
    line.settle()
    line.move(made[1], MORNING + timedelta(hours=4))
    line.cancel(made[2])
    line.request("other", [CERTIFICATE], MORNING + timedelta(days=1))
    line.settle()


def said(line: Line) -> Sequence[Delivery]:
    """Keys and messages of booking, as a replay brings them."""
    vault = line.booking.vault
    with line.booking.read() as connection:
        keys = connection.execute(select(subject_keys).where(subject_keys.c.wrapped.is_not(None))).all()
        rows = connection.execute(select(events).where(events.c.said.is_not(None)).order_by(events.c.position)).all()
    sealed = [Delivery(KEY_CONTENT_TYPE, vault.outgoing(key.subject, key.wrapped)) for key in keys]
    return [*sealed, *(Delivery(CONTENT_TYPE, again(r.message, r.position, "j", Mode.REDELIVER)) for r in rows)]


def tables(app: App) -> dict[str, list[Any]]:
    """Read tables, gates and what is held: row for row."""
    with app.read() as connection:
        return {
            table.name: sorted(map(tuple, connection.execute(select(table))))
            for table in (*metadata.sorted_tables, gates, held)
        }


@pytest.mark.parametrize("size", [7, 200])
def test_an_entrance_that_lost_its_database_is_made_again_from_bookings_log(line: Line, size: int) -> None:
    """The same tables, row for row; and the names can be opened."""
    visits(line)
    before = tables(line.apps["visitor_access"])
    folder = line.apps["visitor_access"].settings.home / f"again{size}"
    url = f"sqlite:///{folder}/{{service}}.db"
    folder.mkdir()
    fresh = settings(folder, url, "visitor_access")
    migrate(definition("visitor_access"), fresh)
    entrance = App(definition("visitor_access"), fresh, clock=lambda: line.now)
    deliveries = said(line)
    for n in range(0, len(deliveries), size):
        entrance.hear(deliveries[n : n + size])
    assert tables(entrance) == before
    assert before["visits"]
    entrance.engine.dispose()
