"""Calendars are worked out in a child process: what costs too much time or memory ends there, and costs us nothing.

The child reads questions from its standard input and answers on its standard output, one line each; the bytes of the
calendars follow the question. It never sees an address or a password.
"""

import os
import resource
import select
import subprocess
import sys
import threading
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from services.staff_calendar.calendars.settings import Limits

MOST_MEMORY_KEPT = 250_000
"""Kilobytes; a child that has grown beyond ends after its answer, and the next question starts a fresh one."""


LOOK_SECONDS = 0.25
"""Between two looks at what the child has used up."""
PATIENCE = 4
"""So many times longer than its processor time may it take by the clock."""


class TooCostly(Exception):
    """Working out this resource took too much time or memory."""


class NoCalendar(ValueError):
    """The bytes are no calendar."""


class Reader:
    """The child, started when it is first asked. Safe for threads; it answers one after the other."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._child: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    def entries(self, ics: bytes, question: dict[str, Any]) -> list[dict[str, Any]]:
        """What expand.expand finds, as plain data. Raises NoCalendar or TooCostly."""
        with self._lock:
            return self._ask(ics, question)

    def _ask(self, ics: bytes, question: dict[str, Any]) -> list[dict[str, Any]]:
        child = self._started()
        assert child.stdin is not None  # noqa: S101  (opened as a pipe)
        try:
            child.stdin.write(orjson.dumps({**question, "size": len(ics)}) + b"\n")
            child.stdin.write(ics)
            child.stdin.flush()
            answer = orjson.loads(self._line(child))
        except (OSError, ValueError, TimeoutError) as error:
            self._end()
            raise TooCostly("working it out takes too long, or too much memory") from error
        if answer["last"]:
            self._end()
        if "not_a_calendar" in answer:
            raise NoCalendar(str(answer["not_a_calendar"]))
        entries: list[dict[str, Any]] = answer["entries"]
        return entries

    def _line(self, child: subprocess.Popen[bytes]) -> bytes:
        assert child.stdout is not None  # noqa: S101
        # Its own processor time counts: on a busy machine a good calendar takes longer, and is no worse for it.
        allowed = _processor_seconds(child.pid) + self._limits.expand_seconds
        deadline = time.monotonic() + PATIENCE * self._limits.expand_seconds
        parts: list[bytes] = []
        while not (parts and parts[-1].endswith(b"\n")):
            ready, _, _ = select.select([child.stdout], [], [], LOOK_SECONDS)
            if not ready:
                if time.monotonic() > deadline or _processor_seconds(child.pid) > allowed:
                    raise TimeoutError
                continue
            part = os.read(child.stdout.fileno(), 1 << 20)
            if not part:
                raise OSError("the child has ended")
            parts.append(part)
        return b"".join(parts)

    def _started(self) -> subprocess.Popen[bytes]:
        if self._child is None or self._child.poll() is not None:
            self._end()
            command = (sys.executable, "-m", "services.staff_calendar.calendars.reader", str(self._limits.memory))
            self._child = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
            )
        return self._child

    def _end(self) -> None:
        if self._child is not None:
            self._child.kill()
            self._child.wait()
            for pipe in (self._child.stdin, self._child.stdout):
                if pipe is not None:
                    _close(pipe)
            self._child = None

    def close(self) -> None:
        """End the child."""
        with self._lock:
            self._end()


def _processor_seconds(pid: int) -> float:
    """What a child of ours has used so far."""
    # After the name in brackets, which may hold anything; the eleventh and twelfth of the rest.
    told = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")


def _close(pipe: Any) -> None:
    try:
        pipe.close()
    except OSError:
        return  # bytes that it did not want any more


def serve(questions: BinaryIO, answers: BinaryIO) -> None:
    """The child's life: until nobody asks any more, or until it has grown too large."""
    while line := questions.readline():
        question = orjson.loads(line)
        ics = questions.read(question.pop("size"))
        answer = _answer(ics, question)
        # Said in the answer, so that nobody asks a child that is about to end.
        last = _memory() > MOST_MEMORY_KEPT
        answers.write(orjson.dumps({**answer, "last": last}) + b"\n")
        answers.flush()
        if last:
            return


def _memory() -> int:
    """Kilobytes in use now. Not ru_maxrss: Linux hands that of the parent on to the child, through exec."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() // 1024


def _answer(ics: bytes, question: dict[str, Any]) -> dict[str, Any]:
    from services.staff_calendar.calendars.expand import Question, Unreadable, expand

    try:
        return {"entries": [asdict(entry) for entry in expand(ics, Question(**question))]}
    except Unreadable as error:
        return {"not_a_calendar": str(error)}


def main(memory: int) -> None:
    """Run as a child: with so many bytes of address space at most, and never before the services."""
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    os.nice(5)
    serve(sys.stdin.buffer, sys.stdout.buffer)


if __name__ == "__main__":
    main(int(sys.argv[1]))
