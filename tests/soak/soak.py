"""Everything at once, for minutes: guests book and cancel while processes and servers are killed at random moments.

FOYER_SOAK_MINUTES says how long (5), FOYER_TEST_SEED which accidents. Not collected by `make test`: run it by its name.
"""

import os
import time
from collections.abc import Callable
from random import Random

import pytest

from deploy.servers import PostgreSQL, RabbitMQ
from tests.faults.load import Load, assert_all_is_well
from tests.journeys.town_hall import Booked, TownHall

MINUTES = float(os.environ.get("FOYER_SOAK_MINUTES", 5))
GUESTS = 60
Accident = Callable[[], object]


@pytest.mark.timeout(MINUTES * 60 + 1200)
def test_everything_breaks_and_every_guarantee_holds(
    town_hall: TownHall, broker_node: RabbitMQ, request: pytest.FixtureRequest
) -> None:
    """Wave after wave: a load, two to five accidents in it; then rest, and every guarantee holds."""
    seed = int(os.environ.get("FOYER_TEST_SEED", 0)) or int.from_bytes(os.urandom(3))
    print(f"FOYER_TEST_SEED={seed}")
    random, until, accepted = Random(seed), time.monotonic() + MINUTES * 60, list[Booked]()
    happen = accidents(town_hall, broker_node, request, random)
    while time.monotonic() < until:

        def wave(load: Load) -> None:
            for _ in range(random.randint(2, 5)):
                time.sleep(random.random() * 3)
                random.choice(happen)()

        load = Load(town_hall, random, GUESTS)
        load.play(wave)
        accepted += load.accepted
        assert_all_is_well(town_hall, load.accepted)
    # What was well once stays so.
    assert_all_is_well(town_hall, accepted)


def accidents(hall: TownHall, broker: RabbitMQ, request: pytest.FixtureRequest, random: Random) -> tuple[Accident, ...]:
    """What may happen; everything runs again afterwards."""

    def one_process() -> None:
        hall.ensemble.restart(random.choice(list(hall.ensemble.processes)))

    def many_processes() -> None:
        for name in random.sample(list(hall.ensemble.processes), 4):
            hall.ensemble.kill(name)
        time.sleep(random.random() * 2)
        hall.ensemble.start()

    def the_broker() -> None:
        broker.kill()
        time.sleep(random.random() * 2)
        broker.start()

    def the_mail_server() -> None:
        hall.sink.behave(random.choice(("temporary", "drop")), times=random.randint(1, 5))

    def the_power() -> None:
        hall.ensemble.kill_all()
        broker.kill()
        broker.start()
        hall.ensemble.start()

    happen: tuple[Accident, ...] = (one_process, one_process, many_processes, the_broker, the_mail_server, the_power)
    if not hall.database_url.startswith("postgresql"):
        return happen
    postgres: PostgreSQL = request.getfixturevalue("postgres")

    def the_database() -> None:
        postgres.kill()
        time.sleep(random.random() * 2)
        postgres.start()

    return (*happen, the_database)
