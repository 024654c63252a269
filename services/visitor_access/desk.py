"""The rules of the desk: what is said to the person who enters an arrival or a departure."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import assert_never

from services.visitor_access.commands import AtTheDesk, RecordArrival, RecordDeparture, UndoArrival
from services.visitor_access.day import local
from services.visitor_access.events import (
    ArrivalUndone,
    GuestAnnounced,
    GuestArrived,
    GuestLeft,
    GuestRemoved,
    VisitEvent,
)
from services.visitor_access.states import Plan, Visit

OLDEST_ENTRY = timedelta(hours=24)
"""How long a desk without a line may take to bring in what it wrote down."""


class Refused(Exception):
    """A caller on the line can't have this. `field` is the input at fault, where there is one."""

    def __init__(self, reason: str, detail: str, field: str | None = None) -> None:
        super().__init__(detail)
        self.reason, self.detail, self.field = reason, detail, field


def decide(command: AtTheDesk, appointment: str | None, visit: Visit) -> Sequence[VisitEvent]:
    """What follows from an entry at the desk. Raises Refused."""
    if appointment is None or visit.plan is None:
        raise _unknown()
    if visit.status == "announced":
        raise Refused("not_confirmed", "The appointment is not confirmed yet. Send the guest to the info desk.")
    if _repeated(command, visit):
        return ()
    # Whoever is removed is not in the house: to take the arrival back once more changes nothing.
    if visit.status == "removed" and not isinstance(command, UndoArrival):
        raise Refused("removed", "The appointment does not stand any more. Send the guest to the info desk.")
    match command:
        case RecordArrival():
            return _arrive(command, appointment, visit, visit.plan)
        case RecordDeparture():
            return _leave(command, appointment, visit, visit.plan)
        case UndoArrival():
            return _undo(command, appointment, visit, visit.plan)
        case _:
            assert_never(command)


def _unknown() -> Refused:
    return Refused("unknown", "Not on the list. Send the guest to the info desk.")


def _repeated(command: AtTheDesk, visit: Visit) -> bool:
    """Whether this was entered before, by its key. Without one it is new, and most often changes nothing anyway."""
    mine = command.entry
    used = [entry for entry in visit.entries if mine is not None and entry.key == mine.key]
    if used and mine not in used:
        raise Refused("key_used", "This key came with another entry before; use a new one.", "Idempotency-Key")
    return bool(used)


def _arrive(command: RecordArrival, appointment: str, visit: Visit, plan: Plan) -> Sequence[VisitEvent]:
    """Also after the day has ended, when a desk without a line brings in what it wrote down that day."""
    at = _entered(command, plan)
    if command.site is not None and command.site != plan.site:
        raise Refused("wrong_site", f"Expected at the site {plan.site}, not here.")
    if at.date() != plan.date:
        raise Refused("wrong_day", f"Expected on {plan.date.isoformat()}, not on {at.date().isoformat()}.")
    if visit.status == "arrived" or visit.arrived_at == at:
        return ()
    if visit.status == "left" and visit.left_at is not None:
        raise Refused(
            "already_left",
            f"Left at {visit.left_at:%H:%M}. If that was a mistake, take the arrival back and enter it again.",
        )
    return (GuestArrived(appointment, plan.number, at, command.entry),)


def _leave(command: RecordDeparture, appointment: str, visit: Visit, plan: Plan) -> Sequence[VisitEvent]:
    """What was seen replaces what was assumed at the end of the day."""
    at = _entered(command, plan)
    if visit.arrived_at is None:
        raise Refused("not_arrived", "The arrival has not been entered.")
    if visit.status == "left" and not (visit.assumed and at.date() == plan.date):
        return ()
    if at < visit.arrived_at:
        raise Refused("before_arrival", f"Arrived at {visit.arrived_at:%H:%M}, after this departure.", "at")
    return (GuestLeft(appointment, plan.number, at, entry=command.entry),)


def _undo(command: UndoArrival, appointment: str, visit: Visit, plan: Plan) -> Sequence[VisitEvent]:
    if isinstance(plan, GuestAnnounced):
        raise _unknown()  # removed before the pass was issued: nobody was ever expected by it
    if visit.arrived_at is None:
        return ()
    at = local(command.now, plan.starts_at)
    if at.date() != plan.date:
        raise Refused("wrong_day", f"An arrival can be taken back on its day only: {plan.date.isoformat()}.")
    undone = ArrivalUndone(appointment, plan.number, at, command.entry)
    if visit.ended is None:
        return (undone,)
    return (undone, GuestRemoved(appointment, plan.attempt, visit.ended))


def _entered(command: RecordArrival | RecordDeparture, plan: Plan) -> datetime:
    """When it happened, to the second and in the offset of the visit."""
    at = command.now if command.at is None else command.at
    if at > command.now:
        raise Refused("in_the_future", "This time is still to come.", "at")
    if at < command.now - OLDEST_ENTRY:
        raise Refused("too_old", "This time is more than 24 hours ago.", "at")
    return local(at, plan.starts_at).replace(microsecond=0)
