"""One running service without any framework: its log, its inbox, its vault. nameko only calls it."""

import contextlib
import hashlib
import socket
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import uuid4

import structlog
from prometheus_client.core import Metric
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoFreeConnection

from shared import metrics, orders, sequencer, store, timers
from shared.carry_out import CarryOut
from shared.codec import Codec
from shared.config import Settings, place_of_master_key
from shared.database import connect, is_away, reading
from shared.definition import Command, Definition
from shared.inbox import HearMessages, KeepUnreadable, in_turn
from shared.messages import KEY_CONTENT_TYPE, Cause, Message, Unreadable, read
from shared.replays import Undeclared
from shared.session import Session
from shared.tables import Write
from shared.vault import Vault
from shared.writer import Unavailable, Writer

REBUILT = "rebuilt"
"""The cursor that counts how often a read model has taken another's place."""
PATIENCE = 5.0
"""Seconds for which a caller on the line waits for a database that is gone."""
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Order:
    """A job for the writer: commands of a caller, and rows that commit with their events."""

    wanted: tuple[Command, ...]
    cause: Cause
    writes: tuple[Write, ...] = ()

    def commands(self) -> Sequence[Command]:
        """The commands to load for."""
        return self.wanted

    def run(self, session: Session) -> list[Any]:
        """Decide; rows are written only where something was decided."""
        decided = session.decide(*self.wanted, cause=self.cause)
        if decided:
            session.write(*self.writes)
        return decided


class _NotNow(Exception):
    """Takes back what was decided only to see it."""


@dataclass(frozen=True, slots=True)
class Foresee:
    """A job for the writer: what would be decided. Nothing is kept of it."""

    wanted: tuple[Command, ...]
    cause: Cause

    def commands(self) -> Sequence[Command]:
        """The commands to load for."""
        return self.wanted

    def run(self, session: Session) -> list[Any]:
        """Decide, and undo it."""
        decided: list[Any] = []
        try:
            with session.attempt():
                decided += session.decide(*self.wanted, cause=self.cause)
                raise _NotNow
        except _NotNow:
            return decided


@dataclass(frozen=True, slots=True)
class Rows:
    """A job for the writer: rows without an event (keys, leases)."""

    writes: tuple[Write, ...]

    def commands(self) -> Sequence[Command]:
        """None."""
        return ()

    def run(self, session: Session) -> None:
        """Write them."""
        session.write(*self.writes)


class Delivery(NamedTuple):
    """What came out of the queue."""

    content_type: str
    body: bytes


class App:
    """Everything a service does, as plain calls."""

    def __init__(
        self, definition: Definition, settings: Settings, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self.definition = definition
        self.settings = settings
        self.clock = clock
        self.stopping = False
        """Whether the process is to end: what takes long breaks off at the next place from where it can go on."""
        self.listening = False
        self.refused = ""
        """What the broker has against us; empty where it is only away."""
        self.waiting = 0
        """Messages in the queue, as last seen."""
        self.behind = 0.0
        """Seconds that the oldest message of the last batch was old; 0 when the queue was empty since."""
        self.engine = connect(settings.database_url)
        self.codec = Codec(definition.events, definition.upcasts)
        self.vault = Vault(settings.master_key, settings.transport_key)
        self._generation: int | None = None
        self._wake = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._wake.setblocking(False)
        self.writer = Writer(
            self.engine,
            definition,
            self.codec,
            batch=settings.batch,
            clock=clock,
            after_commit=self._committed,
        )

    def _committed(self, session: Session) -> None:
        for event in session.decided:
            metrics.APPENDED.labels(type(event).__name__).inc()
        if session.appended:
            self.hint()
        if self.writer.in_doubt:
            self.reload()
            self.writer.in_doubt = False
        elif session.decided:
            self.committed(session.decided)

    def hint(self) -> None:
        """Wake the publisher: there may be something to publish. It also looks by itself."""
        with contextlib.suppress(OSError):
            self._wake.sendto(b"!", str(self.settings.wake_path))

    def check_keys(self) -> None:
        """Raises OtherMasterKey where what this service has sealed could never be opened again, or Unavailable."""
        if self.definition.shares_keys or self.definition.reads_keys:
            with self.read() as connection:
                self.vault.check(connection, place_of_master_key(self.settings))

    def started(self) -> None:
        """Called once before the first request or message; for a service that keeps something in memory."""

    def look_again(self) -> None:
        """Load anew what is kept in memory if a read model has taken another's place since the last look, or a commit
        is in doubt; to be called at the start and every few seconds by a service that keeps something. Raises
        Unavailable.
        """
        with self.read() as connection:
            generation = sequencer.cursor(connection, REBUILT)
        if self.writer.in_doubt or self._generation not in (None, generation):
            # By the writer, so that nothing is committed meanwhile.
            self.writer.in_doubt = True
            self.writer.submit(Rows(()))
        self._generation = generation

    def reload(self) -> None:
        """Called after a commit, in place of `committed`, when one before it may have been carried out unseen."""

    def committed(self, events: Sequence[Any]) -> None:
        """Called after every commit with its events; for a service that keeps something in memory."""

    def figures(self, _connection: Connection) -> Iterable[Metric]:
        """What else is shown at /metrics; for a service that has something of its own."""
        return ()

    def handle(self, *commands: Command, cause: Cause | None = None, writes: Sequence[Write] = ()) -> list[Any]:
        """Decide and commit commands of a caller, all or none; returns their events.

        Raises what the decider refuses, or Unavailable when the database stays away.
        """
        cause = cause or Cause(correlation=str(uuid4()), causation=commands[0].id)
        decided: list[Any] = self._patiently(Order(commands, cause, tuple(writes)))
        log.info(
            "decided",
            commands=[type(command).__name__ for command in commands],
            events=[type(event).__name__ for event in decided],
            correlation=cause.correlation,
        )
        return decided

    def foresee(self, *commands: Command) -> list[Any]:
        """The events that `handle` would commit now; nothing is. Raises what the decider refuses, or Unavailable."""
        decided: list[Any] = self._patiently(Foresee(commands, Cause(correlation="", causation="")))
        return decided

    def write(self, *writes: Write) -> None:
        """Write rows that no event stands behind."""
        self._patiently(Rows(writes))

    def _patiently(self, job: Order | Foresee | Rows) -> Any:
        give_up = time.monotonic() + PATIENCE
        while True:
            try:
                return self.writer.submit(job)
            except Unavailable:
                if time.monotonic() > give_up:
                    raise
                time.sleep(0.1)

    def hear(self, batch: Sequence[Delivery]) -> int:
        """Take deliveries in any order and number. When it returns, all of them are applied or kept.

        Returns how many messages took effect. Raises Unavailable when the database is away: nothing is lost then,
        as long as the same deliveries come again.
        """
        messages: list[Message] = []
        keys: list[Write] = []
        ordered: list[orders.Order] = []
        for delivery in batch:
            try:
                if delivery.content_type == KEY_CONTENT_TYPE:
                    keys.append(self.vault.incoming(delivery.body))
                elif delivery.content_type == orders.CONTENT_TYPE:
                    ordered.append(orders.parse(delivery.body))
                else:
                    messages += self._heard_here(delivery.body)
            except ValueError as error:
                self.writer.submit(KeepUnreadable(_showable(delivery), str(error), self.clock()))
        applied = 0
        if messages:
            applied += self._take(messages, keys)
        elif keys:
            self.writer.submit(Rows(tuple(keys)))
        if ordered:
            applied += self.writer.submit(CarryOut(self.definition, ordered, self.clock()))
        return applied

    def _heard_here(self, body: bytes) -> Sequence[Message]:
        message = read(body)
        if message.source not in self.definition.hears:
            raise Unreadable("from a source that is not heard here")
        if message.replay and self.definition.replays is None:
            # Nothing is lost: what is replayed stands in the log of its source.
            log.error("replay_refused", type=message.type, replay=message.replay)
            return ()
        return (message,)

    def _take(self, messages: Sequence[Message], keys: Sequence[Write]) -> int:
        first, *then = in_turn(messages, self.definition.asks)
        applied = self._apply(first, keys) + sum(self._apply(part) for part in then)
        live = [message for message in messages if not message.replay]
        if replayed := len(messages) - len(live):
            log.info("replayed", messages=replayed, applied=applied)
        self._count(live, applied)
        for message in live:
            log.info("heard", type=message.type, stream=message.stream, correlation=message.correlation)
        return applied

    def _apply(self, messages: Sequence[Message], writes: Sequence[Write] = ()) -> int:
        now = self.clock()
        try:
            applied: int = self.writer.submit(HearMessages(self.definition, messages, now, writes))
        except Unavailable:
            raise
        except Exception as error:
            log.warning("batch_refused", error=type(error).__name__, messages=len(messages))
            applied = self.writer.submit(HearMessages(self.definition, messages, now, writes, one_by_one=True))
        return applied

    def _count(self, messages: Sequence[Message], applied: int) -> None:
        metrics.APPLIED.inc(applied)
        now = self.clock()
        ages = [(message.source, (now - message.time).total_seconds()) for message in messages]
        for source, age in ages:
            metrics.CONSUMED.labels(source).inc()
            metrics.DELAY.labels(source).observe(max(age, 0.0))
        self.behind = max((0.0, *(age for _, age in ages)))

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection for queries. Raises Unavailable."""
        try:
            with reading(self.engine) as connection:
                yield connection
        except NoFreeConnection as error:
            raise Unavailable("no connection to the database is free at the moment") from error
        except DBAPIError as error:
            if not is_away(error):
                raise
            self.engine.dispose()
            raise Unavailable("the database cannot be reached at the moment") from error

    def due(
        self, kind: str, limit: int = 100, since: timedelta = timedelta(), furthest: timedelta | None = None
    ) -> list[str]:
        """The subjects whose timer of that kind ran out so long ago, or longer, or lies ahead by more than `furthest`.

        Raises Undeclared for a kind of which the definition does not say what a replay does: nothing is done then.
        """
        if self.definition.replays is None or kind not in self.definition.replays.effects:
            raise Undeclared(f"{self.definition.name} does not say what a replay does with what hangs on {kind!r}")
        with self.read() as connection:
            now = self.clock()
            return timers.due(connection, kind, now - since, limit, None if furthest is None else now + furthest)

    def state(self, stream: str) -> Any:
        """The present state of a stream, folded from the log."""
        decider = self.definition.decider
        state = decider.initial(stream)
        with self.read() as connection:
            for row in store.newer(connection, {stream: -1}):
                state = decider.evolve(state, self.codec.load(row.type, row.schema_version, row.data))
        return state


def _showable(delivery: Delivery) -> bytes:
    """What may be kept of a delivery that can't be read: of a key nothing but its digest."""
    if delivery.content_type == KEY_CONTENT_TYPE:
        return b"key " + hashlib.sha256(delivery.body).hexdigest().encode()
    return delivery.body
