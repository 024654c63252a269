"""One visit in words, for the tests of booking."""

from dataclasses import replace
from datetime import date, datetime, timedelta

from services.booking.commands import (
    CancelAppointment,
    ExpireHold,
    ForgetGuest,
    HearAnswer,
    HearWithdrawal,
    RequestAppointment,
    RequestMove,
)
from services.booking.events import (
    AppointmentCancelled,
    AppointmentConfirmed,
    AppointmentDeclined,
    AppointmentExpired,
    AppointmentMoved,
    AppointmentRequested,
    ClerkHoursNoted,
    ClerkNoted,
    Document,
    Held,
    MoveDeclined,
    MoveRequested,
    OpenDay,
    Opening,
    Plan,
    PlannedStop,
    RoomHeld,
    RoomHoursNoted,
    RoomNoted,
    Rule,
    StaffHeld,
    Text,
)

NOW = datetime.fromisoformat("2026-11-22T10:00:00+01:00")
SOON = NOW + timedelta(seconds=2)
HOLD_UNTIL = NOW + timedelta(minutes=10)
NINE = datetime.fromisoformat("2026-11-24T09:00:00+01:00")
AFTERNOON = datetime.fromisoformat("2026-11-25T14:00:00+01:00")
APPOINTMENT = "a1"


def plan(starts_at: datetime = NINE, minutes: int = 10, concern: str = "reisepass-ausgabe") -> Plan:
    """A visit with one stop."""
    ends_at = starts_at + timedelta(minutes=minutes)
    stop = PlannedStop(
        stop=1,
        concern=concern,
        name=Text("Reisepass, Ausgabe", "Passport, collection"),
        department="buergerbuero",
        competences=("pass",),
        responsibility=None,
        seats=2,
        equipment=(),
        step_free=False,
        starts_at=starts_at,
        ends_at=ends_at,
        blocked_until=ends_at + timedelta(minutes=5),
        room="r-101",
        clerk="c-17",
    )
    documents = (Document("alter-pass", "Bisheriger Reisepass", "Your previous passport"),)
    day = date(starts_at.year, starts_at.month, starts_at.day)
    return Plan("rathaus", day, starts_at, ends_at, 1, False, "de", (stop,), documents)


def held(who: str, asked: Plan) -> tuple[Held, ...]:
    """What the owner of the rooms or the clerks holds for a plan."""
    name, label = ("r-101", "Raum 101") if who == "rooms" else ("c-17", "J. Brinkmann")
    return tuple(Held(stop.stop, name, label, stop.starts_at, stop.blocked_until) for stop in asked.stops)


# ------------------------------------------------------------------------------------------------------------- commands


def ask(fingerprint: str = "f1", asked: Plan | None = None) -> RequestAppointment:
    return RequestAppointment("c", NOW, APPOINTMENT, asked or plan(), HOLD_UNTIL, "sealed", fingerprint)


def ask_to_move(asked: Plan, now: datetime = SOON) -> RequestMove:
    return RequestMove("c", now, APPOINTMENT, asked, now + timedelta(minutes=10))


def cancel(now: datetime = SOON) -> CancelAppointment:
    return CancelAppointment("c", now, APPOINTMENT, "guest")


def holds(who: str, attempt: int = 1, asked: Plan | None = None, now: datetime = SOON) -> HearAnswer:
    return HearAnswer("c", now, APPOINTMENT, attempt, who, held(who, asked or plan()))


def declines(who: str, attempt: int = 1, now: datetime = SOON) -> HearAnswer:
    return HearAnswer("c", now, APPOINTMENT, attempt, who, (), "taken", (AFTERNOON,))


def withdrawn(attempt: int = 1) -> HearWithdrawal:
    return HearWithdrawal("c", SOON, APPOINTMENT, attempt)


def expire(now: datetime = HOLD_UNTIL) -> ExpireHold:
    return ExpireHold("c", now, APPOINTMENT)


def forget(now: datetime) -> ForgetGuest:
    return ForgetGuest("c", now, APPOINTMENT)


# --------------------------------------------------------------------------------------------------------------- events


def requested(fingerprint: str = "f1") -> AppointmentRequested:
    return AppointmentRequested(APPOINTMENT, 1, plan(), HOLD_UNTIL, NOW, "sealed", fingerprint)


def room_held(attempt: int = 1, asked: Plan | None = None) -> RoomHeld:
    return RoomHeld(APPOINTMENT, attempt, held("rooms", asked or plan()))


def staff_held(attempt: int = 1, asked: Plan | None = None) -> StaffHeld:
    return StaffHeld(APPOINTMENT, attempt, held("staff", asked or plan()))


def confirmed() -> AppointmentConfirmed:
    return AppointmentConfirmed(APPOINTMENT, 1, plan(), held("rooms", plan()), held("staff", plan()))


def declined(because: str, late: bool = False) -> AppointmentDeclined:
    return AppointmentDeclined(APPOINTMENT, 1, (because,), (AFTERNOON,), NINE, "de", late)


def expired() -> AppointmentExpired:
    return AppointmentExpired(APPOINTMENT, 1, NINE, "de")


def cancelled(was_confirmed: bool = True, attempt: int = 1) -> AppointmentCancelled:
    return AppointmentCancelled(APPOINTMENT, attempt, "guest", was_confirmed)


def move_requested(asked: Plan, attempt: int = 2) -> MoveRequested:
    return MoveRequested(APPOINTMENT, attempt, asked, SOON + timedelta(minutes=10), SOON)


def moved(asked: Plan, attempt: int = 2) -> AppointmentMoved:
    return AppointmentMoved(APPOINTMENT, attempt, asked, held("rooms", asked), held("staff", asked), NINE)


def move_declined(asked: Plan, because: str, attempt: int = 2, alternatives: bool = True) -> MoveDeclined:
    others = (AFTERNOON,) if alternatives else ()
    return MoveDeclined(APPOINTMENT, attempt, (because,), others, asked.starts_at, "de")


ELSEWHEN = plan(AFTERNOON)
OTHER_SITE = replace(plan(), site="avenwedde")


# ------------------------------------------------------------------------------------------------------------- the town


def _day(first: str, last: str, site: str = "") -> tuple[OpenDay, ...]:
    begins, ends = (datetime.fromisoformat(f"{NINE:%Y-%m-%d}T{clock}:00+01:00") for clock in (first, last))
    return (OpenDay(NINE.date(), (Opening(begins, ends, site),)),)


TOWN = (
    RoomNoted("r-101", "Raum 101", "rathaus", 3, (), True),
    RoomNoted("r-102", "Raum 102", "rathaus", 5, (), False),
    ClerkNoted("c-17", "J. Brinkmann", ("buergerbuero",), ("pass",), (Rule("buergerbuero", "anyone"),), ("de",)),
    RoomHoursNoted("r-101", NINE.date(), NINE.date(), _day("08:00", "12:00")),
    RoomHoursNoted("r-102", NINE.date(), NINE.date(), _day("09:00", "10:00")),
    ClerkHoursNoted("c-17", NINE.date(), NINE.date(), _day("08:00", "11:00", "rathaus")),
)
