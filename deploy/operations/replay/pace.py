"""How much of a replay may be under way, so that what is said meanwhile waits less than a moment behind it."""

import time
from bisect import bisect_right
from collections import deque

BEHIND = 0.3
"""Seconds of the listener's work that may lie before a live message because of a replay."""
FEWEST, MOST = 50, 3_000
"""Messages under way, at least and at most."""
MEMORY = 2.0
"""Seconds over which the listener's speed is measured."""


class Pace:
    """Counts what was sent and what was taken. `rate`: messages a second at most; 0: as fast as the listener takes."""

    def __init__(self, rate: float = 0.0) -> None:
        self._rate = rate
        self._begun = time.monotonic()
        self._positions: list[int] = []
        self._passed = 0
        self._taken: deque[tuple[float, int]] = deque([(self._begun, 0)])
        self.sent = 0

    def was_sent(self, position: int) -> None:
        """Note that the message of that position is under way."""
        self._positions.append(position)
        self.sent += 1

    def has_come_to(self, position: int) -> bool:
        """Note how far the listener is; whether it has moved since."""
        done = bisect_right(self._positions, position)
        now = time.monotonic()
        if done:
            del self._positions[:done]
            self._passed += done
        self._taken.append((now, self._passed))
        while len(self._taken) > 2 and self._taken[0][0] < now - MEMORY:
            self._taken.popleft()
        return bool(done)

    @property
    def taken(self) -> int:
        """How many the listener has taken."""
        return self._passed

    @property
    def under_way(self) -> int:
        """How many it has not."""
        return len(self._positions)

    @property
    def allowed(self) -> int:
        """How many may be under way."""
        (since, before), (now, passed) = self._taken[0], self._taken[-1]
        speed = (passed - before) / (now - since) if now > since else 0.0
        return int(min(max(speed * BEHIND, FEWEST), MOST))

    def pause(self) -> float:
        """Seconds until the next may be sent as far as the rate is concerned."""
        return max(0.0, self._begun + self.sent / self._rate - time.monotonic()) if self._rate else 0.0
