"""Measure, beside what bare libraries do.

python -m bench            everything
python -m bench append     one part: append, publish, consume, rebuild, replay, redeliver,
                           line, proposals, proposals_http, pages, calendars
python -m bench growth     the line with 10,000 appointments in its logs; only when asked for
"""

import signal
import sys
from importlib import import_module

from bench.report import console
from bench.toys import servers

PARTS = (
    "append",
    "publish",
    "consume",
    "rebuild",
    "replay",
    "redeliver",
    "line",
    "proposals",
    "proposals_http",
    "pages",
    "calendars",
)
USAGE = 2


def main(wanted: list[str]) -> int:
    """Print a table per part; the exit status."""
    if not set(wanted) <= {*PARTS, "growth"}:
        print(__doc__, file=sys.stderr)
        return USAGE
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))  # so that the servers are stopped
    with servers() as made:
        for part in wanted or PARTS:
            for report in import_module(f"bench.{part}").measure(made):
                report.show()
    console.print(
        "Ratios are to the first line of each table, in one run; rates on a shared machine vary by a quarter."
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
