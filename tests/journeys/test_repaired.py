"""`foyer verify --repair` heals a running ensemble through its own queues, commands and logs, while guests go on."""

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from unittest.mock import patch
from uuid import uuid4

import pytest

from deploy.operations.running import service_app
from services.rooms.commands import LetGoRooms
from services.visitor_access.commands import RemoveGuest
from shared.messages import Cause
from tests import command
from tests.journeys.town import ID_CARD, MOVED_HERE
from tests.journeys.town_hall import Booked, TownHall

Foyer = Callable[..., command.Ran]
SURE = ("--yes", "--reason", "try")
DAY = 9


@pytest.fixture
def foyer(town_hall: TownHall) -> Foyer:
    return partial(command.foyer, town_hall.ensemble.env)


@pytest.fixture
def booked(town_hall: TownHall, foyer: Foyer) -> Iterator[list[Booked]]:
    """Two who are confirmed and have their mails; nothing is on its way. In the end nothing is left of the damage."""
    guests = [town_hall.confirmed(town_hall.proposals(concern, days=DAY)[0]) for concern in (ID_CARD, MOVED_HERE)]
    for guest in guests:
        town_hall.mail(guest)
    town_hall.wait_at_rest()
    yield guests
    ran = foyer("verify", "--repair", *SURE)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def decided(town_hall: TownHall, service: str, order: object) -> None:
    """A command that nothing has led to, given beside the running service."""
    with patch.dict(os.environ, town_hall.ensemble.env), service_app(service) as app:
        assert app.handle(order, cause=Cause("nobody", "nobody"))  # type: ignore[arg-type]


def test_what_was_lost_or_spoiled_is_mended_while_guests_go_on(
    town_hall: TownHall, foyer: Foyer, booked: list[Booked]
) -> None:
    """Messages that never came, rows of read models that are wrong or gone."""
    unheard, other = booked
    stream = f"appointment-{unheard.appointment}"
    for service in ("visitor_access", "notifications"):
        town_hall.run(service, "DELETE FROM gates WHERE stream = :stream AND source = 'booking'", stream=stream)
    town_hall.run("visitor_access", "UPDATE visits SET status = 'left' WHERE appointment = :a", a=other.appointment)
    town_hall.run("rooms", "DELETE FROM taken")
    found = foyer("verify")
    assert found.returncode == 1
    for part in (stream, "visitor_access visits", "rooms taken"):
        assert part in found.stdout
    shown = foyer("verify", "--repair", "--dry-run", "--patience", "0")
    assert (shown.returncode, "It can do nothing" in shown.stdout) == (1, False)
    assert foyer("verify", "--patience", "0").returncode == 1, "showing it changed something"
    on_the_way = town_hall.book(town_hall.proposals(ID_CARD, days=DAY)[0])
    ran = foyer("verify", "--repair", *SURE)
    assert (ran.returncode, "Everything holds now." in ran.stdout) == (0, True), ran.stdout + ran.stderr
    assert town_hall.decided(on_the_way)["status"] == "confirmed"
    town_hall.mail(on_the_way)
    town_hall.wait_at_rest()
    assert [len(town_hall.mails(guest)) for guest in (*booked, on_the_way)] == [1, 1, 1]
    assert foyer("verify").returncode == 0
    assert "verify --repair" in foyer("audit", "--what", "verify --repair").stdout


def test_what_no_command_gives_back_is_booked_anew(town_hall: TownHall, foyer: Foyer, booked: list[Booked]) -> None:
    """A confirmed guest whose room was let go, and one who was struck off the list: nothing is promised; cancelled and
    booked anew, both have all they need.
    """
    without_room, struck_off = booked
    now = datetime.now(UTC)
    decided(town_hall, "rooms", LetGoRooms(str(uuid4()), now, without_room.appointment, 1, "all"))
    decided(town_hall, "visitor_access", RemoveGuest(str(uuid4()), now, struck_off.appointment, "cancelled"))
    ran = foyer("verify", "--repair", *SURE)
    assert ran.returncode == 1
    assert "What --repair does about it:\nnothing\nIt can do nothing about these" in ran.stdout
    for guest, concern in zip(booked, (ID_CARD, MOVED_HERE), strict=True):
        assert town_hall.manage(guest, "cancellation").status_code == 202
        again = town_hall.confirmed(town_hall.proposals(concern, days=DAY)[0])
        town_hall.mail(again)
        assert len(town_hall.holders(again, town_hall.day(DAY))) == 2
        assert town_hall.on_the_list(again, town_hall.day(DAY))
    town_hall.wait_at_rest()
    assert foyer("verify").returncode == 0
