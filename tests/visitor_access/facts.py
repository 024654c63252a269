"""Facts and orders about one visit, for given/when/then. The visit is on Tuesday 24 November 2026, 09:00 to 09:10."""

from datetime import date, datetime, timedelta, timezone
from itertools import count

from services.visitor_access import passes
from services.visitor_access.commands import (
    AnnounceGuest,
    EndDay,
    MakeUnreadable,
    RecordArrival,
    RecordDeparture,
    RegisterGuest,
    RemoveGuest,
    UndoArrival,
)
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
    PassReserved,
    Stop,
)

BERLIN = timezone(timedelta(hours=1))
STOPS = (Stop(room="Raum 101", clerk="J. Brinkmann"),)
TOKEN = "s1.a1.context.c2VhbGVk"
PASS = next(passes.candidates(TOKEN))
_ids = count()


def at(clock: str, day: int = 24) -> datetime:
    """A time in November 2026, local."""
    return datetime.fromisoformat(f"2026-11-{day}T{clock}").replace(tzinfo=BERLIN)


SUNDAY = at("10:00", 22)


def _id() -> str:
    return f"command-{next(_ids)}"


def _place(day: int, clock: str, site: str) -> dict:
    return {
        "site": site,
        "date": date(2026, 11, day),
        "starts_at": at(clock, day),
        "ends_at": at(clock, day) + timedelta(minutes=10),
        "party_size": 2,
    }


# -------------------------------------------------------------------------------------------------------------- orders


def announce(who="a1", token=TOKEN, day=24, clock="09:00", site="rathaus"):
    return AnnounceGuest(_id(), SUNDAY, who, 1, guest=token, **_place(day, clock, site))


def register(who="a1", attempt=1, day=24, clock="09:00", site="rathaus", now=SUNDAY):
    return RegisterGuest(_id(), now, who, attempt, stops=STOPS, **_place(day, clock, site))


def remove(because, who="a1"):
    return RemoveGuest(_id(), SUNDAY, who, because)


def forget(who="a1"):
    return MakeUnreadable(_id(), SUNDAY, who)


def end_day(now, who="a1"):
    return EndDay(_id(), now, who)


def arrive(now, code=PASS, brought_in=None, site=None, entry=None):
    return RecordArrival(_id(), now, code, brought_in, site, entry)


def leave(now, code=PASS, brought_in=None, entry=None):
    return RecordDeparture(_id(), now, code, brought_in, entry)


def undo(now, code=PASS, entry=None):
    return UndoArrival(_id(), now, code, entry)


# --------------------------------------------------------------------------------------------------------------- facts


def reserved(who="a1", number=PASS):
    return PassReserved(number, who)


def announced(who="a1", token=TOKEN, number=PASS, day=24, clock="09:00", site="rathaus"):
    return GuestAnnounced(who, 1, guest=token, number=number, **_place(day, clock, site))


def registered(who="a1", attempt=1, number=PASS, day=24, clock="09:00", site="rathaus"):
    return GuestRegistered(who, attempt, number=number, stops=STOPS, **_place(day, clock, site))


def removed(because, who="a1", attempt=1):
    return GuestRemoved(who, attempt, because)


def ended(because, who="a1"):
    return AppointmentEnded(who, because)


def arrived(clock="08:55", who="a1", day=24, entry=None):
    return GuestArrived(who, PASS, at(clock, day), entry)


def undone(clock, who="a1"):
    return ArrivalUndone(who, PASS, at(clock))


def left(clock="09:20", who="a1", day=24, assumed=False):
    return GuestLeft(who, PASS, at(clock, day), assumed)


def missed(who="a1"):
    return GuestMissed(who, PASS)


def unreadable(who="a1"):
    return GuestUnreadable(who)


ANNOUNCED = (reserved(), announced())
REGISTERED = (*ANNOUNCED, registered())
ARRIVED = (*REGISTERED, arrived())
LEFT = (*ARRIVED, left())
