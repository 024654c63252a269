"""The rules of staff_calendar: who is held and who is let go. Pure; the parts stand in the modules beside it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import assert_never, cast

from services.staff_calendar import absences, busy, day, reservation, staff, visits
from services.staff_calendar.allocation import Days, allocate, day_stream, reason, wanted_days
from services.staff_calendar.alternatives import alternatives
from services.staff_calendar.busy import Elsewhere
from services.staff_calendar.commands import (
    CallGuest,
    ConfirmVisit,
    DefineClerk,
    EndAbsence,
    ExtendHorizon,
    FinishVisit,
    HoldStaff,
    LetGoStaff,
    MakeUnreadable,
    NoteBusy,
    NotePresence,
    NoteWish,
    OpenFromCalendar,
    RecordAbsence,
    RenewAddress,
    SetQuotas,
    StaffCalendarCommand,
    SubstituteClerk,
)
from services.staff_calendar.day import ClerkDay
from services.staff_calendar.events import (
    AbsenceEnded,
    AbsenceRecorded,
    BusyTimesChanged,
    CalendarAddressRenewed,
    CalendarHoursSet,
    ClerkBecameBusy,
    ClerkBecameFree,
    ClerkDefined,
    ClerkFreed,
    ClerkTaken,
    ClerkWished,
    GuestCalled,
    GuestUnreadable,
    HoldForgone,
    HoursOpened,
    PresenceNoted,
    QuotasSet,
    StaffCalendarEvent,
    StaffDeclined,
    StaffReleased,
    StaffReserved,
    StaffSubstituted,
    StaffWithdrawn,
    VisitConfirmed,
    VisitFinished,
)
from services.staff_calendar.holding import freed, taken
from services.staff_calendar.reservation import Reservation, let_go
from services.staff_calendar.staff import Refused, Staff
from services.staff_calendar.substitution import substitute

__all__ = ["Refused", "State", "decide", "evolve", "initial", "needs", "stream_of"]

State = Staff | ClerkDay | Reservation | Elsewhere
_REGISTRY = "staff"


def needs(command: StaffCalendarCommand, states: Mapping[str, State]) -> set[str]:
    """The streams wanted, seeing what is loaded: the registry or the conversation first, then the resource-days."""
    match command:
        case DefineClerk() | SetQuotas() | ExtendHorizon() | EndAbsence() | RenewAddress() | OpenFromCalendar():
            return {_REGISTRY}
        case NotePresence() | MakeUnreadable() | CallGuest() | FinishVisit():
            return {_conversation(command.appointment)}
        case SubstituteClerk():
            return _needs_to_substitute(command, states)
        case RecordAbsence():
            return _needs_to_be_absent(command, states)
        case HoldStaff():
            return _needs_to_hold(command, states)
        case ConfirmVisit() | NoteWish():
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
        case Staff(), (
            ClerkDefined()
            | QuotasSet()
            | HoursOpened()
            | AbsenceRecorded()
            | AbsenceEnded()
            | CalendarAddressRenewed()
            | CalendarHoursSet()
        ):
            return staff.evolve(state, event)
        case ClerkDay(), ClerkTaken() | ClerkFreed() | ClerkBecameBusy() | ClerkBecameFree():
            return day.evolve(state, event)
        case Elsewhere(), BusyTimesChanged():
            return state
        case Reservation(), (
            StaffReserved()
            | StaffDeclined()
            | StaffReleased()
            | HoldForgone()
            | StaffSubstituted()
            | StaffWithdrawn()
            | VisitConfirmed()
            | PresenceNoted()
            | GuestCalled()
            | VisitFinished()
            | GuestUnreadable()
            | ClerkWished()
        ):
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
        case SubstituteClerk():
            held = _reservation(states, command.appointment).held
            return substitute(command, held, _staff(states), _days(states, needs(command, states)))
        case RecordAbsence():
            wanted = needs(command, states)
            return absences.record(command, _staff(states), _days(states, wanted), _conversations(states, wanted))
        case EndAbsence():
            return absences.end(command, _staff(states))
        case OpenFromCalendar():
            return staff.open_from_calendar(command, _staff(states))
        case RenewAddress():
            return staff.renew_address(command, _staff(states))
        case NotePresence() | MakeUnreadable() | CallGuest() | FinishVisit() | NoteWish():
            return _at_the_desk(command, _reservation(states, command.appointment))
        case _:
            assert_never(command)


def stream_of(event: StaffCalendarEvent) -> str:
    """The stream an event belongs to."""
    match event:
        case (
            ClerkDefined()
            | QuotasSet()
            | HoursOpened()
            | AbsenceRecorded()
            | AbsenceEnded()
            | CalendarAddressRenewed()
            | CalendarHoursSet()
        ):
            return _REGISTRY
        case ClerkTaken() | ClerkFreed() | ClerkBecameBusy() | ClerkBecameFree():
            return day_stream(event.clerk, event.date)
        case BusyTimesChanged():
            return busy.stream(event.clerk)
        case _:
            return _conversation(event.appointment)


def _at_the_desk(
    order: NotePresence | MakeUnreadable | CallGuest | FinishVisit | NoteWish, known: Reservation
) -> Sequence[StaffCalendarEvent]:
    visit = known.visit
    match order:
        case NotePresence():
            return visits.presence(order, visit)
        case MakeUnreadable():
            return visits.unreadable(order, visit)
        case CallGuest():
            return visits.call(order, visit, known.held.get(visit.attempt, ()))
        case NoteWish():
            return reservation.wish(order, known)
        case FinishVisit():
            return visits.finish(order, visit, known.held.get(visit.attempt, ()))


def _needs_to_substitute(order: SubstituteClerk, states: Mapping[str, State]) -> set[str]:
    first = {_REGISTRY, _conversation(order.appointment)}
    if not first <= states.keys():
        return first
    stops = _reservation(states, order.appointment).held.get(order.attempt, ())
    clerks = {order.clerk, order.substitute}
    return first | {day_stream(clerk, stop.date) for stop in stops if stop.stop == order.stop for clerk in clerks}


def _needs_to_be_absent(order: RecordAbsence, states: Mapping[str, State]) -> set[str]:
    """The clerk's days, then the appointments on them, then the days of whoever might take over."""
    clerk = _staff(states).clerks.get(order.clerk) if _REGISTRY in states else None
    if clerk is None:
        return {_REGISTRY}
    wanted = {_REGISTRY} | absences.own_days(order, clerk)
    wanted |= {_conversation(one) for one in absences.appointments(_days(states, wanted).values())}
    if not wanted <= states.keys():
        return wanted
    return wanted | absences.touched(order, _staff(states), _conversations(states, wanted))


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
    held = (taken(order.appointment, order.attempt, stop) for stop in stops)
    return (*held, StaffReserved(order.appointment, order.attempt, stops, order.guest))


def _let_go(order: LetGoStaff, states: Mapping[str, State]) -> Sequence[StaffCalendarEvent]:
    events: list[StaffCalendarEvent] = []
    for event in let_go(order, _reservation(states, order.appointment)):
        if isinstance(event, StaffReleased):
            events.extend(freed(event.appointment, event.attempt, stop) for stop in event.stops)
        events.append(event)
    return tuple(events)


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


def _conversations(states: Mapping[str, State], streams: Iterable[str]) -> dict[str, Reservation]:
    """Those of the reservations that are loaded, by appointment."""
    loaded = ((name, states.get(name)) for name in streams)
    return {name.removeprefix("reservation-"): state for name, state in loaded if isinstance(state, Reservation)}


def _days(states: Mapping[str, State], streams: Iterable[str]) -> dict[str, ClerkDay]:
    """Those of the days that are loaded. By name: `states` holds the streams of a whole batch."""
    return {name: state for name in streams if isinstance(state := states.get(name), ClerkDay)}
