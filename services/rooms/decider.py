"""The rules of rooms: which room is held and which is let go. Pure; the parts stand in the modules beside it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import assert_never, cast

from services.rooms import day, house, reservation
from services.rooms.allocation import Days, allocate, day_stream, reason, wanted_days
from services.rooms.alternatives import alternatives
from services.rooms.commands import DefineRoom, ExtendHorizon, HoldRooms, LetGoRooms, RoomCommand, SetClosures
from services.rooms.day import RoomDay
from services.rooms.events import (
    HoldForgone,
    HoursOpened,
    HoursSet,
    RoomDeclined,
    RoomDefined,
    RoomEvent,
    RoomFreed,
    RoomReleased,
    RoomReserved,
    RoomTaken,
    SiteClosuresSet,
    StopHeld,
)
from services.rooms.house import House, Refused
from services.rooms.reservation import Reservation, let_go

__all__ = ["Refused", "State", "decide", "evolve", "initial", "needs", "stream_of"]

State = House | RoomDay | Reservation
_REGISTRY = "house"


def needs(command: RoomCommand, states: Mapping[str, State]) -> set[str]:
    """The streams wanted, seeing what is loaded: the registry or the conversation first, then the resource-days."""
    match command:
        case DefineRoom() | SetClosures() | ExtendHorizon():
            return {_REGISTRY}
        case HoldRooms():
            return _needs_to_hold(command, states)
        case LetGoRooms():
            conversation = _conversation(command.appointment)
            if conversation not in states:
                return {conversation}
            released = let_go(command, _reservation(states, command.appointment))
            return {conversation} | {
                day_stream(stop.room, stop.date, stop.lane)
                for event in released
                if isinstance(event, RoomReleased)
                for stop in event.stops
            }
        case _:
            assert_never(command)


def initial(stream: str) -> State:
    """The state of a stream before its first event. Raises ValueError for a name that is none of ours."""
    if stream == _REGISTRY:
        return House()
    if stream.startswith("reservation-"):
        return Reservation()
    return day.empty(date.fromisoformat(stream[-10:]))


def evolve(state: State, event: RoomEvent) -> State:
    """The state after an event of its stream. Raises TypeError for an event of another kind of stream."""
    match state, event:
        case House(), RoomDefined() | HoursSet() | SiteClosuresSet() | HoursOpened():
            return house.evolve(state, event)
        case RoomDay(), RoomTaken() | RoomFreed():
            return day.evolve(state, event)
        case Reservation(), RoomReserved() | RoomDeclined() | RoomReleased() | HoldForgone():
            return reservation.evolve(state, event)
        case _:
            raise TypeError(f"{type(event).__name__} does not belong to a {type(state).__name__}")


def decide(command: RoomCommand, states: Mapping[str, State]) -> Sequence[RoomEvent]:
    """What follows from an order. Raises Refused for an order of a caller on the line that can't be carried out."""
    match command:
        case DefineRoom():
            return house.define(command, _house(states))
        case SetClosures():
            return house.close(command, _house(states))
        case ExtendHorizon():
            return house.extend(command, _house(states))
        case HoldRooms():
            return _hold(command, states)
        case LetGoRooms():
            return _let_go(command, states)
        case _:
            assert_never(command)


def stream_of(event: RoomEvent) -> str:
    """The stream an event belongs to."""
    match event:
        case RoomDefined() | HoursSet() | SiteClosuresSet() | HoursOpened():
            return _REGISTRY
        case RoomTaken() | RoomFreed():
            return day_stream(event.room, event.date, event.lane)
        case RoomReserved() | RoomDeclined() | RoomReleased() | HoldForgone():
            return _conversation(event.appointment)
        case _:
            assert_never(event)


def _needs_to_hold(order: HoldRooms, states: Mapping[str, State]) -> set[str]:
    first = {_REGISTRY, _conversation(order.appointment)}
    if not first <= states.keys():
        return first
    known = _reservation(states, order.appointment)
    if order.attempt in known.answered or known.too_late(order.attempt):
        return first
    return first | wanted_days(order, _house(states), cast(Days, states))


def _hold(order: HoldRooms, states: Mapping[str, State]) -> Sequence[RoomEvent]:
    known = _reservation(states, order.appointment)
    if order.attempt in known.answered:
        return ()
    if known.too_late(order.attempt):
        return (RoomDeclined(order.appointment, order.attempt, "taken"),)
    registry = _house(states)
    # Only what this order asks for: another order of the same batch must not change which room is chosen.
    days = _days(states, wanted_days(order, registry, cast(Days, states)))
    stops = allocate(order, registry, days)
    if stops is None:
        why, others = reason(order, registry), alternatives(order, registry, days)
        return (RoomDeclined(order.appointment, order.attempt, why, others),)
    return (*(_taken(order, stop) for stop in stops), RoomReserved(order.appointment, order.attempt, stops))


def _let_go(order: LetGoRooms, states: Mapping[str, State]) -> Sequence[RoomEvent]:
    events: list[RoomEvent] = []
    for event in let_go(order, _reservation(states, order.appointment)):
        if isinstance(event, RoomReleased):
            events.extend(_freed(event, stop) for stop in event.stops)
        events.append(event)
    return tuple(events)


def _taken(order: HoldRooms, stop: StopHeld) -> RoomTaken:
    return RoomTaken(
        stop.room,
        stop.date,
        order.appointment,
        order.attempt,
        stop.stop,
        stop.starts_at,
        stop.blocked_until,
        stop.lane,
        stop.ends_at,
        stop.blocked_from,
    )


def _freed(event: RoomReleased, stop: StopHeld) -> RoomFreed:
    return RoomFreed(
        stop.room,
        stop.date,
        event.appointment,
        event.attempt,
        stop.stop,
        stop.starts_at,
        stop.blocked_until,
        stop.lane,
        stop.blocked_from,
    )


def _conversation(appointment: str) -> str:
    return f"reservation-{appointment}"


def _house(states: Mapping[str, State]) -> House:
    state = states[_REGISTRY]
    assert isinstance(state, House)  # noqa: S101  (`initial` makes no other)
    return state


def _reservation(states: Mapping[str, State], appointment: str) -> Reservation:
    state = states[_conversation(appointment)]
    assert isinstance(state, Reservation)  # noqa: S101
    return state


def _days(states: Mapping[str, State], streams: Iterable[str]) -> dict[str, RoomDay]:
    """Those of the days that are loaded. By name: `states` holds the streams of a whole batch."""
    return {name: state for name in streams if isinstance(state := states.get(name), RoomDay)}
