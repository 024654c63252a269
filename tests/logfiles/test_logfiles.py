"""A log leaves one database as a file and enters another, of either kind, byte for byte."""

import io
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
import zstandard
from sqlalchemy import event, insert, select

from deploy.logfiles import load as loading
from deploy.logfiles.export import export
from deploy.logfiles.load import NotEmpty, check_empty, load
from deploy.logfiles.reading import BadFile, opened
from deploy.parts import SERVICES, definition
from shared.app import App
from shared.beside import ALL, Beside
from shared.database import writing
from shared.migrate import migrate
from shared.tables import events, held, subject_keys
from tests.conftest import MakeDatabase
from tests.golden_logs import golden
from tests.line import Killed, settings


def app_on(home: Path, url: str, service: str) -> App:
    return App(definition(service), settings(home, url, service))


def exported(app: App, **how: Any) -> bytes:
    out = io.BytesIO()
    export(app.engine, app.definition, out, **how)
    return out.getvalue()


@pytest.fixture
def empty(make_database: MakeDatabase, home: Path) -> Iterator[Any]:
    """`empty(service)`: an App on an empty database of the kind under test."""
    made: list[App] = []

    def make(service: str) -> App:
        made.append(app_on(home, make_database(service, migrated=True), service))
        return made[-1]

    yield make
    for app in made:
        app.engine.dispose()


@pytest.mark.parametrize("service", SERVICES)
def test_a_round_trip_changes_no_byte(empty: Any, service: str) -> None:
    """Also what is held, with bytes that are no text; and the read tables are what the log says."""
    app = empty(service)
    load(app, opened(io.BytesIO(golden(service))))
    with writing(app.engine) as connection:
        row = {"stream": "x", "source": "?", "sequence": 0, "type": "?", "body": b"\x00\xff\\\n\t", "reason": "failed"}
        connection.execute(insert(held), row | {"error": "Größe\\\n\t\u2028", "tries": 1, "held_at": "2026"})
    first = exported(app)
    second = app_on(app.settings.home, f"sqlite:///{app.settings.home}/second.db", service)
    shutil.copy(_migrated_sqlite(app.settings.home, service), app.settings.home / "second.db")
    load(second, opened(io.BytesIO(first)))
    assert exported(second) == first
    assert [one.found for one in Beside(second, ALL).differences() if one.found] == []
    assert exported(second, plain=True) == zstandard.ZstdDecompressor().stream_reader(first).read()
    second.engine.dispose()


def _migrated_sqlite(home: Path, service: str) -> Path:
    path = home / "migrated.db"
    migrate(definition(service), settings(home, f"sqlite:///{path}", service))
    return path


def at_once(home: Path, service: str) -> bytes:
    """What an import that nothing disturbs leads to: tables that came later are in it, too."""
    app = app_on(home, f"sqlite:///{_migrated_sqlite(home, service)}", service)
    load(app, opened(io.BytesIO(golden(service))))
    app.engine.dispose()
    return exported(app)


def test_what_comes_after_an_import_is_numbered_on(empty: Any) -> None:
    """The next event has an id of its own, on both databases."""
    app = empty("rooms")
    load(app, opened(io.BytesIO(golden("rooms"))))
    with writing(app.engine) as connection:
        row = dict(connection.execute(select(events).order_by(events.c.id.desc()).limit(1)).one()._mapping)
        last = row.pop("id")
        connection.execute(insert(events), row | {"version": row["version"] + 1, "position": None})
        assert connection.execute(select(events.c.id).order_by(events.c.id.desc())).scalar() == last + 1


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
@pytest.mark.parametrize("service", ["booking", "visitor_access", "notifications"])
def test_a_copy_without_personal_data_names_nobody(empty: Any, service: str) -> None:
    """No key, nothing sealed, whoever has the keys; and it replays to the same rows but for what was sealed."""
    app = empty(service)
    load(app, opened(io.BytesIO(golden(service))))
    with app.read() as connection:
        tokens = [
            word
            for row in connection.execute(select(events.c.data))
            for word in row.data.split('"')
            if word[:3] == "s1."
        ]
    assert len(tokens) > 10
    boxes = {token.rpartition(".")[2].encode() for token in tokens}
    shredded = exported(app, personal=False, plain=True)
    assert not [box for box in boxes if box in shredded]
    assert b"subject_keys" not in shredded
    whole = exported(app, plain=True)
    assert all(box in whole for box in boxes), "the check would see it"
    copy = app_on(app.settings.home, f"sqlite:///{_migrated_sqlite(app.settings.home, service)}", service)
    assert load(copy, opened(io.BytesIO(shredded))) == whole.count(b"\n") - _others(whole)
    with copy.read() as connection:
        assert connection.execute(select(subject_keys)).all() == []
        stored = connection.execute(select(events.c.data)).scalars()
        kept = [word for data in stored for word in data.split('"') if word[:3] == "s1."]
        assert set(copy.vault.open(connection, kept).values()) == {None}
    assert {one.table: one.equal for one in Beside(copy, ALL).differences()} == {
        one.table: one.equal for one in Beside(app, ALL).differences()
    }
    copy.engine.dispose()


def _others(plain: bytes) -> int:
    lines = [orjson.loads(line) for line in plain.splitlines()]
    return len(lines) - lines[-1]["events"]


@pytest.mark.parametrize("committed", [False, True])
def test_killed_at_any_commit_the_same_file_is_taken_up(
    empty: Any, home: Path, committed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is in is not taken in twice, and in the end everything is."""
    monkeypatch.setattr(loading, "AT_ONCE", 60)
    app, file, kills = empty("visitor_access"), golden("visitor_access"), 0
    left = [0]

    def strike(connection: Any) -> None:
        left[0] -= 1
        if left[0] == 0:
            if committed:
                connection.connection.commit()
            raise Killed

    event.listen(app.engine, "commit", strike)
    for number in range(2, 100):
        left[0] = number
        try:
            check_empty(app)
            load(app, opened(io.BytesIO(file)))
            break
        except Killed:
            kills += 1
            app.engine.dispose()
        except NotEmpty:
            assert committed, "killed after the very last commit"
            break
    left[0] = 0
    assert kills > 2
    assert exported(app) == at_once(home, "visitor_access")
    assert [one.found for one in Beside(app, ALL).differences() if one.found] == []


def test_only_the_same_file_is_taken_up(empty: Any, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another one, of the same service, is refused; nothing changes, and the first can still be taken up."""
    monkeypatch.setattr(loading, "AT_ONCE", 20)
    app, file = empty("rooms"), golden("rooms")
    plain = zstandard.ZstdDecompressor().stream_reader(file).read()
    with pytest.raises(BadFile, match="cut short"):
        load(app, opened(io.BytesIO(plain[:-100])))
    with pytest.raises(BadFile, match="another file"):
        load(app, opened(io.BytesIO(plain.replace(b"RoomTaken", b"RoomToken"))))
    load(app, opened(io.BytesIO(file)))
    assert exported(app) == at_once(home, "rooms")


def damaged(plain: bytes) -> dict[str, bytes]:
    lines = plain.splitlines(keepends=True)
    return {
        "cut short": b"".join(lines[:-1]),
        "damaged": b"".join([*lines[:5], lines[5].replace(b"2026", b"2027"), *lines[6:]]),
        "not a log file": b"root:x:0:0\n",
        "a line of the file": b"".join(lines[:3]) + lines[3][:20],
        "format 9 is not known": b'{"foyer":"log","format":9,"service":"rooms","personal":true}\n',
        "has no table 'secrets'": lines[0] + b'{"table":"secrets","columns":["id"]}\n',
        "has no column 'colour'": lines[0] + b'{"table":"events","columns":["colour"]}\n',
        "is no row": lines[0] + lines[1] + b"[1,2]\n",
        "behind the end": plain + b"[]\n",
        "can't be read": b"\x28\xb5\x2f\xfd" + b"nonsense" * 9,
    }


@pytest.mark.parametrize("why", list(damaged(b"\n" * 9)))
def test_what_is_no_whole_log_file_is_refused(home: Path, why: str) -> None:
    """With a sentence that says what is wrong."""
    plain = zstandard.ZstdDecompressor().stream_reader(golden("rooms")).read()
    app = app_on(home, f"sqlite:///{_migrated_sqlite(home, 'rooms')}", "rooms")
    with pytest.raises(BadFile, match=why):
        load(app, opened(io.BytesIO(damaged(plain)[why])))
    app.engine.dispose()


def test_a_database_that_is_not_empty_is_refused(empty: Any) -> None:
    """Two logs in one would be none."""
    app = empty("rooms")
    check_empty(app)
    load(app, opened(io.BytesIO(golden("rooms"))))
    with pytest.raises(NotEmpty, match="table events has rows"):
        check_empty(app)
