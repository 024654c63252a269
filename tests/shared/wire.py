"""A toy that speaks, its publisher, and a listener, over a real broker."""

import itertools
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pika
from sqlalchemy import func, select

from deploy.servers import Process, free_port, wait_until
from shared import sequencer, topology
from shared.app import App, Delivery
from shared.messages import read
from shared.publisher import Publisher
from shared.tables import events
from tests.nursery import Nursery
from tests.shared import log, toy
from tests.shared.processes import COMMAND
from tests.shared.toy import NOON, Count

PATIENCE = 30.0
_ids = itertools.count()


@dataclass
class Wire:
    """Two databases, one broker. `amqp_url` is that of a vhost of its own."""

    home: Path
    amqp_url: str
    url_of: Callable[[str], str]
    nursery: Nursery
    http_port: int = field(default_factory=free_port)
    received: list[Delivery] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.urls = {name: self.url_of(name) for name in ("toy", "counters")}
        for url in self.urls.values():
            toy.create_tables(url)
        self.speaker = toy.app(self.home, self.urls["toy"], toy.SPEAKER, amqp_url=self.amqp_url)

    def listener(self) -> App:
        """A process of the listener."""
        return toy.app(self.home, self.urls["counters"], amqp_url=self.amqp_url)

    def process(self, role: str, name: str = "", **more: str) -> Process:
        """A publisher or a service, not yet started; `more` of its environment."""
        head, _, tail = self.urls["toy"].rpartition("toy")
        environment = {
            "FOYER_HOME": str(self.home),
            "FOYER_AMQP_URL": self.amqp_url,
            "FOYER_DATABASE_URL": f"{head}{{service}}{tail}",
            "FOYER_HTTP_COUNTERS": f"127.0.0.1:{self.http_port}",
            "FOYER_TRANSPORT_KEY": b64encode(b"t" * 32).decode(),
            "PYTHONPATH": str(Path.cwd()),
            **more,
        }
        return self.nursery.process(role, (*COMMAND, role), self.home / f"{name or role}.log", environment)

    @contextmanager
    def running(self, role: str, name: str = "", **more: str) -> Iterator[Process]:
        """The same, running."""
        process = self.process(role, name, **more)
        process.start()
        try:
            yield process
        except BaseException:
            print(f"{role}: {process.last_lines(40)}")
            raise
        finally:
            process.kill()

    def publisher(self, numbered: Callable[[], None] = lambda: None, **more: Any) -> Publisher:
        """A publisher in this process, not yet running."""
        settings = toy.settings(self.home, self.urls["toy"], "toy", self.amqp_url, **more)
        return Publisher(toy.SPEAKER, [toy.SPEAKER, toy.COUNTERS], settings, numbered)

    @contextmanager
    def publishing(self, publisher: Publisher | None = None) -> Iterator[Publisher]:
        """A publisher that runs in a thread of this process."""
        publisher = publisher or self.publisher()
        thread = threading.Thread(target=publisher.run, daemon=True)
        thread.start()
        try:
            yield publisher
        finally:
            publisher.stop()
            thread.join(PATIENCE)
            assert not thread.is_alive()

    def speak(self, number: int, tallies: int = 10) -> None:
        """Commit so many events, about as many to each tally, in transactions of at most 50."""
        orders = [Count(f"w{next(_ids)}", NOON, f"t{n % tallies}") for n in range(number)]
        for n in range(0, number, 50):
            self.speaker.handle(*orders[n : n + 50])

    def said(self) -> int:
        """How many messages are in the speaker's log."""
        with self.speaker.read() as connection:
            return connection.execute(select(func.count()).where(events.c.said.is_not(None))).scalar() or 0

    def cursor(self) -> int:
        """Up to where the publisher has confirms."""
        with self.speaker.read() as connection:
            return sequencer.cursor(connection)

    @contextmanager
    def channel(self) -> Iterator[Any]:
        """A channel of a plain client."""
        with pika.BlockingConnection(pika.URLParameters(self.amqp_url)) as connection:
            yield connection.channel()

    def receive(self, until: int, seconds: float = PATIENCE) -> None:
        """Take what is in the listener's queue until so many different messages have come."""
        ids = {delivery.body for delivery in self.received}
        wait_until(lambda: self._take(ids) >= until, seconds, f"{until} messages, {len(ids)} came")

    def _take(self, ids: set[bytes]) -> int:
        try:
            with self.channel() as channel:
                while True:
                    method, properties, body = channel.basic_get(topology.queue("counters"), auto_ack=True)
                    if method is None:
                        return len(ids)
                    ids.add(body)
                    self.received.append(Delivery(properties.content_type, body))
        except (pika.exceptions.AMQPError, OSError):
            return len(ids)

    def check_that_all_arrived(self) -> None:
        """What was received, in the order of arrival, leads a listener's gates to all that was said, once each."""
        listener = self.listener()
        assert listener.hear(self.received) == self.said()
        check_totals(self.speaker, listener)
        positions = {read(delivery.body).position for delivery in self.received}
        assert positions == set(range(1, self.said() + 1))


def check_totals(speaker: App, listener: App) -> None:
    """Every tally of the speaker stands the same at the listener."""
    said = {f"toy.{tally}": total for tally, total in log.totals(speaker.engine).items()}
    assert log.totals(listener.engine) == said
    assert log.everything(listener.engine)["held"] == []


Messages = Sequence[Delivery]
