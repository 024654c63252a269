"""What the process of the calendars counts for /metrics; and what the service shows of them from its database, so that
it is also right while that process is dead.
"""

from collections.abc import Iterable
from datetime import datetime

from prometheus_client import Counter, Gauge, Histogram
from prometheus_client.core import GaugeMetricFamily, Metric
from sqlalchemy import Connection, func, select

from services.staff_calendar.calendars.tables import links, states

WELL, FAILED = "well", "failed"
_LOOKS = (0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
LOOKED = Counter("foyer_calendar_looks_total", "Looks at clerks' calendars: well, or what the trouble was", ["outcome"])
LOOKED.labels(WELL)
LOOK = Histogram(
    "foyer_calendar_look_seconds", "Time of one look at a calendar, writing into it included", buckets=_LOOKS
)
UNDER_WAY = Gauge("foyer_calendars_under_way", "Calendars that are being looked at")


def of_the_database(connection: Connection, now: datetime) -> Iterable[Metric]:
    """How many calendars are well or in which trouble, and how late the looks at them are."""
    found = GaugeMetricFamily("foyer_calendars", "Connected calendars: well, or what the trouble is", labels=["reason"])
    join = select(states.c.because, func.count()).join(links, links.c.calendar == states.c.calendar)
    counted = {because or WELL: count for because, count in connection.execute(join.group_by(states.c.because))}
    for reason, count in ({WELL: 0} | counted).items():
        found.add_metric([reason], count)
    due = select(func.min(states.c.due_at)).join(links, links.c.calendar == states.c.calendar)
    oldest = connection.execute(due.where(links.c.kind != "upload")).scalar()
    late = max(0.0, (now - datetime.fromisoformat(oldest)).total_seconds()) if oldest else 0.0
    text = "Since when the calendar that waits longest should have been looked at"
    return found, GaugeMetricFamily("foyer_calendars_due_seconds", text, value=late)
