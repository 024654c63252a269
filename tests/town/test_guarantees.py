"""The check of the guarantees finds each violation that is planted in the logs, and nothing in logs that are sound."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.guarantees import Finding, NoLog, check
from deploy.verify.log import ALL_OR_NOTHING, AT_REST, NO_OVERLAP, ON_THE_LIST, ONE_MAIL, confirmation_times
from tests.town.logs import DAY, Logs


@pytest.fixture
def logs(tmp_path: Path) -> Iterator[Logs]:
    logs = Logs(tmp_path)
    yield logs
    logs.close()


def test_sound_logs_give_no_findings(logs: Logs) -> None:
    """Confirmed, declined, cancelled, moved, move declined: as they should be."""
    logs.confirmed("a")
    logs.confirmed("b", start="09:15", until="09:30")
    logs.booking("declined", "AppointmentRequested")
    logs.hold("declined", clerk="c-18", start="10:00", until="10:15", only="rooms")
    logs.entrance("declined", "GuestAnnounced")
    logs.booking("declined", "AppointmentDeclined")
    logs.hold("declined", start="10:00", until="10:15", only="rooms", what="Freed")
    logs.entrance("declined", "GuestRemoved")
    logs.confirmed("cancelled", start="11:00", until="11:15")
    logs.booking("cancelled", "AppointmentCancelled")
    logs.hold("cancelled", start="11:00", until="11:15", what="Freed")
    logs.entrance("cancelled", "GuestRemoved")
    logs.mail("cancelled", "cancelled")
    logs.hold("reuses", start="11:00", until="11:15")
    logs.booking("reuses", "AppointmentRequested")
    logs.booking("reuses", "AppointmentConfirmed")
    logs.entrance("reuses", "GuestRegistered")
    logs.mail("reuses")
    logs.confirmed("moved", start="12:00", until="12:15")
    logs.booking("moved", "MoveRequested", 2)
    logs.hold("moved", 2, start="13:00", until="13:15")
    logs.booking("moved", "AppointmentMoved", 2)
    logs.hold("moved", 1, start="12:00", until="12:15", what="Freed")
    logs.entrance("moved", "GuestRegistered", 2)
    logs.mail("moved", "moved", 2)
    logs.booking("moved", "MoveRequested", 3)
    logs.booking("moved", "MoveDeclined", 3)
    assert logs.found() == []


def test_two_visits_in_one_room_are_found(logs: Logs) -> None:
    """And so are two with one clerk; touching is not overlapping."""
    logs.confirmed("a", clerk="c-1")
    logs.confirmed("b", clerk="c-2", start="09:10", until="09:25")
    logs.confirmed("c", clerk="c-2", room="r-102", start="09:20", until="09:30")
    assert [(f.guarantee, f.service, f.stream) for f in logs.found()] == [
        (NO_OVERLAP, "rooms", f"room-r-101-{DAY}"),
        (NO_OVERLAP, "staff_calendar", f"clerk-c-2-{DAY}"),
    ]
    assert "version 0 (09:00-09:15, a) and version 1 (09:10-09:25, b)" in logs.found()[0].detail


def test_overlap_is_judged_by_instants_not_by_the_clock_on_the_wall(logs: Logs) -> None:
    """The hour that comes twice in October is two hours."""
    about = {"attempt": 1, "stop": 1, "date": "2026-10-25", "room": "r-101"}
    for appointment, offset in (("a", "+02:00"), ("b", "+01:00")):
        times = {f"{name}": f"2026-10-25T02:{minute}:00{offset}" for name, minute in
                 (("starts_at", "00"), ("blocked_until", "30"))}  # fmt: skip
        logs.booking(appointment, "AppointmentRequested")
        logs.say("rooms", "room-r-101-2026-10-25", "RoomTaken", appointment=appointment, **about, **times)
    assert NO_OVERLAP not in {finding.guarantee for finding in logs.found()}


@pytest.mark.parametrize("missing", ["rooms", "staff_calendar"])
def test_a_confirmed_visit_without_its_room_or_clerk_is_found(logs: Logs, missing: str) -> None:
    """Named by the reservation of the appointment."""
    logs.confirmed("a")
    logs.hold("a", what="Freed", only=missing)
    assert [(f.guarantee, f.service, f.stream) for f in logs.found()] == [
        (ALL_OR_NOTHING, missing, "reservation-a")
    ]  # fmt: skip


def test_a_visit_of_two_stops_of_which_one_is_held_is_found(logs: Logs) -> None:
    """Half of a visit is none."""
    logs.booking("a", "AppointmentRequested", stops=2)
    logs.hold("a")
    logs.hold("a", stop=2, start="09:15", until="09:30", only="rooms")
    logs.booking("a", "AppointmentConfirmed", stops=2)
    logs.entrance("a", "GuestRegistered")
    logs.mail("a")
    (finding,) = logs.found()
    assert (finding.guarantee, finding.service) == (ALL_OR_NOTHING, "staff_calendar")
    assert finding.detail == "confirmed with 2 stops, of which are held: [1]"


@pytest.mark.parametrize("end", ["AppointmentDeclined", "AppointmentExpired", "AppointmentCancelled"])
def test_what_an_ended_visit_still_holds_is_found(logs: Logs, end: str) -> None:
    """Named by the resource-day that is blocked for nobody."""
    logs.booking("a", "AppointmentRequested")
    logs.hold("a", only="rooms")
    logs.booking("a", end)
    assert [(f.guarantee, f.stream) for f in logs.found()] == [(ALL_OR_NOTHING, f"room-r-101-{DAY}")]


def test_what_is_held_for_nobody_or_for_an_old_attempt_is_found(logs: Logs) -> None:
    """After a move the old place is free; a hold that booking never asked for is none."""
    logs.confirmed("a")
    logs.booking("a", "MoveRequested", 2)
    logs.hold("a", 2, start="13:00", until="13:15")
    logs.booking("a", "AppointmentMoved", 2)
    logs.entrance("a", "GuestRegistered", 2)
    logs.mail("a", "moved", 2)
    logs.hold("ghost", room="r-9", only="rooms")
    found = [(f.guarantee, f.stream) for f in logs.found()]
    assert found == [
        (ALL_OR_NOTHING, f"room-r-101-{DAY}"),
        (ALL_OR_NOTHING, f"room-r-9-{DAY}"),
        (ALL_OR_NOTHING, f"clerk-c-17-{DAY}"),
    ]


def test_freeing_what_is_not_held_is_found(logs: Logs) -> None:
    """A release that took effect twice."""
    logs.hold("a", what="Freed", only="rooms")
    (finding,) = logs.found()
    assert finding == Finding(ALL_OR_NOTHING, "rooms", f"room-r-101-{DAY}", "version 0 frees what is not held")


def test_what_is_still_on_its_way_is_found(logs: Logs) -> None:
    """A request without an end, and a move without one."""
    logs.booking("a", "AppointmentRequested")
    logs.confirmed("b")
    logs.booking("b", "MoveRequested", 2)
    assert [(f.guarantee, f.stream) for f in logs.found()] == [
        (AT_REST, "appointment-a"),
        (AT_REST, "appointment-b"),
    ]


def test_a_confirmed_guest_who_is_not_expected_at_the_entrance_is_found(logs: Logs) -> None:
    """Not there, announced only, removed, or there for the old time."""
    for appointment, start, until in (("a", "08:00", "08:15"), ("b", "09:00", "09:15"), ("c", "10:00", "10:15")):
        logs.booking(appointment, "AppointmentRequested")
        logs.hold(appointment, start=start, until=until)
        logs.booking(appointment, "AppointmentConfirmed")
        logs.mail(appointment)
    logs.entrance("b", "GuestAnnounced")
    logs.entrance("c", "GuestRegistered")
    logs.entrance("c", "GuestRemoved")
    assert [(f.guarantee, f.stream, f.detail.split(", but ")[1]) for f in logs.found()] == [
        (ON_THE_LIST, "visit-a", "not on the list"),
        (ON_THE_LIST, "visit-b", "announced only"),
        (ON_THE_LIST, "visit-c", "not on the list"),
    ]


def test_somebody_expected_for_nothing_is_found(logs: Logs) -> None:
    """Cancelled but still on the list; on the list without an appointment."""
    logs.booking("a", "AppointmentRequested")
    logs.booking("a", "AppointmentCancelled")
    logs.entrance("a", "GuestRegistered")
    logs.entrance("ghost", "GuestAnnounced")
    assert [(f.guarantee, f.stream) for f in logs.found()] == [(ON_THE_LIST, "visit-a"), (ON_THE_LIST, "visit-ghost")]


def test_a_guest_who_is_in_the_house_may_stay_on_the_list(logs: Logs) -> None:
    """A cancellation after the arrival changes nothing at the entrance, unless the arrival was a mis-click."""
    logs.booking("a", "AppointmentRequested")
    logs.entrance("a", "GuestRegistered")
    logs.entrance("a", "GuestArrived")
    logs.booking("a", "AppointmentCancelled")
    assert logs.found() == []
    logs.entrance("a", "ArrivalUndone")
    assert [finding.stream for finding in logs.found()] == ["visit-a"]
    logs.entrance("a", "GuestRemoved")
    assert logs.found() == []


def test_a_guest_without_a_mail_is_found(logs: Logs) -> None:
    """With the reason, when it could not be sent."""
    for appointment, room, clerk in (("a", "r-1", "c-1"), ("b", "r-2", "c-2")):
        logs.booking(appointment, "AppointmentRequested")
        logs.hold(appointment, room=room, clerk=clerk)
        logs.booking(appointment, "AppointmentConfirmed")
        logs.entrance(appointment, "GuestRegistered")
    about = {"appointment": "b", "attempt": 1, "kind": "confirmation", "because": "mailbox_unavailable"}
    logs.say("notifications", "letter-b", "MessageFailed", **about)
    assert [(f.guarantee, f.stream, f.detail) for f in logs.found()] == [
        (ONE_MAIL, "letter-a", "no mail"),
        (ONE_MAIL, "letter-b", "no mail: mailbox_unavailable"),
    ]


def test_a_second_mail_and_a_mail_for_nothing_are_found(logs: Logs) -> None:
    """Twice the same, twice a confirmation, and a confirmation of what never was confirmed."""
    logs.confirmed("a")
    logs.mail("a")
    logs.booking("b", "AppointmentRequested")
    logs.booking("b", "AppointmentDeclined")
    logs.mail("b")
    assert [(f.guarantee, f.stream, f.detail) for f in logs.found()] == [
        (ONE_MAIL, "letter-a", "2 mails 'confirmation' for attempt 1"),
        (ONE_MAIL, "letter-b", "a confirmation of an appointment that is declined"),
    ]


def test_a_missing_log_is_said_and_not_made(tmp_path: Path) -> None:
    """A check of an empty place must not pass, and must not leave an empty database behind."""
    with pytest.raises(NoLog, match="booking has no database at"):
        check(f"sqlite:///{tmp_path}/{{service}}.db")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "booking.db").touch()
    with pytest.raises(NoLog, match="booking's log can't be read: no such table"):
        check(f"sqlite:///{tmp_path}/{{service}}.db")


def test_the_logs_are_read_on_both_databases(database_url: str) -> None:
    """The same findings, whatever holds the logs."""
    logs = Logs(database_url)
    logs.confirmed("a")
    logs.confirmed("b", clerk="c-2")
    logs.close()
    assert [(f.guarantee, f.stream) for f in logs.found()] == [(NO_OVERLAP, f"room-r-101-{DAY}")]
    assert set(confirmation_times(database_url)) == {"appointment-a", "appointment-b"}


def test_a_database_server_that_is_down_is_said() -> None:
    """Without the password of the address."""
    with pytest.raises(NoLog, match=r"booking's log can't be read: .*refused") as caught:
        check("postgresql+psycopg2://foyer:secret@127.0.0.1:1/{service}")
    assert "secret" not in str(caught.value)
