"""The examples of docs/operations.md for readers outside, as they stand there, against the running ensemble."""

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pika
import pytest

from deploy.servers import RabbitMQ, wait_until
from tests.journeys.town import ID_CARD
from tests.journeys.town_hall import TownHall
from tests.operations.conftest import PAGE

EXAMPLES = dict(re.findall(r"```python title=(\S+)\n(.*?)```", PAGE, re.DOTALL))
OWN = r"statistics|evt-booking-AppointmentConfirmed--statistics\.confirmed"
MAY = {
    "configure": rf"^({OWN}|booking\.events)$",
    "write": f"^({OWN})$",
    "read": rf"^({OWN}|booking\.events|foyer\.archive)$",
}
Run = Callable[..., "Example"]


class Example:
    """One example as a process of its own; `lines` are what it has printed so far."""

    def __init__(self, file: Path, *words: str, amqp_url: str) -> None:
        self.output = file.with_suffix(".out")
        with self.output.open("w") as out:
            self.process = subprocess.Popen(
                (sys.executable, "-W", "ignore", str(file), *words),
                env={"FOYER_AMQP_URL": amqp_url, "EVENTLET_NO_GREENDNS": "yes", "PATH": ""},
                stdout=out,
                stderr=subprocess.STDOUT,
            )

    @property
    def lines(self) -> list[list[str]]:
        return [line.split() for line in self.output.read_text().splitlines()]

    def wait(self, *words: str) -> None:
        """Until it has printed a line with all these words. Raises TimeoutError with what it printed."""
        try:
            wait_until(lambda: any(set(words) <= set(line) for line in self.lines), 60, str(words))
        except TimeoutError as error:
            raise AssertionError(f"{error}\n{self.output.read_text()[-2000:]}") from None


@pytest.fixture
def run(town_hall: TownHall, rabbitmq: RabbitMQ, tmp_path: Path) -> Iterator[Run]:
    """`run("follow.py")` starts an example of the page, as a user of its own."""
    url, started = rabbitmq.add_user("outside", "ops", **MAY), list[Example]()

    def start(name: str, *words: str) -> Example:
        file = tmp_path / f"{len(started)}_{name}"
        file.write_text(EXAMPLES[name])
        started.append(Example(file, *words, amqp_url=url))
        return started[-1]

    yield start
    for example in started:
        example.process.kill()
        example.process.wait()
    with pika.BlockingConnection(pika.URLParameters(url)) as connection:
        for queue in ("statistics", "evt-booking-AppointmentConfirmed--statistics.confirmed"):
            connection.channel().queue_delete(queue)


def bound(town_hall: TownHall, queue: str) -> None:
    """Wait until somebody consumes from that queue."""

    def consumed() -> int:
        try:
            with pika.BlockingConnection(pika.URLParameters(town_hall.ensemble.env["FOYER_AMQP_URL"])) as connection:
                count: int = connection.channel().queue_declare(queue, passive=True).method.consumer_count
                return count
        except pika.exceptions.AMQPError:
            return 0

    wait_until(consumed, 60, f"somebody consumes from {queue}")


def test_both_kinds_of_readers_follow_booking(town_hall: TownHall, run: Run) -> None:
    """Plain pika sees everything, nameko's own event handler what it asks for; Foyer is not disturbed."""
    follow, service = run("follow.py"), run("statistics_service.py")
    bound(town_hall, "statistics")
    bound(town_hall, "evt-booking-AppointmentConfirmed--statistics.confirmed")
    booked = town_hall.confirmed(town_hall.proposals(ID_CARD, days=11)[0])
    follow.wait("foyer.booking.AppointmentRequested.v1", booked.appointment)
    follow.wait("foyer.booking.AppointmentConfirmed.v1", booked.appointment)
    service.wait("foyer.booking.AppointmentConfirmed.v1", booked.appointment)
    assert sum(1 for line in EXAMPLES["follow.py"].splitlines() if line.strip()) <= 20


def test_the_archive_is_read_from_an_offset_and_from_a_time(town_hall: TownHall, run: Run) -> None:
    """Everything that was ever said; then only the end of it."""
    before = datetime.now(UTC)
    booked = town_hall.confirmed(town_hall.proposals(ID_CARD, days=11)[0])
    everything = run("archive.py")
    everything.wait("foyer.visitor_access.GuestRegistered.v1", booked.appointment)
    first = everything.lines[0]
    assert first[0] == "0"
    offset = next(line[0] for line in everything.lines if line[3] == booked.appointment)
    from_offset, from_time = run("archive.py", offset), run("archive.py", before.isoformat())
    for reader in (from_offset, from_time):
        reader.wait("foyer.visitor_access.GuestRegistered.v1", booked.appointment)
    assert from_offset.lines[0][0] == offset
    assert int(from_time.lines[0][0]) > 0
    query = "SELECT said, message FROM events WHERE said IS NOT NULL ORDER BY position"
    said = [f"foyer.booking.{row.said}.v1" for row in town_hall.rows("booking", query)]
    assert [line[2] for line in everything.lines if line[2].startswith("foyer.booking.")][: len(said)] == said
