"""What booking counts for /metrics: searches, the time from a request to its confirmation, holds."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from prometheus_client import Counter, Histogram
from prometheus_client.core import GaugeMetricFamily, Metric
from sqlalchemy import Connection, func, select

from services.booking.events import (
    AppointmentCancelled,
    AppointmentConfirmed,
    AppointmentDeclined,
    AppointmentExpired,
    AppointmentRequested,
    MoveDeclined,
)
from services.booking.projections import HOLD
from shared.tables import timers

_SEARCHES = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5)
_CONFIRMATIONS = (0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 600)
SEARCH = Histogram("foyer_search_seconds", "Time of one search for proposals", buckets=_SEARCHES)
CONFIRMATION = Histogram(
    "foyer_confirmation_seconds", "From the request of an appointment to its confirmation", buckets=_CONFIRMATIONS
)
EXPIRED = Counter("foyer_holds_expired_total", "Requests and moves that nobody answered in time")


class Waiting:
    """The requests that are not decided yet, each with its time."""

    def __init__(self) -> None:
        self._since: dict[str, datetime] = {}

    def load(self, since: Mapping[str, datetime]) -> None:
        """Begin with these, as after a restart."""
        self._since = dict(since)

    def learn(self, events: Sequence[Any], now: datetime) -> None:
        """Count what was just committed."""
        for event in events:
            match event:
                case AppointmentRequested():
                    self._since[event.appointment] = event.requested_at
                case AppointmentConfirmed() if event.appointment in self._since:
                    CONFIRMATION.observe(max(0.0, (now - self._since.pop(event.appointment)).total_seconds()))
                case AppointmentExpired():
                    EXPIRED.inc()
                    self._since.pop(event.appointment, None)
                case MoveDeclined() if "expired" in event.because:
                    EXPIRED.inc()
                case AppointmentDeclined() | AppointmentCancelled():
                    self._since.pop(event.appointment, None)
                case _:
                    pass


def of_the_database(connection: Connection) -> Iterable[Metric]:
    """Holds that wait for their answers now."""
    count = connection.execute(select(func.count()).where(timers.c.kind == HOLD)).scalar() or 0
    return (GaugeMetricFamily("foyer_holds_open", "Requests and moves that wait for their answers", value=count),)
