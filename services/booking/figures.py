"""What booking counts for /metrics: searches, the time from a request to its confirmation, holds."""

from collections.abc import Iterable
from datetime import datetime

from prometheus_client import Counter, Histogram
from prometheus_client.core import GaugeMetricFamily, Metric
from sqlalchemy import Connection, func, select

from services.booking.events import AppointmentConfirmed, AppointmentExpired, MoveDeclined
from services.booking.projections import HOLD
from shared.tables import timers

_SEARCHES = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5)
_CONFIRMATIONS = (0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 600)
SEARCH = Histogram("foyer_search_seconds", "Time of one search for proposals", buckets=_SEARCHES)
CONFIRMATION = Histogram(
    "foyer_confirmation_seconds", "From the request of an appointment to its confirmation", buckets=_CONFIRMATIONS
)
EXPIRED = Counter("foyer_holds_expired_total", "Requests and moves that nobody answered in time")


def count(end: object, requested_at: datetime | None, now: datetime) -> None:
    """Count how a request or move that was being reserved has ended; None = it was not known to be."""
    match end:
        case AppointmentConfirmed() if requested_at is not None:
            CONFIRMATION.observe(max(0.0, (now - requested_at).total_seconds()))
        case AppointmentExpired():
            EXPIRED.inc()
        case MoveDeclined() if "expired" in end.because:
            EXPIRED.inc()
        case _:
            pass


def of_the_database(connection: Connection) -> Iterable[Metric]:
    """Holds that wait for their answers now."""
    count = connection.execute(select(func.count()).where(timers.c.kind == HOLD)).scalar() or 0
    return (GaugeMetricFamily("foyer_holds_open", "Requests and moves that wait for their answers", value=count),)
