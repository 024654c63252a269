"""What `tests.nursery` starts: loads the code of services, or of publishers, and forks whenever a line asks for it."""

import ctypes
import gc
import json
import os
import signal
import sys
from typing import Any

from deploy import parts, run
from deploy.quiet import hush

_PR_SET_PDEATHSIG = 1


def main(kind: str) -> None:
    """Fork for every line of standard input, and say the child's process id, until there are no more."""
    load(kind)
    gc.collect()
    gc.freeze()  # else the first collection of each child would copy all pages
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # no child is to be waited for
    me = os.getpid()
    for line in sys.stdin.buffer:
        child = os.fork()
        if not child:
            begin(json.loads(line), me)
            return
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()


def load(kind: str) -> None:
    """What `deploy.run` loads for one of that kind."""
    hush()
    if kind == "service":
        run.make_green()
        import nameko.runners  # noqa: F401
        from eventlet import hubs

        for name in parts.SERVICES:
            parts.service_class(name)
        # Loading has begun a loop; children that share what it waits with would wake each other without end.
        hubs.get_hub().poll.close()
        hubs.use_hub()
    else:
        from shared import archive, config, logs, publisher  # noqa: F401

        for name in parts.SERVICES:
            parts.place(name)


def begin(order: dict[str, Any], parent: int) -> None:
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
    sys.exit(run.main(order["arguments"]))


if __name__ == "__main__":
    main(sys.argv[1])
