"""A projection says which events change which table; what it does not say, neither happens nor is read again."""

from collections.abc import Iterable
from dataclasses import replace

import pytest
from sqlalchemy import insert, select, update

from shared.app import App
from shared.codec import UnknownEvent
from shared.database import reading, writing
from shared.definition import Projection, Recorded
from shared.fold import Fold
from shared.rebuild import Replay
from shared.tables import Write, events
from tests.shared import log, toy
from tests.shared.test_writer import count
from tests.shared.toy import NOON, Mark, TakeSeat


def test_no_event_is_forgotten() -> None:
    """Each changes a table or is said to change none."""
    with pytest.raises(TypeError, match="Marked"):
        Projection(toy.Event, {toy.totals: toy.CHANGES[toy.totals], toy.seats: toy.CHANGES[toy.seats]})


def test_an_event_of_nobody_is_refused() -> None:
    """A projection knows the events of its own service only."""
    with pytest.raises(TypeError, match="Count"):
        Projection(toy.Event, {**toy.CHANGES, toy.totals: {toy.Count: toy.CHANGES[toy.totals][toy.Counted]}})


def test_a_row_in_a_table_that_was_not_said_is_never_written(make_app: toy.MakeApp) -> None:
    """Whoever builds that table anew would not read the event: so nothing is committed either."""

    def elsewhere(event: toy.Marked, _at: Recorded) -> Iterable[Write]:
        yield insert(toy.seats), {"seat": event.tally, "who": "nobody"}

    projection = Projection(toy.Event, {**toy.CHANGES, toy.lines: dict.fromkeys(toy.CHANGES[toy.lines], elsewhere)})
    app = make_app(replace(toy.COUNTERS, project=projection))
    with pytest.raises(TypeError, match="Marked is not said to change seats"):
        app.handle(Mark("m", NOON, "t"))
    assert log.streams(app.engine) == {}


@pytest.fixture
def full(make_app: toy.MakeApp) -> App:
    """Forty events, of which one is about a seat."""
    app = make_app()
    for n in range(39):
        app.handle(count("t", n + 1))
    app.handle(TakeSeat("s", NOON, "1", "ada"))
    return app


def replay(app: App) -> tuple[Fold, int]:
    fold, read = Fold([toy.seats]), 0
    with reading(app.engine) as connection:
        for page in Replay(app.definition, [toy.seats]).pages(fold, connection):
            read += len(page)
    return fold, read


def test_a_table_is_built_of_the_events_that_change_it(full: App) -> None:
    """All others stay in the database."""
    fold, read = replay(full)
    assert read == 1
    assert list(fold.tables[toy.seats].rows.values()) == [{"seat": "1", "who": "ada"}]


def test_events_that_this_code_does_not_know_are_not_passed_over(full: App) -> None:
    """Neither a newer version of one that changes nothing here, nor a type that nobody has heard of."""
    for change in ({"schema_version": 9}, {"schema_version": 1, "type": "Tripled"}):
        with writing(full.engine) as connection:
            one = connection.execute(select(events.c.id).where(events.c.type != "SeatTaken").limit(1)).scalar()
            connection.execute(update(events).where(events.c.id == one).values(change))
        with pytest.raises(UnknownEvent):
            replay(full)
