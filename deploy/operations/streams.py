"""How far every log has been published, and how far every listener has come with it, told by the databases."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pika
from pika.exceptions import ChannelClosedByBroker
from sqlalchemy import ColumnElement, Connection, func, literal, select

from deploy.operations import databases
from deploy.parts import place
from shared import sequencer, topology
from shared.tables import events, gates, held, instant

PAGE = 5000
SETTLED = 60.0
"""Seconds after which what was said is no longer only on its way."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """A service's log. `unpublished` messages wait for the publisher, the oldest since `unpublished_since`."""

    service: str
    streams: int
    events: int
    said: int
    position: int
    published: int
    unpublished: int
    unpublished_since: str | None


@dataclass(frozen=True, slots=True)
class Heard:
    """How far a listener has come with a source.

    `behind`: published and not applied; `ahead`: applied, but not in the source's log (as after an old backup was put
    back there). Of those behind, `waiting` are kept for one before them, and `parked` have failed.
    The oldest that is not applied was said at `behind_since`; the longest parked is so since `parked_since`.
    """

    listener: str
    source: str
    applied: int
    behind: int
    ahead: int
    behind_since: str | None
    waiting: int
    parked: int
    parked_since: str | None


@dataclass(frozen=True, slots=True)
class Queue:
    """A listener's queue; None where the broker can't be asked or has none."""

    service: str
    depth: int | None
    consumers: int | None


def spoken(service: str) -> Spoken:
    """A service's log. Raises BadInput."""
    with databases.opened(service) as log:
        streams, total, said = log.execute(
            select(func.count(events.c.stream.distinct()), func.count(), func.count(events.c.said))
        ).one()
        published, last = sequencer.cursor(log), sequencer.last(log)
        late = events.c.said.is_not(None) & (events.c.position.is_(None) | (events.c.position > published))
        unpublished, since = log.execute(select(func.count(), func.min(events.c.recorded_at)).where(late)).one()
        return Spoken(service, streams, total, said, last, published, unpublished, since)


def heard(listener: str) -> Iterator[Heard]:
    """How far it has come with each source. Raises BadInput."""
    for source in place(listener).hears:
        with databases.opened(source) as log, databases.opened(listener) as gate:
            yield _heard(listener, source, log, gate)


def never_heard(listener: str) -> list[str]:
    """The sources of which it has heard nothing although they have spoken and it has run before: they are new to it.

    Raises BadInput.
    """
    return [source for source in place(listener).hears if _is_new(listener, source)]


def _is_new(listener: str, source: str) -> bool:
    with databases.opened(listener) as there:
        if _any(there, gates.c.source == source) or not _any(there, events.c.id.is_not(None)):
            return False
    with databases.opened(source) as log:
        told = events.c.said.is_not(None) & (events.c.position <= sequencer.cursor(log))
        return _any(log, told & (events.c.recorded_at < instant(datetime.now(UTC) - timedelta(seconds=SETTLED))))


def _any(connection: Connection, condition: ColumnElement[bool]) -> bool:
    return connection.execute(select(literal(1)).where(condition).limit(1)).first() is not None


def astray(one: Heard, queue: Queue | None) -> int:
    """Messages that wait nowhere for this listener, neither in its queue nor in its database: nobody brings them."""
    if queue is None or queue.depth != 0 or (age(one.behind_since) or 0.0) < SETTLED:
        return 0
    return max(0, one.behind - one.waiting - one.parked)


def _heard(listener: str, source: str, log: Connection, gate: Connection) -> Heard:
    # First the log, then the gates: what is said meanwhile must not look as if it were ahead.
    published = events.c.said.is_not(None) & (events.c.position <= sequencer.cursor(log))
    said = int(log.execute(select(func.count()).select_from(events).where(published)).scalar() or 0)
    passed = {row.stream: row.sequence for row in gate.execute(select(gates).where(gates.c.source == source))}
    applied = sum(sequence + 1 for sequence in passed.values())
    behind = max(0, said - applied)
    kept = select(func.count(), func.min(held.c.held_at)).where(held.c.source == source)
    waiting, _ = gate.execute(kept.where(held.c.reason.is_(None))).one()
    parked, parked_since = gate.execute(kept.where(held.c.reason.is_not(None))).one()
    since = _oldest(log, passed, behind) if behind else None
    return Heard(listener, source, applied, behind, max(0, applied - said), since, waiting, parked, parked_since)


def _oldest(log: Connection, passed: dict[str, int], missing: int) -> str | None:
    """When the oldest message was said that no gate has passed. From the newest backwards, until all are found."""
    oldest: str | None = None
    before = sequencer.cursor(log) + 1
    columns = (events.c.position, events.c.stream, events.c.sequence, events.c.recorded_at)
    query = select(*columns).where(events.c.said.is_not(None)).order_by(events.c.position.desc()).limit(PAGE)
    while missing and (page := log.execute(query.where(events.c.position < before)).all()):
        for row in page:
            if row.sequence > passed.get(row.stream, -1):
                oldest = row.recorded_at
                missing -= 1
        before = page[-1].position
    return oldest


def queues(amqp_url: str, services: Sequence[str]) -> list[Queue]:
    """Depth and consumers of the listeners' queues. Raises AMQPError, OSError, ValueError where there is no broker."""
    parameters = pika.URLParameters(amqp_url)
    parameters.connection_attempts = 1
    parameters.socket_timeout = parameters.stack_timeout = parameters.blocked_connection_timeout = 3
    connection = pika.BlockingConnection(parameters)
    try:
        return [_queue(connection, service) for service in services if place(service).hears]
    finally:
        connection.close()


def _queue(connection: pika.BlockingConnection, service: str) -> Queue:
    try:
        channel = connection.channel()
        found = channel.queue_declare(topology.queue(service), passive=True).method
        channel.close()
    except ChannelClosedByBroker:
        return Queue(service, None, None)
    return Queue(service, found.message_count, found.consumer_count)


def as_data(found: Spoken | Heard | Queue) -> dict[str, Any]:
    """For programs; with ages in seconds beside the times."""
    data = asdict(found)
    ages = {name.replace("_since", "_seconds"): age(data[name]) for name in data if name.endswith("_since")}
    return data | ages


def age(since: str | None) -> float | None:
    """Seconds since a stored time."""
    return (datetime.now(UTC) - datetime.fromisoformat(since)).total_seconds() if since else None
