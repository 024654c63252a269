"""Ctrl-C before `foyer` has begun, and a disk without space for what it prints."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

PROGRAM = """
import sys

loading = sys.argv[1]

class Pressed:
    def find_spec(self, name, path=None, target=None):
        if name == loading:
            raise KeyboardInterrupt

sys.meta_path.insert(0, Pressed())
sys.argv[1:] = ["streams"]
from deploy.entry import main
main()
"""


@pytest.mark.parametrize("loading", ["deploy.cli", "typer", "sqlalchemy", "deploy.commands.streams"])
def test_ctrl_c_while_the_command_is_loaded_is_one_sentence(loading: str) -> None:
    """Whatever is being loaded just then."""
    ran = subprocess.run([sys.executable, "-c", PROGRAM, loading], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout, ran.stderr) == (130, "", "Interrupted; nothing was changed.\n")


def test_output_for_which_there_is_no_space_is_one_sentence() -> None:
    """Also for what Python still holds back when it ends."""
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "deploy.cli", "--help"]
        ran = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (1, "No space is left where this is to be written.\n")
