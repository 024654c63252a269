"""Our nameko extensions: the running service as a dependency, and the entrypoint that hears messages in batches.

nameko's own event handler acknowledges when a handler raises, and takes messages one by one. This one acknowledges
after the commit, and hands over whatever has arrived.
"""

import logging
import time
from collections.abc import Callable
from typing import Any

import structlog
from eventlet.event import Event
from nameko.extensions import DependencyProvider, Entrypoint

from shared import config, logs, memory, topology
from shared.app import App, Delivery
from shared.broker import BROKER_ERRORS, connect
from shared.config import Settings
from shared.database import why
from shared.definition import Definition
from shared.refusal import LONGEST, refusal
from shared.web import Api
from shared.writer import Unavailable

PAUSE = 0.5
"""Seconds before the next try after the broker or the database stopped us."""
LOOK = 5.0
"""Seconds between two looks at how much waits in the queue; each gives back what memory is free again, and wakes the
publisher, which so learns that hints come, and of what a killed process has committed without one."""
log = structlog.get_logger()


class _SaidAlready(logging.Filter):
    """nameko logs a worker's exception with its text and stack; our entrypoints and the writer say it themselves."""

    def filter(self, record: logging.LogRecord) -> bool:
        context = record.args[0] if isinstance(record.args, tuple) and record.args else None
        error = record.exc_info[1] if isinstance(record.exc_info, tuple) else None
        return not isinstance(getattr(context, "entrypoint", None), Api | Hear) and not isinstance(error, Unavailable)


logging.getLogger("nameko.containers").addFilter(_SaidAlready())


class Running(DependencyProvider):
    """Makes the App of a service, once per process, and gives it to the workers as `self.app`."""

    def __init__(self, definition: Definition, make: Callable[[Definition, Settings], App] = App) -> None:
        self.definition = definition
        self._make = make
        self.app: App

    def setup(self) -> None:
        """Called by nameko before the entrypoints start."""
        settings = config.load(self.definition.name, self.definition.http_default)
        logs.configure(settings)
        self.app = self._make(self.definition, settings)
        self._wait_for_database()

    def _wait_for_database(self) -> None:
        # After a power failure all start at once, and who supervises us gives up on what ends again and again.
        while True:
            try:
                self.app.check_keys()
                self.app.started()
                return
            except Unavailable as error:
                log.warning("waiting_for_database", reason=why(error.__cause__ or error))
                time.sleep(PAUSE)

    def get_dependency(self, worker_ctx: Any) -> App:
        """The App itself: it is safe to share."""
        return self.app


class Hear(Entrypoint):
    """Consumes the service's quorum queue; the decorated method gets a list of `Delivery`."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._batch: list[Any] = []
        self._until = 0.0

    def start(self) -> None:
        """Called by nameko."""
        self._app: App = next(d.app for d in self.container.dependencies if isinstance(d, Running))
        self._thread = self.container.spawn_managed_thread(self._run, identifier="Hear._run")

    def stop(self) -> None:
        """Called by nameko: the batch at hand is finished, nothing new is taken."""
        self._app.stopping = True
        self._thread.wait()

    def _run(self) -> None:
        while not self._app.stopping:
            try:
                with connect(self._app.settings.amqp_url) as connection:
                    self._consume(connection)
            except BROKER_ERRORS as error:
                self._app.refused = refusal(error)
                log.warning("broker_lost", error=type(error).__name__, reason=str(error)[:LONGEST])
            except Exception:
                # It would end the process, and what does so once does so again.
                log.exception("hearing_failed")
            self._app.listening = False
            if not self._app.stopping:
                time.sleep(PAUSE)

    def _consume(self, connection: Any) -> None:
        channel = connection.default_channel
        channel.auto_decode = False
        definition = self._app.definition
        queue = topology.queue(definition.name)
        channel.queue_declare(queue, durable=True, auto_delete=False, arguments=topology.QUEUE_ARGUMENTS)
        for exchange, key in topology.bindings(definition):
            channel.exchange_declare(exchange, "topic", durable=True, auto_delete=False)
            channel.queue_bind(queue, exchange, key)
        self._batch = []
        channel.basic_qos(0, self._app.settings.prefetch, False)
        channel.basic_consume(queue, callback=self._take)
        self._app.listening, self._app.refused = True, ""
        look_at = 0.0
        while not self._app.stopping:
            if time.monotonic() >= look_at:
                self._app.waiting = channel.queue_declare(queue, passive=True).message_count
                memory.give_back()
                self._app.hint()
                look_at = time.monotonic() + LOOK
            self._drain(connection)
            if self._batch and self._hand_over(connection):
                channel.basic_ack(self._batch[-1].delivery_tag, multiple=True)
                self._batch.clear()
            connection.heartbeat_check()

    def _take(self, message: Any) -> None:
        if not self._batch:
            self._until = time.monotonic() + self._app.settings.gather
        if not self._can_wait(message):
            self._until = 0.0
        self._batch.append(message)

    def _can_wait(self, message: Any) -> bool:
        # What operations order comes over no exchange.
        sent = message.delivery_info
        return bool(sent["exchange"]) and self._app.definition.can_wait(sent["routing_key"])

    def _drain(self, connection: Any) -> None:
        # Wait for the first message, then take what has arrived by now; and what arrives for a moment, if all can wait.
        most = min(self._app.settings.batch, self._app.settings.prefetch)
        while len(self._batch) < most:
            timeout = max(0.001, self._until - time.monotonic()) if self._batch else 1.0
            try:
                connection.drain_events(timeout=timeout)
            except TimeoutError:
                if not self._batch:
                    self._app.behind = 0.0
                return

    def _hand_over(self, connection: Any) -> bool:
        """Until it has worked; False when we are stopped before: the messages come again then."""
        # An empty body comes as text.
        deliveries = [Delivery(m.properties.get("content_type", ""), bytes(m.body or b"")) for m in self._batch]
        while not self._app.stopping:
            try:
                self._work(deliveries)
                return True
            except Unavailable:
                log.warning("waiting_for_database", messages=len(deliveries))
            except Exception:
                log.exception("batch_failed", messages=len(deliveries))
            connection.heartbeat_check()
            time.sleep(PAUSE)
        return False

    def _work(self, deliveries: list[Delivery]) -> None:
        done = Event()

        def finish(_context: Any, result: Any, exc_info: Any) -> Any:
            done.send(result, exc_info)
            return result, exc_info

        self.container.spawn_worker(self, (deliveries,), {}, handle_result=finish)
        done.wait()


hear = Hear.decorator
