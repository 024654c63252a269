"""Other starts on the same day for a declined visit: the whole visit, moved as it is, on a grid of five minutes.

Set arithmetic on ticks: bit g says "the visit may start at tick g of the day". Where openings or stops do not lie on
the grid, a start is left out rather than offered wrongly. That two stops may exclude each other in one room is not
looked at: the stops of a visit follow one another, and a room that is free for each is free for both.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import reduce
from operator import and_, or_
from zoneinfo import ZoneInfo

from services.rooms.allocation import Days, day_stream, fitting_on_the_day
from services.rooms.calendar import beginning, fixed
from services.rooms.commands import HoldRooms, StopWanted
from services.rooms.day import TICK_SECONDS, empty
from services.rooms.events import Opening
from services.rooms.house import House, Room

MOST = 5


def alternatives(order: HoldRooms, house: House, days: Days) -> tuple[datetime, ...]:
    """Up to five other starts on the day at which everything fits, the nearest first; of two equally near the earlier.

    None in the past, none where the stops lie on different days.
    """
    rooms = [list(fitting_on_the_day(order, stop, house)) for stop in order.stops]
    dates = {day for choice in rooms for _, day in choice}
    if not all(rooms) or len(dates) != 1:
        return ()
    day, start = dates.pop(), min(stop.starts_at for stop in order.stops)
    possible = reduce(
        and_,
        (
            reduce(or_, (_starts(room, lane, stop, start, day, days) for room, _ in choice for lane in room.lanes))
            for choice, stop in zip(rooms, order.stops, strict=True)
        ),
    )
    found = [moment for moment in _moments(possible, day) if moment > order.now and moment != start]
    nearest = sorted(found, key=lambda moment: (abs(moment - start), moment))[:MOST]
    zone = ZoneInfo(rooms[0][0][0].zone or "UTC")
    return tuple(fixed(moment, zone) for moment in nearest)


def _starts(room: Room, lane: int, stop: StopWanted, start: datetime, day: date, days: Days) -> int:
    """The ticks at which the visit may start so that this room can serve this stop; none for a day not loaded."""
    state = days.get(day_stream(room.definition.room, day, lane))
    if state is None or room.zone is None:
        return 0
    first, begin = _whole(stop.reach_from - start), _whole(stop.starts_at - start)
    end, blocked = _ceil(stop.ends_at - start), _ceil(stop.blocked_until - start)
    midnights = (beginning(day + timedelta(days=n), "00:00", ZoneInfo(room.zone)) for n in (0, 1))
    midnight, next_midnight = (_tick(moment) - state.base for moment in midnights)
    open_ = reduce(or_, (_inner(state.base, opening) for opening in room.openings(day)), 0)
    own_day = (1 << next_midnight) - (1 << midnight)
    visit = _runs(open_ & ~(state.taken | state.before), end - begin)
    reach = _runs(own_day & ~state.visits, blocked - first)
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
