"""What a service's process loads."""

import subprocess
import sys

import pytest

from deploy.run import COMMAND

pytestmark = pytest.mark.slow

PROGRAM = """
import sys
import eventlet
from deploy.run import _without_psycopg2
eventlet.monkey_patch(**_without_psycopg2())
from deploy.parts import service_class
service_class("rooms")
print(eventlet.patcher.is_monkey_patched("socket"), "psycopg2" in sys.modules)
"""


@pytest.mark.parametrize(
    ("url", "said"),
    [
        (None, "True False"),
        ("sqlite:///var/{service}.db", "True False"),
        ("postgresql+psycopg2://localhost/{service}", "True True"),
    ],
)
def test_the_driver_of_postgresql_is_loaded_where_it_is_used(
    monkeypatch: pytest.MonkeyPatch, url: str | None, said: str
) -> None:
    """It takes 5 MB; sockets wait in turns in any case."""
    monkeypatch.delenv("FOYER_DATABASE_URL", raising=False)
    if url is not None:
        monkeypatch.setenv("FOYER_DATABASE_URL", url)
    ask = [sys.executable, "-W", "ignore", "-c", PROGRAM]
    assert subprocess.run(ask, stdout=subprocess.PIPE, text=True, check=True).stdout.strip() == said


SLIM = """
import sys
from deploy.run import _without
_without("rich", "yaml")
from deploy.parts import service_class
service_class("booking")
print([name for name in ("rich", "yaml") if sys.modules.get(name)], service_class.__doc__)
"""


def test_a_process_does_without_what_it_has_no_use_for() -> None:
    """Neither module is needed, and there are no docstrings."""
    ask = [*COMMAND[:2], "-W", "ignore", "-c", SLIM]
    assert subprocess.run(ask, stdout=subprocess.PIPE, text=True, check=True).stdout.strip() == "[] None"


SHARED = """
import os
from tests import forks
forks.load("service")
open_ = [os.path.realpath(f"/proc/self/fd/{number}") for number in os.listdir("/proc/self/fd")]
print([name for name in open_ if "eventpoll" in name])
"""


def test_forks_share_nothing_that_they_wait_with() -> None:
    """Else the tests' services would wake each other without end."""
    ask = [sys.executable, "-W", "ignore", "-c", SHARED]
    assert subprocess.run(ask, stdout=subprocess.PIPE, text=True, check=True).stdout.strip() == "[]"
