"""What rooms makes of what booking says. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from services.rooms.commands import HoldRooms, LetGoRooms, StopWanted
from services.rooms.contracts import HEARD
from shared.messages import Message, following
from shared.replays import Replays

REPLAYS = Replays()
"""Nothing here has a side effect: a message that comes again is the gate's business."""


def can_wait(kind: str) -> bool:
    """Only for its place does anybody wait."""
    return kind not in HEARD


def react(message: Message, now: datetime) -> Sequence[HoldRooms | LetGoRooms]:
    """Our command for a heard message; () for what is of no use here. Raises ValidationError for what can't be read."""
    schema = HEARD.get(message.type)
    if schema is None:
        return ()
    said = schema.load(message.data)
    command, appointment, attempt = following(message, by="rooms"), said["appointment"], said["attempt"]
    match message.type:
        case "AppointmentRequested" | "AppointmentMoveRequested":
            stops = tuple(_wanted(stop) for stop in said["stops"])
            return (HoldRooms(command, now, appointment, attempt, said["site"], stops),)
        case "AppointmentMoved":
            return (LetGoRooms(command, now, appointment, attempt, "others"),)
        case "AppointmentMoveDeclined":
            return (LetGoRooms(command, now, appointment, attempt, "this"),)
        case _:  # declined, expired, cancelled
            return (LetGoRooms(command, now, appointment, attempt, "all"),)


def _wanted(stop: Mapping[str, Any]) -> StopWanted:
    return StopWanted(**{**stop, "equipment": tuple(stop["equipment"])})
