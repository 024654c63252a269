"""What a service and a publisher count, for Prometheus.

Counts live in the process and begin at 0 with it. What stands in the database is asked at each scrape: so it is right
after a restart, and also while a publisher is dead. No label holds anything a guest has said; all have few values.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

import structlog
from prometheus_client import REGISTRY, Counter, Gauge, Histogram, generate_latest, start_http_server
from prometheus_client.core import GaugeMetricFamily, Metric
from sqlalchemy import Connection, func, select

from shared import sequencer
from shared.tables import held

WAITING = "waiting"
"""Stands for the reason of a held message that only waits for its predecessor."""
REASONS = (WAITING, "failed", "unreadable")
_DELAYS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600)
log = structlog.get_logger()

APPENDED = Counter("foyer_events_appended_total", "Events written to the log", ["type"])
CONSUMED = Counter("foyer_messages_consumed_total", "Messages taken from the queue, duplicates too", ["source"])
APPLIED = Counter("foyer_messages_applied_total", "Messages that took effect")
DELAY = Histogram(
    "foyer_message_delay_seconds", "From a message being said until it is taken", ["source"], buckets=_DELAYS
)
PUBLISHED = Counter("foyer_messages_published_total", "Messages that the broker has confirmed")
KEYS_PUBLISHED = Counter("foyer_keys_published_total", "Subject keys that the broker has confirmed")
KEYS_LEFT = Gauge("foyer_keys_not_readable", "Subject keys that can't be sent, wrapped by another master key")
UNDER_WAY = Gauge("foyer_messages_under_way", "Messages sent to the broker and not yet confirmed")
ARCHIVED = Counter("foyer_messages_archived_total", "Messages of which the archive has a copy")
INTERRUPTIONS = Counter("foyer_publisher_interruptions_total", "How often broker or database stopped the publisher")
CONNECTED = Gauge("foyer_publisher_connected", "1 while the publisher has a channel to the broker")


class State:
    """A collector of one scrape: what the database and the queue say now. `app` is the running service."""

    def __init__(self, app: Any) -> None:
        self._app = app

    def collect(self) -> Iterator[Metric]:
        """Only what could be asked; `foyer_database_up` says whether the database could."""
        from shared.writer import Unavailable

        app = self._app
        yield _gauge("foyer_clock_seconds", "This service's clock, as Unix time", app.clock().timestamp())
        if app.definition.hears:
            yield _gauge("foyer_broker_connected", "1 while the service listens at the broker", app.listening)
            yield _gauge("foyer_inbox_messages", "Messages that wait in the queue, as last seen", app.waiting)
            yield _gauge("foyer_inbox_behind_seconds", "Age of the oldest message of the last batch", app.behind)
        try:
            with app.read() as connection:
                found = [*_of_the_log(connection, app.clock()), *app.figures(connection)]
        except Unavailable:
            yield _gauge("foyer_database_up", "1 when the database answers", 0)
        else:
            yield _gauge("foyer_database_up", "1 when the database answers", 1)
            yield from found


def exposition(app: Any) -> bytes:
    """Prometheus text of a service."""
    return generate_latest(REGISTRY) + generate_latest(State(app))


def expose(address: str) -> None:
    """Answer scrapes of a process without HTTP calls of its own, from a thread; at host:port, or nowhere when empty.

    An address that is taken is logged: figures must never keep a publisher from its work.
    """
    host, _, port = address.rpartition(":")
    if not port:
        return
    try:
        start_http_server(int(port), host)
    except OSError as error:
        log.warning("no_metrics", address=address, reason=str(error))


def _of_the_log(connection: Connection, now: datetime) -> Iterable[Metric]:
    last, cursor = sequencer.last(connection), sequencer.cursor(connection)
    count, oldest = sequencer.unpublished(connection)
    yield _gauge("foyer_log_position", "Events of the log that have a position", last)
    yield _gauge("foyer_published_position", "Up to here everything is published", cursor)
    yield _gauge("foyer_unpublished_events", "Events behind that, numbered or not", count)
    yield _gauge("foyer_unpublished_seconds", "Age of the oldest of them", _age(oldest, now))
    yield from _held(connection, now)


def _held(connection: Connection, now: datetime) -> Iterable[Metric]:
    messages = GaugeMetricFamily("foyer_held_messages", "Messages kept aside", labels=["reason"])
    oldest = GaugeMetricFamily("foyer_held_seconds", "Age of the oldest of them", labels=["reason"])
    query = select(held.c.reason, func.count(), func.min(held.c.held_at)).group_by(held.c.reason)
    found = {row[0] or WAITING: row for row in connection.execute(query)}
    for reason in (*REASONS, *sorted(found.keys() - set(REASONS))):
        _, count, since = found.get(reason, (None, 0, None))
        messages.add_metric([reason], count)
        oldest.add_metric([reason], _age(since, now))
    return messages, oldest


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, text, value=float(value))


def _age(since: str | None, now: datetime) -> float:
    return max(0.0, (now - datetime.fromisoformat(since)).total_seconds()) if since else 0.0
