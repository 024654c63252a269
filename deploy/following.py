"""Following what is said: from a place in the logs, then live from the broker, without gap or repeat.

A queue of one's own is bound first. Then the logs are read up to what has a position; whatever is numbered later is
published later, and so arrives in that queue. Positions tell what was seen already. When the broker goes away, the
logs fill the gap in the same way.
"""

import heapq
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pika
from pika.adapters.blocking_connection import BlockingChannel
from pika.exceptions import AMQPError
from sqlalchemy import Connection, Engine, select

from shared import messages, sequencer, topology
from shared.config import url_of
from shared.database import connect, reading
from shared.messages import Message, Unreadable, numbered
from shared.refusal import refusal
from shared.tables import events

PAGE = 1000
PAUSE = 1.0
"""Seconds before the next try when the broker is away."""
LATE = timedelta(minutes=1)
"""A transaction that took so long may stand behind one that began after it."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which messages; empty means all."""

    services: Sequence[str]
    types: Sequence[str] = ()
    stream: str = ""
    subject: str = ""

    def takes(self, message: Message) -> bool:
        """Whether it is one of them."""
        fits = not self.types or message.type in self.types
        return fits and self.stream in ("", message.stream) and self.subject in ("", message.subject)


class Logs:
    """The event logs of some services, read by position."""

    def __init__(self, database_url_pattern: str, services: Sequence[str]) -> None:
        self._engines: dict[str, Engine] = {
            service: connect(url_of(service, database_url_pattern)) for service in services
        }

    def ends(self) -> dict[str, int]:
        """The last position of each log."""
        return {service: self._ask(service, sequencer.last) for service in self._engines}

    def beginning(self, since: datetime) -> dict[str, int]:
        """For each log a position behind which everything since then stands, and little else."""
        return {service: self._ask(service, lambda c: _before(c, since - LATE)) for service in self._engines}

    def knows(self, stream: str) -> bool:
        """Whether one of the logs has that stream."""
        query = select(events.c.version).where(events.c.stream == stream).limit(1)
        return any(self._ask(service, lambda c: c.execute(query).first()) for service in self._engines)

    def after(self, positions: Mapping[str, int]) -> Iterator[Message]:
        """All messages behind these positions, by time."""
        pages = [self._after(service, positions[service]) for service in self._engines]
        return heapq.merge(*pages, key=lambda message: message.time)

    def _after(self, service: str, position: int) -> Iterator[Message]:
        while rows := self._ask(
            service,
            lambda c, p=position: c.execute(sequencer.numbered_after(p, PAGE)).all(),  # type: ignore[misc]
        ):
            for row in rows:
                if row.said is not None:
                    yield messages.read(numbered(row.message, row.position))
            position = rows[-1].position

    def _ask(self, service: str, query: Callable[[Connection], Any]) -> Any:
        with reading(self._engines[service]) as connection:
            return query(connection)

    def close(self) -> None:
        """Give the connections back."""
        for engine in self._engines.values():
            engine.dispose()


def _before(connection: Connection, moment: datetime) -> int:
    """The last position that was recorded before; found by halving, for positions rise with time."""
    low, high = 0, sequencer.last(connection)
    while low < high:
        middle = (low + high + 1) // 2
        at = connection.execute(select(events.c.recorded_at).where(events.c.position == middle)).scalar_one()
        low, high = (middle, high) if datetime.fromisoformat(at) < moment else (low, middle - 1)
    return low


@dataclass(slots=True)
class Follower:
    """Calls `show` for every message wanted behind `seen` (position by service).

    `count`: it ends after so many; 0 = never. `since`: nothing older is shown. `lost` is told when the broker is lost.
    """

    wanted: Wanted
    logs: Logs
    amqp_url: str
    seen: dict[str, int]
    show: Callable[[Message], None]
    count: int = 0
    since: datetime | None = None
    lost: Callable[[Exception], None] = lambda _error: None
    _shown: int = field(default=0, init=False)

    def run(self) -> None:
        """Raises AMQPError or OSError where the broker can't be reached at the first try, or refuses."""
        connection = self._connected()
        while True:
            try:
                if self._follow(connection.channel()):
                    return
            except AMQPError as error:
                if refusal(error):
                    raise
                self.lost(error)
                connection = self._again()
            finally:
                if connection.is_open and self._over:
                    with suppress(AMQPError):
                        connection.close()

    @property
    def _over(self) -> bool:
        return bool(self.count) and self._shown >= self.count

    def _connected(self) -> pika.BlockingConnection:
        parameters = pika.URLParameters(self.amqp_url)
        parameters.connection_attempts = 1
        return pika.BlockingConnection(parameters)

    def _again(self) -> pika.BlockingConnection:
        while True:
            time.sleep(PAUSE)
            try:
                return self._connected()
            except (AMQPError, OSError):
                continue

    def _follow(self, channel: BlockingChannel) -> bool:
        """Whether all that was wanted has been shown."""
        queue = channel.queue_declare("", exclusive=True).method.queue
        for service in self.wanted.services:
            exchange = topology.exchange(service)
            channel.exchange_declare(exchange, "topic", durable=True)
            channel.queue_bind(queue, exchange, "#")
        for message in self.logs.after(self.seen):
            if self._take(message):
                return True
        for _method, _properties, body in channel.consume(queue, auto_ack=True):
            try:
                message = messages.read(body)
            except Unreadable:
                continue
            if self._take(message):
                return True
        return False

    def _take(self, message: Message) -> bool:
        """Show it if it is new and wanted; whether that was the last one."""
        if message.position <= self.seen.get(message.source, 0):
            return False
        self.seen[message.source] = message.position
        if self.wanted.takes(message) and (self.since is None or message.time >= self.since):
            self.show(message)
            self._shown += 1
        return self._over
