"""Rebuild: read tables anew from the log, beside reading the same pages and parsing their JSON."""

from collections.abc import Iterable

import orjson

from bench.report import Report, rate
from bench.toys import Servers, alternating, fill, read_bare, seconds
from shared.rebuild import rebuild

NUMBER = 30_000
STREAMS = 3_000
ROUNDS = 3


def measure(servers: Servers) -> Iterable[Report]:
    """On both databases."""
    for kind in ("postgresql", "sqlite"):
        report = Report(f"Rebuild read tables from {NUMBER:,} events, {kind}")
        app = servers.app(kind)
        fill(app, NUMBER, STREAMS)
        bare, ours = alternating(
            ROUNDS,
            lambda app=app: NUMBER / seconds(lambda: read_bare(app, orjson.loads)),  # type: ignore[misc]
            lambda app=app: NUMBER / seconds(lambda: rebuild(app)),  # type: ignore[misc]
        )
        report.add("bare: read pages, parse JSON", rate(bare))
        report.add("our rebuild: read, decode, project, write (two rows an event)", rate(ours), ours / bare, "50 %")
        app.engine.dispose()
        yield report
