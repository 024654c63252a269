"""One program of ours: started in a session of its own, stopped with all its children, never by name."""

import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Protocol

LAST_LINES = 15
_OURS = "foyer-run-"
_MADE_JUST_NOW = 60
"""Seconds; somebody else's new folder is locked a moment after it is made."""


class ServerFailed(RuntimeError):
    """A server did not start or stop as it should; the message ends with the last lines of its log."""


def wait_until(ready: Callable[[], object], seconds: float, what: str, interval: float = 0.05) -> None:
    """Return as soon as `ready()` is true; raise TimeoutError naming `what` after `seconds`.

    What takes long is asked for ever more seldom, up to every quarter of a second: to ask takes time from it.
    """
    deadline = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {seconds:g} s")
        time.sleep(interval)
        interval = max(interval, min(interval * 1.1, 0.25))


def descendants(pid: int) -> list[int]:
    """The process ids of all children of `pid`, and of theirs."""
    parents: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            # After the name in brackets, which may hold anything, come the state and the parent.
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
            parents.setdefault(parent, []).append(int(stat.parent.name))
    family = list(parents.get(pid, ()))
    for child in family:
        family.extend(parents.get(child, ()))
    return family


def with_setting(setting: str) -> set[int]:
    """The process ids of this user's programs that were started with `NAME=value` in their environment."""
    found: set[int] = set()
    for environment in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):
            if os.fsencode(setting) in environment.read_bytes().split(b"\0"):
                found.add(int(environment.parent.name))
    return found


def tied(how: signal.Signals) -> tuple[str, ...]:
    """What, put before a command, makes the kernel send it this signal when its parent ends, however that does.

    The kernel means the thread that started it.
    """
    return ("setpriv", "--pdeathsig", how.name.removeprefix("SIG"), "--") if shutil.which("setpriv") else ()


def _tied() -> tuple[str, ...]:
    """A killed test run leaves no server behind; only the main thread ties, which lives as long as the process."""
    return tied(signal.SIGTERM) if threading.current_thread() is threading.main_thread() else ()


class Begun(Protocol):
    """What is used of `subprocess.Popen`."""

    pid: int

    def poll(self) -> int | None: ...

    def wait(self, timeout: float | None = None) -> int: ...

    def send_signal(self, sig: int) -> None: ...


@dataclass(slots=True)
class Process:
    """A program with its log file. `env` is added to the environment of this process."""

    name: str
    command: Sequence[str]
    log: Path
    env: Mapping[str, str] = field(default_factory=dict)
    cwd: Path | None = None
    _popen: Begun | None = None

    def start(self) -> None:
        """Start it, if it does not run."""
        if self.running:
            return
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self._popen = self.begin(log)

    def begin(self, log: BinaryIO) -> Begun:
        """A process of it that writes into `log`."""
        return subprocess.Popen(
            (*_tied(), *self.command),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=self.environment(),
            cwd=self.cwd,
            start_new_session=True,
        )

    def environment(self) -> dict[str, str]:
        """All environment variables that the program gets."""
        return {**os.environ, **self.env}

    @property
    def started(self) -> bool:
        """Whether it was ever started."""
        return self._popen is not None

    @property
    def running(self) -> bool:
        return self._popen is not None and self._popen.poll() is None

    @property
    def pid(self) -> int:
        """The process id; raises ServerFailed where it was never started."""
        if self._popen is None:
            raise ServerFailed(f"{self.name} was never started")
        return self._popen.pid

    def terminate(self, how: signal.Signals = signal.SIGTERM) -> None:
        """Ask it to end; don't wait."""
        if self._popen is not None and self.running:
            self._popen.send_signal(how)

    def stop(self, how: signal.Signals = signal.SIGTERM, seconds: float = 20) -> None:
        """Ask it to end; after `seconds`, end it and whatever it left behind."""
        if self._popen is None:
            return
        if self.running:
            self.terminate(how)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._popen.wait(seconds)
        self.kill()

    def kill(self) -> None:
        """End it and its children at once, as a power cut would (`kill -9`)."""
        if self._popen is None:
            return
        pid = self._popen.pid
        if self.running:
            # Children first, and by parent: PostgreSQL's workers lead process groups of their own.
            for one in (pid, *descendants(pid)):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(one, signal.SIGKILL)
        elif Path(f"/proc/{pid}").exists():
            return  # a stranger has that number now, which nobody gets as long as anybody is left of the group
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)
        self._popen.wait()

    def wait_ready(self, ready: Callable[[], object], seconds: float = 60) -> None:
        """Return when `ready()` is true; raise ServerFailed when the process ends before, or after `seconds`."""
        try:
            wait_until(lambda: not self.running or ready(), seconds, self.name)
        except TimeoutError as error:
            self.stop()
            raise ServerFailed(f"{error}\n{self.last_lines()}") from error
        if not self.running:
            raise ServerFailed(f"{self.name} ended before it was ready\n{self.last_lines()}")

    def last_lines(self, count: int = LAST_LINES) -> str:
        """The end of its log."""
        if not self.log.exists():
            return ""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-count:])


@contextlib.contextmanager
def temporary_folder() -> Iterator[Path]:
    """A folder for throwaway servers: short enough for socket paths, and one that PostgreSQL's own user may enter.

    Those of runs that were killed are removed: some hundred MB each, and often of memory.
    """
    for left in Path(tempfile.gettempdir()).glob(f"{_OURS}*"):
        with contextlib.suppress(OSError):
            if time.time() - left.stat().st_mtime > _MADE_JUST_NOW and _unused(left):
                shutil.rmtree(left, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=_OURS))
    lock = os.open(folder, os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_EX)
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


def _unused(folder: Path) -> bool:
    """Whether nobody has it locked, as whoever uses it does as long as it lives."""
    lock = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(lock)
    return True
