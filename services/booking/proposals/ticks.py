"""Time as ticks, and a stretch of time as the bits of one Python int.

Tick n is the five minutes that begin n * 300 seconds after 1970-01-01 UTC, so an hour that comes twice in autumn has
12 ticks of its own each time and an hour that does not exist has none: daylight saving needs no rule of its own here.
Bit i of an int stands for tick `base + i`; a search is a few shifts and ands of whole horizons.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Scale:
    """How long a tick is, and whose midnight counts."""

    zone: tzinfo
    minutes: int = 5

    def floor(self, moment: datetime) -> int:
        """The tick in which an aware moment lies."""
        return (moment - EPOCH) // timedelta(minutes=self.minutes)

    def ceil(self, moment: datetime) -> int:
        """The first tick that begins at or after an aware moment."""
        return -((EPOCH - moment) // timedelta(minutes=self.minutes))

    def ticks(self, minutes: int) -> int:
        """How many whole ticks a number of minutes occupies."""
        return -(-minutes // self.minutes)

    def moment(self, tick: int) -> datetime:
        """The local time at which a tick begins, with its offset; safe to compare and to add to."""
        return local_time(EPOCH + timedelta(minutes=tick * self.minutes), self.zone)

    def midnight(self, day: date) -> int:
        """The tick at which a local day begins; with five minutes the day has 276, 288 or 300 of them."""
        return self.floor(datetime.combine(day, time.min, self.zone))

    def date(self, tick: int) -> date:
        """The local day in which a tick begins."""
        return datetime.fromtimestamp(tick * self.minutes * 60, self.zone).date()


def local_time(moment: datetime, zone: tzinfo) -> datetime:
    """A moment with the zone's offset at that moment."""
    local = moment.astimezone(zone)
    return local.replace(tzinfo=timezone(local.utcoffset() or timedelta()), fold=0)


def span(first: int, until: int) -> int:
    """Bits first..until-1; an empty or reversed span is 0, what lies before bit 0 is cut off."""
    first = max(first, 0)
    return ((1 << until - first) - 1) << first if until > first else 0


def every(first: int, until: int, step: int) -> int:
    """Bits first, first+step, ... below until: the start grid of one opening."""
    if until <= first:
        return 0
    bits, have, want = 1, 1, -(-(until - first) // step)
    while have < want:
        bits |= bits << have * step
        have *= 2
    grid = bits << first if first >= 0 else bits >> -first
    return grid & span(first, until)


def runs(bits: int, length: int) -> int:
    """Bit i is set where bits i..i+length-1 all are; length 0 fits everywhere."""
    if length <= 0:
        return -1
    have = 1
    while have < length:
        step = min(have, length - have)
        bits &= bits >> step
        have += step
    return bits


def smear(bits: int, reach: int) -> int:
    """Bit i is set where any of bits i..i+reach is."""
    have = 0
    while have < reach:
        step = min(have + 1, reach - have)
        bits |= bits >> step
        have += step
    return bits


def each(bits: int) -> Iterator[int]:
    """The positions of the set bits, ascending; one pass over the digits, not one big subtraction per bit."""
    digits = bin(bits)[:1:-1]
    at = digits.find("1")
    while at >= 0:
        yield at
        at = digits.find("1", at + 1)
