"""Read tables can be made anew from the log at any time, and nothing else happens then."""

import threading
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, text, update

from shared import frozen
from shared import rebuild as rebuilding
from shared.app import App
from shared.database import writing
from shared.definition import Projection, Recorded
from shared.rebuild import rebuild
from shared.tables import Write, events, timers
from shared.timers import clear_timer, set_timer
from tests.shared import log, toy
from tests.shared.test_writer import count
from tests.shared.toy import NOON, Mark, Move, TakeSeat


def due(event: toy.Counted, _at: Recorded) -> Iterable[Write]:
    """A tally is due until it stands at 5."""
    return (clear_timer("due", event.tally) if event.total == 5 else set_timer("due", event.tally, event.at),)


DEFINITION = replace(toy.COUNTERS, project=Projection(toy.Event, {**toy.CHANGES, timers: {toy.Counted: due}}))


@pytest.fixture
def full(make_app: toy.MakeApp) -> App:
    """A toy that has done a bit of everything."""
    app = make_app(DEFINITION)
    for n in range(40):
        app.handle(count(f"t{n % 7}", n + 1), Mark(f"m{n}", NOON, "t1"))
    app.handle(count("five", 5), count("six", 5), count("six", 1), Move("m", NOON, "five", "other", 2))
    app.handle(TakeSeat("s", NOON, "1", "ada"))
    return app


def rows(app: App) -> dict[str, Any]:
    with app.read() as connection:
        due = [tuple(row) for row in connection.execute(select(timers).order_by(timers.c.subject))]
    return log.tables(app.engine) | {"timers": due}


@pytest.mark.parametrize("page", [1, 3, 2000])
def test_a_rebuild_gives_the_same_rows(full: App, page: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever was in the tables; in pages of any size; and the log is as it was."""
    before, streams = rows(full), log.streams(full.engine)
    monkeypatch.setattr(rebuilding, "PAGE", page)
    with writing(full.engine) as connection:
        connection.execute(update(toy.totals).values(total=0, note="wrong"))
        connection.execute(insert(toy.seats), {"seat": "2", "who": "nobody"})
        connection.execute(timers.delete().where(timers.c.subject == "t2"))
        connection.execute(insert(timers), {"kind": "due", "subject": "nobody", "due_at": "2026"})
    assert rows(full) != before
    assert rebuild(full) == sum(len(stream) for stream in streams.values())
    assert rows(full) == before
    assert log.streams(full.engine) == streams


def test_tables_that_were_dropped_are_made_again(full: App) -> None:
    """With all their rows."""
    before = rows(full)
    with writing(full.engine) as connection:
        toy.metadata.drop_all(connection)
    rebuild(full)
    assert rows(full) == before


def test_a_rebuild_that_fails_changes_nothing(full: App) -> None:
    """One event that this code does not know, at the end of the log."""
    with writing(full.engine) as connection:
        last = connection.execute(select(events.c.id).order_by(events.c.id.desc())).scalar()
        connection.execute(update(events).where(events.c.id == last).values(schema_version=9))
    before = rows(full)
    with pytest.raises(LookupError):
        rebuild(full)
    assert rows(full) == before


def test_a_lease_outlives_a_rebuild(full: App) -> None:
    """Who moved a due time ahead is at work on it; set back, it would be done twice."""
    later = NOON + timedelta(hours=1)
    full.write(set_timer("due", "t1", later))
    rebuild(full)
    with full.read() as connection:
        due = dict(row for row in connection.execute(select(timers.c.subject, timers.c.due_at)))
    assert due["t1"].startswith("2026-11-23T13:00")
    assert due["t2"].startswith("2026-11-23T12:00")


def check_a_rebuild_while_the_service_writes(full: App, other: App) -> None:
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            other.handle(count("busy"))

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(5):
            rebuild(full)
    finally:
        stop.set()
        writer.join(30)
    there = rows(full)
    assert log.totals(full.engine)["busy"] == len(log.streams(full.engine)["tally-busy"])
    rebuild(full)
    assert rows(full) == there


def test_a_rebuild_while_the_service_writes_misses_nothing(full: App, make_app: toy.MakeApp) -> None:
    """Its writers wait for the end of it."""
    check_a_rebuild_while_the_service_writes(full, make_app(DEFINITION))


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
def test_without_the_lock_the_check_goes_red(full: App, make_app: toy.MakeApp, monkeypatch: pytest.MonkeyPatch) -> None:
    """Switched off, what is committed in between has no row, or two."""
    monkeypatch.setattr(frozen, "LOCK", text("SELECT 1"))

    def tries() -> None:
        for _ in range(10):
            check_a_rebuild_while_the_service_writes(full, make_app(DEFINITION))

    with pytest.raises(Exception, match=r"."):
        tries()


def test_a_projection_that_asks_for_the_very_class_of_an_event_gets_it(make_app: toy.MakeApp) -> None:
    """Nearly all projections can do with a glance; whoever can't, is given the event."""

    def by_class(event: toy.Counted, at: Recorded) -> Iterable[Write]:
        notes = {toy.Counted: "class"}
        for statement, row in toy.CHANGES[toy.totals][toy.Counted](event, at):
            yield statement, row | {"note": notes.get(type(event), "?")}

    changes = {**toy.CHANGES, toy.totals: {toy.Counted: by_class}}
    app = make_app(replace(toy.COUNTERS, project=Projection(toy.Event, changes)))
    for n in range(10):
        app.handle(count("t", n + 1))
    before = log.tables(app.engine)
    assert before["totals"] == [("t", 55, "class")]
    rebuild(app)
    assert log.tables(app.engine) == before


@pytest.mark.parametrize("page", [2, 3, 2000])
def test_what_a_projection_asks_of_the_place_of_an_event_is_there(
    make_app: toy.MakeApp, page: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when it asks for the first time long after others have been read without."""

    def late(event: toy.Counted, at: Recorded) -> Iterable[Write]:
        note = f"{at.stream} {at.version} {at.id} {at.time} {at.instant}" if event.total > 20 else "?"
        for statement, row in toy.CHANGES[toy.totals][toy.Counted](event, at):
            yield statement, row | {"note": note}

    changes = {**toy.CHANGES, toy.totals: {toy.Counted: late}}
    app = make_app(replace(toy.COUNTERS, project=Projection(toy.Event, changes)))
    for n in range(10):
        app.handle(count(f"t{n}", n + 1))
    for n in range(5):
        app.handle(count(f"u{n}", 30), count(f"v{n}", 1))
    before = log.tables(app.engine)
    assert sum("?" not in note for _, _, note in before["totals"]) == 5
    monkeypatch.setattr(rebuilding, "PAGE", page)
    rebuild(app, [toy.totals])
    assert log.tables(app.engine) == before
