"""What a change would affect, before it is made: what the rules say would follow, beside what stands. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from services.rooms.events import HoursOpened, Opening, RoomDefined, RoomEvent
from services.rooms.house import House, Room


@dataclass(frozen=True, slots=True)
class Held:
    """A visit that has a room, from now on."""

    appointment: str
    room: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Effects:
    """`changed`: field, before, after. `outside`: visits held at times at which the room would be closed.

    `elsewhere`: visits held in a room that would be at another site, or smaller. `fewer` and `more`: days with less,
    and with more, open than now.
    """

    changed: Sequence[tuple[str, str, str]]
    outside: Sequence[Held]
    elsewhere: Sequence[Held]
    fewer: int
    more: int


def of_room(room: Room | None, events: Iterable[RoomEvent], held: Sequence[Held]) -> Effects:
    """What the events that would follow mean for a room and the visits that have it."""
    news = tuple(events)
    changed = [pair for event in news for pair in _definition(room, event)]
    moved = {
        name for name, before, after in changed if name == "site" or (name == "seats" and int(after) < int(before or 0))
    }
    outside, fewer, more = _days({room.definition.room: room} if room else {}, news, held)
    return Effects(changed, outside, held if moved else (), fewer, more)


def of_site(house: House, events: Iterable[RoomEvent], held: Sequence[Held]) -> Effects:
    """What closures of a site would mean."""
    outside, fewer, more = _days(house.rooms, tuple(events), held)
    return Effects((), outside, (), fewer, more)


def _definition(room: Room | None, event: RoomEvent) -> list[tuple[str, str, str]]:
    if not isinstance(event, RoomDefined):
        return []
    old = room.definition if room else None
    found = []
    for name in ("name", "site", "seats", "parties", "equipment", "step_free"):
        before, after = getattr(old, name, None), getattr(event, name)
        if before != after:
            found.append((name, _text(before), _text(after)))
    return found


def _text(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "ja" if value else "nein"
        case tuple():
            return ", ".join(map(str, value))
        case _:
            return str(value)


def _days(rooms: Mapping[str, Room], events: Sequence[RoomEvent], held: Sequence[Held]) -> tuple[list[Held], int, int]:
    outside: list[Held] = []
    fewer = more = 0
    for event in events:
        if not isinstance(event, HoursOpened):
            continue
        now = {day.date: day.open for day in event.days}
        room = rooms.get(event.room)
        before = {day: o for day, o in room.days.items() if event.from_ <= day <= event.until} if room else {}
        for day in sorted({*now, *before}):
            minutes = _minutes(now.get(day, ())) - _minutes(before.get(day, ()))
            fewer, more = fewer + (minutes < 0), more + (minutes > 0)
        outside += [one for one in held if one.room == event.room and not _open(one, event, now)]
    return outside, fewer, more


def _minutes(openings: Sequence[Opening]) -> float:
    return sum((one.until - one.from_).total_seconds() for one in openings) / 60


def _open(one: Held, event: HoursOpened, now: Mapping[date, Sequence[Opening]]) -> bool:
    day = one.starts_at.date()
    if not event.from_ <= day <= event.until:
        return True
    return any(o.from_ <= one.starts_at and one.ends_at <= o.until for o in now.get(day, ()))
