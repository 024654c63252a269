"""Rebuild: read tables anew from the log, beside reading the same pages and parsing their JSON."""

from collections.abc import Callable, Iterable

import orjson

from bench.report import Report, rate
from bench.toys import Servers, alternating, cpu_seconds, fill, read_bare
from shared.app import App
from shared.rebuild import rebuild
from tests.shared import toy

NUMBER = 30_000
STREAMS = 3_000
ROUNDS = 5


def measure(servers: Servers) -> Iterable[Report]:
    """On both databases."""
    for kind in ("postgresql", "sqlite"):
        report = Report(f"Rebuild read tables from {NUMBER:,} events, {kind}: events per CPU second")
        app = servers.app(kind)
        fill(app, NUMBER, STREAMS)
        bare, totals, lines, both = alternating(
            ROUNDS,
            per_second(app, lambda app: read_bare(app, orjson.loads)),
            per_second(app, lambda app: rebuild(app, [toy.totals])),
            per_second(app, lambda app: rebuild(app, [toy.lines])),
            per_second(app, rebuild),
        )
        report.add("bare: read pages, parse JSON", rate(bare))
        report.add("rebuild a read model with a row a stream, rows written", rate(totals), totals / bare, "50 %")
        report.add("  with a row an event", rate(lines), lines / bare)
        report.add("  both at once", rate(both), both / bare)
        app.engine.dispose()
        yield report


def per_second(app: App, work: Callable[[App], object]) -> Callable[[], float]:
    """The rate of what goes through all events."""
    return lambda: NUMBER / cpu_seconds(lambda: work(app))
