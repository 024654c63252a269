"""A day in which a bit of everything happens, on a `tests.line.Line` of a furnished town."""

from datetime import datetime, timedelta
from unittest.mock import patch
from uuid import uuid4
from zoneinfo import ZoneInfo

from sqlalchemy import select

from services.notifications.commands import RecordFailure
from services.notifications.decider import WAITING
from services.notifications.projections import messages
from services.visitor_access.commands import RecordArrival, RecordDeparture, UndoArrival
from tests.journeys.town import ID_CARD, MOVED_HERE
from tests.line import CAUSE, Line

BERLIN = ZoneInfo("Europe/Berlin")


def at(time: str, day: int = 1) -> datetime:
    """A time of day, so many days after the Sunday on which the line begins."""
    hour, minute = map(int, time.split(":"))
    return datetime(2026, 11, 22, hour, minute, tzinfo=BERLIN) + timedelta(days=day)


def live(line: Line, run: str = "", day: int = 1) -> dict[str, str]:
    """Visits of every fate, ids by fate; `run` tells two lives on one line apart, and `day` is that of the visits."""

    def ask(name: str, time: str, *concerns: str, party_size: int = 1) -> str:
        return line.request(f"{run}{name}", concerns or [ID_CARD], at(time, day), party_size)

    visits = {"came": ask("came", "09:00"), "left": ask("left", "09:20"), "missed": ask("missed", "09:40")}
    visits["two stops"] = ask("two", "10:00", ID_CARD, MOVED_HERE)
    visits["family"] = ask("family", "11:00", party_size=2)
    visits["cancelled"] = ask("cancelled", "12:00")
    visits["moved"], visits["stays"] = ask("moved", "12:20"), ask("stays", "12:40")
    visits["misclick"] = ask("misclick", "15:00")
    visits["late mail"], visits["no mail"] = ask("late", "15:20"), ask("none", "15:40")
    line.settle()
    _tries(line, visits)
    line.post_letters()
    line.cancel(visits["cancelled"])
    line.move(visits["moved"], at("13:20", day))
    with patch.object(line.booking, "check"):  # booking knows that no room has so many seats
        visits["declined"] = ask("many", "08:00", party_size=8)
    line.settle()
    line.move(visits["stays"], at("10:10", day))
    line.settle()
    line.post_letters()
    visits["expired"] = ask("expired", "14:00")
    line.carry("booking")
    line.pass_time(timedelta(minutes=20))
    line.settle()
    _come(line, visits, day)
    line.pass_time(at("23:59", day) + timedelta(minutes=2) - line.now)
    line.settle()
    line.post_letters()
    line.settle()
    return visits


def _tries(line: Line, visits: dict[str, str]) -> None:
    app = line.apps["notifications"]
    query = select(messages.c.id, messages.c.appointment).where(messages.c.status.in_(WAITING))
    due = {row.appointment: row.id for row in line.rows("notifications", query)}
    for fate, permanent in (("late mail", False), ("no mail", True)):
        appointment = visits[fate]
        failure = RecordFailure(str(uuid4()), line.now, appointment, due[appointment], permanent, "mailbox_unavailable")
        app.handle(failure, cause=CAUSE)


def _come(line: Line, visits: dict[str, str], day: int) -> None:
    app = line.apps["visitor_access"]

    def record(kind: type, fate: str, time: str) -> None:
        line.now = at(time, day)
        app.handle(kind(str(uuid4()), line.now, visits[fate]), cause=CAUSE)

    record(RecordArrival, "came", "08:55")
    record(RecordArrival, "left", "09:15")
    record(RecordDeparture, "left", "09:45")
    record(RecordArrival, "misclick", "14:50")
    record(UndoArrival, "misclick", "14:51")


def forgotten(line: Line) -> None:
    """A month later, nobody who came by then can be named any more."""
    line.pass_time(timedelta(days=32))
    line.settle()
