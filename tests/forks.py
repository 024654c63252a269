"""What `tests.nursery` starts: loads the code of one kind of process, and forks whenever a line asks for it."""

import ctypes
import gc
import json
import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from deploy import parts, run
from deploy.quiet import hush
from tests.shared import processes

_PR_SET_PDEATHSIG = 1
Program = Callable[[list[str]], int]
"""What a child runs; it is given its arguments."""


def main(kind: str) -> None:
    """Fork for every line of standard input, and say the child's process id, until there are no more."""
    program = load(kind)
    gc.collect()
    gc.freeze()  # else the first collection of each child would copy all pages
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # no child is to be waited for
    me = os.getpid()
    for line in sys.stdin.buffer:
        child = os.fork()
        if not child:
            begin(program, json.loads(line), me)
            return
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()


def load(kind: str) -> Program:
    """What a process of that kind loads; returns what it runs."""
    hush()
    match kind:
        case "service":
            run.make_green()
            import nameko.runners  # noqa: F401

            for name in parts.SERVICES:
                parts.service_class(name)
            _wait_apart()
        case "publisher":
            from shared import archive, config, logs, publisher  # noqa: F401

            for name in parts.SERVICES:
                parts.place(name)
        case "calendars":
            from services.staff_calendar.calendars import process  # noqa: F401

            parts.definition("staff_calendar")
        case "toy-service":
            processes.load_service()
            _wait_apart()
        case "toy-publisher":
            processes.load_publisher()
    return processes.main if kind.startswith("toy-") else run.main


def _wait_apart() -> None:
    # Loading has begun a loop; children that share what it waits with would wake each other without end.
    from eventlet import hubs

    hubs.get_hub().poll.close()
    hubs.use_hub()


def begin(program: Program, order: dict[str, Any], parent: int) -> None:
    """Be the program that was asked for."""
    os.setsid()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        return  # it ended before we were tied to it
    log = os.open(order["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    for old, new in ((os.open(os.devnull, os.O_RDONLY), 0), (log, 1), (log, 2)):
        os.dup2(old, new)
    os.environ.clear()
    os.environ.update(order["env"])
    sys.exit(program(order["arguments"]))


if __name__ == "__main__":
    main(sys.argv[1])
