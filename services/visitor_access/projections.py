"""The table `visits`, one row per appointment, and the timer of each visit's day. Rebuildable from the log.

The guest is in it as a sealed token only. Times are RFC 3339 in the local offset, as the desk reads them.
"""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any, assert_never

from sqlalchemy import JSON, Boolean, Column, Index, Integer, MetaData, Table, Text, bindparam, update

from services.visitor_access.day import end_of_day
from services.visitor_access.events import (
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
    VisitEvent,
)
from shared.definition import Recorded
from shared.tables import Write, upsert
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
_KEYS = Vault(master_key=b"", transport_key=b"")  # forgetting a key takes none


def project(event: VisitEvent, _at: Recorded) -> Iterable[Write]:
    """What an event changes in the read tables, and when its visit comes due."""
    match event:
        case PassReserved():
            return ()
        case GuestAnnounced():
            return (_announced(event),)
        case GuestRegistered():
            return (_registered(event), set_timer(DAY_END, event.appointment, end_of_day(event.starts_at)))
        case HostsChanged():
            stops = [asdict(stop) for stop in event.stops]
            return ((_CHANGE_HOSTS, {"b_appointment": event.appointment, "stops": stops}),)
        case GuestArrived() | ArrivalUndone():
            return (_arrived_or_back(event), set_timer(DAY_END, event.appointment, end_of_day(event.at)))
        case GuestLeft():
            return (_left(event), clear_timer(DAY_END, event.appointment))
        case GuestRemoved() | GuestMissed():
            return (_removed_or_missed(event), clear_timer(DAY_END, event.appointment))
        case GuestUnreadable():
            return (_BLANK, {"b_appointment": event.appointment, "guest": None}), _KEYS.forget(event.appointment)
        case _:
            assert_never(event)


def _announced(event: GuestAnnounced) -> Write:
    row: dict[str, Any] = {"appointment": event.appointment, "number": None, "stops": [], "guest": event.guest}
    return _ANNOUNCE, row | _planned(event, "announced")


def _registered(event: GuestRegistered) -> Write:
    row = {"b_appointment": event.appointment, "number": event.number, "stops": [asdict(stop) for stop in event.stops]}
    return _REGISTER, row | _planned(event, "registered")


def _planned(event: GuestAnnounced | GuestRegistered, status: str) -> dict[str, Any]:
    return {
        "status": status,
        "site": event.site,
        "date": event.date.isoformat(),
        "starts_at": event.starts_at.isoformat(),
        "ends_at": event.ends_at.isoformat(),
        "party_size": event.party_size,
        "arrived_at": None,
        "left_at": None,
        "assumed": False,
    }


def _arrived_or_back(event: GuestArrived | ArrivalUndone) -> Write:
    arrived = isinstance(event, GuestArrived)
    status, at = ("arrived", event.at.isoformat()) if arrived else ("registered", None)
    row: dict[str, Any] = {"status": status, "arrived_at": at, "left_at": None, "assumed": False}
    return _ARRIVE_OR_UNDO, {"b_appointment": event.appointment} | row


def _left(event: GuestLeft) -> Write:
    row = {"status": "left", "left_at": event.at.isoformat(), "assumed": event.assumed}
    return _LEAVE, {"b_appointment": event.appointment} | row


def _removed_or_missed(event: GuestRemoved | GuestMissed) -> Write:
    status = "removed" if isinstance(event, GuestRemoved) else "missed"
    return _REMOVE_OR_MISS, {"b_appointment": event.appointment, "status": status}
