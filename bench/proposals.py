"""The search for proposals by itself: no server, no HTTP. The tables are those of `python -m tests.bench_proposals`."""

from collections.abc import Iterable

from bench.report import Report
from bench.toys import Servers
from tests.bench_proposals.__main__ import PARTS


def measure(_servers: Servers) -> Iterable[Report]:
    """Prints its own tables, which have more columns than a Report."""
    for part in PARTS:
        part()
    print()
    return ()
