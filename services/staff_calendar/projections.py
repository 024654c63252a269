"""The read tables, one function per event, rebuildable from the log; and the table that lets nobody be taken twice.

`taken` has a row for each tick of each reservation, and its primary key is the last safeguard behind the decider: two
reservations that overlap can't both be committed. Times are RFC 3339 with the local offset, dates ISO 8601.
"""

from collections.abc import Iterable
from dataclasses import asdict

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    bindparam,
    delete,
    insert,
    update,
)

from services.staff_calendar.day import ticks
from services.staff_calendar.events import (
    PUBLIC,
    AbsenceEnded,
    AbsenceRecorded,
    BusyDay,
    BusyTimesChanged,
    CalendarAddressRenewed,
    CalendarHoursSet,
    ClerkBecameBusy,
    ClerkBecameFree,
    ClerkDefined,
    ClerkFreed,
    ClerkTaken,
    ClerkWished,
    GuestCalled,
    GuestUnreadable,
    HoldForgone,
    Hours,
    HoursOpened,
    Opening,
    PresenceNoted,
    Quota,
    QuotasSet,
    StaffCalendarEvent,
    StaffDeclined,
    StaffReleased,
    StaffReserved,
    StaffSubstituted,
    StaffWithdrawn,
    VisitConfirmed,
    VisitFinished,
)
from shared.definition import Projection, Recorded
from shared.messages import Message
from shared.tables import Write, instant, subject_keys, upsert
from shared.vault import Vault

metadata = MetaData()

taken = Table(
    "taken",
    metadata,
    Column("resource", Text, primary_key=True),
    Column("tick", BigInteger, primary_key=True),
    Column("appointment", Text, nullable=False),
    Column("attempt", Integer, nullable=False),
)

clerks = Table(
    "clerks",
    metadata,
    Column("clerk", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("departments", JSON, nullable=False),
    Column("competences", JSON, nullable=False),
    Column("responsibility", JSON, nullable=False),
    Column("languages", JSON, nullable=False),
    Column("quotas", JSON),
    Column("renewed", Integer, nullable=False, server_default="0"),
)

open_days = Table(
    "open_days",
    metadata,
    Column("clerk", Text, primary_key=True),
    Column("date", Text, primary_key=True),
    Column("open", JSON, nullable=False),
)

reservations = Table(
    "reservations",
    metadata,
    Column("appointment", Text, primary_key=True),
    Column("attempt", Integer, primary_key=True),
    Column("stop", Integer, primary_key=True),
    Column("clerk", Text, nullable=False),
    Column("date", Text, nullable=False),
    Column("site", Text, nullable=False),
    Column("starts_at", Text, nullable=False),
    Column("ends_at", Text, nullable=False),
    Column("blocked_until", Text, nullable=False),
    Column("concern", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("reserved_at", Text, nullable=False),
    Column("confirmed_at", Text),
    Column("called_at", Text),
    Column("finished_at", Text),
    Index("reservations_clerk_date", "clerk", "date"),
)

visits = Table(
    "visits",
    metadata,
    Column("appointment", Text, primary_key=True),
    Column("guest", Text),
    Column("attempt", Integer),
    Column("party_size", Integer),
    Column("language", Text),
    Column("documents", JSON),
    Column("rooms", JSON),
    Column("presence", Text),
    Column("presence_at", Text),
)
"""What booking and the entrance have said of a visit. The guest is in it as a sealed token only."""

absences = Table(
    "absences",
    metadata,
    Column("clerk", Text, primary_key=True),
    Column("absence", Text, primary_key=True),
    Column("from_at", Text, nullable=False),
    Column("until_at", Text, nullable=False),
    Column("reason", Text),
)

busy_days = Table(
    "busy_days",
    metadata,
    Column("clerk", Text, primary_key=True),
    Column("date", Text, primary_key=True),
    Column("busy", JSON, nullable=False),
)

_TAKE = insert(taken)
_FREE = delete(taken).where(
    taken.c.resource == bindparam("b_resource"),
    taken.c.tick >= bindparam("b_from"),
    taken.c.tick < bindparam("b_until"),
    taken.c.appointment == bindparam("b_appointment"),
    taken.c.attempt == bindparam("b_attempt"),
)
_DEFINE = upsert(clerks, ["clerk"], update=["name", "departments", "competences", "responsibility", "languages"])
_QUOTAS = update(clerks).where(clerks.c.clerk == bindparam("b_clerk"))
_CLOSE = delete(open_days).where(
    open_days.c.clerk == bindparam("b_clerk"),
    open_days.c.date >= bindparam("b_from"),
    open_days.c.date <= bindparam("b_until"),
)
_OPEN = insert(open_days)
_RESERVE = insert(reservations)
_BUSY = upsert(busy_days, ["clerk", "date"])
_NOT_BUSY = delete(busy_days).where(busy_days.c.clerk == bindparam("b_clerk"), busy_days.c.date == bindparam("b_date"))
_OF_ATTEMPT = reservations.c.appointment == bindparam("b_appointment"), reservations.c.attempt == bindparam("b_attempt")
_OF_STOP = (*_OF_ATTEMPT, reservations.c.stop == bindparam("b_stop"))
_CONFIRM = update(reservations).where(*_OF_ATTEMPT)
_RELEASE = delete(reservations).where(*_OF_ATTEMPT)
# A statement each, for each has its own columns: neighbours of one statement go out as one.
_HAND_OVER = update(reservations).where(*_OF_STOP)
_CALL = update(reservations).where(*_OF_STOP)
_FINISH = update(reservations).where(*_OF_STOP)
_GUEST = upsert(visits, ["appointment"], update=["guest"])
_VISIT = upsert(visits, ["appointment"], update=["attempt", "party_size", "language", "documents", "rooms"])
_PRESENCE = upsert(visits, ["appointment"], update=["presence", "presence_at"])
_ABSENT = upsert(absences, ["clerk", "absence"])
_BACK = delete(absences).where(absences.c.clerk == bindparam("b_clerk"), absences.c.absence == bindparam("b_absence"))
_RENEW = update(clerks).where(clerks.c.clerk == bindparam("b_clerk")).values(renewed=clerks.c.renewed + 1)


def _take(event: ClerkTaken, _at: Recorded) -> Iterable[Write]:
    clerk, appointment, attempt = event.clerk, event.appointment, event.attempt
    return [
        (_TAKE, {"resource": clerk, "tick": tick, "appointment": appointment, "attempt": attempt})
        for tick in ticks(event.starts_at, event.blocked_until)
    ]


def _free(event: ClerkFreed, _at: Recorded) -> Iterable[Write]:
    touched = ticks(event.starts_at, event.blocked_until)
    span = {"b_resource": event.clerk, "b_from": touched.start, "b_until": touched.stop}
    return ((_FREE, {"b_appointment": event.appointment, "b_attempt": event.attempt, **span}),)


def _reserve(event: StaffReserved, at: Recorded) -> Iterable[Write]:
    appointment, attempt, reserved_at = event.appointment, event.attempt, at.instant
    return [
        (
            _RESERVE,
            {
                "appointment": appointment,
                "attempt": attempt,
                "stop": stop.stop,
                "clerk": stop.clerk,
                "date": stop.date.isoformat(),
                "site": stop.site,
                "starts_at": stop.starts_at.isoformat(),
                "ends_at": stop.ends_at.isoformat(),
                "blocked_until": stop.blocked_until.isoformat(),
                "concern": stop.concern,
                "title": stop.title,
                "reserved_at": reserved_at,
            },
        )
        for stop in event.stops
    ]


def _release(event: StaffReleased | StaffWithdrawn, _at: Recorded) -> Iterable[Write]:
    return ((_RELEASE, {"b_appointment": event.appointment, "b_attempt": event.attempt}),)


def _confirm(event: VisitConfirmed, at: Recorded) -> Iterable[Write]:
    who = {"b_appointment": event.appointment, "b_attempt": event.attempt}
    return ((_CONFIRM, {**who, "confirmed_at": at.instant}),)


def _hand_over(event: StaffSubstituted, _at: Recorded) -> Iterable[Write]:
    return ((_HAND_OVER, _stop(event, event.held.stop) | {"clerk": event.held.clerk}),)


def _call(event: GuestCalled, _at: Recorded) -> Iterable[Write]:
    return ((_CALL, _stop(event, event.stop) | {"called_at": instant(event.at), "finished_at": None}),)


def _finish(event: VisitFinished, _at: Recorded) -> Iterable[Write]:
    return ((_FINISH, _stop(event, event.stop) | {"finished_at": instant(event.at)}),)


def _stop(event: StaffSubstituted | GuestCalled | VisitFinished, stop: int) -> dict[str, object]:
    return {"b_appointment": event.appointment, "b_attempt": event.attempt, "b_stop": stop}


def _guest(event: StaffReserved, _at: Recorded) -> Iterable[Write]:
    return ((_GUEST, {"appointment": event.appointment, "guest": event.guest}),) if event.guest else ()


def _visit(event: VisitConfirmed, _at: Recorded) -> Iterable[Write]:
    row = {
        "appointment": event.appointment,
        "attempt": event.attempt,
        "party_size": event.party_size,
        "language": event.language,
        "documents": [{"de": document.de, "en": document.en} for document in event.documents],
        "rooms": {str(room.stop): room.name for room in event.rooms},
    }
    return ((_VISIT, row),)


def _presence(event: PresenceNoted, _at: Recorded) -> Iterable[Write]:
    at = event.at
    row = {"appointment": event.appointment, "presence": event.presence, "presence_at": at and at.isoformat()}
    return ((_PRESENCE, row),)


def _blank(event: GuestUnreadable, _at: Recorded) -> Iterable[Write]:
    return ((_GUEST, {"appointment": event.appointment, "guest": None}),)


def _forget_key(event: GuestUnreadable, _at: Recorded) -> Iterable[Write]:
    return (Vault.forget(event.appointment),)


def forget_at_once(message: Message) -> Iterable[Write]:
    """A forgotten guest's key goes, whatever the message waits for: its event would be too late."""
    return (Vault.forget(message.subject),) if message.type == "GuestForgotten" else ()


def _define(event: ClerkDefined, _at: Recorded) -> Iterable[Write]:
    return ((_DEFINE, asdict(event)),)


def _set_quotas(event: QuotasSet, _at: Recorded) -> Iterable[Write]:
    return (_quotas(event),)


def _renew(event: CalendarAddressRenewed, _at: Recorded) -> Iterable[Write]:
    return ((_RENEW, {"b_clerk": event.clerk}),)


def _note_busy(event: BusyTimesChanged, _at: Recorded) -> Iterable[Write]:
    return [_busy(event.clerk, day) for day in event.days]


def _absent(event: AbsenceRecorded, _at: Recorded) -> Iterable[Write]:
    row = {
        "clerk": event.clerk,
        "absence": event.absence,
        "from_at": event.from_.isoformat(),
        "until_at": event.until.isoformat(),
        "reason": event.reason,
    }
    return ((_ABSENT, row),)


def _back(event: AbsenceEnded, _at: Recorded) -> Iterable[Write]:
    return ((_BACK, {"b_clerk": event.clerk, "b_absence": event.absence}),)


def _quotas(event: QuotasSet) -> Write:
    weekly = [
        {
            "weekday": quota.weekday,
            "from": quota.from_,
            "until": quota.until,
            "site": quota.site,
            "every_weeks": quota.every_weeks,
            "anchor": quota.anchor and quota.anchor.isoformat(),
            **_when(quota),
            **_for_whom(quota),
        }
        for quota in event.pattern.weekly
    ]
    exceptions = [
        {
            "date": exception.date.isoformat(),
            "open": [{"site": h.site, "from": h.from_, "until": h.until, **_for_whom(h)} for h in exception.open],
            "reason": exception.reason,
        }
        for exception in event.pattern.exceptions
    ]
    return _QUOTAS, {"b_clerk": event.clerk, "quotas": {"weekly": weekly, "exceptions": exceptions}}


def _open(event: HoursOpened, _at: Recorded) -> Iterable[Write]:
    span = {"b_from": event.from_.isoformat(), "b_until": event.until.isoformat()}
    yield _CLOSE, {"b_clerk": event.clerk} | span
    for day in event.days:
        hours = [
            {"site": o.site, "from": o.from_.isoformat(), "until": o.until.isoformat(), **_for_whom(o)}
            for o in day.open
        ]
        yield _OPEN, {"clerk": event.clerk, "date": day.date.isoformat(), "open": hours}


def _busy(clerk: str, day: BusyDay) -> Write:
    if not day.busy:
        return _NOT_BUSY, {"b_clerk": clerk, "b_date": day.date.isoformat()}
    times = [[span.from_.isoformat(), span.until.isoformat()] for span in day.busy]
    return _BUSY, {"clerk": clerk, "date": day.date.isoformat(), "busy": times}


def _when(quota: Quota) -> dict[str, object]:
    """Said only where it is not always."""
    dates = {name: getattr(quota, name) for name in ("valid_from", "valid_until")}
    rest = {name: day.isoformat() for name, day in dates.items() if day}
    return rest if quota.of_month is None else {"of_month": quota.of_month} | rest


def _for_whom(hours: Quota | Hours | Opening) -> dict[str, object]:
    """Said only where it is not for everybody."""
    if hours.quota_class == PUBLIC:
        return {}
    return {"class": hours.quota_class, "release_minutes": hours.release_minutes}


project = Projection(
    StaffCalendarEvent,
    {
        taken: {ClerkTaken: _take, ClerkFreed: _free},
        clerks: {ClerkDefined: _define, QuotasSet: _set_quotas, CalendarAddressRenewed: _renew},
        open_days: {HoursOpened: _open},
        reservations: {
            StaffReserved: _reserve,
            StaffReleased: _release,
            StaffWithdrawn: _release,
            VisitConfirmed: _confirm,
            StaffSubstituted: _hand_over,
            GuestCalled: _call,
            VisitFinished: _finish,
        },
        visits: {
            StaffReserved: _guest,
            VisitConfirmed: _visit,
            PresenceNoted: _presence,
            GuestUnreadable: _blank,
        },
        absences: {AbsenceRecorded: _absent, AbsenceEnded: _back},
        busy_days: {BusyTimesChanged: _note_busy},
        subject_keys: {GuestUnreadable: _forget_key},
    },
    unseen=(StaffDeclined, HoldForgone, ClerkBecameBusy, ClerkBecameFree, ClerkWished, CalendarHoursSet),
)
