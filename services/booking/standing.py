"""The read table of appointments: what stands when, whom it is for (sealed), and under which number."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Column, Date, Index, Integer, MetaData, Table, Text, bindparam, delete, update

from services.booking.events import (
    AppointmentCancelled,
    AppointmentConfirmed,
    AppointmentDeclined,
    AppointmentExpired,
    AppointmentMoved,
    AppointmentRequested,
    GuestForgotten,
    PassNoted,
    Plan,
)
from shared.definition import Change, Recorded
from shared.tables import Write, instant, upsert

OPEN = ("requested", "confirmed")


metadata = MetaData()
"""Of all of booking's read tables; projections.py has the others."""
appointments = Table(
    "appointments",
    metadata,
    Column("appointment", Text, primary_key=True),
    Column("status", Text, nullable=False),
    Column("site", Text, nullable=False),
    Column("date", Date, nullable=False),
    Column("starts_at", Text, nullable=False),
    Column("party_size", Integer, nullable=False),
    Column("concerns", Text, nullable=False),
    Column("departments", Text, nullable=False),
    Column("number", Text),
    Column("guest", Text),
    Index("appointments_date", "date", "status"),
    Index("appointments_number", "number"),
)
"""`concerns` and `departments`: keys, each between blanks. `guest`: sealed; the row goes with the guest."""
_ASKED = upsert(appointments, ["appointment"])
_THIS = appointments.c.appointment == bindparam("b_appointment")
# A statement each, for each has its own columns: neighbours of one statement go out as one.
_STANDS = update(appointments).where(_THIS)
_IS = update(appointments).where(_THIS)
_HAS_PASS = update(appointments).where(_THIS)
_GONE = delete(appointments).where(_THIS)


def _asked(event: AppointmentRequested, _at: Recorded) -> Iterable[Write]:
    row = _row("requested", event.plan)
    row |= {"appointment": event.appointment, "guest": event.guest, "number": None}
    return ((_ASKED, row),)


def _stands(event: AppointmentConfirmed | AppointmentMoved, _at: Recorded) -> Iterable[Write]:
    row = _row("confirmed", event.plan)
    return ((_STANDS, {"b_appointment": event.appointment, **row}),)


def _cancelled(event: AppointmentCancelled, _at: Recorded) -> Iterable[Write]:
    return ((_IS, {"b_appointment": event.appointment, "status": "cancelled"}),)


def _declined(event: AppointmentDeclined, _at: Recorded) -> Iterable[Write]:
    return ((_IS, {"b_appointment": event.appointment, "status": "declined"}),)


def _expired(event: AppointmentExpired, _at: Recorded) -> Iterable[Write]:
    return ((_IS, {"b_appointment": event.appointment, "status": "expired"}),)


def _has_pass(event: PassNoted, _at: Recorded) -> Iterable[Write]:
    return ((_HAS_PASS, {"b_appointment": event.appointment, "number": event.number}),)


def _gone(event: GuestForgotten, _at: Recorded) -> Iterable[Write]:
    return ((_GONE, {"b_appointment": event.appointment}),)


CHANGES: Mapping[type, Change] = {
    AppointmentRequested: _asked,
    AppointmentConfirmed: _stands,
    AppointmentMoved: _stands,
    AppointmentCancelled: _cancelled,
    AppointmentDeclined: _declined,
    AppointmentExpired: _expired,
    PassNoted: _has_pass,
    GuestForgotten: _gone,
}
"""The events that change the table."""


def keys(stored: str) -> list[str]:
    """Those of a row's concerns or departments."""
    return stored.split()


def _row(status: str, plan: Plan) -> dict[str, Any]:
    stops = plan.stops
    return {
        "status": status,
        "site": plan.site,
        "date": plan.date,
        "starts_at": instant(plan.starts_at),
        "party_size": plan.party_size,
        "concerns": _listed(stop.concern for stop in stops),
        "departments": _listed(stop.department for stop in stops),
    }


def _listed(names: Iterable[str]) -> str:
    return f" {' '.join(dict.fromkeys(names))} "
