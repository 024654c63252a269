"""Messages for whose effect nobody waits gather for a moment: a transaction costs the same, however many it takes."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pika
import pytest
from sqlalchemy import select

from deploy.servers import wait_until
from shared import orders, topology
from shared.app import App, Delivery
from shared.tables import events
from tests.nursery import Nursery
from tests.shared import log
from tests.shared.test_writer import only_sqlite
from tests.shared.toy import LATER, Speaker
from tests.shared.wire import Wire

INBOX = topology.queue("counters")
LONG = "10"
"""Seconds to gather that no test waits for."""


@pytest.fixture
def wire(home: Path, broker: str, make_database: Callable[[str], str], nursery: Nursery) -> Iterator[Wire]:
    """A listener whose messages come from the test."""
    wire = Wire(home, broker, make_database, nursery)
    yield wire
    wire.speaker.engine.dispose()


def say(channel: Any, delivery: Delivery, kind: str, exchange: str = topology.exchange("toy")) -> None:
    """Send it, and leave a listener who would not wait the time to do it by itself."""
    properties = pika.BasicProperties(content_type=delivery.content_type)
    channel.basic_publish(exchange, kind, delivery.body, properties)
    time.sleep(0.3)


@contextmanager
def listening(wire: Wire, **settings: str) -> Iterator[Any]:
    """A channel to a listener that is there."""
    with wire.running("service", **settings), wire.channel() as channel:
        channel.queue_declare(INBOX, durable=True, arguments=topology.QUEUE_ARGUMENTS)
        wait_until(
            lambda: channel.queue_declare(INBOX, passive=True).method.consumer_count, 20, "the listener is there"
        )
        yield channel


def times(listener: App) -> list[str]:
    """When each event was recorded: the same for all of one transaction."""
    with listener.read() as connection:
        return list(connection.execute(select(events.c.recorded_at).order_by(events.c.id)).scalars())


@only_sqlite
def test_what_can_wait_is_done_with_the_next_that_can_not(wire: Wire) -> None:
    """In one transaction; and what comes alone later is not waited for."""
    speaker, listener = Speaker(), wire.listener()
    with listening(wire, FOYER_GATHER=LONG) as channel:
        say(channel, speaker.say("a", kind=LATER), LATER)
        say(channel, speaker.say("b", kind=LATER), LATER)
        say(channel, speaker.say("c"), "Counted")
        wait_until(lambda: len(log.totals(listener.engine)) == 3, 8, "all of them")
    assert len(set(times(listener))) == 1


@only_sqlite
def test_what_operations_send_does_not_wait(wire: Wire) -> None:
    """It comes over no exchange, under the name of the queue."""
    speaker, listener = Speaker(), wire.listener()
    with listening(wire, FOYER_GATHER=LONG) as channel:
        say(channel, speaker.say("a", kind=LATER), LATER)
        order = orders.Order("o", orders.DISCARD, "toy", "tally-x", 3)
        say(channel, Delivery(orders.CONTENT_TYPE, order.body()), INBOX, "")
        wait_until(lambda: log.totals(listener.engine) == {"toy.a": 1}, 8, "it is done")


@only_sqlite
def test_a_small_window_is_not_waited_to_be_larger(wire: Wire) -> None:
    """More than FOYER_PREFETCH can't come."""
    speaker, listener = Speaker(), wire.listener()
    with listening(wire, FOYER_GATHER=LONG, FOYER_PREFETCH="2") as channel:
        for tally in "ab":
            say(channel, speaker.say(tally, kind=LATER), LATER)
        wait_until(lambda: len(log.totals(listener.engine)) == 2, 8, "both")


@only_sqlite
def test_it_waits_for_a_moment_only(wire: Wire) -> None:
    """When nothing else comes."""
    listener = wire.listener()
    with listening(wire, FOYER_GATHER="0.2") as channel:
        say(channel, Speaker().say("a", kind=LATER), LATER)
        wait_until(lambda: log.totals(listener.engine) == {"toy.a": 1}, 8, "it is done")
