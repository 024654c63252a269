"""Time as five-minute ticks, and a stretch of time as the bits of one Python int.

Tick n is the five minutes that begin n * 300 seconds after 1970-01-01 UTC, so an hour that comes twice in autumn has
24 ticks of its own and an hour that does not exist has none: daylight saving needs no rule of its own here.
Bit i of an int stands for tick `base + i`; a search is a few shifts and ands of whole horizons.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo

MINUTES = 5
TICK = timedelta(minutes=MINUTES)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def floor_tick(moment: datetime) -> int:
    """The tick in which an aware moment lies."""
    return (moment - EPOCH) // TICK


def ceil_tick(moment: datetime) -> int:
    """The first tick that begins at or after an aware moment."""
    return -((EPOCH - moment) // TICK)


def ticks_of(minutes: int) -> int:
    """How many whole ticks a number of minutes occupies."""
    return -(-minutes // MINUTES)


def moment_of(tick: int, zone: tzinfo) -> datetime:
    """The aware local time at which a tick begins."""
    return datetime.fromtimestamp(tick * MINUTES * 60, zone)


def midnight(day: date, zone: tzinfo) -> int:
    """The tick at which a local day begins; the day has 276, 288 or 300 of them."""
    return floor_tick(datetime.combine(day, time.min, zone))


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
