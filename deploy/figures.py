"""The figures of a running ensemble, read from /metrics as Prometheus does."""

import urllib.request
from collections.abc import Mapping

Figures = Mapping[str, float]
"""Sample with its labels, as it is exposed -> value."""


def figures(address: str, seconds: float = 2) -> dict[str, float]:
    """All samples at host:port; empty where nobody answers."""
    try:
        with urllib.request.urlopen(f"http://{address}/metrics", timeout=seconds) as answer:
            return parse(answer.read().decode())
    except (OSError, ValueError):
        return {}


def parse(text: str) -> dict[str, float]:
    """Prometheus text as a mapping."""
    lines = (line for line in text.splitlines() if line and not line.startswith("#"))
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


def parked(of: Figures) -> int:
    """Messages that were put aside because they can't be applied or read."""
    names = ('foyer_held_messages{reason="failed"}', 'foyer_held_messages{reason="unreadable"}')
    return int(sum(of.get(name, 0) for name in names))


def quantile(of: Figures, histogram: str, part: float) -> float | None:
    """The bucket's upper bound below which that part of the observations lies; None without observations."""
    count = of.get(f"{histogram}_count", 0)
    for name, value in of.items():  # buckets are exposed in order
        if count and name.startswith(f"{histogram}_bucket{{") and value >= part * count:
            return float(name.partition('le="')[2].partition('"')[0])
    return None
