"""Messages taken by the running service, on both databases."""

import random

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from services.staff_calendar import allocation
from services.staff_calendar.day import ClerkDay, ticks
from services.staff_calendar.events import ClerkFreed, ClerkTaken, StaffDeclined, StaffReserved
from services.staff_calendar.projections import reservations, taken
from shared.tables import held as parked
from tests.staff_calendar.office import Office, heard, wanted
from tests.staff_calendar.words import hold, stop


def test_a_visit_costs_two_events(office: Office) -> None:
    """One in the clerk's day, one said; and the read tables show it."""
    office.employ("c-17")
    office.hear("AppointmentRequested", **wanted("09:00"))
    assert office.kinds() == ["ClerkTaken", "StaffReserved"]
    (shown,) = office.day()["reservations"]
    assert (shown["appointment"], shown["starts_at"], shown["title"]) == (
        "a1",
        "2026-11-24T09:00:00+01:00",
        "Reisepass, Ausgabe",
    )
    assert len(office.ticks()) == 3


def test_a_confirmation_is_one_event(office: Office) -> None:
    """What is held stays held."""
    office.employ("c-17")
    office.hear("AppointmentRequested")
    office.hear("AppointmentConfirmed")
    assert office.kinds() == ["ClerkTaken", "StaffReserved", "VisitConfirmed"]


def test_everything_said_twice_and_shuffled_ends_the_same(office: Office) -> None:
    """Duplicates take no effect, and a message waits for its predecessor."""
    office.employ("c-17", "c-18")
    bodies = []
    for n in range(12):
        who, start = f"a{n}", f"{8 + n % 4:02}:{(n // 4) * 15:02}"
        bodies.append(heard("AppointmentRequested", who, 0, **wanted(start)))
        bodies.append(heard("AppointmentMoveRequested", who, 1, **wanted(f"{8 + n % 4:02}:45")))
        last = ("AppointmentMoved", "AppointmentMoveDeclined", "AppointmentCancelled")[n % 3]
        bodies.append(heard(last, who, 2))
    everything = bodies * 2
    random.Random(7).shuffle(everything)
    while everything:
        batch, everything = everything[:9], everything[9:]
        office.deliver(*batch)
    with office.app.read() as connection:
        rows = connection.execute(select(reservations)).all()
        assert connection.execute(select(parked)).all() == []
    assert not {f"a{n}" for n in range(2, 12, 3)} & {row.appointment for row in rows}
    assert {row.attempt for row in rows if int(row.appointment[1:]) % 3 == 1} == {1}
    _tables_equal_the_fold(office)


def _tables_equal_the_fold(office: Office) -> None:
    """The ticks of the table are those of the log's reservations, and those of the folded days."""
    holding: dict[tuple[str, int, int], ClerkTaken] = {}
    for event in office.log():
        match event:
            case ClerkTaken():
                holding[event.appointment, event.attempt, event.stop] = event
            case ClerkFreed():
                del holding[event.appointment, event.attempt, event.stop]
    folded = [(e.clerk, tick) for e in holding.values() for tick in ticks(e.starts_at, e.blocked_until)]
    assert len(folded) == len(set(folded))
    assert office.ticks() == set(folded)
    for name in {event.clerk for event in holding.values()}:
        day: ClerkDay = office.app.state(f"clerk-{name}-2026-11-24")
        assert {(name, day.base + n) for n in range(day.taken.bit_length()) if day.taken >> n & 1} == {
            (who, tick) for who, tick in folded if who == name
        }


def test_two_hundred_requests_for_ten_places_in_one_batch(office: Office) -> None:
    """Ten are held, the others are declined with other starts that are free."""
    office.employ("c-17")
    places = [f"{8 + n // 4:02}:{n % 4 * 15:02}" for n in range(10)]
    office.deliver(*(heard("AppointmentRequested", f"a{n}", **wanted(places[n % 10])) for n in range(200)))
    log = office.log()
    assert sum(isinstance(event, StaffReserved) for event in log) == 10
    declined = [event for event in log if isinstance(event, StaffDeclined)]
    assert {event.because for event in declined} == {"taken"}
    assert len(declined) == 190
    assert all(len(event.alternatives) == 5 for event in declined)
    _tables_equal_the_fold(office)


def test_the_table_refuses_an_overlap_that_the_rules_let_pass(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Guarantee 1: with the decider's check switched off, the second of two at once is not stored."""
    office.employ("c-17")
    office.hear("AppointmentRequested", "a1", **wanted("09:00"))
    monkeypatch.setattr(ClerkDay, "free", lambda *_: True)
    office.hear("AppointmentRequested", "a2", **wanted("09:05"))
    assert office.kinds() == ["ClerkTaken", "StaffReserved"]
    with office.app.read() as connection:
        assert {row.appointment for row in connection.execute(select(taken))} == {"a1"}
        (stuck,) = connection.execute(select(parked)).all()
    assert (stuck.stream, stuck.reason) == ("appointment-a2", "failed")
    with pytest.raises(IntegrityError):
        office.app.handle(hold(stop("09:05", "09:15"), appointment="a3"))


def test_an_overlap_is_stored_where_both_safeguards_are_off(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the safeguards are for: without them two guests would sit with one clerk."""
    from services.staff_calendar import projections

    office.employ("c-17")
    monkeypatch.setattr(ClerkDay, "free", lambda *_: True)
    monkeypatch.setattr(projections, "ticks", lambda *_: range(0))
    office.hear("AppointmentRequested", "a1", **wanted("09:00"))
    office.hear("AppointmentRequested", "a2", **wanted("09:05"))
    assert len(office.day()["reservations"]) == 2


def test_a_message_that_can_not_be_read_stops_its_appointment_only(office: Office) -> None:
    """Its successor waits behind it; the next guest is served."""
    office.employ("c-17")
    office.hear("AppointmentRequested", "a1", stops=[])
    office.hear("AppointmentCancelled", "a1")
    office.hear("AppointmentRequested", "a2")
    assert [type(event).__name__ for event in office.log() if getattr(event, "appointment", "a2") == "a1"] == []
    assert [one["appointment"] for one in office.day()["reservations"]] == ["a2"]


def test_a_second_process_sees_what_the_first_has_taken(office: Office) -> None:
    """Two Apps on one database never take a clerk twice, whatever each has in mind."""
    office.employ("c-17")
    other = Office(office.settings)
    office.hear("AppointmentRequested", "a1", **wanted("09:00"))
    other.hear("AppointmentRequested", "a2", **wanted("09:00"))
    office.hear("AppointmentRequested", "a3", **wanted("09:15"))
    other.hear("AppointmentRequested", "a4", **wanted("09:15"))
    assert [one["appointment"] for one in office.day()["reservations"]] == ["a1", "a3"]
    assert allocation.day_stream("c-17", office.log()[-1].alternatives[0].date()) == "clerk-c-17-2026-11-24"


def test_a_visit_is_let_go_and_its_place_is_free_again(office: Office) -> None:
    """Read tables and ticks are as if it had never been."""
    office.employ("c-17")
    office.hear("AppointmentRequested", "a1")
    office.hear("AppointmentExpired", "a1")
    assert office.day()["reservations"] == []
    assert office.ticks() == set()
    office.hear("AppointmentRequested", "a2")
    assert len(office.ticks()) == 3


@pytest.mark.parametrize("last", ["AppointmentMoved", "AppointmentMoveDeclined"])
def test_a_move_ends_with_one_place(office: Office, last: str) -> None:
    """Both are held until booking has decided."""
    office.employ("c-17")
    office.hear("AppointmentRequested", "a1", **wanted("09:00"))
    office.hear("AppointmentMoveRequested", "a1", **wanted("11:00"))
    assert len(office.day()["reservations"]) == 2
    office.hear(last, "a1")
    (kept,) = office.day()["reservations"]
    assert kept["attempt"] == (2 if last == "AppointmentMoved" else 1)
