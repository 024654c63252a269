"""How long somebody has to wait after failed tries: each account, known or not, and each address.

An account waits a minute after five failures, and twice as long after each further one, a quarter of an hour at most:
nobody can lock somebody out for a day. An address may be that of a whole town hall behind one proxy, so it has more.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

QUIET = timedelta(hours=1)
"""After so long without a try, counting begins anew."""


@dataclass(frozen=True, slots=True)
class Patience:
    """So many failures are free; then seconds to wait, doubled each time, up to the longest."""

    free: int
    first: int
    longest: int

    def wait(self, failures: int, last_at: datetime, now: datetime) -> int:
        """Whole seconds from now; 0 = not at all."""
        if failures < self.free or now - last_at > QUIET:
            return 0
        seconds = min(self.longest, self.first * 2 ** min(failures - self.free, 20))
        left = last_at + timedelta(seconds=seconds) - now
        return max(0, -(-left // timedelta(seconds=1)))


ACCOUNT = Patience(free=5, first=60, longest=900)
ADDRESS = Patience(free=30, first=10, longest=120)
