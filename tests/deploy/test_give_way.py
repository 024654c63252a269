"""Who may wait does so, also where Linux first shares its time out among sessions (sched(7), autogroup)."""

import subprocess
import sys

import pytest

CHILD = """
import os
from pathlib import Path
from deploy import run

def session():
    "Its niceness; none where Linux has no such groups, or has left this process out of them."
    group = Path("/proc/self/autogroup")
    said = group.read_text().split() if group.exists() else []
    return said[-1] if said else "none"

before = session()
run._give_way(7)
print(os.nice(0), before, session())
"""


@pytest.mark.parametrize("alone", [True, False])
def test_a_session_gives_way_only_where_it_is_the_process_own(alone: bool) -> None:
    """In a session of others, as under `foyer up`, these would have to wait, too."""
    ran = subprocess.run(
        (sys.executable, "-c", CHILD), capture_output=True, text=True, check=True, start_new_session=alone
    )
    niceness, before, after = ran.stdout.split()
    assert niceness == "7"
    assert after == ("7" if alone and before != "none" else before)
