"""What booking says, as orders to the clerks' calendars. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from services.staff_calendar.commands import (
    ConfirmVisit,
    HoldStaff,
    LetGoStaff,
    Scope,
    StaffCalendarCommand,
    StopWanted,
)
from services.staff_calendar.contracts import HEARD
from shared.messages import Message, following
from shared.replays import Replays

REPLAYS = Replays()
"""Nothing here has a side effect: a message that comes again is the gate's business."""
_LET_GO: Mapping[str, Scope] = {
    "AppointmentMoved": "others",
    "AppointmentMoveDeclined": "this",
    "AppointmentDeclined": "all",
    "AppointmentExpired": "all",
    "AppointmentCancelled": "all",
}


def react(message: Message, now: datetime) -> Sequence[StaffCalendarCommand]:
    """Our order for a heard message; () for what is of no use here. Raises ValidationError for what can't be read."""
    schema = HEARD.get(message.type)
    if schema is None:
        return ()
    said: Any = schema.load(message.data)
    order = following(message, by="staff_calendar")
    if message.type == "AppointmentConfirmed":
        return (ConfirmVisit(order, now, said["appointment"], said["attempt"]),)
    if (scope := _LET_GO.get(message.type)) is not None:
        return (LetGoStaff(order, now, said["appointment"], said["attempt"], scope),)
    stops = tuple(_wanted(stop) for stop in said["stops"])
    audience = tuple(said["audience"])
    about = said["appointment"], said["attempt"], said["site"]
    return (HoldStaff(order, now, *about, stops, audience, said["spoken"]),)


def _wanted(stop: dict[str, Any]) -> StopWanted:
    return StopWanted(
        stop=stop["stop"],
        department=stop["department"],
        competences=tuple(stop["competences"]),
        responsibility=stop["responsibility"],
        starts_at=stop["starts_at"],
        ends_at=stop["ends_at"],
        blocked_until=stop["blocked_until"],
        clerk=stop["clerk"],
        concern=stop["concern"],
        title=stop["name"].get("de", stop["concern"]),
        blocked_from=stop["blocked_from"],
    )
