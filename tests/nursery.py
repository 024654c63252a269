"""Processes as forks of one that has loaded all code: the ten of an ensemble take one second of CPU, not ten.

    with Nursery(folder) as nursery:
        Ensemble(home, ..., process=nursery.process)

A fork runs `deploy.run.main` as the command would, with an environment, a session and a log of its own, and is ended
by signals like any other. What the command line itself does, the tests of `foyer up` see.
"""

import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from deploy.run import COMMAND
from deploy.servers.process import Begun, Process
from tests.shared import processes

PROGRAMS = {COMMAND: "", processes.COMMAND: "toy-"}
"""What can be forked, and how the kinds of its processes are called before the first argument."""
ENDED = 0
"""The status of every child that has ended: nobody asks how."""


class Nursery:
    """A process of each kind to fork from: services are patched by eventlet before all else, others are not."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._parents: dict[str, _Parent] = {}

    def process(self, name: str, command: Sequence[str], log: Path, env: Mapping[str, str]) -> Process:
        """A Process, of any command."""
        return _Forked(name, command, log, env, parent=self._parent)

    def _parent(self, kind: str) -> "_Parent":
        if kind not in self._parents:
            self._parents[kind] = _Parent(kind, self._folder / f"nursery-{kind}.log")
        return self._parents[kind]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for parent in self._parents.values():
            parent.end()


class _Parent:
    """Loads the code of one kind, and forks for who asks."""

    def __init__(self, kind: str, log: Path) -> None:
        with log.open("ab") as file:
            self._popen = subprocess.Popen(
                (sys.executable, "-OO", "-m", "tests.forks", kind),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=file,
                start_new_session=True,
            )

    def fork(self, arguments: Sequence[str], env: dict[str, str], log: Path) -> "_Child":
        """A child that runs with these arguments."""
        assert self._popen.stdin
        assert self._popen.stdout
        order = {"arguments": arguments, "env": env, "log": str(log)}
        self._popen.stdin.write(json.dumps(order).encode() + b"\n")
        self._popen.stdin.flush()
        return _Child(int(self._popen.stdout.readline()))

    def end(self) -> None:
        """Once its children have ended."""
        self._popen.communicate()


class _Child:
    """As `subprocess.Popen`, of a process that is not our own child."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        try:
            self._file: int | None = os.pidfd_open(pid)
        except ProcessLookupError:
            self._file = None

    def poll(self) -> int | None:
        """None while it runs."""
        return self._ended(0)

    def wait(self, timeout: float | None = None) -> int:
        """Raises subprocess.TimeoutExpired."""
        ended = self._ended(None if timeout is None else timeout * 1_000)
        if ended is None:
            raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
        return ended

    def _ended(self, milliseconds: float | None) -> int | None:
        if self._file is None:
            return ENDED
        look = select.poll()
        look.register(self._file, select.POLLIN)
        if not look.poll(milliseconds):
            return None
        os.close(self._file)
        self._file = None
        return ENDED

    def send_signal(self, sig: int) -> None:
        """Nothing happens where it has ended."""
        if self._file is not None:
            signal.pidfd_send_signal(self._file, sig)


@dataclass(slots=True)
class _Forked(Process):
    """What is none of the commands that can be forked is started as ever."""

    parent: Callable[[str], _Parent] = field(kw_only=True)

    def begin(self, log: BinaryIO) -> Begun:
        """A fork."""
        for program, prefix in PROGRAMS.items():
            if tuple(self.command[: len(program)]) == program:
                arguments = self.command[len(program) :]
                return self.parent(prefix + arguments[0]).fork(arguments, self.environment(), self.log)
        return Process.begin(self, log)
