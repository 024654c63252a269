"""One appointment: which attempt was answered, what each still holds, what will not be held any more."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from services.staff_calendar import visits
from services.staff_calendar.commands import ConfirmVisit, LetGoStaff, NoteWish
from services.staff_calendar.events import (
    ClerkWished,
    GuestCalled,
    GuestUnreadable,
    HoldForgone,
    PresenceNoted,
    StaffDeclined,
    StaffReleased,
    StaffReserved,
    StaffSubstituted,
    StaffWithdrawn,
    StopHeld,
    VisitConfirmed,
    VisitFinished,
)
from services.staff_calendar.visits import Visit, VisitEvent

ReservationEvent = (
    StaffReserved
    | StaffDeclined
    | StaffReleased
    | HoldForgone
    | StaffSubstituted
    | StaffWithdrawn
    | VisitEvent
    | ClerkWished
)


@dataclass(frozen=True, slots=True)
class Reservation:
    """`held` per attempt; `answered` are the attempts that need no answer any more; none below `kept` is held again."""

    held: Mapping[int, tuple[StopHeld, ...]] = field(default_factory=lambda: MappingProxyType({}))
    answered: frozenset[int] = frozenset()
    gone: frozenset[int] = frozenset()
    confirmed: frozenset[int] = frozenset()
    kept: int = 0
    closed: bool = False
    visit: Visit = field(default_factory=Visit)

    def too_late(self, attempt: int) -> bool:
        """Was this attempt let go before it was asked for?"""
        return self.closed or attempt in self.gone or attempt < self.kept


def evolve(state: Reservation, event: ReservationEvent) -> Reservation:
    match event:
        case StaffReserved():
            held = MappingProxyType({**state.held, event.attempt: event.stops})
            return replace(state, held=held, answered=state.answered | {event.attempt})
        case StaffDeclined():
            return replace(state, answered=state.answered | {event.attempt})
        case StaffSubstituted():
            return replace(state, held=MappingProxyType({**state.held, event.attempt: _substituted(state, event)}))
        case StaffWithdrawn():
            return replace(state, held=_rest(state, event.attempt))
        case StaffReleased():
            rest = _rest(state, event.attempt)
            return replace(state, held=rest, kept=max(state.kept, event.kept), closed=state.closed or event.closed)
        case VisitConfirmed():
            visit = visits.evolve(state.visit, event)
            return replace(state, confirmed=state.confirmed | {event.attempt}, visit=visit)
        case HoldForgone():
            gone = state.gone | {event.attempt} if not (event.kept or event.closed) else state.gone
            return replace(state, gone=gone, kept=max(state.kept, event.kept), closed=state.closed or event.closed)
        case ClerkWished():
            return state
        case PresenceNoted() | GuestCalled() | VisitFinished() | GuestUnreadable():
            return replace(state, visit=visits.evolve(state.visit, event))


def _rest(state: Reservation, attempt: int) -> Mapping[int, tuple[StopHeld, ...]]:
    return MappingProxyType({n: stops for n, stops in state.held.items() if n != attempt})


def _substituted(state: Reservation, event: StaffSubstituted) -> tuple[StopHeld, ...]:
    return tuple(event.held if stop.stop == event.held.stop else stop for stop in state.held[event.attempt])


def confirm(order: ConfirmVisit, state: Reservation) -> tuple[VisitConfirmed, ...]:
    """Once, while it is held: what was let go before it was confirmed is gone."""
    if order.attempt not in state.held or order.attempt in state.confirmed:
        return ()
    told = order.party_size, order.language, order.documents, order.rooms
    return (VisitConfirmed(order.appointment, order.attempt, *told),)


def wish(order: NoteWish, state: Reservation) -> tuple[ClerkWished, ...]:
    """For the attempt that the clerk sees: a confirmed one before one that is being asked for. Else it is too late."""
    for attempt in sorted(state.held, key=lambda one: (one not in state.confirmed, one)):
        if any(stop.stop == order.stop and stop.clerk == order.clerk for stop in state.held[attempt]):
            about = order.appointment, attempt, order.stop, order.clerk
            return (ClerkWished(*about, order.wish, order.starts_at, order.ends_at),)
    return ()


def let_go(order: LetGoStaff, state: Reservation) -> tuple[StaffReleased | HoldForgone, ...]:
    """A release per attempt that holds something; where none does, a note that it was let go, unless that is known."""
    closed, kept = order.scope == "all", order.attempt if order.scope == "others" else 0
    released = tuple(
        StaffReleased(order.appointment, attempt, state.held[attempt], kept, closed)
        for attempt in sorted(state.held)
        if _concerns(order, attempt)
    )
    if released or _known(order, state):
        return released
    return (HoldForgone(order.appointment, order.attempt, kept, closed),)


def _concerns(order: LetGoStaff, attempt: int) -> bool:
    match order.scope:
        case "all":
            return True
        case "others":
            return attempt != order.attempt
        case "this":
            return attempt == order.attempt


def _known(order: LetGoStaff, state: Reservation) -> bool:
    match order.scope:
        case "all":
            return state.closed
        case "others":
            return state.closed or order.attempt <= state.kept
        case "this":
            return order.attempt in state.answered or state.too_late(order.attempt)
