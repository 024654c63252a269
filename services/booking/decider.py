"""The rules of booking; the parts stand in the modules beside it. Pure."""

from collections.abc import Mapping, Sequence
from typing import cast

from services.booking import appointment, catalogue
from services.booking.accounts import account
from services.booking.accounts.account import Account
from services.booking.accounts.commands import AccountCommand
from services.booking.accounts.events import AccountEvent
from services.booking.appointment import Appointment, Refused
from services.booking.catalogue import Catalogue
from services.booking.commands import BookingCommand, Note, SetCatalogue
from services.booking.events import (
    BookingEvent,
    ClerkBusyNoted,
    ClerkHoursNoted,
    ClerkNoted,
    ConcernDefined,
    ConcernWithdrawn,
    RoomHoursNoted,
    RoomNoted,
)

__all__ = ["Refused", "State", "decide", "evolve", "initial", "needs", "stream_of"]

State = Catalogue | Appointment | Account | None
"""Of a noted room or clerk nothing is kept here: nothing is decided on it, and the read side has it."""


def needs(command: BookingCommand, _states: Mapping[str, State]) -> set[str]:
    """One stream each."""
    match command:
        case SetCatalogue():
            return {"catalogue"}
        case Note():
            return {stream_of(command.fact)}
        case _ if isinstance(command, AccountCommand):
            return {f"account-{command.account}"}
        case _:
            return {f"appointment-{command.appointment}"}


def initial(stream: str) -> State:
    """The state of a stream before its first event."""
    match stream.partition("-")[0]:
        case "catalogue":
            return Catalogue()
        case "appointment":
            return Appointment()
        case "account":
            return Account()
        case _:
            return None


def evolve(state: State, event: BookingEvent) -> State:
    """The state after an event of its stream."""
    match event:
        case ConcernDefined() | ConcernWithdrawn():
            return catalogue.evolve(cast(Catalogue, state), event)
        case RoomNoted() | RoomHoursNoted() | ClerkNoted() | ClerkHoursNoted() | ClerkBusyNoted():
            return None
        case _ if isinstance(event, AccountEvent):
            return account.evolve(cast(Account, state), event)
        case _:
            return appointment.evolve(cast(Appointment, state), event)


def decide(command: BookingCommand, states: Mapping[str, State]) -> Sequence[BookingEvent]:
    """What follows from an order. Raises Refused for an order of a caller on the line that can't be carried out."""
    match command:
        case SetCatalogue():
            return catalogue.set_all(command, cast(Catalogue, states["catalogue"]))
        case Note():
            return (command.fact,)
        case _ if isinstance(command, AccountCommand):
            return account.decide(command, cast(Account, states[f"account-{command.account}"]))
        case _:
            state = cast(Appointment, states[f"appointment-{command.appointment}"])
            return appointment.decide(command, state)


def stream_of(event: BookingEvent) -> str:
    """The stream an event belongs to."""
    match event:
        case ConcernDefined() | ConcernWithdrawn():
            return "catalogue"
        case RoomNoted() | RoomHoursNoted():
            return f"room-{event.room}"
        case ClerkNoted() | ClerkHoursNoted() | ClerkBusyNoted():
            return f"clerk-{event.clerk}"
        case _ if isinstance(event, AccountEvent):
            return f"account-{event.account}"
        case _:
            return f"appointment-{event.appointment}"
