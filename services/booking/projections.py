"""Booking's read tables: what the index of proposals is loaded from at the start, and the timers."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import timedelta
from typing import Any

import orjson
from sqlalchemy import Boolean, Column, Date, Index, Integer, Table, Text, bindparam, delete, update

from services.booking import standing
from services.booking.accounts.events import (
    AccountChanged,
    AccountClosed,
    AccountOpened,
    PasswordSet,
    SessionsEnded,
    TokenMade,
)
from services.booking.events import (
    AnswerCameLate,
    AppointmentCancelled,
    AppointmentConfirmed,
    AppointmentDeclined,
    AppointmentExpired,
    AppointmentHeld,
    AppointmentMoved,
    AppointmentQuestioned,
    AppointmentReassigned,
    AppointmentRequested,
    BookingEvent,
    BusyDay,
    ClerkBusyNoted,
    ClerkHoursNoted,
    ClerkNoted,
    ConcernDefined,
    ConcernWithdrawn,
    GuestForgotten,
    Held,
    MoveDeclined,
    MoveRequested,
    OpenDay,
    Opening,
    QuestionWithdrawn,
    RoomHeld,
    RoomHoursNoted,
    RoomNoted,
    StaffHeld,
    WishNoted,
)
from services.booking.proposals.views import PUBLIC
from shared.admission import ended
from shared.definition import Projection, Recorded
from shared.tables import Write, ended_sessions, instant, subject_keys, timers, upsert
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


def _define_room(event: RoomNoted, _at: Recorded) -> Iterable[Write]:
    return (_definition("room", event.room, event),)


def _define_clerk(event: ClerkNoted, _at: Recorded) -> Iterable[Write]:
    return (_definition("clerk", event.clerk, event),)


def _definition(kind: str, resource: str, event: RoomNoted | ClerkNoted) -> Write:
    return _DEFINE, {"kind": kind, "resource": resource, "definition": orjson.dumps(asdict(event)).decode()}


def _open_room(event: RoomHoursNoted, _at: Recorded) -> Iterable[Write]:
    return _opened("room", event.room, event)


def _open_clerk(event: ClerkHoursNoted, _at: Recorded) -> Iterable[Write]:
    return _opened("clerk", event.clerk, event)


def _opened(kind: str, resource: str, event: RoomHoursNoted | ClerkHoursNoted) -> Iterable[Write]:
    yield _CLOSE, {"b_kind": kind, "b_resource": resource, "b_from": event.from_, "b_until": event.until}
    for day in event.days:
        yield _OPEN, {"kind": kind, "resource": resource, "date": day.date, "open": _times(day)}


def _note_busy(event: ClerkBusyNoted, _at: Recorded) -> Iterable[Write]:
    return [_busy(event.clerk, day) for day in event.days]


def _hold_rooms(event: RoomHeld, _at: Recorded) -> Iterable[Write]:
    return _held(event, "room", event.stops)


def _hold_clerks(event: StaffHeld, _at: Recorded) -> Iterable[Write]:
    return _held(event, "clerk", event.stops)


def _hold_others(event: AppointmentReassigned, _at: Recorded) -> Iterable[Write]:
    return _held(event, "clerk", event.clerks)


def _rest_others(event: AppointmentMoved, at: Recorded) -> Iterable[Write]:
    others = {"b_appointment": event.appointment, "b_attempt": event.attempt}
    return (_REST_OTHERS, others | {"freed_at": at.instant}), _rested(at)


def _rest_all(event: AppointmentCancelled, at: Recorded) -> Iterable[Write]:
    return (_REST_ALL, {"b_appointment": event.appointment, "freed_at": at.instant}), _rested(at)


def _rested(at: Recorded) -> Write:
    return _RESTED, {"b_before": instant(at.time - LONGEST_REST)}


def _let_go(event: MoveDeclined, _at: Recorded) -> Iterable[Write]:
    return ((_LET_GO, {"b_appointment": event.appointment, "b_attempt": event.attempt}),)


def _let_go_all(event: AppointmentDeclined | AppointmentExpired, _at: Recorded) -> Iterable[Write]:
    return ((_LET_GO_ALL, {"b_appointment": event.appointment}),)


def _await_both(event: AppointmentRequested, _at: Recorded) -> Iterable[Write]:
    appointment = event.appointment
    hold = set_timer(HOLD, appointment, event.hold_until)
    return hold, set_timer(FORGET, appointment, event.plan.ends_at)


def _await_new(event: MoveRequested, _at: Recorded) -> Iterable[Write]:
    # The old time counts until the new one is held.
    return (set_timer(HOLD, event.appointment, event.hold_until),)


def _await_guest(event: AppointmentHeld, _at: Recorded) -> Iterable[Write]:
    return (set_timer(HOLD, event.appointment, event.confirm_by),)


def _await_end(event: AppointmentMoved, _at: Recorded) -> Iterable[Write]:
    appointment = event.appointment
    return clear_timer(HOLD, appointment), set_timer(FORGET, appointment, event.plan.ends_at)


def _await_nothing(
    event: AppointmentConfirmed | MoveDeclined | AppointmentCancelled | AppointmentDeclined | AppointmentExpired,
    _at: Recorded,
) -> Iterable[Write]:
    return (clear_timer(HOLD, event.appointment),)


def _forgotten(event: GuestForgotten, _at: Recorded) -> Iterable[Write]:
    return (clear_timer(FORGET, event.appointment),)


def _forget_key(event: GuestForgotten, _at: Recorded) -> Iterable[Write]:
    return (Vault.forget(event.appointment),)


def _account(event: AccountOpened | AccountChanged, _at: Recorded) -> Iterable[Write]:
    row = {"account": event.account, "roles": " ".join(event.roles), "person": event.person, "open": True}
    return ((_ACCOUNT, row),)


def _close_account(event: AccountClosed, _at: Recorded) -> Iterable[Write]:
    return ((_CLOSED, {"b_account": event.account}),)


def _end_sessions(event: SessionsEnded, _at: Recorded) -> Iterable[Write]:
    return ended(event.account, event.before, event.session)


def _busy(clerk: str, day: BusyDay) -> Write:
    times = orjson.dumps([(span.from_, span.until) for span in day.busy]).decode()
    return _BUSY, {"clerk": clerk, "date": day.date, "busy": times}


def _times(day: OpenDay) -> str:
    return orjson.dumps([_hours(opening) for opening in day.open]).decode()


def _hours(opening: Opening) -> list[Any]:
    kept = [] if opening.quota_class == PUBLIC else [opening.quota_class, opening.release_minutes]
    return [opening.site, opening.from_, opening.until, *kept]


def _held(event: RoomHeld | StaffHeld | AppointmentReassigned, kind: str, stops: tuple[Held, ...]) -> Iterable[Write]:
    appointment, attempt = event.appointment, event.attempt
    return [(_HOLD, _row(appointment, attempt, kind, held)) for held in stops]


def _row(appointment: str, attempt: int, kind: str, held: Held) -> dict[str, Any]:
    ends_at, blocked_from = held.ends_at, held.blocked_from
    return {
        "appointment": appointment,
        "attempt": attempt,
        "kind": kind,
        "stop": held.stop,
        "resource": held.place,
        "starts_at": instant(held.starts_at),
        "blocked_until": instant(held.blocked_until),
        "freed_at": None,
        "ends_at": ends_at and instant(ends_at),
        "blocked_from": blocked_from and instant(blocked_from),
    }


project = Projection(
    BookingEvent,
    {
        standing.appointments: standing.CHANGES,
        resources: {RoomNoted: _define_room, ClerkNoted: _define_clerk},
        open_days: {RoomHoursNoted: _open_room, ClerkHoursNoted: _open_clerk},
        busy_days: {ClerkBusyNoted: _note_busy},
        holds: {
            RoomHeld: _hold_rooms,
            StaffHeld: _hold_clerks,
            AppointmentReassigned: _hold_others,
            AppointmentMoved: _rest_others,
            AppointmentCancelled: _rest_all,
            MoveDeclined: _let_go,
            AppointmentDeclined: _let_go_all,
            AppointmentExpired: _let_go_all,
        },
        timers: {
            AppointmentRequested: _await_both,
            MoveRequested: _await_new,
            AppointmentHeld: _await_guest,
            AppointmentConfirmed: _await_nothing,
            AppointmentMoved: _await_end,
            MoveDeclined: _await_nothing,
            AppointmentCancelled: _await_nothing,
            AppointmentDeclined: _await_nothing,
            AppointmentExpired: _await_nothing,
            GuestForgotten: _forgotten,
        },
        accounts: {AccountOpened: _account, AccountChanged: _account, AccountClosed: _close_account},
        ended_sessions: {SessionsEnded: _end_sessions},
        subject_keys: {GuestForgotten: _forget_key},
    },
    unseen=(
        ConcernDefined,
        ConcernWithdrawn,
        AppointmentQuestioned,
        WishNoted,
        QuestionWithdrawn,
        AnswerCameLate,
        PasswordSet,
        TokenMade,
    ),
)
