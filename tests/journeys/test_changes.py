"""What may become of an appointment besides a visit: declined, expired, cancelled, moved; and what is let go then."""

from collections.abc import Iterator

import pytest

from tests.journeys.test_visit import part
from tests.journeys.town import CERTIFICATE, ID_CARD, QUESTION
from tests.journeys.town_hall import LONG, TownHall


@pytest.fixture
def without_clerks(town_hall: TownHall) -> Iterator[TownHall]:
    """staff_calendar is down; the test may start it again."""
    town_hall.ensemble.stop_one("staff_calendar")
    yield town_hall
    back(town_hall)


@pytest.fixture
def impatient(town_hall: TownHall) -> Iterator[TownHall]:
    """Booking holds for a second only."""
    town_hall.restart("booking", FOYER_HOLD_FOR="1")
    yield town_hall
    town_hall.restart("booking")


def back(town_hall: TownHall) -> None:
    """staff_calendar is up again."""
    town_hall.ensemble.start("staff_calendar")
    town_hall.ensemble.wait_ready(LONG)


def test_a_cancelled_visit_holds_nothing(town_hall: TownHall) -> None:
    """Room, clerk and access list are free again, and the guest is told; to cancel twice changes nothing."""
    booked = town_hall.confirmed(town_hall.proposals(ID_CARD, days=4)[0])
    town_hall.mail(booked)
    assert len(town_hall.holders(booked, town_hall.day(4))) == 2
    for _ in range(2):
        assert town_hall.manage(booked, "cancellation").status_code == 202
    assert town_hall.seen(booked)["status"] == "cancelled"
    assert "METHOD:CANCEL" in part(town_hall.mail(booked, 2), "text/calendar")
    town_hall.wait_at_rest()
    assert town_hall.holders(booked, town_hall.day(4)) == set()
    assert town_hall.on_the_list(booked, town_hall.day(4)) is None
    removed = town_hall.on_the_list(booked, town_hall.day(4), removed=True)
    assert removed is not None
    assert removed["status"] == "removed"
    assert len(town_hall.mails(booked)) == 2


def test_the_second_of_two_is_declined_with_alternatives(without_clerks: TownHall) -> None:
    """Both are accepted while the clerks' calendar is down; then only one can have the clerk."""
    hall = without_clerks
    proposal = hall.proposals(CERTIFICATE, days=4)[0]
    first, second = hall.book(proposal), hall.book(proposal)
    assert {hall.seen(first)["status"], hall.seen(second)["status"]} == {"requested"}
    back(hall)
    assert hall.decided(first)["status"] == "confirmed"
    declined = hall.decided(second)
    assert (declined["status"], declined["because"]) == ("declined", ["staff_taken"])
    assert declined["alternatives"]
    assert hall.confirmed(declined["alternatives"][0])
    hall.wait_at_rest()
    assert hall.holders(second, hall.day(4)) == set()


def test_a_visit_is_moved_in_one_piece(town_hall: TownHall) -> None:
    """The new place is held, the old one let go; the guest keeps the pass."""
    booked = town_hall.confirmed(town_hall.proposals(ID_CARD, days=4)[0])
    town_hall.mail(booked)
    listed = town_hall.on_the_list(booked, town_hall.day(4))
    target = town_hall.proposals(ID_CARD, days=5)[3]
    assert town_hall.manage(booked, "move", {"proposal": target["id"]}).status_code == 202
    town_hall.wait(lambda: town_hall.seen(booked)["starts_at"] == target["starts_at"], "moved")
    assert town_hall.seen(booked)["status"] == "confirmed"
    first, second = (part(town_hall.mail(booked, count), "text/calendar") for count in (1, 2))
    assert entry("UID", first) == entry("UID", second)
    assert int(entry("SEQUENCE", first)) < int(entry("SEQUENCE", second))
    town_hall.wait_at_rest()
    assert town_hall.holders(booked, town_hall.day(4)) == set()
    assert len(town_hall.holders(booked, town_hall.day(5))) == 2
    assert town_hall.on_the_list(booked, town_hall.day(4)) is None
    moved = town_hall.on_the_list(booked, town_hall.day(5))
    assert listed is not None
    assert moved is not None
    assert (moved["status"], moved["pass"]) == ("registered", listed["pass"])


def test_while_a_move_is_open_the_old_place_is_kept(town_hall: TownHall) -> None:
    """The clerks' calendar is down: nothing is let go; when it is back, one of two has the new place, both have one."""
    mover, rival = (town_hall.confirmed(town_hall.proposals(CERTIFICATE, days=5)[0]) for _ in range(2))
    town_hall.ensemble.stop_one("staff_calendar")
    target = town_hall.proposals(CERTIFICATE, days=6)[0]
    for booked in (rival, mover):
        assert town_hall.manage(booked, "move", {"proposal": target["id"]}).status_code == 202
    seen = town_hall.seen(mover)
    assert (seen["status"], seen["move"]["status"]) == ("confirmed", "requested")
    back(town_hall)
    assert town_hall.decided(rival)["starts_at"] == target["starts_at"]
    stays = town_hall.decided(mover)
    assert (stays["status"], stays["because"]) == ("confirmed", ["staff_taken"])
    town_hall.wait_at_rest()
    assert (len(town_hall.holders(mover, town_hall.day(5))), town_hall.holders(mover, town_hall.day(6))) == (2, set())
    assert (town_hall.holders(rival, town_hall.day(5)), len(town_hall.holders(rival, town_hall.day(6)))) == (set(), 2)


def test_a_hold_that_runs_out_is_let_go_by_the_late_answer_too(impatient: TownHall) -> None:
    """A request and a move expire while the clerks' calendar is down; what it says when it is back is let go."""
    hall = impatient
    visit = hall.confirmed(hall.proposals(QUESTION, days=3)[0])
    hall.mail(visit)
    hall.ensemble.stop_one("staff_calendar")
    try:
        asked = hall.book(hall.proposals(ID_CARD, days=6)[0])
        assert hall.manage(visit, "move", {"proposal": hall.proposals(QUESTION, days=4)[0]["id"]}).status_code == 202
        assert hall.decided(asked)["status"] == "expired"
        kept = hall.decided(visit)
        assert (kept["status"], kept["because"]) == ("confirmed", ["expired"])
    finally:
        back(hall)
    hall.wait_at_rest()
    hall.wait(lambda: hall.rows("booking", LATE, stream=f"appointment-{asked.appointment}"), "the late answer")
    hall.wait_at_rest()
    assert hall.holders(asked, hall.day(6)) == set()
    assert (len(hall.holders(visit, hall.day(3))), hall.holders(visit, hall.day(4))) == (2, set())
    assert hall.mail(asked)
    assert hall.mail(visit, 2)


def entry(name: str, calendar: str) -> str:
    """The value of the first such line."""
    return next(line.partition(":")[2] for line in calendar.splitlines() if line.startswith(f"{name}:"))


LATE = "SELECT 1 FROM events WHERE stream = :stream AND type = 'AnswerCameLate' AND data LIKE '%staff%'"
