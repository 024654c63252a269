"""What booking makes of what rooms, staff_calendar and visitor_access say. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from services.booking.commands import (
    BookingCommand,
    HearAnswer,
    HearNoWish,
    HearSubstitute,
    HearWish,
    HearWithdrawal,
    Note,
    NotePass,
)
from services.booking.contracts import HEARD
from services.booking.events import (
    BusyDay,
    ClerkBusyNoted,
    ClerkHoursNoted,
    ClerkNoted,
    Held,
    OpenDay,
    Opening,
    RoomHoursNoted,
    RoomNoted,
    Rule,
    Span,
    StreetPart,
)
from services.booking.projections import FORGET, HOLD
from shared.messages import Message, following
from shared.replays import Effect, Replays

REPLAYS = Replays({HOLD: Effect("expiry"), FORGET: Effect("forgetting")})
"""Both are facts decided once; their timers go when they are. There is nothing to do a second time."""


def can_wait(kind: str) -> bool:
    """A guest waits for what becomes of the visit; the number may come a moment later than that."""
    return kind not in HEARD or kind == "GuestRegistered"


def asks(kind: str) -> bool:
    """A refusal leads to times that are free: what its own batch says of them must be known."""
    return kind in ("RoomDeclined", "StaffDeclined")


def react(message: Message, now: datetime) -> Sequence[BookingCommand]:
    """Our command for a heard message; () for what is of no use here. Raises ValidationError for what can't be read."""
    if message.type not in HEARD:
        return ()
    said = HEARD[message.type].load(message.data)
    command = following(message, by="booking")
    match message.type:
        case "RoomReserved" | "RoomDeclined":
            return (_answer(command, now, "rooms", said),)
        case "StaffReserved" | "StaffDeclined":
            return (_answer(command, now, "staff", said),)
        case "StaffSubstituted":
            (held,) = said["stops"]
            return (HearSubstitute(command, now, said["appointment"], said["attempt"], Held(**held)),)
        case "ClerkWished":
            about = said["appointment"], said["attempt"], said["stop"]
            if said["wish"] == "none":
                return (HearNoWish(command, now, *about),)
            return (HearWish(command, now, *about, said["starts_at"]),)
        case "StaffWithdrawn":
            return (HearWithdrawal(command, now, said["appointment"], said["attempt"]),)
        case "GuestRegistered":
            return (NotePass(command, now, said["appointment"], said["number"]),)
        case _:
            return (Note(command, now, _fact(message.type, said)),)


def _answer(command: str, now: datetime, who: str, said: Mapping[str, Any]) -> HearAnswer:
    return HearAnswer(
        command,
        now,
        said["appointment"],
        said["attempt"],
        who,
        held=tuple(Held(**stop) for stop in said.get("stops", ())),
        because=said.get("because", ""),
        alternatives=tuple(said.get("alternatives", ())),
    )


def _fact(
    kind: str, said: dict[str, Any]
) -> RoomNoted | RoomHoursNoted | ClerkNoted | ClerkHoursNoted | ClerkBusyNoted:
    match kind:
        case "RoomDefined":
            return RoomNoted(**said | {"equipment": tuple(said["equipment"])})
        case "ClerkDefined":
            lists = {name: tuple(said[name]) for name in ("departments", "competences", "languages")}
            rules = tuple(_rule(rule) for rule in said["responsibility"])
            return ClerkNoted(**said | lists | {"responsibility": rules})
        case "RoomOpened":
            return RoomHoursNoted(said["room"], said["from_"], said["until"], _days(said))
        case "ClerkBusy":
            days = (BusyDay(day["date"], tuple(Span(**span) for span in day["busy"])) for day in said["days"])
            return ClerkBusyNoted(said["clerk"], tuple(days))
        case _:
            return ClerkHoursNoted(said["clerk"], said["from_"], said["until"], _days(said))


def _rule(said: Mapping[str, Any]) -> Rule:
    return Rule(**{**said, "streets": tuple(StreetPart(**street) for street in said["streets"])})


def _days(said: Mapping[str, Any]) -> tuple[OpenDay, ...]:
    return tuple(OpenDay(day["date"], tuple(Opening(**opening) for opening in day["open"])) for day in said["days"])
