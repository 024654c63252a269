"""Each rule of who may import whom goes red when it is broken."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CORE = "events, commands, decider and every other pure module"

pytestmark = pytest.mark.slow


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The project's code, to be broken."""
    return copied(tmp_path)


def copied(tmp_path: Path) -> Path:
    for package in ("services", "shared", "deploy"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__", "web", "data"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What import-linter says about a copy that nobody has broken."""
    return lint(copied(tmp_path_factory.mktemp("unbroken")))


def lint(folder: Path) -> str:
    """What import-linter says about the code there, on one line."""
    program = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    ran = subprocess.run(
        (sys.executable, "-c", program, "--no-cache", "--no-logo"),
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    return " ".join(ran.stdout.split())


@pytest.mark.parametrize(
    ("file", "line", "contract"),
    [
        ("services/rooms/contracts.py", "from services.rooms import projections", "inside a service:"),
        ("services/rooms/decider.py", "from services.rooms import contracts", "inside a service:"),
        ("services/rooms/decider.py", "import sqlalchemy", CORE),
        ("services/rooms/events.py", "from shared import messages", CORE),
        ("services/rooms/a_new_kind_of_file.py", "import marshmallow", CORE),
        ("services/rooms/queries.py", "from services.booking import events", "no service imports another"),
        ("shared/codec.py", "from services.rooms import events", "shared knows no service"),
        ("services/rooms/service.py", "from deploy import parts", "services do not know how they are run"),
    ],
)
def test_a_wrong_import_breaks_its_rule(copy: Path, unbroken: str, file: str, line: str, contract: str) -> None:
    """A rule that can't go red guards nothing."""
    kept = unbroken.partition(contract)[2]
    assert kept.index("KEPT") < (kept + "BROKEN").index("BROKEN"), unbroken
    path = copy / file
    path.write_text((path.read_text() if path.exists() else "") + f"\n{line}\n")
    said = lint(copy)
    kept_or_broken = said.partition(contract)[2]
    assert kept_or_broken.index("BROKEN") < (kept_or_broken + "KEPT").index("KEPT"), said
