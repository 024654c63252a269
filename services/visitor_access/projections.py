"""The table `visits`, one row per appointment, and the timer of each visit's day. Rebuildable from the log.

The guest is in it as a sealed token only. Times are RFC 3339 in the local offset, as the desk reads them.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import JSON, Boolean, Column, Index, Integer, MetaData, Table, Text, bindparam, update

from services.visitor_access.day import end_of_day
from services.visitor_access.events import (
    AppointmentEnded,
    ArrivalUndone,
    GuestAnnounced,
    GuestArrived,
    GuestLeft,
    GuestMissed,
    GuestRegistered,
    GuestRemoved,
    GuestUnreadable,
    HostsChanged,
    PassReserved,
    Stop,
    VisitEvent,
)
from shared.definition import Projection, Recorded
from shared.messages import Message
from shared.tables import Write, subject_keys, timers, upsert
from shared.timers import clear_timer, set_timer
from shared.vault import Vault

DAY_END = "day_end"
"""The kind of timer that lets an appointment come due when its day is over."""

metadata = MetaData()

visits = Table(
    "visits",
    metadata,
    Column("appointment", Text, primary_key=True),
    Column("status", Text, nullable=False),
    Column("number", Text),
    Column("site", Text, nullable=False),
    Column("date", Text, nullable=False),
    Column("starts_at", Text, nullable=False),
    Column("ends_at", Text, nullable=False),
    Column("party_size", Integer, nullable=False),
    Column("stops", JSON, nullable=False),
    Column("guest", Text),
    Column("arrived_at", Text),
    Column("left_at", Text),
    Column("assumed", Boolean, nullable=False),
    Index("visits_date_site", "date", "site"),
    Index("visits_number", "number", unique=True),
)

_OF = visits.c.appointment == bindparam("b_appointment")
# A statement each, for each has its own columns: neighbours of one statement go out as one.
_ANNOUNCE = upsert(visits, ["appointment"])
_REGISTER = update(visits).where(_OF)
_CHANGE_HOSTS = update(visits).where(_OF)
_REMOVE_OR_MISS = update(visits).where(_OF)
_ARRIVE_OR_UNDO = update(visits).where(_OF)
_LEAVE = update(visits).where(_OF)
_BLANK = update(visits).where(_OF)


def _announce(event: GuestAnnounced, _at: Recorded) -> Iterable[Write]:
    row = _planned(event)
    row |= {"appointment": event.appointment, "status": "announced", "number": None, "stops": [], "guest": event.guest}
    return ((_ANNOUNCE, row),)


def _register(event: GuestRegistered, _at: Recorded) -> Iterable[Write]:
    row = _planned(event)
    row |= {"status": "registered", "number": event.number, "stops": _stops(event.stops)}
    row["b_appointment"] = event.appointment
    return ((_REGISTER, row),)


def _planned(event: GuestAnnounced | GuestRegistered) -> dict[str, Any]:
    return {
        "site": event.site,
        "date": event.date.isoformat(),
        "starts_at": event.starts_at.isoformat(),
        "ends_at": event.ends_at.isoformat(),
        "party_size": event.party_size,
        "arrived_at": None,
        "left_at": None,
        "assumed": False,
    }


def _stops(stops: Iterable[Stop]) -> list[dict[str, str]]:
    return [{"room": stop.room, "clerk": stop.clerk} for stop in stops]


def _change_hosts(event: HostsChanged, _at: Recorded) -> Iterable[Write]:
    return ((_CHANGE_HOSTS, {"b_appointment": event.appointment, "stops": _stops(event.stops)}),)


def _arrive(event: GuestArrived, _at: Recorded) -> Iterable[Write]:
    return (_arrived_or_back(event, "arrived", event.at.isoformat()),)


def _undo(event: ArrivalUndone, _at: Recorded) -> Iterable[Write]:
    return (_arrived_or_back(event, "registered", None),)


def _arrived_or_back(event: GuestArrived | ArrivalUndone, status: str, arrived_at: str | None) -> Write:
    row = {"status": status, "arrived_at": arrived_at, "left_at": None, "assumed": False}
    return _ARRIVE_OR_UNDO, {"b_appointment": event.appointment, **row}


def _leave(event: GuestLeft, _at: Recorded) -> Iterable[Write]:
    row = {"status": "left", "left_at": event.at.isoformat(), "assumed": event.assumed}
    return ((_LEAVE, {"b_appointment": event.appointment, **row}),)


def _remove(event: GuestRemoved, _at: Recorded) -> Iterable[Write]:
    return ((_REMOVE_OR_MISS, {"b_appointment": event.appointment, "status": "removed"}),)


def _miss(event: GuestMissed, _at: Recorded) -> Iterable[Write]:
    return ((_REMOVE_OR_MISS, {"b_appointment": event.appointment, "status": "missed"}),)


def _blank(event: GuestUnreadable, _at: Recorded) -> Iterable[Write]:
    return ((_BLANK, {"b_appointment": event.appointment, "guest": None}),)


def _forget_key(event: GuestUnreadable, _at: Recorded) -> Iterable[Write]:
    return (Vault.forget(event.appointment),)


def forget_at_once(message: Message) -> Iterable[Write]:
    """A forgotten guest's key goes, whatever the message waits for: its event would be too late."""
    return (Vault.forget(message.subject),) if message.type == "GuestForgotten" else ()


def _due_when_planned(event: GuestRegistered, _at: Recorded) -> Iterable[Write]:
    return (set_timer(DAY_END, event.appointment, end_of_day(event.starts_at)),)


def _due_when_here(event: GuestArrived | ArrivalUndone, _at: Recorded) -> Iterable[Write]:
    return (set_timer(DAY_END, event.appointment, end_of_day(event.at)),)


def _over(event: GuestLeft | GuestRemoved | GuestMissed, _at: Recorded) -> Iterable[Write]:
    return (clear_timer(DAY_END, event.appointment),)


project = Projection(
    VisitEvent,
    {
        visits: {
            GuestAnnounced: _announce,
            GuestRegistered: _register,
            HostsChanged: _change_hosts,
            GuestArrived: _arrive,
            ArrivalUndone: _undo,
            GuestLeft: _leave,
            GuestRemoved: _remove,
            GuestMissed: _miss,
            GuestUnreadable: _blank,
        },
        timers: {
            GuestRegistered: _due_when_planned,
            GuestArrived: _due_when_here,
            ArrivalUndone: _due_when_here,
            GuestLeft: _over,
            GuestRemoved: _over,
            GuestMissed: _over,
        },
        subject_keys: {GuestUnreadable: _forget_key},
    },
    unseen=(PassReserved, AppointmentEnded),
)
