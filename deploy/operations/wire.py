"""Putting bodies into the queue of one service, with confirms, as an operator and not as a speaker."""

import logging
from typing import Any

import amqp

from deploy.broker import check_broker
from deploy.home import BadInput
from shared import topology
from shared.broker import BROKER_ERRORS, connect
from shared.refusal import refusal

# What still comes while a channel is being closed is no news.
logging.getLogger("amqp").setLevel(logging.CRITICAL)
_message: Any = amqp.basic_message.Message


class BrokerGone(BadInput):
    """The broker does not answer, refuses, or has let us go."""


class NoQueue(BadInput):
    """The service has no queue there."""


class Wire:
    """A channel to the queue of one service. What was sent counts when `open` is 0 again."""

    def __init__(self, amqp_url: str, listener: str) -> None:
        self._listener, self._queue = listener, topology.queue(listener)
        self._sent = 0
        self._open: dict[int, None] = {}  # in the order of sending
        self._returned = False
        try:
            self._connection = connect(amqp_url)
            self._connection.connect()  # at once or not at all; the channel's own way tries for seconds
            self._channel: Any = self._connection.default_channel
            self._channel.confirm_select()
        except BROKER_ERRORS as error:
            raise self._gone(amqp_url, error) from None
        self._channel.events["basic_ack"].add(self._ack)
        self._channel.events["basic_return"].add(self._back)

    @staticmethod
    def _gone(amqp_url: str, error: BaseException) -> BrokerGone:
        why = check_broker(amqp_url) or str(error) or type(error).__name__
        return BrokerGone(f"The message broker can't be used: {why}. See `foyer status`.")

    def close(self) -> None:
        """Let go; what is not confirmed may or may not be there."""
        try:
            self._connection.release()
        except BROKER_ERRORS:
            return

    def depth(self) -> int:
        """Messages that wait in the queue. Raises NoQueue, BrokerGone."""
        try:
            return int(self._connection.default_channel.queue_declare(self._queue, passive=True).message_count)
        except amqp.exceptions.NotFound:
            raise self._no_queue() from None
        except BROKER_ERRORS as error:
            raise self._lost(error) from None

    @property
    def open(self) -> int:
        """How many are on their way to the broker."""
        return len(self._open)

    def send(self, content_type: str, body: bytes) -> None:
        """Put it into the queue. Raises BrokerGone; NoQueue at a later call."""
        message = _message(body, content_type=content_type, delivery_mode=2)
        self._sent += 1
        self._open[self._sent] = None
        try:
            self._channel.basic_publish(message, "", self._queue, mandatory=True)
        except BROKER_ERRORS as error:
            raise self._lost(error) from None

    def breathe(self, seconds: float) -> None:
        """Take what the broker says for at most so long. Raises NoQueue, BrokerGone."""
        try:
            self._connection.drain_events(timeout=seconds)
        except TimeoutError:
            pass
        except BROKER_ERRORS as error:
            raise self._lost(error) from None
        if self._returned:
            raise self._no_queue()

    def keep_alive(self) -> None:
        """To be called now and then. Raises BrokerGone."""
        try:
            self._connection.heartbeat_check()
        except BROKER_ERRORS as error:
            raise self._lost(error) from None

    def wait_confirmed(self) -> None:
        """Return when the broker has all that was sent. Raises NoQueue, BrokerGone."""
        while self.open:
            self.breathe(1.0)
            self.keep_alive()

    def _ack(self, tag: int, multiple: bool) -> None:
        if not multiple:
            self._open.pop(tag, None)
            return
        while self._open and (first := next(iter(self._open))) <= tag:
            del self._open[first]

    def _back(self, *_args: object) -> None:
        self._returned = True

    def _no_queue(self) -> NoQueue:
        return NoQueue(
            f"There is no queue {self._queue} at the broker: start {self._listener} once, it makes its queue itself."
        )

    def _lost(self, error: BaseException) -> BrokerGone:
        what = f"refuses: {why}" if (why := refusal(error)) else f"went away ({type(error).__name__})"
        return BrokerGone(f"The message broker {what}. See `foyer status`.")
