"""A read model is built beside the present one while the service goes on, and takes its place in one transaction."""

import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from sqlalchemy import Engine, event, insert, inspect, select, text, update
from sqlalchemy.exc import DBAPIError

from shared import beside as building
from shared import frozen, sequencer
from shared.alone import AlreadyRunning
from shared.app import REBUILT, App
from shared.beside import ALL, Beside, NothingToUndo
from shared.database import writing
from shared.names import NEW, OLD
from shared.tables import events, timers
from shared.timers import set_timer
from tests.shared import log, toy
from tests.shared.test_publisher import lose_the_lock
from tests.shared.test_rebuild import DEFINITION, rows
from tests.shared.test_writer import count, only_postgresql
from tests.shared.toy import NOON, Mark, TakeSeat


class Killed(BaseException):
    """The process ends here."""


@pytest.fixture
def full(make_app: toy.MakeApp) -> App:
    """A toy that has counted a while."""
    app = make_app(DEFINITION)
    for n in range(40):
        app.handle(count(f"t{n % 7}", n + 1), Mark(f"m{n}", NOON, "t1"))
    app.handle(count("five", 5), TakeSeat("s", NOON, "1", "ada"))
    return app


def spoil(app: App) -> None:
    """As a projection with a mistake would have left them."""
    with writing(app.engine) as connection:
        connection.execute(update(toy.totals).where(toy.totals.c.tally == "t1").values(total=0))
        connection.execute(insert(toy.seats), {"seat": "2", "who": "nobody"})
        connection.execute(timers.delete().where(timers.c.subject == "t2"))


def there(engine: Engine) -> set[str]:
    return {name for name in inspect(engine).get_table_names() if name.endswith((NEW, OLD))}


def rebuilt(app: App, projection: str = ALL) -> Any:
    one = Beside(app, projection)
    differences = one.build()
    one.swap()
    return {difference.table: difference.found for difference in differences}


@pytest.mark.parametrize("page", [1, 7, 2000])
def test_the_new_version_is_what_the_log_says(full: App, page: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the present one holds; and the former one is kept as it was."""
    before = rows(full)
    monkeypatch.setattr("shared.rebuild.PAGE", page)
    monkeypatch.setattr(building, "CHECKPOINT", 10)
    spoil(full)
    wrong = rows(full)
    assert rebuilt(full) == {"lines": 0, "seats": 1, "totals": 1, "timers": 1}
    assert rows(full) == before
    Beside(full, ALL).undo()
    assert rows(full) == wrong
    Beside(full, ALL).undo()
    assert rows(full) == before


def test_only_what_was_asked_for_is_built(full: App) -> None:
    """One table; the others stay as they are."""
    before = rows(full)
    spoil(full)
    assert rebuilt(full, "totals") == {"totals": 1}
    after = rows(full)
    assert after["totals"] == before["totals"]
    assert after["seats"] != before["seats"]
    assert there(full.engine) == {"totals__old"}


def test_looking_changes_nothing(full: App) -> None:
    """A dry run works in memory; what differs is named without its values."""
    spoil(full)
    wrong = rows(full)
    found = {one.table: one.examples for one in Beside(full, ALL).differences()}
    assert found == {
        "lines": [],
        "seats": ["surplus 2"],
        "totals": ["different t1 (total)"],
        "timers": ["missing due, t2"],
    }
    assert rows(full) == wrong
    assert there(full.engine) == set()


def test_the_service_goes_on_meanwhile(full: App) -> None:
    """With the new table, its indexes and its key, as with the one before; and a second building starts from there."""
    for n in range(3):
        rebuilt(full)
        full.handle(count("five", 1), count(f"new{n}", 2), TakeSeat(f"s{n}", NOON, f"x{n}", "bob"))
        assert log.totals(full.engine)["five"] == 6 + n
        assert [one.found for one in Beside(full, ALL).differences()] == [0, 0, 0, 0]
    Beside(full, ALL).undo()
    assert [one.found for one in Beside(full, ALL).differences()] == [0, 0, 0, 0]


def check_a_building_while_the_service_writes(full: App, other: App) -> None:
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            other.handle(count("busy"))

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for _ in range(4):
            assert not any(rebuilt(full).values()), "what is compared is of one moment"
    finally:
        stop.set()
        writer.join(30)
    assert log.totals(full.engine)["busy"] == len(log.streams(full.engine)["tally-busy"])
    assert not any(one.found for one in Beside(full, ALL).differences())


def test_nothing_is_missed_while_the_service_writes(full: App, make_app: toy.MakeApp) -> None:
    """What it appends is in the new tables, too."""
    check_a_building_while_the_service_writes(full, make_app(DEFINITION))


@only_postgresql
def test_without_the_lock_the_check_goes_red(full: App, make_app: toy.MakeApp, monkeypatch: pytest.MonkeyPatch) -> None:
    """Switched off, an event is passed that commits late, or comes between the last look and the change of names."""
    monkeypatch.setattr(frozen, "LOCK", text("SELECT 1"))

    def tries() -> None:
        for _ in range(20):
            check_a_building_while_the_service_writes(full, make_app(DEFINITION))

    with pytest.raises(Exception, match=r"."):
        tries()


@pytest.fixture
def killed_at(full: App) -> Iterator[Any]:
    """`killed_at(n)`: the process ends at its n-th commit from now on, before it or after it."""
    strikes: list[Any] = []

    def at(number: int, committed: bool) -> None:
        left = [number]

        def strike(connection: Any) -> None:
            left[0] -= 1
            if left[0] == 0:
                if committed:
                    connection.connection.commit()
                raise Killed

        event.listen(full.engine, "commit", strike)
        strikes.append(strike)

    yield at
    for strike in strikes:
        event.remove(full.engine, "commit", strike)


@pytest.mark.parametrize("committed", [False, True])
def test_killed_at_any_commit_the_next_call_goes_on(
    full: App, make_app: toy.MakeApp, killed_at: Any, committed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until it is done the former tables are in use; then the new ones are; and what was done is not done again."""
    monkeypatch.setattr("shared.rebuild.PAGE", 10)
    monkeypatch.setattr(building, "CHECKPOINT", 10)
    before = rows(full)
    spoil(full)
    wrong = rows(full)
    for number in range(1, 100):
        killed_at(number, committed)
        try:
            rebuilt(full)
        except Killed:
            full.engine.dispose()
            assert rows(full) in (wrong, before)
            if rows(full) == before:
                break
            stage = Beside(full, ALL).stage()
            seen: list[int] = []
            if stage is not None and stage.upto:
                Beside(full, ALL).build(lambda done, _of: seen.append(done))  # noqa: B023
                assert not seen or min(seen) > stage.upto
        else:
            break
    assert number > 3, "it was struck more than once"
    assert rows(full) == before


def test_a_version_that_was_begun_in_another_shape_is_begun_anew(full: App, monkeypatch: pytest.MonkeyPatch) -> None:
    """The code has changed since."""
    one = Beside(full, ALL)
    monkeypatch.setattr(Beside, "_shape", lambda _self: "an older one")
    one.build()
    monkeypatch.undo()
    before = rows(full)
    assert rebuilt(full) == {"lines": 0, "seats": 0, "totals": 0, "timers": 0}
    assert rows(full) == before


def test_undoing_needs_a_former_version(full: App) -> None:
    """Of the same shape; otherwise nothing changes, and it is said why."""
    with pytest.raises(NothingToUndo, match="no former version is kept"):
        Beside(full, "totals").undo()
    rebuilt(full, "totals")
    with writing(full.engine) as connection:
        connection.execute(text("ALTER TABLE totals__old ADD COLUMN more TEXT"))
    with pytest.raises(NothingToUndo, match="totals__old has other columns"):
        Beside(full, "totals").undo()
    assert Beside(full, "totals").give_up()
    assert there(full.engine) == set()
    assert not Beside(full, "totals").give_up()


def test_a_lease_outlives_it(full: App) -> None:
    """Who moved a due time ahead is at work on it; the comparison does not call it a difference."""
    full.write(set_timer("due", "t1", NOON.replace(hour=13)))
    assert rebuilt(full, "timers") == {"timers": 0}
    with full.read() as connection:
        due = dict(row for row in connection.execute(select(timers.c.subject, timers.c.due_at)))
    assert due["t1"].startswith("2026-11-23T13:00")


def test_one_at_a_time(full: App) -> None:
    """A second one is told so."""
    with Beside(full, "totals").alone(), pytest.raises(AlreadyRunning), Beside(full, "seats").alone():
        pass


def test_a_service_looks_again_after_a_change(full: App, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it keeps in memory is loaded anew, once."""
    loaded: list[int] = []
    monkeypatch.setattr(full, "reload", lambda: loaded.append(1))
    full.look_again()
    assert loaded == []
    rebuilt(full)
    loaded.clear()
    full.look_again()
    full.look_again()
    assert loaded == [1]
    with full.read() as connection:
        assert sequencer.cursor(connection, REBUILT) == 1


def test_an_event_that_is_not_known_here_stops_it(full: App) -> None:
    """The present tables stay in use."""
    with writing(full.engine) as connection:
        connection.execute(update(events).where(events.c.id == 80).values(schema_version=9))
    before = rows(full)
    with pytest.raises(LookupError):
        rebuilt(full)
    assert rows(full) == before


@only_postgresql
def test_a_building_that_is_no_longer_alone_ends(
    full: App, make_app: toy.MakeApp, toy_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its lock was lost with its connection, and another one has begun anew: its last rows alone are never used."""
    monkeypatch.setattr("shared.rebuild.PAGE", 10)
    monkeypatch.setattr(building, "CHECKPOINT", 10)
    before = rows(full)
    one, other = Beside(full, ALL), Beside(make_app(DEFINITION), ALL)

    def killed(_done: int, _of: int) -> None:
        raise Killed

    def no_longer_alone(done: int, of: int) -> None:
        if done < of <= done + 10:
            lose_the_lock(toy_url)
            with other.alone(), suppress(Killed):
                other.give_up()
                other.build(killed)

    with one.alone():
        with pytest.raises(DBAPIError):
            one.build(no_longer_alone)
        with pytest.raises(AlreadyRunning):
            one.swap()
    assert rows(full) == before
    assert rebuilt(full) == {"lines": 0, "seats": 0, "totals": 0, "timers": 0}
