"""Ctrl-C before `foyer` has begun."""

import subprocess
import sys

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
