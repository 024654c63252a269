"""`foyer catalogue`: shows what changes, changes all or nothing, and says in one sentence what is wrong."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from deploy.commands.catalogue import app
from deploy.operations.log import opened
from deploy.operations.projections import actions
from deploy.town import calls
from deploy.town.facts import GUETERSLOH, load
from services.booking.http import ConcernAnswer, ConcernBody
from services.booking.web.catalogue_file import dump
from shared.web import LONG_BODY

CONCERNS = load().concerns
Serve = Callable[[Callable[..., Any]], None]


class Booking:
    """Booking's side: holds a catalogue."""

    def __init__(self, *concerns: dict[str, Any]) -> None:
        self.concerns = list(concerns)
        self.puts = 0
        self.staff: list[dict[str, Any]] = list(load().clerks.values())

    def __call__(self, method: str, path: str, body: Any, headers: dict[str, str]) -> tuple[int, Any]:
        if path == "/api/staff":
            return 200, {"staff": self.staff}
        if method == "PUT":
            self.puts += 1
            self.concerns = body["concerns"]
        return 200, {"concerns": self.concerns}


@pytest.fixture(autouse=True)
def _log(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where operations are recorded."""
    monkeypatch.setenv("FOYER_HOME", str(home))
    monkeypatch.setenv("FOYER_DATABASE_URL", f"sqlite:///{home}/{{service}}.db")


def run(*arguments: str, **how: Any) -> Result:
    return CliRunner().invoke(app, arguments, **how)


def test_an_import_shows_what_changes_and_sets_the_whole_catalogue(serve: Serve, tmp_path: Path) -> None:
    """New, changed with the columns, withdrawn."""
    changed, withdrawn = (
        {**CONCERNS[1], "minutes": 20},
        {**CONCERNS[0], "key": "alt", "name": {"de": "Alt", "en": "Old"}},
    )
    booking = Booking(changed, withdrawn)
    serve(booking)
    file = tmp_path / "catalogue.csv"
    file.write_text(dump(CONCERNS[:2]))
    result = run("import", str(file), "--yes")
    assert result.exit_code == 0, result.output
    assert [line.split()[:2] for line in result.output.splitlines()[1:4]] == [
        ["new", CONCERNS[0]["key"]],
        ["changed", CONCERNS[1]["key"]],
        ["withdrawn", "alt"],
    ]
    assert result.output.splitlines()[2].rstrip().endswith("minutes")
    assert "2 concerns can be booked now." in result.output
    assert booking.concerns == CONCERNS[:2]
    with opened() as log, log.read() as connection:
        (action,) = [dict(row) for row in connection.execute(actions.select()).mappings()]
    assert (action["what"], action["target"], action["reason"]) == ("catalogue import", file.name, "a new catalogue")
    assert action["plan"] == {"new": [CONCERNS[0]["key"]], "changed": [CONCERNS[1]["key"]], "withdrawn": ["alt"]}


def test_a_dry_run_and_an_import_without_changes_set_nothing(serve: Serve) -> None:
    """And ask for nothing."""
    booking = Booking()
    serve(booking)
    assert run("import", str(GUETERSLOH / "concerns.csv"), "--dry-run").exit_code == 0
    booking.concerns = CONCERNS
    assert "already as in the file" in run("import", str(GUETERSLOH / "concerns.csv")).output
    assert booking.puts == 0


@pytest.mark.parametrize("release", [{"shares": [{"days": 2, "percent": 100}]}, {"weekday": "mon", "time": "09:00"}])
def test_what_is_written_short_is_no_change(serve: Serve, tmp_path: Path, release: dict[str, Any]) -> None:
    """Booking gives back in full what a file may leave out."""
    short = {**CONCERNS[0], "release": release}
    booking = Booking(json.loads(ConcernAnswer().dumps(ConcernBody().load(short))))
    serve(booking)
    file = tmp_path / "catalogue.csv"
    file.write_text(dump([short]))
    assert "already as in the file" in run("import", str(file), "--dry-run").output
    file.write_text(dump([{**short, "release": {**release, "place_minutes": 15}}]))
    assert run("import", str(file), "--dry-run").output.splitlines()[1].rstrip().endswith("release")


def test_what_nobody_can_do_is_said_and_imported(serve: Serve, tmp_path: Path) -> None:
    """A competence misspelt would only show as a concern without times."""
    booking = Booking()
    serve(booking)
    file = tmp_path / "catalogue.csv"
    file.write_text(dump([CONCERNS[0], {**CONCERNS[1], "competences": ["spelling"]}]))
    result = run("import", str(file), "--yes")
    assert f"Nobody can be booked for {CONCERNS[1]['key']}: no clerk" in result.output
    assert (result.exit_code, booking.puts) == (0, 1)
    file.write_text(dump(CONCERNS[:2]))
    assert "Nobody can" not in run("import", str(file), "--yes").output


def test_without_a_terminal_an_import_must_be_agreed_to(serve: Serve) -> None:
    """A script that forgot --yes is told so."""
    booking = Booking()
    serve(booking)
    result = run("import", str(GUETERSLOH / "concerns.csv"))
    assert (result.exit_code, booking.puts) == (2, 0)
    assert "Nobody is there to agree: add --yes to import, or --dry-run to look only." in result.output


def test_standard_input_can_be_imported(serve: Serve) -> None:
    """For a pipe."""
    booking = Booking()
    serve(booking)
    assert run("import", "-", "--yes", input=dump(CONCERNS)).exit_code == 0
    assert booking.concerns == CONCERNS


def test_a_wrong_row_imports_nothing(serve: Serve, tmp_path: Path) -> None:
    """Every fault on a line of its own."""
    booking = Booking()
    serve(booking)
    file = tmp_path / "catalogue.csv"
    file.write_text(dump(CONCERNS).replace(";60;0;screen;", ";sechzig;0;screen;"))
    result = run("import", str(file), "--yes")
    assert (result.exit_code, booking.puts) == (2, 0)
    assert "and nothing was imported:" in result.output
    assert "column minutes: 'sechzig' is not a whole number from 5 to 480" in result.output


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "can't be read: No such file or directory."),
        ("Gebühr".encode("latin-1"), "is not UTF-8 (line 1): save it again as 'CSV UTF-8'."),
        (b"", "has 1 fault, and nothing was imported:"),
    ],
)
def test_a_file_that_is_none_is_named_in_one_sentence(tmp_path: Path, content: bytes | None, says: str) -> None:
    """With exit status 2, before any service is asked."""
    file = tmp_path / "catalogue.csv"
    if content is not None:
        file.write_bytes(content)
    result = run("import", str(file))
    assert result.exit_code == 2
    assert result.output.splitlines()[0] == f"{file} {says}"


def test_a_file_that_booking_would_not_take_is_refused_when_it_is_read(serve: Serve, tmp_path: Path) -> None:
    """As it would be sent: a letter with an umlaut has six bytes then."""
    booking = Booking()
    serve(booking)
    file = tmp_path / "catalogue.csv"
    file.write_text(dump([{**CONCERNS[0], "key": f"k{number}", "keywords": ["ü" * 200] * 3} for number in range(1500)]))
    assert file.stat().st_size < LONG_BODY
    for how in ("--dry-run", "--yes"):
        result = run("import", str(file), how)
        assert (result.exit_code, booking.puts) == (2, 0)
        assert result.output.startswith(f"{file} is too large, and nothing was imported: its concerns take ")
        assert f"at most {LONG_BODY:,}. Shorten" in result.output


def test_services_that_are_down_are_named_in_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    """With what to do."""
    monkeypatch.setattr(calls, "TRIES", 1)
    monkeypatch.setenv("FOYER_HTTP_BOOKING", "127.0.0.1:1")
    result = run("export")
    assert result.exit_code == 2
    assert result.output.startswith("booking does not answer at 127.0.0.1:1; `foyer up` starts the services")


def test_what_booking_refuses_is_shown_by_field(serve: Serve) -> None:
    """The file may be right for us and wrong for a newer booking."""
    problem = {"title": "Some fields are not right", "errors": [{"field": "concerns.0.minutes", "detail": "too long"}]}
    serve(lambda method, *_: (422, problem) if method == "PUT" else (200, {"concerns": [], "staff": []}))
    result = run("import", str(GUETERSLOH / "concerns.csv"), "--yes")
    assert result.exit_code == 2
    assert result.output.splitlines()[-2:] == ["Some fields are not right", "concerns.0.minutes: too long"]


def test_an_export_is_the_file_that_was_imported(serve: Serve, tmp_path: Path) -> None:
    """To a file or to standard output."""
    serve(Booking(*CONCERNS))
    file = tmp_path / "catalogue.csv"
    assert run("export", str(file)).exit_code == 0
    assert file.read_text() == run("export").output == (GUETERSLOH / "concerns.csv").read_text()
    assert run("export", str(tmp_path)).exit_code == 2
