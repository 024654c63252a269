"""What a supervisord that was killed leaves for a moment: its programs end with it, their broker shuts down first."""

import contextlib
import os
import signal

from deploy.home import CannotDo, Home
from deploy.servers.process import descendants, wait_until, with_setting


def orphans(home: Home) -> set[int]:
    """The process ids of what the supervisord of that home has started, and no longer watches."""
    started = with_setting(f"SUPERVISOR_SERVER_URL={home.supervisor_url}")
    return started.difference(_watched(home))


def end_orphans(home: Home, seconds: float = 60) -> None:
    """Return when all have ended; what has not after so many seconds is killed. Raises CannotDo where that fails."""
    with contextlib.suppress(TimeoutError):
        return wait_until(lambda: not orphans(home), seconds, "the end of what ran here")
    for pid in orphans(home):
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGKILL)
    try:
        wait_until(lambda: not orphans(home), 10, "the end of what ran here")
    except TimeoutError:
        left = ", ".join(map(str, sorted(orphans(home))))
        raise CannotDo(f"What ran here before does not end: processes {left}.") from None


def _watched(home: Home) -> list[int]:
    """What its supervisord looks after; nothing where it has ended, with or without removing the file."""
    try:
        return descendants(int(home.supervisor_pid.read_text()))
    except (OSError, ValueError):
        return []
