"""What `foyer status` shows: readable on a small screen just when something is wrong."""

import io

import pytest
from rich.console import Console

from deploy.commands import status
from deploy.commands.status import Line, Now, table
from deploy.home import Home
from deploy.parts import SERVICES
from tests.command import foyer

WRONG = "no answer: timed out; the message broker cannot be reached; 3 messages are parked: see `foyer parked`"
HOUR = 3600


def now() -> Now:
    """One service of five does not answer."""
    lines = [Line("broker", "STARTING", 1234567, 140_000_000, HOUR, "", None, None, None)]
    for service in SERVICES:
        said = WRONG if service == "visitor_access" else "ready"
        lines.append(Line(service, "RUNNING", 123457, 90_000_000, HOUR, said, 0, 3600.4, 0))
        lines.append(Line(f"{service}-publisher", "RUNNING", 123458, 50_000_000, HOUR, "", 0, 0.0, None))
    return Now(tuple(lines), 3, 0, 0.25)


@pytest.mark.parametrize("width", [80, 60])
def test_no_name_is_cut_and_what_is_wrong_is_there_in_full(width: int) -> None:
    """A service and its publisher look alike without the ends of their names."""
    out = io.StringIO()
    Console(file=out, width=width).print(table(now()))
    lines = [line.rstrip() for line in out.getvalue().splitlines()]
    firsts = [line.split()[0] for line in lines if line and not line.startswith(" ")]
    assert [line.name for line in now().lines if line.name not in firsts] == []
    assert max(map(len, lines)) <= width
    assert f"visitor_access: {WRONG}" in " ".join(lines)
    assert "\u2026" not in out.getvalue()


def test_80_columns_hold_a_line_for_each_process() -> None:
    """The heading, eleven processes, what is wrong in two lines, the summary."""
    out = io.StringIO()
    Console(file=out, width=80).print(table(now()))
    assert len(out.getvalue().splitlines()) == 1 + 11 + 2 + 2


def test_nothing_is_wrapped_where_no_terminal_looks_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """A line for `grep` is a line."""
    monkeypatch.setattr(status, "look", lambda _home: now())
    monkeypatch.setattr(Home, "here", lambda: None)
    ran = foyer({}, "status")
    assert (ran.returncode, f"visitor_access: {WRONG}\n" in ran.stdout) == (1, True), ran.stdout
