"""Long logs: a read model is rebuilt and a log imported while both are killed again and again (`make soak`)."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from bench import logs
from deploy.parts import SERVICES, definition
from shared.app import App
from shared.beside import ALL, Beside
from shared.migrate import migrate
from shared.rebuild import rebuild
from tests.line import settings

EVENTS = int(os.environ.get("FOYER_SOAK_EVENTS", "200000"))
SURE = ("--yes", "--reason", "soak")


@pytest.fixture(scope="module")
def grown(servers_folder: Path) -> Path:
    """Five SQLite databases with long logs and their read tables."""
    day, folder = servers_folder / "day", servers_folder / "grown"
    day.mkdir()
    folder.mkdir()
    logs.day(day)
    pattern = f"sqlite:///{folder}/{{service}}.db"
    for service in SERVICES:
        migrate(definition(service), settings(folder, pattern, service))
    logs.grow(day, pattern, logs.copies(day, EVENTS))
    for service in SERVICES:
        app = App(definition(service), settings(folder, pattern, service))
        app.reload = lambda: None  # type: ignore[method-assign]
        rebuild(app)
        app.engine.dispose()
    return folder


def killed_until_done(home: Path, *words: str, already: str | None = None) -> int:
    """Run a command, `kill -9` it after a while, run it again, until it ends by itself; how often it was killed.

    `already`: what it says where the one before was killed with all its work done.
    """
    env = {**os.environ, "FOYER_HOME": str(home), "FOYER_DATABASE_URL": f"sqlite:///{home}/{{service}}.db"}
    chance = random.Random(4)
    for kills in range(100):
        process = subprocess.Popen(
            (sys.executable, "-m", "deploy.cli", *words), env=env, stderr=subprocess.PIPE, text=True
        )
        try:
            _, said = process.communicate(timeout=1.5 + kills * 0.3 + chance.random())
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            continue
        if process.returncode == 0 or (kills and already and already in said):
            return kills
        assert kills <= 50, said
        time.sleep(0.1)
    raise AssertionError("it never came to an end")


def differences(home: Path, service: str) -> list[Any]:
    app = App(definition(service), settings(home, f"sqlite:///{home}/{{service}}.db", service))
    found = [one.examples for one in Beside(app, ALL).differences() if one.found]
    app.engine.dispose()
    return found


@pytest.mark.timeout(1800)
def test_a_rebuild_that_is_killed_again_and_again_comes_to_its_end(grown: Path, home: Path) -> None:
    """And the read models are what the log says, at any time."""
    shutil.copy(grown / "visitor_access.db", home)
    assert killed_until_done(home, "rebuild", "visitor_access", "all", *SURE) > 0
    assert differences(home, "visitor_access") == []


@pytest.mark.timeout(1800)
def test_an_import_that_is_killed_again_and_again_comes_to_its_end(grown: Path, home: Path) -> None:
    """With every event once."""
    file, again = home / "log.zst", home / "again.zst"
    there = {**os.environ, "FOYER_HOME": str(grown), "FOYER_DATABASE_URL": f"sqlite:///{grown}/{{service}}.db"}
    here = there | {"FOYER_HOME": str(home), "FOYER_DATABASE_URL": f"sqlite:///{home}/{{service}}.db"}
    export = (sys.executable, "-m", "deploy.cli", "export", "rooms", "--output")
    subprocess.run((*export, str(file)), env=there, check=True)
    assert killed_until_done(home, "import", "rooms", str(file), *SURE, already="database is not empty") > 0
    subprocess.run((*export, str(again)), env=here, check=True)
    assert again.read_bytes() == file.read_bytes()
    assert differences(home, "rooms") == []
