"""`kill -9` of any process and of the servers in the middle of a load: when all is up again, every guarantee holds."""

import os
import time
from random import Random

import pytest

from deploy.servers import PostgreSQL, RabbitMQ
from tests.faults.load import Load, assert_all_is_well
from tests.journeys.town_hall import TownHall

GUESTS = 60
ON_POSTGRESQL = pytest.mark.parametrize("town_hall", ["postgresql"], indirect=True, scope="module")
"""SQLite has no server that could be away."""


@pytest.fixture
def seed() -> int:
    """Printed when a test fails; FOYER_TEST_SEED repeats it (as far as threads can be repeated)."""
    seed = int(os.environ.get("FOYER_TEST_SEED", 0)) or int.from_bytes(os.urandom(3))
    print(f"FOYER_TEST_SEED={seed}")
    return seed


def test_every_process_is_killed_once(town_hall: TownHall, seed: int) -> None:
    """Five services and five publishers, in random order at random moments, each started again at once."""
    random = Random(seed)

    def kill_all(load: Load) -> None:
        names = list(town_hall.ensemble.processes)
        random.shuffle(names)
        for n, name in enumerate(names):
            wait_for_work(load, n / len(names) * 0.8)
            time.sleep(random.random() * 0.3)
            town_hall.ensemble.restart(name)

    load = Load(town_hall, random, GUESTS)
    load.play(kill_all)
    assert_all_is_well(town_hall, load.accepted)


def test_the_power_fails(town_hall: TownHall, broker_node: RabbitMQ, seed: int) -> None:
    """All ten processes and the broker at the same moment."""

    def kill_all(load: Load) -> None:
        wait_for_work(load, 0.4)
        town_hall.ensemble.kill_all()
        broker_node.kill()
        broker_node.start()
        town_hall.ensemble.start()

    load = Load(town_hall, Random(seed), GUESTS // 2)
    load.play(kill_all)
    assert_all_is_well(town_hall, load.accepted)


def test_the_broker_is_killed(town_hall: TownHall, broker_node: RabbitMQ, seed: int) -> None:
    """Guests are accepted without it; what is said meanwhile is carried when it is back."""

    def kill(load: Load) -> None:
        wait_for_work(load, 0.2)
        broker_node.kill()
        wait_for_work(load, 0.7)
        broker_node.start()

    load = Load(town_hall, Random(seed), GUESTS)
    load.play(kill)
    assert_all_is_well(town_hall, load.accepted)


@ON_POSTGRESQL
def test_the_database_is_killed(town_hall: TownHall, request: pytest.FixtureRequest, seed: int) -> None:
    """Nothing is lost; who asks meanwhile is told to try again."""
    postgres: PostgreSQL = request.getfixturevalue("postgres")

    def kill(load: Load) -> None:
        for part in (0.2, 0.5):
            wait_for_work(load, part)
            postgres.kill()
            if part > 0.4:
                answer = town_hall.ask({"proposal": "x", "guest": {"name": "x", "email": "x@example.org"}})
                assert answer.status_code in (422, 503)
                wait_for_outage(load)
            postgres.start()

    load = Load(town_hall, Random(seed), GUESTS)
    load.play(kill)
    assert load.outages
    assert_all_is_well(town_hall, load.accepted)


def wait_for_work(load: Load, part: float) -> None:
    """Until so many guests have been accepted, or nobody is left to be."""
    for _ in range(600):
        if load.at_work(part) or load.over:
            return
        time.sleep(0.1)


def wait_for_outage(load: Load) -> None:
    """Until a guest was told that it is not possible now, or nobody is left to be told."""
    before = load.outages
    for _ in range(600):
        if load.outages > before or load.over:
            return
        time.sleep(0.1)
