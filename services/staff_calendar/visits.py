"""The visit as the clerk sees it: confirmed with a room, the guest in the house or not, called, finished."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from types import MappingProxyType

from services.staff_calendar.commands import CallGuest, FinishVisit, MakeUnreadable, NotePresence
from services.staff_calendar.events import (
    GuestCalled,
    GuestUnreadable,
    Presence,
    PresenceNoted,
    StopHeld,
    VisitConfirmed,
    VisitFinished,
)
from services.staff_calendar.staff import Refused

SAME_CALL = timedelta(seconds=30)
"""A call of the same guest within this time is the same call: a button pressed twice."""
VisitEvent = VisitConfirmed | PresenceNoted | GuestCalled | VisitFinished | GuestUnreadable
VisitCommand = NotePresence | CallGuest | FinishVisit | MakeUnreadable


@dataclass(frozen=True, slots=True)
class Visit:
    """`attempt`: the confirmed one, 0 = none yet; `rooms`, `called` by the number of the stop."""

    attempt: int = 0
    rooms: Mapping[int, str] = field(default_factory=lambda: MappingProxyType({}))
    presence: Presence = "expected"
    called: Mapping[int, datetime] = field(default_factory=lambda: MappingProxyType({}))
    finished: frozenset[int] = frozenset()
    forgotten: bool = False


def evolve(visit: Visit, event: VisitEvent) -> Visit:
    """The visit after the event; of a visit at another time nobody was called yet."""
    match event:
        case VisitConfirmed():
            rooms = MappingProxyType({room.stop: room.name for room in event.rooms})
            return Visit(event.attempt, rooms, visit.presence, forgotten=visit.forgotten)
        case PresenceNoted():
            return replace(visit, presence=event.presence)
        case GuestCalled():
            called = MappingProxyType({**visit.called, event.stop: event.at})
            return replace(visit, called=called, finished=visit.finished - {event.stop})
        case VisitFinished():
            return replace(visit, finished=visit.finished | {event.stop})
        case GuestUnreadable():
            return replace(visit, forgotten=True)


def presence(order: NotePresence, visit: Visit) -> tuple[PresenceNoted, ...]:
    """The entrance has seen the guest come or go."""
    if order.presence == visit.presence == "expected":
        return ()
    return (PresenceNoted(order.appointment, order.presence, order.at),)


def unreadable(order: MakeUnreadable, visit: Visit) -> tuple[GuestUnreadable, ...]:
    """Also where nothing is held: a key that comes late must not be kept."""
    return () if visit.forgotten else (GuestUnreadable(order.appointment),)


def call(order: CallGuest, visit: Visit, stops: tuple[StopHeld, ...]) -> tuple[GuestCalled, ...]:
    """The guest may be called again, and a visit that was finished by mistake is opened again so. Raises Refused."""
    stop = _own(order, visit, stops)
    last = visit.called.get(order.stop)
    if last is not None and order.stop not in visit.finished and order.now - last < SAME_CALL:
        return ()
    room = visit.rooms.get(order.stop, "")
    return (GuestCalled(order.appointment, visit.attempt, order.stop, stop.clerk, stop.name, room, order.now),)


def finish(order: FinishVisit, visit: Visit, stops: tuple[StopHeld, ...]) -> tuple[VisitFinished, ...]:
    """The clerk is done with the guest, called before or not. Raises Refused."""
    stop = _own(order, visit, stops)
    if order.stop in visit.finished:
        return ()
    return (VisitFinished(order.appointment, visit.attempt, order.stop, stop.clerk, order.now),)


def _own(order: CallGuest | FinishVisit, visit: Visit, stops: tuple[StopHeld, ...]) -> StopHeld:
    for stop in stops:
        if (stop.stop, stop.clerk, visit.attempt) == (order.stop, order.clerk, order.attempt):
            return stop
    raise Refused("not_held", detail="This appointment is no longer in this calendar.")
