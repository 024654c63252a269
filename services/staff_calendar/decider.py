"""The rules of staff_calendar: who is held and who is let go. Pure; the parts stand in the modules beside it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import assert_never, cast

from services.staff_calendar import busy, day, reservation, staff
from services.staff_calendar.allocation import Days, allocate, day_stream, reason, wanted_days
from services.staff_calendar.alternatives import alternatives
from services.staff_calendar.busy import Elsewhere
from services.staff_calendar.commands import (
    ConfirmVisit,
    DefineClerk,
    ExtendHorizon,
    HoldStaff,
    LetGoStaff,
    NoteBusy,
    SetQuotas,
    StaffCalendarCommand,
)
from services.staff_calendar.day import ClerkDay
from services.staff_calendar.events import (
    BusyTimesChanged,
    ClerkBecameBusy,
    ClerkBecameFree,
    ClerkDefined,
    ClerkFreed,
    ClerkTaken,
    HoldForgone,
    HoursOpened,
    QuotasSet,
    StaffCalendarEvent,
    StaffDeclined,
    StaffReleased,
    StaffReserved,
    StopHeld,
    VisitConfirmed,
)
from services.staff_calendar.reservation import Reservation, let_go
from services.staff_calendar.staff import Refused, Staff

__all__ = ["Refused", "State", "decide", "evolve", "initial", "needs", "stream_of"]

State = Staff | ClerkDay | Reservation | Elsewhere
_REGISTRY = "staff"


def needs(command: StaffCalendarCommand, states: Mapping[str, State]) -> set[str]:
    """The streams wanted, seeing what is loaded: the registry or the conversation first, then the resource-days."""
    match command:
        case DefineClerk() | SetQuotas() | ExtendHorizon():
            return {_REGISTRY}
        case HoldStaff():
            return _needs_to_hold(command, states)
        case ConfirmVisit():
            return {_conversation(command.appointment)}
        case NoteBusy():
            return {busy.stream(command.clerk)} | {day_stream(command.clerk, one.date) for one in command.days}
        case LetGoStaff():
            conversation = _conversation(command.appointment)
            if conversation not in states:
                return {conversation}
            released = let_go(command, _reservation(states, command.appointment))
            return {conversation} | {
                day_stream(stop.clerk, stop.date)
                for event in released
                if isinstance(event, StaffReleased)
                for stop in event.stops
            }


def initial(stream: str) -> State:
    """The state of a stream before its first event. Raises ValueError for a name that is none of ours."""
    if stream == _REGISTRY:
        return Staff()
    if stream.startswith("reservation-"):
        return Reservation()
    if stream.startswith(busy.PREFIX):
        return Elsewhere()
    return day.empty(date.fromisoformat(stream[-10:]))


def evolve(state: State, event: StaffCalendarEvent) -> State:
    """The state after an event of its stream. Raises TypeError for an event of another kind of stream."""
    match state, event:
        case Staff(), ClerkDefined() | QuotasSet() | HoursOpened():
            return staff.evolve(state, event)
        case ClerkDay(), ClerkTaken() | ClerkFreed() | ClerkBecameBusy() | ClerkBecameFree():
            return day.evolve(state, event)
        case Elsewhere(), BusyTimesChanged():
            return state
        case Reservation(), StaffReserved() | StaffDeclined() | StaffReleased() | HoldForgone() | VisitConfirmed():
            return reservation.evolve(state, event)
        case _:
            raise TypeError(f"{type(event).__name__} does not belong to a {type(state).__name__}")


def decide(command: StaffCalendarCommand, states: Mapping[str, State]) -> Sequence[StaffCalendarEvent]:
    """What follows from an order. Raises Refused for an order of a caller on the line that can't be carried out."""
    match command:
        case DefineClerk():
            return staff.define(command, _staff(states))
        case SetQuotas():
            return staff.set_quotas(command, _staff(states))
        case ExtendHorizon():
            return staff.extend(command, _staff(states))
        case HoldStaff():
            return _hold(command, states)
        case LetGoStaff():
            return _let_go(command, states)
        case ConfirmVisit():
            return reservation.confirm(command, _reservation(states, command.appointment))
        case NoteBusy():
            streams = {one.date: day_stream(command.clerk, one.date) for one in command.days}
            known = _days(states, streams.values())
            return busy.note(command, {date: known[name].busy for date, name in streams.items()})
        case _:
            assert_never(command)


def stream_of(event: StaffCalendarEvent) -> str:
    """The stream an event belongs to."""
    match event:
        case ClerkDefined() | QuotasSet() | HoursOpened():
            return _REGISTRY
        case ClerkTaken() | ClerkFreed() | ClerkBecameBusy() | ClerkBecameFree():
            return day_stream(event.clerk, event.date)
        case BusyTimesChanged():
            return busy.stream(event.clerk)
        case StaffReserved() | StaffDeclined() | StaffReleased() | HoldForgone() | VisitConfirmed():
            return _conversation(event.appointment)
        case _:
            assert_never(event)


def _needs_to_hold(order: HoldStaff, states: Mapping[str, State]) -> set[str]:
    first = {_REGISTRY, _conversation(order.appointment)}
    if not first <= states.keys():
        return first
    known = _reservation(states, order.appointment)
    if order.attempt in known.answered or known.too_late(order.attempt):
        return first
    return first | wanted_days(order, _staff(states), cast(Days, states))


def _hold(order: HoldStaff, states: Mapping[str, State]) -> Sequence[StaffCalendarEvent]:
    known = _reservation(states, order.appointment)
    if order.attempt in known.answered:
        return ()
    if known.too_late(order.attempt):
        return (StaffDeclined(order.appointment, order.attempt, "taken"),)
    registry = _staff(states)
    # Only what this order asked for: another order of the same batch must not change who is chosen.
    days = _days(states, wanted_days(order, registry, cast(Days, states)))
    stops = allocate(order, registry, days)
    if stops is None:
        why, others = reason(order, registry), alternatives(order, registry, days)
        return (StaffDeclined(order.appointment, order.attempt, why, others),)
    return (*(_taken(order, stop) for stop in stops), StaffReserved(order.appointment, order.attempt, stops))


def _let_go(order: LetGoStaff, states: Mapping[str, State]) -> Sequence[StaffCalendarEvent]:
    events: list[StaffCalendarEvent] = []
    for event in let_go(order, _reservation(states, order.appointment)):
        if isinstance(event, StaffReleased):
            events.extend(_freed(event, stop) for stop in event.stops)
        events.append(event)
    return tuple(events)


def _taken(order: HoldStaff, stop: StopHeld) -> ClerkTaken:
    return ClerkTaken(
        stop.clerk,
        stop.date,
        order.appointment,
        order.attempt,
        stop.stop,
        stop.starts_at,
        stop.blocked_until,
        stop.ends_at,
        stop.blocked_from,
    )


def _freed(event: StaffReleased, stop: StopHeld) -> ClerkFreed:
    return ClerkFreed(
        stop.clerk,
        stop.date,
        event.appointment,
        event.attempt,
        stop.stop,
        stop.starts_at,
        stop.blocked_until,
        stop.blocked_from,
    )


def _conversation(appointment: str) -> str:
    return f"reservation-{appointment}"


def _staff(states: Mapping[str, State]) -> Staff:
    state = states[_REGISTRY]
    assert isinstance(state, Staff)  # noqa: S101  (`initial` makes no other)
    return state


def _reservation(states: Mapping[str, State], appointment: str) -> Reservation:
    state = states[_conversation(appointment)]
    assert isinstance(state, Reservation)  # noqa: S101
    return state


def _days(states: Mapping[str, State], streams: Iterable[str]) -> dict[str, ClerkDay]:
    """Those of the days that are loaded. By name: `states` holds the streams of a whole batch."""
    return {name: state for name in streams if isinstance(state := states.get(name), ClerkDay)}
