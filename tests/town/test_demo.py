"""`foyer demo`: what it counts, and what it says when something is wrong."""

import re
from collections.abc import Callable, Mapping
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import typer
from rich.console import Console
from rich.table import Table
from typer.testing import CliRunner

from deploy.commands import demo as command
from deploy.guarantees import GUARANTEES, Finding
from deploy.town import tables
from deploy.town.facts import Wanted
from deploy.town.play import Outcome
from deploy.verify.log import AT_REST, confirmation_times
from tests.town.logs import Logs

BOOK, CANCEL = Wanted(600, "book", 1, "reisepass", 1), Wanted(700, "cancel", 1, "reisepass", 1)


def visit(start: str, end: str, room: str = "Raum 101", party: int = 1, name: str = "a1") -> Mapping[str, Any]:
    stops = [{"starts_at": f"{start}:00+01:00", "ends_at": f"{end}:00+01:00", "room": room}]
    return {"appointment": name, "starts_at": f"{start}:00+01:00", "party_size": party, "stops": stops}


def rows(table: Table) -> list[list[str]]:
    console = Console(file=StringIO(), width=200)
    columns = [[str(cell) for cell in column.cells] for column in table.columns]
    console.print(table)
    return [list(row) for row in zip(*columns, strict=True)]


DECLINED = Outcome(BOOK, "declined", ("room_taken",), "a0", lost=True)
DAY = [
    Outcome(BOOK, "confirmed", (), "a1", visit=visit("2026-11-24T09:50", "2026-11-24T10:20", party=2)),
    Outcome(BOOK, "confirmed", (), "a2", visit=visit("2026-11-24T10:00", "2026-11-24T10:10", "Raum 102"),
            before=(DECLINED, DECLINED)),
    Outcome(BOOK, "confirmed", (), "a3", visit=visit("2026-11-25T10:00", "2026-11-25T10:10", party=5)),
    Outcome(BOOK, "nothing", ("full",)),
    Outcome(CANCEL, "cancelled", (), "a3"),
    Outcome(CANCEL, "nothing", ("full",)),
]  # fmt: skip


def test_the_table_counts_every_request_and_says_why() -> None:
    """Also the requests of guests who had to ask again."""
    times = {"appointment-a1": 0.1, "appointment-a2": 0.3, "appointment-a3": 0.2}
    assert rows(tables.summary(DAY, times)) == [
        ["asked", "6", ""],
        ["confirmed", "3", ""],
        ["declined", "2", "room_taken 2"],
        ["expired", "0", ""],
        ["nothing offered", "1", "full 1"],
        ["cancelled later", "1", "1 had nothing to cancel"],
        ["time to confirmation p50", "200 ms", ""],
        ["time to confirmation p95", "300 ms", ""],
    ]


def test_guests_and_rooms_are_counted_by_hour() -> None:
    """A visit over the full hour uses its room in both; a cancelled one in none."""
    standing = tables.standing(DAY)
    assert [visit["starts_at"][:10] for visit in standing] == ["2026-11-24", "2026-11-24"]
    assert rows(tables.hours(standing, 14)) == [
        ["09:00", "2", "2", "1 of 14"],
        ["10:00", "1", "1", "2 of 14"],
    ]


def test_a_visit_that_ends_at_the_full_hour_does_not_use_the_next() -> None:
    """[09:30, 10:00) is nine."""
    (stop,) = visit("2026-11-24T09:30", "2026-11-24T10:00")["stops"]
    assert tables.hours_of(stop) == [("2026-11-24", 9)]


def test_an_empty_day_has_tables_too() -> None:
    """When nothing could be booked at all."""
    assert rows(tables.summary([], {}))[0] == ["asked", "0", ""]
    assert rows(tables.hours([], 14)) == []


@pytest.mark.parametrize(("share", "value"), [(0.5, 2.0), (0.95, 4.0), (1, 4.0), (0.25, 1.0)])
def test_a_percentile_is_a_value_that_occurred(share: float, value: float) -> None:
    """Nearest rank."""
    assert tables.percentile([4.0, 1.0, 3.0, 2.0], share) == value


def test_the_time_to_confirmation_is_bookings_own(tmp_path: Path) -> None:
    """From one record to the other; what is not confirmed has none."""
    logs = Logs(tmp_path)
    logs.confirmed("a")
    logs.booking("b", "AppointmentRequested")
    assert confirmation_times(logs.pattern) == {"appointment-a": 0.0}


@pytest.fixture
def foyer_demo(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Any]:
    """`foyer demo` with the services' part left out: the day and what the check finds are given."""
    logs = Logs(tmp_path)
    for name in ("a1", "a2", "a3"):
        logs.confirmed(name, room=f"r-{name}", clerk=f"c-{name}")

    def run(findings: list[Finding], day: Callable[..., Any] = lambda *_: DAY) -> Any:
        monkeypatch.setenv("FOYER_HOME", str(tmp_path))
        monkeypatch.setattr(command, "console", Console(width=200))
        monkeypatch.setattr(command, "AT_REST_WITHIN", 0)
        monkeypatch.setattr(command, "open_the_town", lambda *_: None)
        monkeypatch.setattr(command, "play_the_day", day)
        monkeypatch.setattr(command, "check", lambda _: findings)
        app = typer.Typer()
        app.command()(command.demo)
        return CliRunner().invoke(app)

    return run


def test_a_good_day_ends_with_guarantees_that_hold_and_addresses(foyer_demo: Callable[..., Any]) -> None:
    """And with how to stop it."""
    result = foyer_demo([])
    assert result.exit_code == 0, result.output
    assert result.output.count("holds") == len(GUARANTEES)
    assert "http://127.0.0.1:8004/entrance" in result.output
    assert "foyer show a1" in result.output
    assert "make down" in result.output


def test_a_broken_guarantee_is_shown_with_its_stream_and_ends_with_status_1(foyer_demo: Callable[..., Any]) -> None:
    """The demo is a check, not a show."""
    result = foyer_demo([Finding("never two at once", "rooms", "room-r-101-2026-11-24", "two at once")])
    assert result.exit_code == 1
    assert "broken 1 times" in result.output
    assert "never two at once: rooms room-r-101-2026-11-24: two at once" in result.output


def test_guests_who_have_not_said_yes_yet_break_nothing(foyer_demo: Callable[..., Any]) -> None:
    """They are counted as what they are, and no time to confirmation is claimed."""
    waits = Finding(AT_REST, "booking", "appointment-a1", "waits for the guest until 2999-01-01 09:00 UTC", note=True)
    result = foyer_demo([waits, waits], lambda *_: [Outcome(BOOK, "asked", (), "a1")])
    assert result.exit_code == 0, result.output
    assert result.output.count("holds") == len(GUARANTEES)
    assert re.search(rf"{AT_REST} +│ holds; 2 known ", result.output)
    assert "foyer verify` lists what is known" in result.output
    assert re.search(r"wait for a click in their mail +│ +1 │ +│", result.output)
    assert "broken" not in result.output
    assert "time to confirmation" not in result.output


def test_ctrl_c_says_how_to_go_on(foyer_demo: Callable[..., Any]) -> None:
    """With the status of an interrupted command."""

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    result = foyer_demo([], interrupted)
    assert result.exit_code == 130
    assert "`foyer demo` plays the day again, `make down` stops everything." in result.output


def test_without_services_the_demo_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """In one sentence, with status 2."""
    monkeypatch.setattr("deploy.town.calls.TRIES", 1)
    for service in ("BOOKING", "ROOMS", "STAFF_CALENDAR"):
        monkeypatch.setenv(f"FOYER_HTTP_{service}", "127.0.0.1:1")
    app = typer.Typer()
    app.command()(command.demo)
    result = CliRunner().invoke(app)
    assert result.exit_code == 2
    assert "does not answer at 127.0.0.1:1; `foyer up` starts the services" in result.output
