"""What makes no sense on `foyer`'s command line is told in one sentence, with exit status 2; looking makes nothing."""

import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from deploy.parts import SERVICES
from deploy.states import states
from tests import command

WORDS = {
    ("nosuch",): "No such command 'nosuch'. There are up, down, status,",
    ("account", "nosuch"): "No such command 'nosuch'. There are add,",
    ("show",): "Missing argument 'appointment'. See `foyer show --help`.",
    ("show", "x", "--as", "picture"): "'picture' is not one of 'tree', 'table', 'json'. See `foyer show --help`.",
    ("tail", "--from", "0"): "Invalid value for '--from': Input should be greater than or equal to 1.",
    ("replay", "booking", "--rate", "-1"): "See `foyer replay start --help`.",
    ("replay", "booking", "--mode", "again"): "'again' is not one of 'redeliver', 'rebuild', 'redo'.",
    ("status", "--loud"): "No such option: --loud. See `foyer status --help`.",
    ("tail", "--since", "2999-01-01"): "--since 2999-01-01 lies ahead",
    ("tail", "--since", "0001-01-01T00:00Z"): "--since must be a time like 2026-11-23T10:20",
    ("audit", "--since", "0001-01-01"): "--since must be a time like 2026-11-23T10:20",
    ("audit", "--until", "9999-12-31T23:59:59-10:00"): "--until must be a time like 2026-11-23T10:20",
    ("replay", "booking", "--to", "rooms", "--since", "0001-01-01"): "--since must be a time like 2026-11-23T10:20",
}


@pytest.mark.parametrize("words", list(WORDS))
def test_wrong_words_are_answered_in_one_sentence(home: Path, words: tuple[str, ...]) -> None:
    """Without a frame around it, and on one line however narrow the terminal is thought to be."""
    ran = command.foyer({"FOYER_HOME": str(home)}, *words)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert WORDS[words] in ran.stderr
    assert ran.stderr.count("\n") == 1


LOOKING = (
    ("streams",),
    ("show", "x"),
    ("tail",),
    ("parked",),
    ("verify",),
    ("replay", "booking", "--to", "rooms", "--dry-run"),
)
REDO = ("replay", "notifications", "--mode", "redo", "--effect", "mail", "--id", "x", "--dry-run")
WITH_KEYS = (
    REDO,
    ("calendars",),
    ("calendars", "conflicts"),
    ("calendars", "wishes"),
    ("calendars", "add", "c-17", "https://example.org/"),
    ("explain", "pass", "--at", "2026-11-24"),
    ("export", "booking"),
    ("export", "--guest", "x"),
    ("rebuild", "booking"),
    ("forget", "--guest", "Ada"),
    ("forget", "--again", "x", "--dry-run"),
    ("audit",),
    ("replay", "list"),
    ("replay", "stop", "x"),
)


@pytest.mark.parametrize("words", [*LOOKING, *WITH_KEYS], ids=" ".join)
def test_where_nothing_ever_ran_it_is_said_and_nothing_is_made(home: Path, words: tuple[str, ...]) -> None:
    """No empty database that the next command would find, no key that somebody might take for the right one."""
    ran = command.foyer({"FOYER_HOME": str(home)}, *words)
    assert (ran.returncode, "has no database at" in ran.stderr) == (2, True), ran.stderr
    assert list(home.iterdir()) == []


def test_what_was_done_is_shown_also_where_only_one_service_has_a_log(home: Path) -> None:
    """One that was taken in; and in the ensemble's own folder, before anything was done."""
    (home / "booking.db").touch()
    foyer = partial(command.foyer, {"FOYER_HOME": str(home)})
    assert foyer("audit").stdout == "Nothing is recorded.\n"
    (home / "booking.db").unlink()
    assert foyer("replay", "list").stdout == "There was no replay yet.\n"


@pytest.mark.parametrize("user", ["nobody", "nobody:pa{ss}%7Bword"])
@pytest.mark.parametrize("words", LOOKING)
def test_a_postgresql_that_is_away_is_told(home: Path, words: tuple[str, ...], user: str) -> None:
    """With any URL that means PostgreSQL; a password may have braces."""
    url = f"postgresql://{user}@127.0.0.1:1/foyer_{{service}}"
    ran = command.foyer({"FOYER_HOME": str(home), "FOYER_DATABASE_URL": url}, *words)
    assert (ran.returncode, "Connection refused" in ran.stderr) == (2, True), ran.stderr


def test_a_home_may_have_braces(home: Path, migrated_databases: Callable[[str], Path]) -> None:
    """Only `{service}` stands for something."""
    town = home / "{town} {0} {"
    shutil.copytree(migrated_databases("sqlite"), town)
    foyer = partial(command.foyer, {"FOYER_HOME": str(town)})
    assert "No log knew an appointment 'x'" in foyer("show", "x").stderr
    assert foyer("verify").returncode == 0
    known = states(f"sqlite:///{town}/{{service}}.db", "x", None, ZoneInfo("UTC"))
    assert known == dict.fromkeys(SERVICES)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("FOYER_TIMEZONE", "Mars"),
        ("FOYER_AMQP_URL", "nonsense"),
        ("FOYER_DATABASE_URL", "mysql://x/{service}"),
        ("FOYER_DATABASE_URL", "postgresql://x/foyer"),
    ],
)
def test_a_wrong_setting_is_told(home: Path, name: str, value: str) -> None:
    """By its name."""
    foyer = partial(command.foyer, {"FOYER_HOME": str(home), name: value})
    ran = foyer("streams")
    assert (ran.returncode, name in ran.stderr, ran.stderr.count("\n")) == (2, True, 1), ran.stderr
