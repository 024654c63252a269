"""What has not been published, has no taker, or waits, is seen with how long it has."""

from typing import Any

import orjson

from tests.journeys.town import ID_CARD
from tests.journeys.town_hall import TownHall
from tests.operations.conftest import Foyer


def shown(foyer: Foyer, *services: str) -> dict[str, Any]:
    """`foyer streams --json`, by kind and name."""
    words = [word for service in services for word in ("-s", service)]
    found = orjson.loads(foyer("streams", *words, "--json").stdout)
    return {
        "logs": {row["service"]: row for row in found["logs"]},
        "listeners": {(row["listener"], row["source"]): row for row in found["listeners"]},
        "queues": {row["service"]: row for row in found["queues"]},
    }


def test_all_is_well_at_rest(town_hall: TownHall, foyer: Foyer) -> None:
    """Everything is published and heard; every queue has its taker."""
    town_hall.wait_at_rest()
    town_hall.wait(lambda: all(row["behind"] == 0 for row in shown(foyer)["listeners"].values()), "all is heard", 0.3)
    found = shown(foyer)
    for row in found["logs"].values():
        assert (row["unpublished"], row["unpublished_seconds"]) == (0, None)
        assert row["streams"] <= row["events"] == row["position"]
    assert all((row["depth"], row["consumers"]) == (0, 1) for row in found["queues"].values())
    assert set(shown(foyer, "rooms")["logs"]) == {"rooms"}
    lines = foyer("streams").stdout.splitlines()
    assert [line.split()[0] for line in lines if line][1:6] == list(found["logs"])


def test_what_nobody_publishes_or_takes_is_seen(town_hall: TownHall, foyer: Foyer) -> None:
    """How much, and since when."""
    town_hall.ensemble.stop_one("booking-publisher")
    booked = town_hall.book(town_hall.proposals(ID_CARD, days=6)[0])
    row = shown(foyer, "booking")["logs"]["booking"]
    assert row["unpublished"] >= 1
    assert row["unpublished_seconds"] > 0
    town_hall.ensemble.stop_one("rooms")
    town_hall.ensemble.start("booking-publisher")
    town_hall.wait(lambda: shown(foyer, "booking")["logs"]["booking"]["unpublished"] == 0, "published", 0.3)
    found = shown(foyer, "rooms")
    assert found["listeners"]["rooms", "booking"]["behind"] >= 1
    assert found["listeners"]["rooms", "booking"]["behind_seconds"] > 0
    assert (found["queues"]["rooms"]["consumers"], found["queues"]["rooms"]["depth"] >= 1) == (0, True)
    town_hall.ensemble.start("rooms")
    town_hall.ensemble.wait_ready()
    assert town_hall.decided(booked)["status"] == "confirmed"
    town_hall.wait_at_rest()
