"""What booking and the entrance say, as orders to the clerks' calendars. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from services.staff_calendar.commands import (
    ConfirmVisit,
    HoldStaff,
    LetGoStaff,
    MakeUnreadable,
    NotePresence,
    Scope,
    StaffCalendarCommand,
    StopWanted,
)
from services.staff_calendar.contracts import HEARD
from services.staff_calendar.events import Document, Presence, RoomOfStop
from shared.messages import Message, following
from shared.replays import Replays

REPLAYS = Replays()
"""Nothing here has a side effect: a message that comes again is the gate's business."""
_LET_GO: Mapping[str, Scope] = {
    "AppointmentMoveDeclined": "this",
    "AppointmentDeclined": "all",
    "AppointmentExpired": "all",
    "AppointmentCancelled": "all",
}
_PRESENCE: Mapping[str, Presence] = {
    "GuestRegistered": "expected",
    "GuestArrived": "arrived",
    "ArrivalUndone": "expected",
    "GuestLeft": "left",
    "GuestMissed": "missed",
}


_CAN_WAIT = ("AppointmentConfirmed", "GuestRegistered")


def can_wait(kind: str) -> bool:
    """A guest waits for a clerk's time, a clerk for who arrives; not for the plan of a later day."""
    return kind not in HEARD or kind in _CAN_WAIT


def react(message: Message, now: datetime) -> Sequence[StaffCalendarCommand]:
    """Our orders for a heard message; () for what is of no use here. Raises ValidationError for what can't be read."""
    schema = HEARD.get(message.type)
    if schema is None:
        return ()
    said: Any = schema.load(message.data)
    order = following(message, by="staff_calendar")
    match message.type:
        case "AppointmentRequested" | "AppointmentMoveRequested":
            return (_hold(order, now, said),)
        case "AppointmentConfirmed":
            return (_visit(order, now, said),)
        case "AppointmentMoved":
            let_go = LetGoStaff(order, now, said["appointment"], said["attempt"], "others")
            return (let_go, _visit(following(message, by="staff_calendar", n=1), now, said))
        case "GuestForgotten":
            return (MakeUnreadable(order, now, said["appointment"]),)
        case kind if kind in _PRESENCE:
            return (NotePresence(order, now, said["appointment"], _PRESENCE[kind], said.get("at")),)
        case kind:
            return (LetGoStaff(order, now, said["appointment"], said["attempt"], _LET_GO[kind]),)


def _hold(order: str, now: datetime, said: Mapping[str, Any]) -> HoldStaff:
    stops = tuple(_wanted(stop) for stop in said["stops"])
    about = said["appointment"], said["attempt"], said["site"]
    return HoldStaff(order, now, *about, stops, tuple(said["audience"]), said["spoken"], said.get("guest", ""))


def _visit(order: str, now: datetime, said: Mapping[str, Any]) -> ConfirmVisit:
    documents = tuple(Document(**document) for document in said["documents"])
    rooms = tuple(RoomOfStop(stop["stop"], stop["room"]["name"]) for stop in said["stops"])
    about = said["appointment"], said["attempt"], said["party_size"], said["language"]
    return ConfirmVisit(order, now, *about, documents, rooms)


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
