"""A bad day for a line: what is said comes twice or thrice, shuffled, in batches, while processes die in between."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random

from deploy.parts import SERVICES
from services.booking.appointment import Refused
from shared.app import Delivery
from shared.web import Problem
from shared.writer import Unavailable
from tests.line import WRONG, Killed, Line, commit_goes_wrong


@dataclass
class Chaos:
    """Plays the broker badly, and everything else that may go wrong. `random` decides all of it.

    `faults`: how likely it is that something goes wrong with one delivery or one call.
    """

    line: Line
    random: Random
    faults: float = 0.3
    waiting: dict[str, list[Delivery]] = field(default_factory=lambda: {service: [] for service in SERVICES})

    def hand_out(self, batches: int) -> None:
        """So many batches, to anybody; fewer when all is quiet."""
        for _ in range(batches):
            self._collect(self.random.sample(SERVICES, self.random.randint(1, len(SERVICES))))
            self._next()

    def until_quiet(self) -> None:
        """Until everything that was said was taken by everybody who listens."""
        while True:
            self._collect(SERVICES)
            if not self._next():
                return

    def _collect(self, services: Sequence[str]) -> None:
        self.line.carry(*services)
        for service, queue in self.line.queues.items():
            for delivery in queue:
                self.waiting[service] += [delivery] * self.random.choice((1, 2, 2, 3))
            queue.clear()

    def _next(self) -> bool:
        ready = [service for service in SERVICES if self.waiting[service]]
        if ready:
            service = self.random.choice(ready)
            waiting = self.waiting[service]
            self.random.shuffle(waiting)
            batch = waiting[: self.random.choice((1, 2, 5, 20, len(waiting)))]
            if self.done(service, lambda: self.line.deliver(service, batch)):
                del waiting[: len(batch)]
        return bool(ready)

    def done(self, service: str, what: Callable[[], object]) -> bool:
        """Do it, and perhaps let something go wrong; false when whoever wanted it has no answer."""
        if self.random.random() >= self.faults:
            what()
            return True
        try:
            with commit_goes_wrong(self.line.apps[service], self.random.choice(WRONG)):
                what()
        except Killed:
            self.line.restart(service)
            return False
        except (Unavailable, RuntimeError):
            return False
        return True

    def answered(self, service: str, what: Callable[[], object]) -> bool:
        """What a caller does who asks again until there is an answer; false where it is a refusal."""
        try:
            while not self.done(service, what):
                pass
        except (Problem, Refused):
            return False
        return True
