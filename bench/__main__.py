"""Measure, beside what bare libraries do.

python -m bench            everything
python -m bench append     one part: append, publish, consume, rebuild, memory, line
"""

import sys
from importlib import import_module
from importlib.util import find_spec

from bench.report import console
from bench.toys import servers

PARTS = ("append", "publish", "consume", "rebuild", "memory", "line")
USAGE = 2


def main(wanted: list[str]) -> int:
    """Print a table per part; the exit status."""
    if not set(wanted) <= set(PARTS):
        print(__doc__, file=sys.stderr)
        return USAGE
    with servers() as made:
        for part in wanted or PARTS:
            if find_spec(f"bench.{part}") is not None:
                for report in import_module(f"bench.{part}").measure(made):
                    report.show()
    console.print(
        "Ratios are to the first line of each table, in one run; rates on a shared machine vary by a quarter."
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
