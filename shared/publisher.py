"""Publishes one service's log, as a process of its own: numbers what was committed, sends it, moves one cursor.

The log is the outbox. A window of messages is under way at once; the cursor follows the confirms. Whatever is not
confirmed when a connection ends is sent again (the listeners' gates know it). A message that no queue takes stops the
publisher at that message until there is one: nothing said is lost.
"""

import contextlib
import os
import signal
import socket
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, NamedTuple

import pika
import structlog
from pika.adapters.select_connection import IOLoop, SelectConnection
from pika.channel import Channel
from pika.exceptions import AMQPError
from pika.spec import Basic, BasicProperties
from sqlalchemy import Connection, bindparam, update
from sqlalchemy.exc import DBAPIError

from shared import metrics, sequencer, topology
from shared.alone import AlreadyRunning, Held, only_one
from shared.config import Settings, place_of_master_key
from shared.database import connect
from shared.messages import CONTENT_TYPE, KEY_CONTENT_TYPE, numbered
from shared.tables import subject_keys
from shared.topology import Placed
from shared.vault import OtherMasterKey, Vault

WINDOW = 1000
"""Messages under way at once."""
LOOK_EVERYWHERE = 1.0
"""Seconds until the publisher looks for events of transactions that committed very late."""
LATE_IDS = 5_000
"""An event whose id is that much behind the newest is found by such a look only."""
CLOSING = 5.0
"""Seconds that the broker has to let us go: one in alarm reads nothing, and so answers no Close."""
LOOK_AGAIN = 0.25
"""Seconds until the publisher looks by itself, as long as no hint has come."""
LOOK_SELDOM = 5.0
"""The same where hints come: one is lost only with a service that is killed."""
PAUSE = 0.5
"""Seconds before the next try after the broker, the database or a missing queue stopped it."""
_SENT = update(subject_keys).where(subject_keys.c.subject == bindparam("b_subject")).values(sent=True)
EVENT = BasicProperties(content_type=CONTENT_TYPE, delivery_mode=2)
_KEY = BasicProperties(content_type=KEY_CONTENT_TYPE, delivery_mode=2)
log = structlog.get_logger()


class Interrupted(Exception):
    """The way to the broker ended; begin again at the cursor."""


class Sent(NamedTuple):
    position: int
    subject: str | None  # whose key it was; None for an event


class Publisher:
    """A state machine on pika's loop; database calls are short and happen in it."""

    ROLE = "publisher"
    CURSOR = sequencer.PUBLISHED
    SETTLE = 0.05
    """Seconds in which confirms gather before the cursor moves: each move costs the database a commit."""

    def __init__(
        self,
        place: Placed,
        ensemble: Iterable[Placed],
        settings: Settings,
        numbered: Callable[[], None] = lambda: None,
    ) -> None:
        self._place = place
        self._numbered = numbered
        self._listeners = topology.listeners(place.name, ensemble)
        # Where nobody of the ensemble listens there is no queue that could be missing.
        self._mandatory = bool(self._listeners)
        self._settings = settings
        self._vault = Vault(settings.master_key, settings.transport_key)
        self._engine = connect(settings.database_url)
        self._held: Held
        self._unreadable: set[str] = set()
        self._checked = False
        self._loop: IOLoop | None = None
        self._stopping = False

    def run(self) -> None:
        """Run until `stop`; survives the loss of broker and database. Raises OtherMasterKey."""
        while not self._stopping:
            try:
                # The socket belongs to who has the lock: a second publisher must not take it away.
                with only_one(self._engine, self._settings, self.ROLE) as self._held, self._waking() as wake:
                    self._run_once(wake)
            except (DBAPIError, AMQPError, OSError, Interrupted, AlreadyRunning) as error:
                log.warning(
                    "publisher_interrupted", role=self.ROLE, error=type(error).__name__, reason=str(error)[:200]
                )
                self._engine.dispose()
                self._rest()

    def _waking(self) -> AbstractContextManager[socket.socket | None]:
        return _wake_socket(self._settings)

    def _rest(self) -> None:
        metrics.INTERRUPTIONS.inc()
        time.sleep(PAUSE)

    def stop(self) -> None:
        """End soon; what is under way will be sent again. May be called from a signal handler."""
        self._stopping = True
        if self._loop is not None:
            self._loop.add_callback_threadsafe(self._end)

    def _run_once(self, wake: socket.socket | None) -> None:
        with self._held.writing() as connection:
            self._check_keys(connection)
            self._begin(sequencer.cursor(connection, self.CURSOR))
        loop = self._loop = IOLoop()
        try:
            self._connection = SelectConnection(
                pika.URLParameters(self._settings.amqp_url),
                on_open_callback=lambda connection: connection.channel(on_open_callback=self._opened),
                on_open_error_callback=self._closed,
                on_close_callback=self._closed,
                custom_ioloop=loop,
            )
            if wake is not None:
                loop.add_handler(wake.fileno(), lambda _fd, _events: self._woken(wake), IOLoop.READ)
            loop.start()
        finally:
            loop.close()
            self._loop = None
            self._count_connected(False)
        if self._failure is not None and not self._stopping:
            raise self._failure
        self._save()

    def _check_keys(self, connection: Connection) -> None:
        # At the start only: later on the last good one may have been forgotten beside one that is left.
        if not self._checked and self._place.shares_keys:
            self._vault.check(connection, place_of_master_key(self._settings))
        self._checked = True

    def _begin(self, position: int) -> None:
        self._under_way: OrderedDict[int, Sent] = OrderedDict()
        self._tag = 0
        self._read_up_to = self._saved = position
        self._keys_done: list[str] = []
        self._keys_under_way: set[str] = set()
        self._channel: Channel | None = None
        self._above, self._everywhere_at = 0, 0.0
        self._catching_up = True
        self._waiting_for_room = False
        self._look_again = LOOK_AGAIN
        self._plan_at: float | None = None
        self._timer: object = None
        self._failure: Exception | None = None

    def _end(self, failure: Exception | None = None) -> None:
        """Close the connection, which ends the loop; `failure` is what `_run_once` raises then."""
        self._failure = self._failure or failure
        if self._connection.is_open:
            self._connection.close()
            if self._loop is not None:
                self._loop.call_later(CLOSING, self._loop.stop)
        elif not self._connection.is_closing and self._loop is not None:
            self._loop.stop()

    def _closed(self, _connection: object, reason: object = None) -> None:
        self._failure = self._failure or Interrupted(f"{type(reason).__name__}: {reason}")
        if self._loop is not None:
            self._loop.stop()

    def _channel_closed(self, _channel: Channel, reason: Exception) -> None:
        self._end(Interrupted(f"{type(reason).__name__}: {reason}"))

    def _returned(self, _channel: Channel, method: Basic.Return, _properties: object, _body: bytes) -> None:
        self._end(Interrupted(f"no queue takes {method.routing_key} of {method.exchange}"))

    def _opened(self, channel: Channel) -> None:
        channel.add_on_close_callback(self._channel_closed)
        channel.add_on_return_callback(self._returned)
        for name in (topology.exchange(self._place.name), topology.key_exchange(self._place.name)):
            channel.exchange_declare(name, "topic", durable=True)
        for listener in self._listeners:
            queue = topology.queue(listener.name)
            channel.queue_declare(queue, durable=True, arguments=topology.QUEUE_ARGUMENTS)
            for exchange, key in topology.bindings(listener):
                if exchange.startswith(f"{self._place.name}."):
                    channel.queue_bind(queue, exchange, key)
        channel.confirm_delivery(self._confirmed, callback=lambda _frame: self._ready(channel))

    def _ready(self, channel: Channel) -> None:
        self._channel = channel
        self._count_connected(True)
        self._plan()

    def _count_connected(self, connected: bool) -> None:
        metrics.CONNECTED.set(connected)
        metrics.UNDER_WAY.set(0)

    def _woken(self, wake: socket.socket) -> None:
        with contextlib.suppress(BlockingIOError):
            while wake.recv(64):
                pass
        self._look_again = LOOK_SELDOM
        self._plan()

    def _plan(self, delay: float = 0.0) -> None:
        # There is one plan at a time: the sooner one counts.
        if self._loop is None or self._failure is not None:
            return
        at = time.monotonic() + delay
        if self._plan_at is None or at < self._plan_at:
            if self._timer is not None:
                self._loop.remove_timeout(self._timer)
            self._plan_at, self._timer = at, self._loop.call_later(delay, self._planned)

    def _planned(self) -> None:
        self._plan_at = self._timer = None
        try:
            self._pump()
        except (DBAPIError, AMQPError) as error:
            self._end(error)

    def _pump(self) -> None:
        # A hint may come before the channel is open, and a plan may come due while it closes.
        if self._failure is not None or self._channel is None or not self._channel.is_open:
            return
        room = WINDOW - len(self._under_way)
        metrics.UNDER_WAY.set(WINDOW - room)
        self._waiting_for_room = room < WINDOW // 4
        if self._waiting_for_room:
            return  # the next confirm comes back here
        rows, keys = self._fetch(room)
        self._publish_keys(self._channel, keys)
        exchange = topology.exchange(self._place.name)
        for row in rows:
            self._read_up_to = row.position
            if row.said is not None:
                self._publish(self._channel, exchange, row.said, numbered(row.message, row.position), EVENT)
        if len(rows) == room:
            self._plan()
        else:
            # Where all of it was private, no confirm comes after which the cursor would move.
            self._plan(self.SETTLE if rows and not self._under_way else self._look_again)

    def _publish_keys(self, channel: Channel, keys: Iterable[Any]) -> None:
        unreadable = []
        for key in keys:
            try:
                body = self._vault.outgoing(key.subject, key.wrapped)
            except OtherMasterKey:
                unreadable.append(key.subject)
            else:
                self._publish(channel, topology.key_exchange(self._place.name), "key", body, _KEY, key.subject)
        if unreadable:
            # What is said of these subjects goes out all the same: that a name is missing must not hold up the others.
            # They stay unsent, for a process that has the right master key.
            self._unreadable.update(unreadable)
            metrics.KEYS_LEFT.set(len(self._unreadable))
            log.error("keys_not_readable", reason="another master key", keys=len(unreadable), first=unreadable[0])
            self._plan()  # as many as may be sent at once were looked at: there may be good ones behind them

    def _number(self, connection: Connection, limit: int) -> list[Any]:
        # A transaction that commits late has a small id: seldom, so only some looks go back to the beginning.
        now = time.monotonic()
        everywhere = now >= self._everywhere_at
        rows = sequencer.number(connection, limit, 0 if everywhere else self._above)
        if everywhere and len(rows) < limit:
            self._everywhere_at = now + LOOK_EVERYWHERE
        self._above = max([self._above, *(row.id - LATE_IDS for row in rows)])
        return rows

    def _fetch(self, limit: int) -> tuple[list[Any], list[Any]]:
        # With the lock or not at all: a second publisher's unconfirmed messages would be passed over.
        with self._held.writing() as connection:
            rows: list[Any] = []
            if self._catching_up:
                rows = list(connection.execute(sequencer.numbered_after(self._read_up_to, limit)))
                self._catching_up = len(rows) == limit
            if not rows:
                rows = self._number(connection, limit)
            keys = []
            if self._place.shares_keys:
                unsent = sequencer.unsent_keys(connection, limit, self._unreadable)
                keys = [key for key in unsent if key.subject not in self._keys_under_way]
            if self._keys_done:
                connection.execute(_SENT, [{"b_subject": subject} for subject in self._keys_done])
            if self._done > self._saved:
                sequencer.move_cursor(connection, self._done, self.CURSOR)
        if rows:
            self._numbered()
        self._saved = self._done
        self._keys_under_way.difference_update(self._keys_done)
        self._keys_done.clear()
        return rows, keys

    def _save(self) -> None:
        self._fetch(0)

    @property
    def _done(self) -> int:
        """Everything up to this position is confirmed (or private)."""
        if not self._under_way:
            return self._read_up_to
        return next(iter(self._under_way.values())).position - 1

    def _publish(
        self,
        channel: Channel,
        exchange: str,
        routing_key: str,
        body: bytes,
        properties: BasicProperties,
        subject: str | None = None,
    ) -> None:
        channel.basic_publish(exchange, routing_key, body, properties, mandatory=self._mandatory)
        self._tag += 1
        # A key counts as the event after it: the cursor stays behind both.
        self._under_way[self._tag] = Sent(self._read_up_to + (subject is not None), subject)
        if subject is not None:
            self._keys_under_way.add(subject)

    def _confirmed(self, frame: Any) -> None:
        if self._failure is not None:
            return  # a message that was returned is confirmed, too, and a publisher that is stopping would save that
        if not isinstance(frame.method, Basic.Ack):
            self._end(Interrupted("the broker refused a message"))
            return
        tag, multiple = frame.method.delivery_tag, frame.method.multiple
        tags = [tag]
        if multiple:
            tags = []
            for waiting in self._under_way:
                if waiting > tag:
                    break
                tags.append(waiting)
        for confirmed in tags:
            sent = self._under_way.pop(confirmed)
            if sent.subject is not None:
                self._keys_done.append(sent.subject)
            self._count(sent)
        self._plan(0.0 if self._waiting_for_room else self.SETTLE)

    def _count(self, sent: Sent) -> None:
        (metrics.PUBLISHED if sent.subject is None else metrics.KEYS_PUBLISHED).inc()


def run(place: Placed, ensemble: Iterable[Placed], settings: Settings, numbered: Callable[[], None]) -> None:
    """Run the publisher of one service in this process until SIGTERM or SIGINT; `numbered` is called after events have
    got their positions.
    """
    publisher = Publisher(place, ensemble, settings, numbered)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: publisher.stop())
    metrics.expose(settings.metrics_address)
    log.info("publisher_started", pid=os.getpid())
    publisher.run()


@contextmanager
def _wake_socket(settings: Settings) -> Iterator[socket.socket]:
    path = settings.wake_path
    with contextlib.suppress(FileNotFoundError):
        path.unlink()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as wake:
        try:
            wake.bind(str(path))
        except OSError as error:  # the path of a socket may have 107 bytes; without it the publisher looks by itself
            log.warning("no_wake_socket", reason=str(error))
        wake.setblocking(False)
        yield wake
