"""The registry of rooms: what is in each, and when each is open."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from types import MappingProxyType
from zoneinfo import ZoneInfo

from services.rooms.calendar import clashing, fixed, open_days
from services.rooms.commands import DefineRoom, ExtendHorizon, SetClosures
from services.rooms.events import (
    WEEKDAYS,
    Closure,
    HoursOpened,
    HoursSet,
    OpenDay,
    Opening,
    Pattern,
    RoomDefined,
    SiteClosuresSet,
)

HORIZON_DAYS = 190
"""So many days are open from today on, today included."""


class Refused(Exception):
    """A caller's order can't be carried out; `field` is the path of the value at fault."""

    def __init__(self, reason: str, field: str | None = None, detail: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.field = field
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Room:
    """A room as defined, the pattern last set, and the days opened up to `opened_until` (inclusive) in `zone`."""

    definition: RoomDefined
    pattern: Pattern | None = None
    zone: str | None = None
    opened_until: date | None = None
    days: Mapping[date, tuple[Opening, ...]] = field(default_factory=lambda: MappingProxyType({}))

    def fits(self, site: str, seats: int, equipment: tuple[str, ...], step_free: bool) -> bool:
        """At the site, big enough (each party has its part), with all the equipment, step-free if it must be."""
        known = self.definition
        return (
            site == known.site
            and seats <= known.seats // known.parties
            and all(piece in known.equipment for piece in equipment)
            and (known.step_free or not step_free)
        )

    @property
    def lanes(self) -> range:
        """One for each party that may be in the room at once."""
        return range(1, self.definition.parties + 1)

    def day_of(self, moment: datetime) -> date:
        """The room's local date of a moment; without hours, the date as the moment says it."""
        return _local_date(moment, self.zone) if self.zone else moment.date()

    def openings(self, day: date) -> tuple[Opening, ...]:
        """What is open on a local date."""
        return self.days.get(day, ())


@dataclass(frozen=True, slots=True)
class House:
    """All rooms by id, and when whole sites are closed."""

    rooms: Mapping[str, Room] = field(default_factory=lambda: MappingProxyType({}))
    closures: Mapping[str, tuple[Closure, ...]] = field(default_factory=lambda: MappingProxyType({}))

    def hours(self, pattern: Pattern, site: str) -> Pattern:
        """A room's pattern with the closures of its site."""
        return replace(pattern, closures=pattern.closures + self.closures.get(site, ()))


def evolve(house: House, event: RoomDefined | HoursSet | SiteClosuresSet | HoursOpened) -> House:
    match event:
        case SiteClosuresSet():
            return replace(house, closures=MappingProxyType({**house.closures, event.site: event.closures}))
        case RoomDefined():
            known = house.rooms.get(event.room)
            room = Room(event) if known is None else replace(known, definition=event)
        case HoursSet():
            room = replace(house.rooms[event.room], pattern=event.pattern)
        case HoursOpened():
            room = _opened(house.rooms[event.room], event)
    return replace(house, rooms=MappingProxyType({**house.rooms, event.room: room}))


def define(command: DefineRoom, house: House) -> tuple[RoomDefined | HoursSet | HoursOpened, ...]:
    """What is new: the definition, the pattern, the open days. Raises Refused."""
    _check(command.pattern)
    hours = house.hours(command.pattern, command.site)
    room = house.rooms.get(command.room)
    event = RoomDefined(
        room=command.room,
        name=command.name,
        site=command.site,
        seats=command.seats,
        equipment=command.equipment,
        step_free=command.step_free,
        parties=command.parties,
    )
    if room is None:
        return (event, *_set_hours(command, Room(event), hours))
    return (*(() if room.definition == event else (event,)), *_set_hours(command, room, hours))


def close(command: SetClosures, house: House) -> tuple[SiteClosuresSet | HoursOpened, ...]:
    """The closures if they are new, and the days of the site's rooms that they open or close. Raises Refused."""
    _check_closures(command.closures)
    rooms = [room for _, room in sorted(house.rooms.items()) if room.definition.site == command.site]
    if not rooms:
        raise Refused("unknown_site", "site", f"there is no room at the site {command.site}")
    if house.closures.get(command.site, ()) == command.closures:
        return ()
    event = SiteClosuresSet(command.site, command.closures)
    closed = evolve(house, event)
    return (event, *(one for room in rooms for one in _opened_anew(command, room, closed)))


def _opened_anew(command: SetClosures, room: Room, house: House) -> Iterator[HoursOpened]:
    first, last = _horizon(command)
    if room.pattern is None or room.opened_until is None or room.opened_until < first:
        return
    until, hours = min(last, room.opened_until), house.hours(room.pattern, command.site)
    days = open_days(hours, first, until, command.zone, command.closed)
    if days != _known(room, first, until):
        yield HoursOpened(room.definition.room, first, until, command.zone, days)


def extend(command: ExtendHorizon, house: House) -> tuple[HoursOpened, ...]:
    """The days that have come within the horizon, per room; nothing for a room that is closed on them."""
    return tuple(event for name in sorted(house.rooms) for event in _extended(command, house.rooms[name], house))


@lru_cache(maxsize=4096)
def _local_date(moment: datetime, zone: str) -> date:
    return fixed(moment, ZoneInfo(zone)).date()


def _set_hours(command: DefineRoom, room: Room, hours: Pattern) -> Iterator[HoursSet | HoursOpened]:
    """`hours`: the command's, with the closures of the site."""
    same = room.pattern == command.pattern
    first, last = _horizon(command)
    until = last if not same or room.opened_until is None else min(last, room.opened_until)
    days = open_days(hours, first, until, command.zone, command.closed)
    if not same:
        yield HoursSet(command.room, command.pattern)
    if not same or days != _known(room, first, until):
        yield HoursOpened(command.room, first, until, command.zone, days)


def _extended(command: ExtendHorizon, room: Room, house: House) -> Iterator[HoursOpened]:
    today, last = _horizon(command)
    if room.pattern is None or room.opened_until is None or room.opened_until >= last:
        return
    first = max(today, room.opened_until + timedelta(days=1))
    hours = house.hours(room.pattern, room.definition.site)
    days = open_days(hours, first, last, command.zone, command.closed)
    if days:
        yield HoursOpened(room.definition.room, first, last, command.zone, days)


def _horizon(command: DefineRoom | SetClosures | ExtendHorizon) -> tuple[date, date]:
    today = command.now.astimezone(ZoneInfo(command.zone)).date()
    return today, today + timedelta(days=HORIZON_DAYS - 1)


def _known(room: Room, first: date, last: date) -> tuple[OpenDay, ...]:
    return tuple(OpenDay(day, room.days[day]) for day in sorted(room.days) if first <= day <= last)


def _opened(room: Room, event: HoursOpened) -> Room:
    """Replace the days of the event's range; days too long ago to be extended are dropped, so the state stays small."""
    oldest = event.until - timedelta(days=HORIZON_DAYS)
    kept = {day: o for day, o in room.days.items() if oldest <= day and not event.from_ <= day <= event.until}
    kept.update((day.date, day.open) for day in event.days)
    return replace(room, days=MappingProxyType(kept), opened_until=event.until, zone=event.zone)


def _check(pattern: Pattern) -> None:
    for weekday in WEEKDAYS:
        hours = tuple(hours for hours in pattern.weekly if hours.weekday == weekday)
        for n, piece in enumerate(hours):
            if piece.until <= piece.from_:
                raise Refused(
                    "until_not_after_from", f"weekly.{weekday}.{n}", f"{piece.until} is not after {piece.from_}"
                )
        if (n_clashing := clashing(hours)) is not None:
            raise Refused("overlap", f"weekly.{weekday}.{n_clashing}", "overlaps with earlier hours of the same day")
    _check_closures(pattern.closures)


def _check_closures(closures: tuple[Closure, ...]) -> None:
    for n, closure in enumerate(closures):
        if closure.until < closure.from_:
            raise Refused("until_before_from", f"closures.{n}.until", f"{closure.until} is before {closure.from_}")
