"""The entrypoint for what is done again and again, by a clock that nobody sets.

nameko's own timer goes by the machine's time of day: where that is set back, it waits for as long as it was set back.
"""

import time
from typing import Any

from eventlet.event import Event
from nameko.extensions import Entrypoint


class Interval(Entrypoint):
    """Calls the method every `seconds`, one run at a time; first after `seconds`, or at the start where `eager`.

    A run that took longer is followed by one at once, however many it has missed. An error of a run is logged by
    nameko, and the next comes.
    """

    def __init__(self, seconds: float, *, eager: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._seconds = seconds
        self._eager = eager
        self._stopping = Event()

    def start(self) -> None:
        """Called by nameko."""
        self._thread = self.container.spawn_managed_thread(self._run, identifier="Interval._run")

    def stop(self) -> None:
        """Called by nameko: the run at hand is finished."""
        self._stopping.send(True)
        self._thread.wait()

    def _run(self) -> None:
        due = time.monotonic() + (0.0 if self._eager else self._seconds)
        while not self._stopping.wait(max(0.0, due - time.monotonic())):
            self._work()
            due = max(due + self._seconds, time.monotonic())

    def _work(self) -> None:
        done = Event()

        def finish(_context: Any, result: Any, exc_info: Any) -> Any:
            done.send()
            return result, exc_info

        self.container.spawn_worker(self, (), {}, handle_result=finish)
        done.wait()


every = Interval.decorator
