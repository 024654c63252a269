"""What is known of a visit and of a pass, folded from their events; no rules.

Two kinds of streams: `visit-{appointment}` is the conversation about one visit; `pass-{number}` says whose a pass is,
and its expected version keeps two guests from getting the same one.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, assert_never, cast

from services.visitor_access.events import (
    AppointmentEnded,
    ArrivalUndone,
    Entry,
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

Status = Literal["unknown", "announced", "registered", "arrived", "left", "missed", "removed"]
Plan = GuestAnnounced | GuestRegistered


@dataclass(frozen=True, slots=True)
class Visit:
    """One visit. `plan` is when and where the guest is expected, as last announced or registered.

    `entries` are those of the desk that bore a key; `ended` is why the appointment does not stand any more, if so.
    """

    status: Status = "unknown"
    plan: Plan | None = None
    arrived_at: datetime | None = None
    left_at: datetime | None = None
    assumed: bool = False
    forgotten: bool = False
    entries: tuple[Entry, ...] = ()
    ended: str | None = None


@dataclass(frozen=True, slots=True)
class Pass:
    """A pass and the appointment it belongs to, if any."""

    appointment: str | None = None


State = Visit | Pass


def visit_stream(appointment: str) -> str:
    """The stream of one visit."""
    return f"visit-{appointment}"


def pass_stream(number: str) -> str:
    """The stream of one pass."""
    return f"pass-{number}"


def stream_of(event: VisitEvent) -> str:
    """Where the event belongs."""
    return pass_stream(event.number) if isinstance(event, PassReserved) else visit_stream(event.appointment)


def initial(stream: str) -> State:
    """What is known of a stream without events."""
    return Pass() if stream.startswith("pass-") else Visit()


def evolve(state: State, event: VisitEvent) -> State:
    """The state after the event."""
    if isinstance(event, PassReserved):
        return Pass(event.appointment)
    visit = cast(Visit, state)  # as `initial` made it
    entry = getattr(event, "entry", None)
    if entry is not None:
        visit = replace(visit, entries=(*visit.entries, entry))
    match event:
        case GuestAnnounced():
            return replace(visit, status="announced", plan=event)
        case GuestRegistered():
            return replace(visit, status="registered", plan=event, arrived_at=None, left_at=None, assumed=False)
        case HostsChanged():
            plan = visit.plan
            return replace(visit, plan=replace(plan, stops=event.stops)) if isinstance(plan, GuestRegistered) else visit
        case GuestRemoved():
            return replace(visit, status="removed", ended=event.because)
        case AppointmentEnded():
            return replace(visit, ended=event.because)
        case GuestArrived():
            return replace(visit, status="arrived", arrived_at=event.at, left_at=None, assumed=False)
        case ArrivalUndone():
            return replace(visit, status="registered", arrived_at=None, left_at=None, assumed=False)
        case GuestLeft():
            return replace(visit, status="left", left_at=event.at, assumed=event.assumed)
        case GuestMissed():
            return replace(visit, status="missed")
        case GuestUnreadable():
            return replace(visit, forgotten=True)
        case _:
            assert_never(event)
