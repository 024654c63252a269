"""Other starts on the same day for a declined visit: the whole visit, moved as it is, on a grid of five minutes.

Set arithmetic on ticks: bit g says "the visit may start at tick g of the day". Where quotas or stops do not lie on the
grid, a start is left out rather than offered wrongly. That two stops may exclude each other for one clerk is not looked
at: the stops of a visit follow one another, and whoever is free for each is free for both.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import reduce
from operator import and_, or_
from zoneinfo import ZoneInfo

from services.staff_calendar.allocation import Days, able_on, day_stream
from services.staff_calendar.calendar import beginning, fixed
from services.staff_calendar.commands import HoldStaff, StopWanted
from services.staff_calendar.day import TICK_SECONDS, empty
from services.staff_calendar.events import Opening
from services.staff_calendar.staff import Clerk, Staff

MOST = 5


def alternatives(order: HoldStaff, staff: Staff, days: Days) -> tuple[datetime, ...]:
    """Up to five other starts on the day at which everything fits, the nearest first; of two equally near the earlier.

    None in the past, none where the stops lie on different days.
    """
    hosts = [list(able_on(order, stop, staff)) for stop in order.stops]
    dates = {day for stop_hosts in hosts for _, day in stop_hosts}
    if not all(hosts) or len(dates) != 1:
        return ()
    day, start = dates.pop(), min(stop.starts_at for stop in order.stops)
    possible = reduce(
        and_,
        (
            reduce(or_, (_starts(clerk, order, stop, start, day, days) for clerk, _ in stop_hosts))
            for stop_hosts, stop in zip(hosts, order.stops, strict=True)
        ),
    )
    found = [moment for moment in _moments(possible, day) if moment > order.now and moment != start]
    nearest = sorted(found, key=lambda moment: (abs(moment - start), moment))[:MOST]
    zone = ZoneInfo(hosts[0][0][0].zone or "UTC")
    return tuple(fixed(moment, zone) for moment in nearest)


def _starts(clerk: Clerk, order: HoldStaff, stop: StopWanted, start: datetime, day: date, days: Days) -> int:
    """The ticks at which the visit may start so that this clerk can take this stop; none for a day not loaded."""
    state = days.get(day_stream(clerk.definition.clerk, day))
    if state is None or clerk.zone is None:
        return 0
    first, begin = _whole(stop.reach_from - start), _whole(stop.starts_at - start)
    end, blocked = _ceil(stop.ends_at - start), _ceil(stop.blocked_until - start)
    midnights = (beginning(day + timedelta(days=n), "00:00", ZoneInfo(clerk.zone)) for n in (0, 1))
    midnight, next_midnight = (_tick(moment) - state.base for moment in midnights)
    open_ = reduce(
        or_, (_inner(state.base, opening) for opening in clerk.openings(day, order.site, order.audience, order.now)), 0
    )
    own_day = (1 << next_midnight) - (1 << midnight)
    visit = _runs(open_ & ~(state.taken | state.before), end - begin)
    reach = _runs(own_day & ~(state.visits | state.away), blocked - first)
    return visit >> begin & (reach >> first if first >= 0 else reach << -first)


def _runs(ticks: int, length: int) -> int:
    """The bits from which on `length` bits in a row are set."""
    have = 1
    while have < length:
        step = min(have, length - have)
        ticks &= ticks >> step
        have += step
    return ticks


def _inner(base: int, opening: Opening) -> int:
    """The ticks that lie wholly within an opening."""
    first, last = _tick(opening.from_ + timedelta(seconds=TICK_SECONDS - 1)), _tick(opening.until)
    return ((1 << max(last - first, 0)) - 1) << (first - base)


def _moments(ticks: int, day: date) -> Iterator[datetime]:
    base = empty(day).base
    while ticks:
        lowest = ticks & -ticks
        yield datetime.fromtimestamp((base + lowest.bit_length() - 1) * TICK_SECONDS, UTC)
        ticks ^= lowest


def _tick(moment: datetime) -> int:
    return int(moment.timestamp()) // TICK_SECONDS


def _whole(distance: timedelta) -> int:
    return int(distance.total_seconds()) // TICK_SECONDS


def _ceil(distance: timedelta) -> int:
    return -(-int(distance.total_seconds()) // TICK_SECONDS)
