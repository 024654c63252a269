"""`foyer account`: made, shown, given a password or a token, ended, closed; recorded without any secret."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from deploy import accounts
from deploy.commands import account
from deploy.operations.log import opened
from deploy.operations.projections import actions
from deploy.town.calls import Refused
from services.booking.service import Booking, BookingService
from services.booking.sign_in import door
from shared.sessions import Session
from tests.over_http import over_http

Foyer = Callable[..., Result]


@pytest.fixture
def database_kind() -> str:
    """One is enough."""
    return "sqlite"


@pytest.fixture
def foyer(booking: Booking, monkeypatch: pytest.MonkeyPatch, home: Path) -> Foyer:
    """The command, in front of booking without a port."""
    http = over_http(BookingService, booking)

    class Here(account.Calls):
        def _call(self, method: str, service: str, path: str, token: str = "", **how: Any) -> Any:
            answer = http.open(path, method=method, json=how.get("json"))
            if answer.status_code >= 400:
                raise Refused(answer.status_code, answer.get_json())
            return answer.get_json() if answer.data else None

    monkeypatch.setattr(account, "Calls", Here)
    monkeypatch.setenv("FOYER_HOME", str(home))
    monkeypatch.setenv("FOYER_DATABASE_URL", f"sqlite:///{home}/{{service}}.db")
    return lambda *words, typed="": CliRunner().invoke(account.app, words, input=typed, catch_exceptions=True)


def _sign_in(booking: Booking, password: str) -> bool:
    return isinstance(door.sign_in(booking, "desk-1", password, "127.0.0.1"), Session)


def test_an_account_is_made_with_a_password_that_is_shown_once(booking: Booking, foyer: Foyer) -> None:
    """And recorded, but not the password."""
    made = foyer("add", "desk-1", "--role", "info_desk")
    assert made.exit_code == 0, made.output
    password = re.findall(r"Password: (\S+)", made.output)[0]
    assert _sign_in(booking, password)
    with opened() as log, log.read() as connection:
        rows = [dict(row) for row in connection.execute(actions.select()).mappings()]
    assert [row["what"] for row in rows] == ["account add"]
    assert password not in str(rows)
    shown = foyer("list", "--json").output
    assert json.loads(shown[shown.index("[\n") :]) == [  # what booking logs in this process comes before it
        {"account": "desk-1", "roles": ["info_desk"], "person": None, "open": True}
    ]
    assert "desk-1" in foyer("list").output


def test_a_password_may_come_from_a_program(booking: Booking, foyer: Foyer) -> None:
    """On standard input; it is not printed."""
    foyer("add", "desk-1", "--role", "info_desk")
    done = foyer("password", "desk-1", "--password-stdin", typed="correct horse battery\n")
    assert done.exit_code == 0, done.output
    assert "horse" not in done.output
    assert _sign_in(booking, "correct horse battery")


def test_what_is_made_can_be_taken_back(booking: Booking, foyer: Foyer) -> None:
    """Tokens and sessions, and the account."""
    foyer("add", "desk-1", "--role", "info_desk")
    assert re.search(r"Token: fyr_\S+", foyer("token", "desk-1").output)
    assert foyer("end", "desk-1", "--yes", "--reason", "lost").exit_code == 0
    assert foyer("close", "desk-1", "--yes", "--reason", "left").exit_code == 0
    assert not booking.state("account-desk-1").open


@pytest.mark.parametrize("what", ["end", "close"])
def test_what_takes_something_away_can_be_looked_at_first(booking: Booking, foyer: Foyer, what: str) -> None:
    """As whoever gives no --yes is told."""
    foyer("add", "desk-1", "--role", "info_desk")
    shown = foyer(what, "desk-1", "--dry-run")
    assert (shown.exit_code, shown.output.count("Nothing was done (--dry-run).")) == (0, 1), shown.output
    assert booking.state("account-desk-1").open


def test_who_closes_what_is_closed_is_told(foyer: Foyer) -> None:
    """It is as they wanted it, but not by them."""
    foyer("add", "desk-1", "--role", "info_desk")
    close = ("close", "desk-1", "--yes", "--reason", "left")
    assert foyer(*close).output.endswith("\nClosed.\n")
    again = foyer(*close)
    assert (again.exit_code, "Account desk-1 is closed already.\n" in again.output) == (0, True), again.output
    assert again.output.endswith("\nNothing has changed.\n")


@pytest.mark.parametrize("what", ["password", "token", "end", "close"])
def test_of_an_account_that_is_not_there_nothing_is_planned_or_recorded(foyer: Foyer, what: str) -> None:
    """A plan for it would say that there is one; those that there are help more."""
    foyer("add", "desk-1", "--role", "info_desk")
    done = foyer(what, "nobody")
    assert str(done.exception) == "There is no account 'nobody'; there are: desk-1."
    assert "nobody" not in done.output
    with opened() as log, log.read() as connection:
        assert [row.what for row in connection.execute(actions.select())] == ["account add"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("add", "X", "--role", "clerk"), "small letters"),
        (("add", "desk-1", "--role", "king"), "No role is called 'king'; there are clerk, info_desk,"),
        (("add", "desk-1", "--role", "clerk"), "which clerk"),
        (("close", "nobody", "--yes", "--reason", "x"), "nobody"),
        (("password", "nobody"), "nobody"),
        (("password", "desk-1", "--password-stdin"), "standard input"),
    ],
    ids=str,
)
def test_what_makes_no_sense_is_said(foyer: Foyer, words: tuple[str, ...], says: str) -> None:
    """With status 2."""
    done = foyer(*words)
    error = done.exception
    assert getattr(error, "status", done.exit_code) == 2
    assert says in f"{done.output} {error}"


@pytest.mark.parametrize(
    "words",
    [
        ("add", "--role", "info_desk"),
        ("password",),
        ("token",),
        ("end", "--yes", "--reason", "x"),
        ("close", "--yes", "--reason", "x"),
    ],
    ids=" ".join,
)
def test_a_name_that_no_account_can_have_reaches_no_url(foyer: Foyer, words: tuple[str, ...]) -> None:
    """It might mean something else there; nothing is recorded either."""
    for name in ("", "desk-1/sessions", "desk-1?x", "%64esk-1"):
        done = foyer(*words, name)
        assert getattr(done.exception, "status", None) == 2
        assert "2 to 40 small letters" in str(done.exception)
    with opened() as log, log.read() as connection:
        assert connection.execute(actions.select()).all() == []


def test_passwords_that_are_made_are_long_and_none_is_like_another() -> None:
    """And long enough for the door."""
    made = {accounts.new_password() for _ in range(100)}
    assert len(made) == 100
    assert all(len(one) >= 16 for one in made)
