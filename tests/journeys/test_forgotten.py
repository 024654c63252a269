"""What is left of a guest who is forgotten: in no service a key, everywhere the counts."""

from datetime import datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import orjson
import pytest
from sqlalchemy import select

from deploy.parts import definition
from services.booking.commands import ForgetGuest
from services.booking.projections import FORGET
from services.notifications.projections import messages
from services.staff_calendar.projections import reservations
from services.visitor_access import queries
from shared.app import App, Delivery
from shared.messages import CONTENT_TYPE
from shared.tables import held, subject_keys
from tests.journeys.at_rest import assert_at_rest
from tests.journeys.town import ID_CARD
from tests.journeys.town_hall import TownHall
from tests.line import CAUSE, SUNDAY, ZONE, Line, settings

NINE = datetime(2026, 11, 23, 9, tzinfo=ZoneInfo(ZONE))


@pytest.mark.parametrize("service", ["booking", "visitor_access", "notifications", "staff_calendar"])
def test_no_service_keeps_the_key_of_a_forgotten_guest(line: Line, service: str) -> None:
    """Booking made it, three others were sent it; of none of them can it be had any more."""
    line.request("a", [ID_CARD], NINE)
    line.settle()
    assert [row.wrapped for row in line.rows(service, select(subject_keys))] != [None]
    line.pass_time(timedelta(days=32))
    line.settle()
    assert [row.wrapped for row in line.rows(service, select(subject_keys))] == [None]


@pytest.mark.parametrize("service", ["booking", "visitor_access", "staff_calendar"])
def test_no_read_table_keeps_a_forgotten_guest(line: Line, service: str) -> None:
    """Not even sealed: should a key turn up again, there is nothing for it to open but the log."""
    appointment = line.request("a", [ID_CARD], NINE)
    line.settle()
    sealed = f"s1.{appointment}."
    assert sealed in _read_tables(line, service)
    line.pass_time(timedelta(days=32))
    line.settle()
    assert sealed not in _read_tables(line, service)


@pytest.mark.parametrize("service", ["visitor_access", "notifications", "staff_calendar"])
def test_a_key_does_not_wait_for_a_message_that_was_lost(line: Line, service: str) -> None:
    """Forgetting waits in the stream of the appointment, but nobody can be read meanwhile."""
    line.request("a", [ID_CARD], NINE)
    line.settle()
    line.pass_time(timedelta(days=32))
    line.carry("booking")
    said = [orjson.loads(one.body) for one in line.queues[service] if one.content_type == CONTENT_TYPE]
    (forgotten,) = [message for message in said if message["type"] == "foyer.booking.GuestForgotten.v1"]
    late = orjson.dumps(forgotten | {"sequence": forgotten["sequence"] + 1})
    line.deliver(service, [Delivery(CONTENT_TYPE, late)])
    assert [row.type for row in line.rows(service, select(held))] == ["GuestForgotten"]
    assert [row.wrapped for row in line.rows(service, select(subject_keys))] == [None]


def test_the_counts_of_the_day_outlast_the_names(line: Line) -> None:
    """Only the name is missing from the access list."""
    line.request("a", [ID_CARD], NINE)
    line.settle()
    line.pass_time(timedelta(days=2))
    line.settle()
    before = _list_of_the_day(line)
    line.pass_time(timedelta(days=30))
    line.settle()
    after = _list_of_the_day(line)
    assert [guest["name"] for guest in before["guests"]] == ["Guest a"]
    assert [guest["name"] for guest in after["guests"]] == [None]
    assert after["counts"] == before["counts"]
    assert after["people"] == before["people"]


def test_a_move_that_was_declined_does_not_bring_forgetting_nearer(line: Line) -> None:
    """Forgotten 30 days after the visit, not 30 days after the time it was to be moved to."""
    far, near = NINE + timedelta(days=45), NINE
    appointment = line.request("a", [ID_CARD], far)
    line.settle()
    line.move(appointment, near)
    line.now += line.booking.hold_for
    line.booking.expire_holds()
    line.settle()
    assert line.life(appointment).because == ("expired",)
    line.now = SUNDAY
    line.pass_time(timedelta(days=32))
    line.settle()
    assert line.life(appointment).status == "confirmed"
    assert not line.life(appointment).forgotten


def test_a_visit_that_was_moved_is_forgotten_by_its_new_day(line: Line) -> None:
    """By the old one it would be called off: it lies ahead still. Forgotten once, nothing is due any more."""
    appointment = line.request("a", [ID_CARD], NINE)
    line.settle()
    line.move(appointment, NINE + timedelta(days=45))
    line.settle()
    line.pass_time(timedelta(days=32))
    line.settle()
    assert (line.life(appointment).status, line.life(appointment).forgotten) == ("confirmed", False)
    line.pass_time(timedelta(days=45))
    assert (line.life(appointment).status, line.life(appointment).forgotten) == ("confirmed", True)
    assert line.booking.due(FORGET) == []


def test_a_forgotten_guest_gets_no_new_place(line: Line) -> None:
    """A move was pending when the old time began: nobody is held for it, or written to about it."""
    appointment = line.request("a", [ID_CARD], NINE)
    line.settle()
    line.post_letters()
    line.now = NINE - timedelta(minutes=1)
    line.move(appointment, NINE + timedelta(days=1))
    line.now = NINE
    line.booking.forget([appointment], CAUSE)
    line.settle()
    assert {row.attempt for row in line.rows("staff_calendar", select(reservations.c.attempt))} == {1}
    assert [row.kind for row in line.rows("notifications", select(messages.c.kind))] == ["confirmation"]
    assert_at_rest(line, [appointment])


def _read_tables(line: Line, service: str) -> str:
    tables = definition(service).metadata.sorted_tables
    return "\n".join(str(row) for table in tables for row in line.rows(service, select(table)))


def _list_of_the_day(line: Line) -> dict[str, object]:
    app = line.apps["visitor_access"]
    with app.read() as connection:
        return queries.access_list(connection, app.vault, NINE.date(), None)


def test_a_forgotten_guest_is_unreadable_in_the_running_ensemble(town_hall: TownHall) -> None:
    """The name leaves the access list, the keys leave four databases, the token opens nothing; the counts stay."""
    day = town_hall.day(7)
    booked = town_hall.confirmed(town_hall.proposals(ID_CARD, days=7)[0])
    town_hall.mail(booked)
    town_hall.manage(booked, "cancellation")
    town_hall.mail(booked, 2)
    town_hall.wait_at_rest()
    before = town_hall.calls.get("visitor_access", "/api/access-list", {"date": str(day), "include": "removed"})
    assert booked.appointment in {guest["appointment"] for guest in before["guests"] if guest["name"]}

    forget(town_hall, booked.appointment)
    town_hall.wait(lambda: not any(keys_of(town_hall, booked.appointment)), "the keys are gone")
    after = town_hall.calls.get("visitor_access", "/api/access-list", {"date": str(day), "include": "removed"})
    unnamed = [
        guest | {"name": None} if guest["appointment"] == booked.appointment else guest for guest in before["guests"]
    ]
    assert after == before | {"guests": unnamed}
    path = f"/api/appointments/{booked.appointment}"
    seen = town_hall.call("GET", "booking", path, headers={"Authorization": f"Bearer {booked.token}"})
    assert seen.status_code == 410
    town_hall.wait_at_rest()


def forget(town_hall: TownHall, appointment: str) -> None:
    """Order it from booking as its timer does when the time has come, in a process beside the running one."""
    home = town_hall.ensemble.home
    app = App(definition("booking"), settings(home, town_hall.database_url, "booking"))
    app.handle(ForgetGuest(str(uuid4()), app.clock(), appointment))
    app.engine.dispose()


def keys_of(town_hall: TownHall, appointment: str) -> list[bytes | None]:
    """The keys that the services have which can read a guest."""
    query = "SELECT wrapped FROM subject_keys WHERE subject = :subject"
    services = ("booking", "visitor_access", "notifications", "staff_calendar")
    return [row.wrapped for service in services for row in town_hall.rows(service, query, subject=appointment)]
