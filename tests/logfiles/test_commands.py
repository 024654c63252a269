"""`foyer rebuild`, `foyer export` and `foyer import` as an operator types them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, text

from deploy.commands import import_
from deploy.logfiles.load import load
from deploy.logfiles.reading import LogFile
from deploy.parts import definition
from services.rooms.projections import taken
from shared.alone import only_one
from shared.app import App
from shared.database import connect, writing
from shared.migrate import migrate
from shared.tables import events
from tests import command
from tests.golden_logs import golden
from tests.line import settings
from tests.shared.test_publisher import lose_the_lock

Foyer = Callable[..., tuple[Any, str, str]]
SURE = ("--yes", "--reason", "try", "--who", "tester")


@pytest.fixture
def foyer(home: Path) -> Foyer:
    """`foyer("rebuild", ...)` gives the exit status, what was printed, and what was complained of."""

    def run(*words: str, given: bytes = b"", url: str = "") -> tuple[Any, str, str]:
        env = {"FOYER_HOME": str(home), "FOYER_DATABASE_URL": url or f"sqlite:///{home}/{{service}}.db"}
        ran = command.foyer(env, *words, given=given)
        return ran.returncode, ran.stdout, ran.stderr

    return run


@pytest.fixture
def rooms(home: Path, foyer: Foyer) -> Path:
    """The golden log of rooms, taken in; its read tables are worked out."""
    status, said, error = foyer("import", "rooms", *SURE, given=golden("rooms"))
    assert (status, "the read tables are worked out" in said) == (0, True), said + error
    return home / "rooms.db"


def number(home: Path, query: Any) -> Any:
    engine = connect(f"sqlite:///{home}/rooms.db")
    with engine.connect() as connection:
        found = connection.execute(query).scalar()
    engine.dispose()
    return found


def spoil(home: Path) -> None:
    engine = connect(f"sqlite:///{home}/rooms.db")
    with writing(engine) as connection:
        connection.execute(text("DELETE FROM taken WHERE tick IN (SELECT tick FROM taken LIMIT 3)"))
    engine.dispose()


def test_a_read_model_is_shown_made_anew_and_taken_back(rooms: Path, home: Path, foyer: Foyer) -> None:
    """First what it would change; then it is done; then it is undone; and all of it is in the audit log."""
    assert foyer("rebuild", "rooms")[1].split() == [
        "opened",
        "reservations",
        "rooms",
        "sites",
        "taken",
        "timers",
        "all",
    ]
    before = number(home, select(func.count()).select_from(taken))
    spoil(home)
    status, said, _ = foyer("rebuild", "rooms", "taken", "--dry-run", "--json")
    [table] = json.loads(said)["tables"]
    assert (status, table["missing"], table["changed"], table["surplus"]) == (0, 3, 0, 0)
    status, _, error = foyer("rebuild", "rooms", "taken")
    assert (status, "--yes" in error) == (1, True)
    status, said, _ = foyer("rebuild", "rooms", "taken", *SURE)
    assert (status, "The new version is in use" in said) == (0, True)
    assert number(home, select(func.count()).select_from(taken)) == before
    assert foyer("rebuild", "rooms", "taken", "--undo", *SURE)[0] == 0
    assert number(home, select(func.count()).select_from(taken)) == before - 3
    assert foyer("rebuild", "rooms", "taken", "--give-up", *SURE)[0] == 0
    status, _, error = foyer("rebuild", "rooms", "taken", "--undo", *SURE)
    assert (status, "nothing to undo" in error) == (1, True)
    recorded = [action["what"] for action in json.loads(foyer("audit", "--json")[1])]
    assert sorted(recorded) == ["import", "rebuild", "rebuild --give-up", "rebuild --undo"]


BAD: dict[str, tuple[tuple[str, ...], str]] = {
    "no such service": (("rebuild", "kitchen", "taken"), "No service is called 'kitchen'; there are booking"),
    "no such projection": (("rebuild", "rooms", "kitchen"), "rooms has no read model 'kitchen'; there are opened"),
    "no database to rebuild in": (("rebuild", "booking", "holds"), "booking has no database at"),
    "no reason": (("rebuild", "rooms", "taken", "--yes"), "Say why with --reason"),
    "no service to export": (("export", "kitchen"), "No service is called 'kitchen'"),
    "no database to export": (("export", "booking"), "booking has no database at"),
    "no folder to export into": (("export", "rooms", "-o", "/nowhere/x"), "/nowhere/x can't be written"),
    "no service to import into": (("import", "kitchen"), "No service is called 'kitchen'"),
    "no file": (("import", "rooms", "/nowhere/x"), "/nowhere/x can't be read"),
    "no log file": (("import", "rooms", *SURE), "this is not a log file"),
}


@pytest.mark.parametrize("what", list(BAD))
def test_bad_input_is_answered_with_a_sentence(rooms: Path, foyer: Foyer, what: str) -> None:
    """And with exit status 2; nothing is made where nothing was."""
    words, sentence = BAD[what]
    status, _, error = foyer(*words)
    assert (status, sentence in error) == (2, True), error
    assert not rooms.with_name("booking.db").exists()


def test_a_log_moves_from_one_kind_of_database_to_the_other(
    home: Path, foyer: Foyer, make_database: Callable[[str], str]
) -> None:
    """SQLite to an empty database and out again: the same bytes; a second time, or as another service, is refused."""
    assert foyer("import", "rooms", *SURE, given=golden("rooms"))[0] == 0
    assert foyer("export", "rooms", "--output", str(home / "log.zst"))[0] == 0
    there = make_database("moved_rooms").replace("moved_rooms", "moved_{service}")
    made = make_database("moved_operations")
    assert made
    status, said, error = foyer("import", "rooms", str(home / "log.zst"), *SURE, url=there)
    assert status == 0, said + error
    assert foyer("export", "rooms", "--output", str(home / "again.zst"), url=there)[0] == 0
    assert (home / "again.zst").read_bytes() == (home / "log.zst").read_bytes()
    for how in (SURE, ("--dry-run",)):
        status, _, error = foyer("import", "rooms", str(home / "log.zst"), *how, url=there)
        assert (status, "database is not empty" in error) == (2, True)
    status, _, error = foyer("import", "booking", str(home / "log.zst"), "--dry-run")
    assert (status, "a log of rooms, not of booking" in error) == (2, True)


def test_a_broken_off_import_is_taken_up_with_the_whole_file(home: Path, foyer: Foyer) -> None:
    """Of a file that is cut short nothing is used until the whole one comes."""
    whole = f"sqlite:///{home}/whole_{{service}}.db"
    file = golden("visitor_access")
    assert foyer("import", "visitor_access", *SURE, given=file, url=whole)[0] == 0
    assert foyer("export", "visitor_access", "--output", str(home / "log.zst"), url=whole)[0] == 0
    status, _, error = foyer("import", "visitor_access", *SURE, given=file[: len(file) // 2])
    assert (status, "Not taken in" in error) == (2, True)
    assert foyer("import", "visitor_access", *SURE, given=file)[0] == 0
    assert foyer("export", "visitor_access", "--output", str(home / "again.zst"))[0] == 0
    assert (home / "again.zst").read_bytes() == (home / "log.zst").read_bytes()


def test_an_import_that_is_only_shown_or_not_agreed_to_makes_nothing(home: Path, foyer: Foyer) -> None:
    """No database, before somebody has said yes."""
    assert foyer("import", "rooms", "--dry-run", given=golden("rooms"))[0] == 0
    assert foyer("import", "rooms", given=golden("rooms"))[0] == 1
    assert list(home.glob("rooms.db*")) == []


def test_nothing_is_taken_in_beside_a_running_publisher(home: Path, foyer: Foyer) -> None:
    """It would number events that are not all there."""
    there = settings(home, f"sqlite:///{home}/{{service}}.db", "rooms")
    migrate(definition("rooms"), there)
    engine = connect(there.database_url)
    with only_one(engine, there, "publisher"):
        status, _, error = foyer("import", "rooms", *SURE, given=golden("rooms"))
    engine.dispose()
    assert (status, "rooms is running on this database" in error) == (1, True)
    assert number(home, select(func.count()).select_from(events)) == 0


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)
def test_an_import_that_has_lost_its_lock_ends(
    foyer: Foyer, make_database: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A publisher may run from then on; what is in by then stays, and the call is taken up as any other."""
    there = make_database("lost_rooms").replace("lost_rooms", "lost_{service}")
    make_database("lost_operations")

    def without_lock(app: App, file: LogFile, tell: Callable[[int], None] = lambda _lines: None) -> int:
        lose_the_lock(app.settings.database_url)
        return load(app, file, tell)

    monkeypatch.setattr(import_, "load", without_lock)
    status, said, error = foyer("import", "rooms", *SURE, given=golden("rooms"), url=there)
    assert status != 0, said
    assert "What was taken in is kept" in error
    monkeypatch.undo()
    status, said, error = foyer("import", "rooms", *SURE, given=golden("rooms"), url=there)
    assert (status, "the read tables are worked out" in said) == (0, True), said + error
