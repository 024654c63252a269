"""Which room serves which stop of a visit: at the site, fitting, open, free; the wished one first, then the smallest.

All stops or none. One room may serve several stops; between two stops of the same guest in the same room there is no
buffer, so the first one's is cut where the next one starts, and that before the next one where the first one ends.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from services.rooms.commands import HoldRooms, StopWanted
from services.rooms.day import RoomDay, ticks
from services.rooms.events import Because, StopHeld
from services.rooms.house import House, Room

_INSTANT = timedelta(microseconds=1)

Days = Mapping[str, RoomDay]
"""The resource-days loaded so far, by stream name."""


def place(room: str, lane: int) -> str:
    """What one party at a time may have: a room, or one of the lanes of a room for several parties."""
    return room if lane == 1 else f"{room}/{lane}"


def day_stream(room: str, day: date, lane: int = 1) -> str:
    """The stream that guards one room's day, or one of its lanes."""
    return f"room-{place(room, lane)}-{day.isoformat()}"


def candidates(order: HoldRooms, house: House) -> set[str]:
    """The days of all rooms that might serve the visit at some time of its day."""
    return {
        day_stream(room.definition.room, day, lane)
        for stop in order.stops
        for room, day in fitting_on_the_day(order, stop, house)
        for lane in room.lanes
    }


def wanted_days(order: HoldRooms, house: House, days: Days) -> set[str]:
    """The streams to load before allocating: first the days of the rooms wished for (of all that fit, where none is
    wished for or the one that is does not fit); when these don't do, those of every room that might serve the visit."""
    wished = {stream for stop in order.stops for stream in _first_choice(order, stop, house)}
    if not wished <= days.keys() or allocate(order, house, {name: days[name] for name in wished}) is not None:
        return wished
    return wished | candidates(order, house)


def allocate(order: HoldRooms, house: House, days: Days) -> tuple[StopHeld, ...] | None:
    """A room for every stop, in order of the stops' start, or None. Looks only at the days given."""
    stops = sorted(order.stops, key=lambda stop: (stop.starts_at, stop.stop))
    wishes = [_wished(order, stop, house, days) for stop in stops]
    if all(wishes) and (whole := _place(wishes, ())) is not None:
        return whole  # nearly always: what booking proposed is still free
    choices = [_preferred(order, stop, house, days) for stop in stops]
    return _place(choices, ()) if all(choices) else None


def reason(order: HoldRooms, house: House) -> Because:
    """Why a visit that could not be allocated could not."""
    fitting = [[room for room in house.rooms.values() if _fits(room, order, stop)] for stop in order.stops]
    if not all(fitting):
        return "no_fitting_room"
    if not all(any(is_open(room, stop) for room in rooms) for rooms, stop in zip(fitting, order.stops, strict=True)):
        return "closed"
    return "taken"


def fitting_on_the_day(order: HoldRooms, stop: StopWanted, house: House) -> Iterator[tuple[Room, date]]:
    """The fitting rooms that are open at some time of the stop's day, and that day."""
    for room in house.rooms.values():
        if _fits(room, order, stop) and room.openings(day := room.day_of(stop.starts_at)):
            yield room, day


def is_open(room: Room, stop: StopWanted) -> bool:
    """Does one opening hold [starts_at, ends_at)? The buffers may reach beyond it, not beyond the day."""
    day = room.day_of(stop.starts_at)
    within = room.day_of(stop.reach_from) == day == room.day_of(stop.blocked_until - _INSTANT)
    return within and any(
        opening.from_ <= stop.starts_at and stop.ends_at <= opening.until for opening in room.openings(day)
    )


def _fits(room: Room, order: HoldRooms, stop: StopWanted) -> bool:
    return room.fits(order.site, stop.seats, stop.equipment, stop.step_free)


def _fitting(order: HoldRooms, stop: StopWanted, house: House) -> Iterator[Room]:
    return (room for room in house.rooms.values() if _fits(room, order, stop) and is_open(room, stop))


def _first_choice(order: HoldRooms, stop: StopWanted, house: House) -> set[str]:
    wish = house.rooms.get(stop.room or "")
    fits = wish is not None and _fits(wish, order, stop) and is_open(wish, stop)
    rooms = [wish] if wish and fits else _fitting(order, stop, house)
    return {_stream(room, stop, lane) for room in rooms for lane in room.lanes}


def _place(choices: Sequence[Sequence[StopHeld]], placed: tuple[StopHeld, ...]) -> tuple[StopHeld, ...] | None:
    """Depth first: the first room in order of preference whose choice lets all later stops be placed too."""
    if not choices:
        return placed
    for held in choices[0]:
        if (fitted := _fit(placed, held)) is not None and (whole := _place(choices[1:], fitted)) is not None:
            return whole
    return None


def _wished(order: HoldRooms, stop: StopWanted, house: House, days: Days) -> list[StopHeld]:
    """The stop in the room wished for, if that fits and is free."""
    wish = house.rooms.get(stop.room or "")
    if wish is None or not (_fits(wish, order, stop) and is_open(wish, stop)):
        return []
    return [_held(stop, wish, lane) for lane in _free_lanes(wish, stop, days)]


def _free_lanes(room: Room, stop: StopWanted, days: Days) -> Iterator[int]:
    """Those of a room whose day is given and that are free for the stop."""
    for lane in room.lanes:
        day = days.get(_stream(room, stop, lane))
        if day is not None and day.free(stop):
            yield lane


def _preferred(order: HoldRooms, stop: StopWanted, house: House, days: Days) -> list[StopHeld]:
    """The stop in every room that fits and is free: the wished one first, then the smallest, then by id and lane."""
    free = [(room, lane) for room in _fitting(order, stop, house) for lane in _free_lanes(room, stop, days)]
    known = ((room.definition, lane) for room, lane in free)
    ranked = sorted((d.room != stop.room, d.seats // d.parties, d.room, lane, n) for n, (d, lane) in enumerate(known))
    return [_held(stop, *free[n]) for *_, n in ranked]


def _fit(placed: tuple[StopHeld, ...], new: StopHeld) -> tuple[StopHeld, ...] | None:
    """The stops placed so far and one more; None when two of them would be in the room at once."""
    cut = tuple(_cut(old, new.starts_at) if _precedes(old, new) else old for old in placed)
    busy = any(_same(old, new) and _share_a_tick(old, new) for old in cut)
    before = max((old.ends_at for old in placed if _precedes(old, new)), default=None)
    return None if busy else (*cut, _begun(new, before))


def _precedes(a: StopHeld, b: StopHeld) -> bool:
    return _same(a, b) and a.ends_at <= b.starts_at


def _same(a: StopHeld, b: StopHeld) -> bool:
    return (a.room, a.lane) == (b.room, b.lane)


def _cut(stop: StopHeld, until: datetime) -> StopHeld:
    return replace(stop, blocked_until=min(stop.blocked_until, until))


def _begun(stop: StopHeld, earliest: datetime | None) -> StopHeld:
    """Its buffer before begins where the guest's stop before it ended, if there is one."""
    if earliest is None or stop.blocked_from is None or stop.blocked_from >= earliest:
        return stop
    return replace(stop, blocked_from=earliest if earliest < stop.starts_at else None)


def _share_a_tick(a: StopHeld, b: StopHeld) -> bool:
    first, second = ticks(a.starts_at, a.blocked_until), ticks(b.starts_at, b.blocked_until)
    return first.start < second.stop and second.start < first.stop


def _stream(room: Room, stop: StopWanted, lane: int) -> str:
    return day_stream(room.definition.room, room.day_of(stop.starts_at), lane)


def _held(stop: StopWanted, room: Room, lane: int) -> StopHeld:
    return StopHeld(
        stop=stop.stop,
        room=room.definition.room,
        name=room.definition.name,
        date=room.day_of(stop.starts_at),
        site=room.definition.site,
        starts_at=stop.starts_at,
        ends_at=stop.ends_at,
        blocked_until=stop.blocked_until,
        lane=lane,
        blocked_from=stop.blocked_from,
    )
