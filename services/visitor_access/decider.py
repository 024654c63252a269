"""Who is expected, in the house or gone: the rules for what is heard and for the end of the day.

The rules of the desk stand beside it in desk.py, the folding of events in states.py.
"""

import re
from collections.abc import Mapping, Sequence
from typing import assert_never, cast

from services.visitor_access import desk, passes
from services.visitor_access.commands import (
    AnnounceGuest,
    ChangeHosts,
    EndDay,
    MakeUnreadable,
    RecordArrival,
    RecordDeparture,
    RegisterGuest,
    RemoveGuest,
    UndoArrival,
    VisitCommand,
)
from services.visitor_access.day import end_of_day, local
from services.visitor_access.desk import Refused
from services.visitor_access.events import (
    AppointmentEnded,
    GuestAnnounced,
    GuestArrived,
    GuestLeft,
    GuestMissed,
    GuestRegistered,
    GuestRemoved,
    GuestUnreadable,
    HostsChanged,
    PassReserved,
    VisitEvent,
)
from services.visitor_access.states import Pass, State, Visit, evolve, initial, pass_stream, stream_of, visit_stream

__all__ = ["Pass", "Refused", "State", "Visit", "decide", "evolve", "initial", "needs", "stream_of"]

APPOINTMENT_ID = re.compile("[0-9A-Za-z-]{1,64}")


def needs(command: VisitCommand, states: Mapping[str, State]) -> set[str]:
    """The streams to load before deciding, as far as can be told from what is loaded."""
    match command:
        case AnnounceGuest():
            return {visit_stream(command.appointment), *_pass_streams_tried(command, states)}
        case RecordArrival() | RecordDeparture() | UndoArrival():
            return _streams_by_code(command.code, states)
        case _:
            return {visit_stream(command.appointment)}


def _pass_streams_tried(command: AnnounceGuest, states: Mapping[str, State]) -> set[str]:
    """Candidates up to the first that is not known to belong to someone else."""
    tried = set()
    for number in passes.candidates(command.guest):
        tried.add(pass_stream(number))
        if _owner(number, states) in (None, command.appointment):
            break
    return tried


def _streams_by_code(code: str, states: Mapping[str, State]) -> set[str]:
    number = passes.read(code)
    appointment = _appointment_by_code(code, states)
    by_pass = {pass_stream(number)} if number else set()
    return by_pass | ({visit_stream(appointment)} if appointment else set())


def _appointment_by_code(code: str, states: Mapping[str, State]) -> str | None:
    """A code is a pass or, for guests who have none yet, the appointment's id as the list shows it."""
    number = passes.read(code)
    if number is not None:
        return _owner(number, states)
    return code if APPOINTMENT_ID.fullmatch(code) else None


def _owner(number: str, states: Mapping[str, State]) -> str | None:
    match states.get(pass_stream(number)):
        case Pass(appointment):
            return appointment
        case _:
            return None


def _visit(appointment: str, states: Mapping[str, State]) -> Visit:
    return cast(Visit, states[visit_stream(appointment)])  # as `initial` made it


def decide(command: VisitCommand, states: Mapping[str, State]) -> Sequence[VisitEvent]:
    """What follows from the command. Raises Refused for the commands of the desk only."""
    match command:
        case AnnounceGuest():
            return _announce(command, states)
        case RegisterGuest():
            return _register(command, _visit(command.appointment, states))
        case ChangeHosts():
            return _change_hosts(command, _visit(command.appointment, states))
        case RemoveGuest():
            return _remove(command, _visit(command.appointment, states))
        case EndDay():
            return _end_day(command, _visit(command.appointment, states))
        case MakeUnreadable():
            forgotten = _visit(command.appointment, states).forgotten
            return () if forgotten else (GuestUnreadable(command.appointment),)
        case RecordArrival() | RecordDeparture() | UndoArrival():
            appointment = _appointment_by_code(command.code, states)
            return desk.decide(command, appointment, _visit(appointment, states) if appointment else Visit())
        case _:
            assert_never(command)


def _announce(command: AnnounceGuest, states: Mapping[str, State]) -> Sequence[VisitEvent]:
    """The pass is set aside now, and issued when the guest is registered: so registering needs one stream only."""
    if _visit(command.appointment, states).status != "unknown":
        return ()
    number = next(n for n in passes.candidates(command.guest) if _owner(n, states) in (None, command.appointment))
    announced = GuestAnnounced(
        appointment=command.appointment,
        attempt=command.attempt,
        site=command.site,
        date=command.date,
        starts_at=command.starts_at,
        ends_at=command.ends_at,
        party_size=command.party_size,
        guest=command.guest,
        number=number,
    )
    return (PassReserved(number, command.appointment), announced)


def _register(command: RegisterGuest, visit: Visit) -> Sequence[VisitEvent]:
    plan = visit.plan
    if plan is None:
        # Messages come in the order of their stream, so the request is missing from our log: park this for operations.
        raise LookupError(f"appointment {command.appointment} was never announced")
    if visit.ended is not None or (visit.status != "announced" and command.attempt <= plan.attempt):
        return ()
    registered = GuestRegistered(
        appointment=command.appointment,
        attempt=command.attempt,
        number=plan.number,
        site=command.site,
        date=command.date,
        starts_at=command.starts_at,
        ends_at=command.ends_at,
        party_size=command.party_size,
        stops=command.stops,
    )
    if visit.status != "arrived" or visit.arrived_at is None:
        return (registered,)
    if (command.site, command.date) == (plan.site, plan.date):
        # Moved while the guest is waiting in the house: still in the house.
        return (registered, GuestArrived(command.appointment, plan.number, visit.arrived_at))
    left = GuestLeft(command.appointment, plan.number, local(command.now, plan.starts_at), assumed=True)
    return (left, registered)


def _change_hosts(command: ChangeHosts, visit: Visit) -> Sequence[VisitEvent]:
    """Whoever came is told by the clerk; who is still expected is sent to the right one."""
    plan = visit.plan
    current = isinstance(plan, GuestRegistered) and plan.attempt == command.attempt and plan.stops != command.stops
    return (HostsChanged(command.appointment, command.attempt, command.stops),) if current else ()


def _remove(command: RemoveGuest, visit: Visit) -> Sequence[VisitEvent]:
    """Whoever has been in the house stays on the list of that day, unless the arrival is taken back."""
    if visit.plan is None or visit.ended is not None:
        return ()
    if visit.arrived_at is not None:
        return (AppointmentEnded(command.appointment, command.because),)
    return (GuestRemoved(command.appointment, visit.plan.attempt, command.because),)


def _end_day(command: EndDay, visit: Visit) -> Sequence[VisitEvent]:
    """Who was not seen leaving is assumed to have left: nobody stays on the list of people in the house overnight."""
    if visit.plan is None or command.now < (end := end_of_day(visit.plan.starts_at)):
        return ()
    match visit.status:
        case "registered":
            return (GuestMissed(command.appointment, visit.plan.number),)
        case "arrived":
            return (GuestLeft(command.appointment, visit.plan.number, end, assumed=True),)
        case _:
            return ()
