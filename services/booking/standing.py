"""The read table of appointments: what stands when, whom it is for (sealed), and under which number."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Column, Date, Index, Integer, MetaData, Table, Text, bindparam, delete, update

from services.booking.events import (
    AppointmentCancelled,
    AppointmentConfirmed,
    AppointmentDeclined,
    AppointmentExpired,
    AppointmentMoved,
    AppointmentRequested,
    BookingEvent,
    GuestForgotten,
    PassNoted,
    Plan,
)
from shared.tables import Write, instant, upsert

OPEN = ("requested", "confirmed")
_ENDS = {AppointmentCancelled: "cancelled", AppointmentDeclined: "declined", AppointmentExpired: "expired"}


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
_STANDS = ("status", "site", "date", "starts_at", "party_size", "concerns", "departments")
_STANDS_NOW = update(appointments).where(_THIS).values({name: bindparam(f"b_{name}") for name in _STANDS})
_IS = update(appointments).where(_THIS).values(status=bindparam("b_status"))
_HAS_PASS = update(appointments).where(_THIS).values(number=bindparam("b_number"))
_GONE = delete(appointments).where(_THIS)


def project(event: BookingEvent) -> Iterable[Write]:
    """The rows that an event changes."""
    match event:
        case AppointmentRequested():
            row = _row("requested", event.plan) | {"appointment": event.appointment, "guest": event.guest}
            yield _ASKED, row | {"number": None}
        case AppointmentConfirmed() | AppointmentMoved():
            row = {f"b_{name}": value for name, value in _row("confirmed", event.plan).items()}
            yield _STANDS_NOW, row | {"b_appointment": event.appointment}
        case AppointmentCancelled() | AppointmentDeclined() | AppointmentExpired():
            yield _IS, {"b_appointment": event.appointment, "b_status": _ENDS[type(event)]}
        case PassNoted():
            yield _HAS_PASS, {"b_appointment": event.appointment, "b_number": event.number}
        case GuestForgotten():
            yield _GONE, {"b_appointment": event.appointment}
        case _:
            pass


def keys(stored: str) -> list[str]:
    """Those of a row's concerns or departments."""
    return stored.split()


def _row(status: str, plan: Plan) -> dict[str, Any]:
    return {
        "status": status,
        "site": plan.site,
        "date": plan.date,
        "starts_at": instant(plan.starts_at),
        "party_size": plan.party_size,
        "concerns": _listed(stop.concern for stop in plan.stops),
        "departments": _listed(stop.department for stop in plan.stops),
    }


def _listed(names: Iterable[str]) -> str:
    return f" {' '.join(dict.fromkeys(names))} "
