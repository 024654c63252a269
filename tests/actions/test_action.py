"""Whatever operations do is shown, agreed to, and recorded with who, why and result, however it ends."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer
from click.testing import Result
from typer.testing import CliRunner

from deploy.commands.audit import audit
from deploy.home import BadInput, CannotDo
from deploy.operations.action import DryRun, How, Json, Outcome, Plan, Reason, Run, Who, Yes, perform
from deploy.operations.log import NAME, opened
from deploy.servers import PostgreSQL

Do = Callable[[Run], Outcome]
done: list[str] = []


def command(do: Do) -> typer.Typer:
    """A command that changes something."""
    app = typer.Typer()

    @app.command()
    def change(
        dry_run: DryRun = False, yes: Yes = False, reason: Reason = "", who: Who = "", json: Json = False
    ) -> None:
        perform(Plan("change", "rooms", ("3 rows change.",), {"rows": 3}), How(dry_run, yes, reason, who, json), do)

    return app


def fine(run: Run) -> Outcome:
    """Does it."""
    done.append(run.action)
    return Outcome(("3 rows changed.",), {"changed": 3})


def run(do: Do, *arguments: str) -> Result:
    """What the command says."""
    done.clear()
    return CliRunner().invoke(command(do), arguments)


def recorded(*arguments: str) -> list[dict[str, Any]]:
    """What `foyer audit --json` shows."""
    app = typer.Typer()
    app.command()(audit)
    result = CliRunner().invoke(app, [*arguments, "--json"])
    assert result.exit_code == 0, result.output
    found: list[dict[str, Any]] = json.loads(result.output)
    return found


def test_a_dry_run_shows_the_plan_and_does_nothing(operations: str) -> None:
    """Nor is anything recorded."""
    result = run(fine, "-n")
    assert (result.exit_code, done) == (0, [])
    assert result.output.splitlines() == ["3 rows change.", "Nothing was done (--dry-run)."]
    assert json.loads(run(fine, "-n", "--json").output)["plan"] == {"rows": 3}
    assert recorded() == []


def test_what_was_done_is_recorded_with_who_and_why(operations: str) -> None:
    """Before and after."""
    result = run(fine, "--yes", "--reason", "it was wrong", "--who", "Ada")
    assert result.output.splitlines() == ["3 rows change.", "3 rows changed."]
    [row] = recorded()
    assert row["action"] == done[0]
    assert [row[name] for name in ("what", "target", "who", "reason", "status", "plan", "outcome")] == [
        *("change", "rooms", "Ada", "it was wrong", "done"),
        *({"rows": 3}, {"changed": 3}),
    ]
    assert recorded("--by", "Ada", "--what", "change", "--target", "rooms") == [row]
    assert recorded("--by", "Grace") == recorded("--until", "2020-01-01") == []
    assert recorded(row["action"]) == row  # type: ignore[comparison-overlap]


def test_without_yes_or_a_reason_nothing_is_done(operations: str) -> None:
    """Where nobody can be asked."""
    for arguments, error in (
        (("--reason", "x"), CannotDo),
        (("--yes",), BadInput),
        (("--yes", "--reason", " "), BadInput),
        (("--yes", "--reason", "a\nb"), BadInput),
        (("--yes", "--reason", "x" * 501), BadInput),
    ):
        result = run(fine, *arguments)
        assert isinstance(result.exception, error), arguments
        assert done == []
    assert recorded() == []


def test_an_action_that_fails_says_so(operations: str) -> None:
    """With its sentence; of an error that nobody meant, only its kind: it may quote somebody."""

    def cannot(_run: Run) -> Outcome:
        raise CannotDo("There is no such table.")

    def breaks(_run: Run) -> Outcome:
        raise RuntimeError("Ada Lovelace")

    for do in (cannot, breaks):
        assert run(do, "--yes", "--reason", "x").exit_code == 1
    assert [(row["status"], row["outcome"]) for row in recorded()] == [
        ("failed", {"because": "There is no such table."}),
        ("failed", {"because": "RuntimeError"}),
    ]


def test_what_is_not_well_ends_with_1(operations: str) -> None:
    """It was done all the same."""
    result = run(lambda _run: Outcome(("2 differ.",), {"differ": 2}, status=1), "--yes", "--reason", "x")
    assert (result.exit_code, result.output.splitlines()[-1]) == (1, "2 differ.")
    assert recorded()[0]["status"] == "not well"


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM])
def test_who_interrupts_is_told_how_to_go_on(operations: str, by: signal.Signals) -> None:
    """Ctrl-C, or the end of the session."""

    def long(run: Run) -> Outcome:
        run.go_on = "`foyer change resume` goes on."
        os.kill(os.getpid(), by)
        return Outcome()

    result = run(long, "--yes", "--reason", "x")
    assert result.exit_code == 130
    assert "Interrupted. `foyer change resume` goes on." in result.output
    assert recorded()[0]["outcome"] == {"go_on": "`foyer change resume` goes on."}


def test_what_a_kill_has_ended_is_shown_so(operations: str) -> None:
    """Nobody could record its end."""
    program = (
        "import os, signal\nfrom deploy.operations.action import *\n"
        "do = lambda run: os.kill(os.getpid(), signal.SIGKILL)\n"
        "perform(Plan('change', 'rooms', ()), How(yes=True, reason='x'), do)\n"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == -signal.SIGKILL
    assert [row["status"] for row in recorded()] == ["killed"]


def test_where_nothing_can_be_recorded_nothing_is_done(operations: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says which database is missing."""
    monkeypatch.setenv("FOYER_DATABASE_URL", "postgresql://nobody:x@127.0.0.1:1/{service}")
    result = run(fine, "--yes", "--reason", "x")
    assert isinstance(result.exception, BadInput)
    assert "{service} = operations" in str(result.exception)
    assert done == []


def test_the_log_is_made_once(operations: str) -> None:
    """The second opening finds it as it is."""
    for _ in range(2):
        with opened() as log, log.read() as connection:
            assert connection is not None


def test_a_database_that_is_missing_on_postgresql_is_made(
    home: Path, postgres: PostgreSQL, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The five of the services are made by whoever installs; this one makes itself."""
    name = f"{home.name}_{NAME}"
    monkeypatch.setenv("FOYER_HOME", str(home))
    monkeypatch.setenv("FOYER_DATABASE_URL", postgres.url(f"{home.name}_{{service}}"))
    try:
        for _ in range(2):
            assert recorded() == []
    finally:
        postgres.drop_database(name)
