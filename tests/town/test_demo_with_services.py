"""`foyer demo` and `foyer catalogue` against the real services: HTTP, broker, databases, mail."""

from dataclasses import replace

import pytest
import typer
from typer.testing import CliRunner

from deploy.commands import catalogue
from deploy.commands import demo as command
from deploy.ensemble import Ensemble
from deploy.guarantees import GUARANTEES
from deploy.town import facts

MORNING = 60


def test_the_demo_plays_a_morning_and_all_guarantees_hold(ensemble: Ensemble, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twice: the second time the town is there already, and only its guests are new."""
    for name, value in ensemble.env.items():
        monkeypatch.setenv(name, value)
    town = facts.load()
    monkeypatch.setattr(facts, "load", lambda: replace(town, demand=town.demand[:MORNING]))
    app = typer.Typer()
    app.command()(command.demo)
    for _ in range(2):
        result = CliRunner().invoke(app, ["--seconds", "3"])
        assert result.exit_code == 0, result.output
        assert result.output.count("holds") == len(GUARANTEES)
    again = CliRunner().invoke(catalogue.app, ["import", str(facts.GUETERSLOH / "concerns.csv")])
    assert "The catalogue is already as in the file." in again.output
