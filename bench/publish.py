"""Publish: a log of events to a quorum queue with confirms, beside pika alone with the same window and bodies."""

import threading
from collections.abc import Iterable, Sequence
from typing import Any

import pika
from pika.adapters.select_connection import SelectConnection
from sqlalchemy import delete, select, update

from bench.logs import tidy
from bench.report import Report, rate
from bench.toys import Servers, alternating, fill, seconds
from deploy.servers import wait_until
from shared import sequencer, topology
from shared.app import App
from shared.database import writing
from shared.publisher import EVENT, WINDOW, Publisher
from shared.tables import cursors, events
from tests.shared import toy

NUMBER = 20_000
ROUNDS = 3


def measure(servers: Servers) -> Iterable[Report]:
    """From both databases."""
    report = Report(f"Publish {NUMBER:,} events with confirms, window {WINDOW}, quorum queue")
    amqp_url = servers.vhost()
    speakers = {kind: servers.app(kind, toy.SPEAKER, amqp_url=amqp_url) for kind in ("postgresql", "sqlite")}
    for app in speakers.values():
        fill(app, NUMBER)
    bodies = read_bodies(speakers["sqlite"])
    declare(amqp_url)
    bare, postgresql, sqlite = alternating(
        ROUNDS,
        lambda: NUMBER / seconds(Bare(amqp_url, bodies).run),
        lambda: publish(speakers["postgresql"]),
        lambda: publish(speakers["sqlite"]),
    )
    report.add("bare pika SelectConnection, bodies in memory", rate(bare, "messages/s"))
    report.add("our publisher from PostgreSQL: number, read, send, move the cursor", *_beside(postgresql, bare))
    report.add("our publisher from SQLite", *_beside(sqlite, bare))
    yield report


def _beside(ours: float, bare: float) -> tuple[str, float, str]:
    return rate(ours, "messages/s"), ours / bare, "50 %"


def read_bodies(app: App) -> list[bytes]:
    """The messages of a log, as they go over the wire."""
    with app.read() as connection:
        query = select(events.c.message).order_by(events.c.id)
        return [f'{message[:-1]},"position":1}}'.encode() for message in connection.execute(query).scalars()]


def declare(amqp_url: str) -> None:
    """The queue that all of them publish to."""
    with pika.BlockingConnection(pika.URLParameters(amqp_url)) as connection:
        channel = connection.channel()
        exchange, queue = topology.exchange("toy"), topology.queue("counters")
        channel.exchange_declare(exchange, "topic", durable=True)
        channel.queue_declare(queue, durable=True, arguments=topology.QUEUE_ARGUMENTS)
        channel.queue_bind(queue, exchange, "#")


def empty(amqp_url: str) -> None:
    """Every round begins with an empty queue."""
    with pika.BlockingConnection(pika.URLParameters(amqp_url)) as connection:
        connection.channel().queue_purge(topology.queue("counters"))


def publish(app: App) -> float:
    """Messages per second of our publisher, over a log of which nothing has been numbered."""
    empty(app.settings.amqp_url)
    with writing(app.engine) as connection:
        connection.execute(update(events).values(position=None))
        connection.execute(delete(cursors))
    tidy(app.engine)  # nobody takes numbers back; what that leaves would be in the way
    publisher = Publisher(toy.SPEAKER, [toy.SPEAKER, toy.COUNTERS], app.settings)
    thread = threading.Thread(target=publisher.run)

    def run() -> None:
        thread.start()
        wait_until(lambda: cursor(app) == NUMBER, 120, "published", interval=0.02)

    taken = seconds(run)
    publisher.stop()
    thread.join()
    return NUMBER / taken


def cursor(app: App) -> int:
    """How far it has come."""
    with app.read() as connection:
        return sequencer.cursor(connection)


class Bare:
    """pika as its examples use it: a window of unconfirmed messages, refilled by the confirms."""

    def __init__(self, amqp_url: str, bodies: Sequence[bytes]) -> None:
        self._url, self._bodies = amqp_url, bodies
        self._sent = self._confirmed = 0
        empty(amqp_url)

    def run(self) -> None:
        """Until the last confirm has come."""
        self._connection = SelectConnection(
            pika.URLParameters(self._url), on_open_callback=lambda c: c.channel(on_open_callback=self._opened)
        )
        self._connection.ioloop.start()

    def _opened(self, channel: Any) -> None:
        self._channel = channel
        channel.confirm_delivery(self._confirm, callback=lambda _frame: self._fill())

    def _fill(self) -> None:
        exchange = topology.exchange("toy")
        while self._sent < len(self._bodies) and self._sent - self._confirmed < WINDOW:
            self._channel.basic_publish(exchange, "Counted", self._bodies[self._sent], EVENT, mandatory=True)
            self._sent += 1

    def _confirm(self, frame: Any) -> None:
        self._confirmed = frame.method.delivery_tag if frame.method.multiple else self._confirmed + 1
        if self._confirmed >= len(self._bodies):
            self._connection.ioloop.stop()
        else:
            self._fill()
