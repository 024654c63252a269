"""Booking's read tables: what the index of proposals is loaded from at the start, and the timers."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import timedelta
from typing import Any

import orjson
from sqlalchemy import Boolean, Column, Date, Index, Integer, Table, Text, bindparam, delete, update

from services.booking import standing
from services.booking.accounts.events import AccountChanged, AccountClosed, AccountOpened, SessionsEnded
from services.booking.events import (
    AppointmentCancelled,
    AppointmentConfirmed,
    AppointmentDeclined,
    AppointmentExpired,
    AppointmentHeld,
    AppointmentMoved,
    AppointmentReassigned,
    AppointmentRequested,
    BookingEvent,
    BusyDay,
    ClerkBusyNoted,
    ClerkHoursNoted,
    ClerkNoted,
    GuestForgotten,
    Held,
    MoveDeclined,
    MoveRequested,
    OpenDay,
    Opening,
    RoomHeld,
    RoomHoursNoted,
    RoomNoted,
    StaffHeld,
)
from services.booking.proposals.views import PUBLIC
from shared.admission import ended
from shared.definition import Recorded
from shared.tables import Write, instant, upsert
from shared.timers import clear_timer, set_timer
from shared.vault import Vault

HOLD = "hold"
FORGET = "forget"
"""Due at the end of the visit; the guest is forgotten when that is long enough ago."""

LONGEST_REST = timedelta(days=7)
"""So long a place that was let go is known at most."""

metadata = standing.metadata
resources = Table(
    "resources",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("resource", Text, primary_key=True),
    Column("definition", Text, nullable=False),
)
open_days = Table(
    "open_days",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("resource", Text, primary_key=True),
    Column("date", Date, primary_key=True),
    Column("open", Text, nullable=False),
)
busy_days = Table(
    "busy_days",
    metadata,
    Column("clerk", Text, primary_key=True),
    Column("date", Date, primary_key=True),
    Column("busy", Text, nullable=False),
)
holds = Table(
    "holds",
    metadata,
    Column("appointment", Text, primary_key=True),
    Column("attempt", Integer, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("stop", Integer, primary_key=True),
    Column("resource", Text, nullable=False),
    Column("starts_at", Text, nullable=False),
    Column("blocked_until", Text, nullable=False),
    Column("freed_at", Text),
    Column("ends_at", Text),
    Column("blocked_from", Text),
    Index("holds_freed_at", "freed_at"),
)
accounts = Table(
    "accounts",
    metadata,
    Column("account", Text, primary_key=True),
    Column("roles", Text, nullable=False),
    Column("person", Text),
    Column("open", Boolean, nullable=False),
)
_ACCOUNT = upsert(accounts, ["account"])
_CLOSED = update(accounts).where(accounts.c.account == bindparam("b_account")).values(open=False)
_DEFINE = upsert(resources, ["kind", "resource"])
_OPEN = upsert(open_days, ["kind", "resource", "date"])
_CLOSE = delete(open_days).where(
    open_days.c.kind == bindparam("b_kind"),
    open_days.c.resource == bindparam("b_resource"),
    open_days.c.date.between(bindparam("b_from"), bindparam("b_until")),
)
_HOLD = upsert(holds, ["appointment", "attempt", "kind", "stop"])
_BUSY = upsert(busy_days, ["clerk", "date"])
_LET_GO_ALL = delete(holds).where(holds.c.appointment == bindparam("b_appointment"))
_LET_GO = _LET_GO_ALL.where(holds.c.attempt == bindparam("b_attempt"))
# A place that a guest gives up is kept for a while: others may get it only later (feed.py).
_REST_ALL = update(holds).where(holds.c.appointment == bindparam("b_appointment"), holds.c.freed_at.is_(None))
_REST_OTHERS = _REST_ALL.where(holds.c.attempt != bindparam("b_attempt"))
_RESTED = delete(holds).where(holds.c.freed_at < bindparam("b_before"))


def project(event: BookingEvent, at: Recorded) -> Iterable[Write]:
    """The writes that follow from an event."""
    match event:
        case RoomNoted():
            return (_definition("room", event.room, event),)
        case ClerkNoted():
            return (_definition("clerk", event.clerk, event),)
        case RoomHoursNoted():
            return _opened("room", event.room, event)
        case ClerkHoursNoted():
            return _opened("clerk", event.clerk, event)
        case ClerkBusyNoted():
            return (_busy(event.clerk, day) for day in event.days)
        case RoomHeld():
            return _held(event, "room", event.stops)
        case StaffHeld():
            return _held(event, "clerk", event.stops)
        case AppointmentReassigned():
            return _held(event, "clerk", event.clerks)
        case AccountOpened() | AccountChanged():
            row = {"account": event.account, "roles": " ".join(event.roles), "person": event.person, "open": True}
            return ((_ACCOUNT, row),)
        case AccountClosed():
            return ((_CLOSED, {"b_account": event.account}),)
        case SessionsEnded():
            return ended(event.account, event.before, event.session)
        case _:
            return (*_life(event, at), *standing.project(event))


def _life(event: BookingEvent, at: Recorded) -> Iterable[Write]:
    match event:
        case AppointmentRequested():
            hold = set_timer(HOLD, event.appointment, event.hold_until)
            return (hold, set_timer(FORGET, event.appointment, event.plan.ends_at))
        case MoveRequested():  # the old time counts until the new one is held
            return (set_timer(HOLD, event.appointment, event.hold_until),)
        case AppointmentHeld():
            return (set_timer(HOLD, event.appointment, event.confirm_by),)
        case AppointmentConfirmed():
            return (clear_timer(HOLD, event.appointment),)
        case AppointmentMoved():
            others = {"b_appointment": event.appointment, "b_attempt": event.attempt}
            forget = set_timer(FORGET, event.appointment, event.plan.ends_at)
            rest = (_REST_OTHERS, others | {"freed_at": instant(at.time)})
            return (clear_timer(HOLD, event.appointment), forget, rest, _rested(at))
        case MoveDeclined():
            this = {"b_appointment": event.appointment, "b_attempt": event.attempt}
            return (clear_timer(HOLD, event.appointment), (_LET_GO, this))
        case AppointmentCancelled():
            rest = (_REST_ALL, {"b_appointment": event.appointment, "freed_at": instant(at.time)})
            return (clear_timer(HOLD, event.appointment), rest, _rested(at))
        case AppointmentDeclined() | AppointmentExpired():
            return (clear_timer(HOLD, event.appointment), (_LET_GO_ALL, {"b_appointment": event.appointment}))
        case GuestForgotten():
            return (clear_timer(FORGET, event.appointment), Vault.forget(event.appointment))
        case _:
            return ()


def _rested(at: Recorded) -> Write:
    return _RESTED, {"b_before": instant(at.time - LONGEST_REST)}


def _definition(kind: str, resource: str, event: RoomNoted | ClerkNoted) -> Write:
    return _DEFINE, {"kind": kind, "resource": resource, "definition": orjson.dumps(asdict(event)).decode()}


def _opened(kind: str, resource: str, event: RoomHoursNoted | ClerkHoursNoted) -> Iterable[Write]:
    yield _CLOSE, {"b_kind": kind, "b_resource": resource, "b_from": event.from_, "b_until": event.until}
    for day in event.days:
        yield _OPEN, {"kind": kind, "resource": resource, "date": day.date, "open": _times(day)}


def _busy(clerk: str, day: BusyDay) -> Write:
    times = orjson.dumps([(span.from_, span.until) for span in day.busy]).decode()
    return _BUSY, {"clerk": clerk, "date": day.date, "busy": times}


def _times(day: OpenDay) -> str:
    return orjson.dumps([_hours(opening) for opening in day.open]).decode()


def _hours(opening: Opening) -> list[Any]:
    kept = [] if opening.quota_class == PUBLIC else [opening.quota_class, opening.release_minutes]
    return [opening.site, opening.from_, opening.until, *kept]


def _held(event: RoomHeld | StaffHeld | AppointmentReassigned, kind: str, stops: tuple[Held, ...]) -> Iterable[Write]:
    return [(_HOLD, _row(event.appointment, event.attempt, kind, held)) for held in stops]


def _row(appointment: str, attempt: int, kind: str, held: Held) -> dict[str, Any]:
    return {
        "appointment": appointment,
        "attempt": attempt,
        "kind": kind,
        "stop": held.stop,
        "resource": held.place,
        "starts_at": instant(held.starts_at),
        "blocked_until": instant(held.blocked_until),
        "ends_at": held.ends_at and instant(held.ends_at),
        "blocked_from": held.blocked_from and instant(held.blocked_from),
    }
