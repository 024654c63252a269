"""A reader by position misses nothing and keeps each stream's order, while eight processes append."""

import random
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, func, insert, select, text
from sqlalchemy.exc import OperationalError

from shared import metrics, sequencer, store
from shared.app import App
from shared.database import reading, writing
from shared.standard import BEHIND, health
from shared.tables import events
from tests.shared import toy
from tests.shared.test_writer import count, only_postgresql

WRITERS = 8
EACH = 25
Reader = Callable[[Connection, int], list[tuple[int, str, int]]]
"""What stands behind a place in the log: (place, stream, version)."""


@dataclass
class Append:
    """A job that leaves its transaction open for a moment, and now and then rolls it back."""

    order: Any
    chance: random.Random

    def commands(self) -> tuple[Any, ...]:
        """Load nothing beforehand."""
        return ()

    def run(self, session: Any) -> None:
        """Events are written first, so that they have their ids long before they are committed."""
        session.decide(*self.order, cause=toy.Cause("", ""))
        session.flush()
        session.connection.execute(text("SELECT 1"))
        threading.Event().wait(self.chance.random() * 0.01)
        if self.chance.random() < 0.1:
            raise OperationalError("rolled back", {}, Exception())


def append(app: App, number: int) -> None:
    """What one process appends: some streams are its own, some are shared."""
    chance = random.Random(number)
    for n in range(EACH):
        tallies = [f"own{number}", f"shared{chance.randrange(3)}"][: chance.randrange(1, 3)]
        with suppress(Exception):
            app.writer.submit(Append([count(tally, n + 1) for tally in tallies], chance))


def by_position(connection: Connection, last: int) -> list[tuple[int, str, int]]:
    """As the publisher does: number what is committed, and read on."""
    sequencer.number(connection, 50)
    query = select(events.c.position, events.c.stream, events.c.version)
    return [tuple(row) for row in connection.execute(query.where(events.c.position > last).order_by(events.c.position))]


def by_id(connection: Connection, last: int) -> list[tuple[int, str, int]]:
    """The popular way: the id given at the insert is the position."""
    query = select(events.c.id, events.c.stream, events.c.version).where(events.c.id > last).order_by(events.c.id)
    return [tuple(row) for row in connection.execute(query)]


def read_along(app: App, reader: Reader, appending: Callable[[], bool]) -> Iterator[tuple[int, str, int]]:
    """All that a reader gets to see, until the writers have ended and nothing more comes."""
    last, quiet = 0, False
    while not quiet:
        quiet = not appending()
        with writing(app.engine) as connection:
            for place, stream, version in reader(connection, last):
                quiet, last = False, place
                yield place, stream, version


def check_that_nothing_is_missed(make_app: toy.MakeApp, reader: Reader) -> None:
    app, apps = make_app(), [make_app() for _ in range(WRITERS)]
    with ThreadPoolExecutor(WRITERS) as pool:
        futures = [pool.submit(append, writer, number) for number, writer in enumerate(apps)]
        seen = list(read_along(app, reader, lambda: not all(future.done() for future in futures)))
    with reading(app.engine) as connection:
        stored = {tuple(row) for row in connection.execute(select(events.c.stream, events.c.version))}
    assert len(stored) > WRITERS
    assert {(stream, version) for _, stream, version in seen} == stored, "missed"
    assert len(seen) == len(stored), "seen twice"
    versions: dict[str, int] = {}
    for _, stream, version in seen:
        assert version == versions.get(stream, -1) + 1, "out of order"
        versions[stream] = version
    if reader is by_position:
        assert [place for place, _, _ in seen] == list(range(1, len(seen) + 1)), "gaps"


def test_a_reader_by_position_misses_nothing(make_app: toy.MakeApp) -> None:
    """Eight writers with delays and rollbacks: every event once, each stream in order, positions without gaps."""
    check_that_nothing_is_missed(make_app, by_position)


@only_postgresql
def test_a_reader_by_id_goes_red(make_app: toy.MakeApp) -> None:
    """The reader that the sequencer is there to replace skips what commits late."""

    def tries() -> None:
        for _ in range(10):
            check_that_nothing_is_missed(make_app, by_id)

    with pytest.raises(AssertionError, match="missed"):
        tries()


@only_postgresql
def test_an_event_that_commits_late_gets_a_late_position(make_app: toy.MakeApp) -> None:
    """The same as a story: a slow transaction took its ids before a quick one did."""
    slow, quick = make_app(), make_app()
    with writing(slow.engine) as connection:
        connection.execute(insert(events), _row("slow"))
        quick.handle(count("quick"))
        with writing(quick.engine) as other:
            assert [row.position for row in sequencer.number(other, 10)] == [1]
    with writing(quick.engine) as other:
        assert [row.position for row in sequencer.number(other, 10)] == [2]
        placed = other.execute(select(events.c.stream).order_by(events.c.position)).scalars().all()
        assert placed == ["tally-quick", "slow"]
        assert other.execute(select(events.c.stream).order_by(events.c.id)).scalars().all() == placed[::-1]


def _row(stream: str, version: int = 0) -> dict[str, Any]:
    text_columns = {"type": "Counted", "data": "{}", "meta": "{}", "recorded_at": "2026"}
    return {"stream": stream, "version": version, "schema_version": 1} | text_columns


def test_what_follows_on_an_event_that_was_left_aside_waits_for_it(app: App) -> None:
    """Its id is small, for it was committed late; a look that spares small ones does not see it."""
    late = [_row("late", version) for version in range(3)]
    with writing(app.engine) as connection:
        connection.execute(insert(events), [late[0], _row("other"), *late[1:]])
        first, *_ = connection.execute(select(events.c.id).order_by(events.c.id)).scalars()
        assert len(sequencer.number(connection, 10, above=first)) == 1
        assert len(sequencer.number(connection, 10)) == 3
        placed = connection.execute(select(events.c.stream, events.c.version).order_by(events.c.position)).all()
    assert [tuple(row) for row in placed] == [("other", 0), ("late", 0), ("late", 1), ("late", 2)]


def test_two_that_number_at_once_give_no_position_twice(make_app: toy.MakeApp) -> None:
    """Should the lock of the publisher fail, the database refuses the second one."""
    app, apps = make_app(), [make_app() for _ in range(3)]
    for n in range(30):
        app.handle(count(f"t{n}"))

    def number(own: App) -> int:
        given = 0
        for _ in range(40):
            with suppress(Exception), writing(own.engine) as connection:
                given += len(sequencer.number(connection, 3))
        return given

    with ThreadPoolExecutor(3) as pool:
        assert sum(pool.map(number, apps)) == 30
    with reading(app.engine) as connection:
        assert connection.execute(select(func.min(events.c.position), func.max(events.c.position))).one() == (1, 30)


def test_numbering_goes_on_where_it_ended(app: App) -> None:
    """After a restart, and in small steps."""
    for n in range(5):
        app.handle(count(f"t{n}"))
    found = []
    for limit in (2, 0, 1, 9, 9):
        with writing(app.engine) as connection:
            found.append([row.position for row in sequencer.number(connection, limit)])
    assert found == [[1, 2], [], [3], [4, 5], []]
    with writing(app.engine) as connection:
        assert sequencer.last(connection) == 5
        assert [row.position for row in connection.execute(sequencer.numbered_after(3, 9))] == [4, 5]
        assert sequencer.cursor(connection) == 0
        sequencer.move_cursor(connection, 3)
        sequencer.move_cursor(connection, 4)
        assert sequencer.cursor(connection) == 4


def test_health_tells_what_is_numbered_and_not_published(app: App) -> None:
    """A broker that takes nothing leaves a window of numbered events behind: they wait as those without a number do."""
    for n in range(3):
        app.handle(count(f"t{n}"))
    with writing(app.engine) as connection:
        sequencer.number(connection, 2)
    assert health(app)["problems"] == ["the message broker cannot be reached"]  # none is old yet
    for published, behind in ((0, 3), (1, 2), (2, 1)):
        with writing(app.engine) as connection:
            sequencer.move_cursor(connection, published)
        app.clock = lambda: toy.NOON + BEHIND
        assert len(health(app)["problems"]) == 1
        app.clock = lambda: toy.NOON + BEHIND + timedelta(seconds=1)
        assert health(app)["problems"][1:] == [f"the publisher is behind: {behind} events are older than 30 seconds"]
        figures = metrics.exposition(app).decode()
        assert f"foyer_unpublished_events {behind}.0" in figures
        assert "foyer_unpublished_seconds 31.0" in figures
    with writing(app.engine) as connection:
        sequencer.number(connection, 2)
        sequencer.move_cursor(connection, 3)
    assert len(health(app)["problems"]) == 1


@only_postgresql
def test_without_locks_a_stream_still_keeps_its_order(make_app: toy.MakeApp, monkeypatch: pytest.MonkeyPatch) -> None:
    """A later version can only be written by one who has seen the earlier committed."""
    monkeypatch.setattr(store, "_NEWER_LOCKED", store._NEWER)
    check_that_nothing_is_missed(make_app, by_position)
