"""Times and memory."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from statistics import quantiles

Times = list[float]  # seconds


def timed(action: Callable[[], object]) -> float:
    begun = time.perf_counter()
    action()
    return time.perf_counter() - begun


def told(times: Times, unit: float = 1e3) -> tuple[str, str]:
    """p50 and p99, in milliseconds unless told otherwise."""
    cuts = quantiles(times, n=100, method="inclusive")
    return f"{cuts[49] * unit:.2f}", f"{cuts[98] * unit:.2f}"


def resident() -> float:
    """Of this process, in megabytes."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 1e6


def in_another_process(module: str, *arguments: str) -> str:
    """What a module prints, in a process of its own, so that its memory is its own."""
    command = [sys.executable, "-m", module, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def table(title: str, heads: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    lines = [[str(cell) for cell in row] for row in (heads, *rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    print(f"\n{title}")
    for line in lines:
        padded = zip(line, widths, strict=True)
        cells = [cell.rjust(width) if number else cell.ljust(width) for number, (cell, width) in enumerate(padded)]
        print(" ", *cells, sep="  ")
