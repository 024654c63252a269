"""Several callers at one writer, all of them waiting before the first is served."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from deploy.servers import wait_until
from shared.app import App
from shared.session import Session


@dataclass
class Doorstop:
    """A job that keeps its writer busy until it is told to let go."""

    let_go: threading.Event = field(default_factory=threading.Event)
    running: threading.Event = field(default_factory=threading.Event)

    def commands(self) -> tuple[()]:
        """None."""
        return ()

    def run(self, _session: Session) -> None:
        """Wait."""
        self.running.set()
        assert self.let_go.wait(20)


def together(app: App, *calls: Callable[[], Any]) -> list[Any]:
    """What each call returned or raised, in their order, when all had handed in their job before any was served."""
    doorstop = Doorstop()
    writer = app.writer
    with ThreadPoolExecutor(len(calls) + 1) as pool:
        first = pool.submit(writer.submit, doorstop)
        assert doorstop.running.wait(20)
        futures = []
        for n, call in enumerate(calls, 1):
            futures.append(pool.submit(call))
            wait_until(lambda n=n: len(writer._waiting) == n, 20, f"{n} callers wait", interval=0.001)  # type: ignore[misc]
        doorstop.let_go.set()
        first.result(20)
        return [_outcome(future) for future in futures]


def _outcome(future: "Future[Any]") -> Any:
    error = future.exception(20)
    return future.result() if error is None else error
