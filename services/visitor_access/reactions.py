"""What the entrance makes of what booking says. Pure."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from services.visitor_access.commands import (
    AnnounceGuest,
    ChangeHosts,
    Heard,
    MakeUnreadable,
    RegisterGuest,
    RemoveGuest,
)
from services.visitor_access.contracts import HEARD
from services.visitor_access.events import Stop
from services.visitor_access.projections import DAY_END
from shared.messages import Message, following
from shared.replays import Effect, Replays

REPLAYS = Replays({DAY_END: Effect("day's end")})
"""Who was missing is decided once per day; its timer goes then."""


_CAN_WAIT = ("AppointmentRequested", "AppointmentConfirmed", "AppointmentMoved", "AppointmentReassigned")


def can_wait(kind: str) -> bool:
    """Who has only just booked comes to the entrance later than in a moment, also from the info desk."""
    return kind not in HEARD or kind in _CAN_WAIT


def react(message: Message, now: datetime) -> Sequence[Heard]:
    """Our command for a heard message; () for what is of no use here. Raises ValidationError for what can't be read."""
    schema = HEARD.get(message.type)
    if schema is None:
        return ()
    said = schema.load(message.data)
    command = following(message, by="visitor_access")
    match message.type:
        case "AppointmentRequested":
            return (AnnounceGuest(id=command, now=now, **said),)
        case "AppointmentConfirmed" | "AppointmentMoved":
            return (RegisterGuest(id=command, now=now, stops=_stops(said.pop("stops")), **said),)
        case "AppointmentReassigned":
            return (ChangeHosts(command, now, said["appointment"], said["attempt"], _stops(said["stops"])),)
        case "AppointmentDeclined":
            return (RemoveGuest(command, now, said["appointment"], because="declined"),)
        case "AppointmentExpired":
            return (RemoveGuest(command, now, said["appointment"], because="expired"),)
        case "AppointmentCancelled":
            return (RemoveGuest(command, now, said["appointment"], because="cancelled"),)
        case "GuestForgotten":
            return (MakeUnreadable(command, now, said["appointment"]),)
        case _:
            return ()


def _stops(said: Sequence[Any]) -> tuple[Stop, ...]:
    return tuple(Stop(room=stop["room"]["name"], clerk=stop["clerk"]["name"]) for stop in said)
