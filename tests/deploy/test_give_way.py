"""Who may wait does so, also where Linux first shares its time out among sessions (sched(7), autogroup)."""

import subprocess
import sys
from pathlib import Path

import pytest

CHILD = """
import os
from pathlib import Path
from deploy import run

run._give_way(7)
group = Path("/proc/self/autogroup")
print(os.nice(0), group.read_text().split()[-1] if group.exists() else "none")
"""


@pytest.mark.parametrize(("alone", "said"), [(True, "7"), (False, "0")])
def test_a_session_gives_way_only_where_it_is_the_process_own(alone: bool, said: str) -> None:
    """In a session of others, as under `foyer up`, these would have to wait, too."""
    if not alone:
        said = _group() or said
    ran = subprocess.run(
        (sys.executable, "-c", CHILD), capture_output=True, text=True, check=True, start_new_session=alone
    )
    assert ran.stdout.split() == ["7", said if _group() else "none"]


def _group() -> str:
    """The niceness of the session that the tests run in; nothing where Linux has none."""
    group = Path("/proc/self/autogroup")
    return group.read_text().split()[-1] if group.exists() else ""
