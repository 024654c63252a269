"""Consume: gates, reactions, decisions, events and read tables of messages, in batches of different sizes."""

from collections.abc import Iterable, Sequence

from bench.report import Report, rate
from bench.toys import Servers, seconds
from shared.app import App, Delivery
from tests.shared import toy

SIZES = {1: 300, 10: 2000, 100: 8000, 200: 8000}
"""Size of a batch, and how many messages are taken in such batches."""
STREAMS = 1000


def measure(servers: Servers) -> Iterable[Report]:
    """On both databases."""
    for kind in ("postgresql", "sqlite"):
        report = Report(f"Consume on {kind}: each message leads to one event, on {STREAMS} streams")
        first = 0.0
        for size, number in SIZES.items():
            app = servers.app(kind)
            hear(app, messages("warm", 50), size)
            found = number / seconds(lambda app=app, size=size, n=number: hear(app, messages("toy", n), size))  # type: ignore[misc]
            first = first or found
            report.add(f"batches of {size}", rate(found), found / first)
            app.engine.dispose()
        yield report


def messages(prefix: str, number: int) -> list[Delivery]:
    """So many messages about different things, in order."""
    speaker = toy.Speaker()
    return [speaker.say(f"{prefix}{n % STREAMS}") for n in range(number)]


def hear(app: App, deliveries: Sequence[Delivery], size: int) -> None:
    """Take them in batches of that size."""
    for n in range(0, len(deliveries), size):
        app.hear(deliveries[n : n + size])
