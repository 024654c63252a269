"""Set-up that was interrupted is made good by the next run, with a Python and a pip that only say what they did."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# `python -m venv` and pip; where INTERRUPTED names what they do, they leave it half done, and Ctrl-C ends all.
PYTHON = """#!/bin/sh
interrupted() {
    [ -n "$INTERRUPTED" ] || return 0
    case "$*" in *"$INTERRUPTED"*) touch .venv/half && kill -INT $PPID $$ ;; esac
}
case "$*" in
    *"-m venv"*)
        case "$*" in *--clear*) rm -rf .venv ;; esac
        mkdir -p .venv/bin
        cp "$0" .venv/bin/python
        cp "$0" .venv/bin/pip
        ;;
esac
interrupted "$@"
case "$*" in
    *editable*) touch .venv/bin/foyer && chmod +x .venv/bin/foyer ;;
esac
"""
NPM = """#!/bin/sh
rm -rf node_modules
kill -INT $PPID $$
"""

Run = Callable[..., int]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """A command in an empty clone; its exit status."""
    for name, text in (("python", PYTHON), ("npm", NPM)):
        (tmp_path / "bin").mkdir(exist_ok=True)
        (tmp_path / "bin" / name).write_text(text)
        (tmp_path / "bin" / name).chmod(0o755)
    (tmp_path / "deploy").symlink_to(ROOT / "deploy")

    def run(*command: str, interrupted: str = "") -> int:
        own = {"PYTHON": str(tmp_path / "bin/python"), "INTERRUPTED": interrupted}
        env = {**os.environ, **own, "PATH": f"{tmp_path}/bin:{os.environ['PATH']}"}
        return subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, check=False).returncode

    return run


SET_UP = ("sh", "deploy/prepare.sh", "venv", "requirements.txt")


@pytest.mark.parametrize("moment", ["-m venv", "requirements-pip.txt", "requirements.txt", "editable"])
def test_what_an_interrupted_set_up_leaves_is_made_anew(run: Run, tmp_path: Path, moment: str) -> None:
    """Whenever Ctrl-C was pressed; stamps of what was there before go, too."""
    run(*SET_UP)
    stamp = tmp_path / ".venv/.runtime"
    stamp.touch()
    (tmp_path / ".venv/bin/foyer").unlink()
    (tmp_path / ".venv/bin/python").unlink()
    assert run(*SET_UP, interrupted=moment) != 0
    assert (tmp_path / ".venv/half").exists()
    assert not stamp.exists()
    assert run(*SET_UP) == 0
    assert (tmp_path / ".venv/bin/foyer").exists()
    assert not (tmp_path / ".venv/half").exists()


def test_what_is_whole_is_kept(run: Run, tmp_path: Path) -> None:
    """A second set-up adds to it."""
    run(*SET_UP)
    (tmp_path / ".venv/kept").touch()
    assert run("sh", "deploy/prepare.sh", "venv", "requirements-dev.txt") == 0
    assert (tmp_path / ".venv/kept").exists()


def test_what_is_older_than_its_mark_is_kept(run: Run, tmp_path: Path) -> None:
    """A working environment is not cleared because an earlier set-up left no mark in it."""
    run(*SET_UP)
    (tmp_path / ".venv/.whole").unlink()
    (tmp_path / ".venv/kept").touch()
    assert run(*SET_UP) == 0
    assert (tmp_path / ".venv/kept").exists()


def test_what_was_whole_before_it_was_interrupted_is_made_anew(run: Run, tmp_path: Path) -> None:
    """It has all commands, as one that is older than its mark."""
    run(*SET_UP)
    assert run("sh", "deploy/prepare.sh", "venv", "requirements-dev.txt", interrupted="requirements-dev.txt") != 0
    assert (tmp_path / ".venv/bin/foyer").exists()
    assert (tmp_path / ".venv/half").exists()
    assert run(*SET_UP) == 0
    assert not (tmp_path / ".venv/half").exists()


def test_pages_that_npm_has_begun_to_replace_are_installed_again(run: Run, tmp_path: Path) -> None:
    """Their stamps go before npm removes what is there."""
    run(*SET_UP)
    stamps = [tmp_path / ".venv" / name for name in (".pages", ".pages-dev")]
    for stamp in stamps:
        stamp.touch()
    assert run("sh", "deploy/prepare.sh", "pages", "dev") != 0
    assert not any(stamp.exists() for stamp in stamps)
