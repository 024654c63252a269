"""Pages: how long the citizens' pages take at a steady rate, and how much each of them weighs.

Like a guest's way: each page as often as one passes it. The load generator shares the machine with the ensemble.
"""

import gzip
import http.client
import itertools
import time
from collections import defaultdict
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from threading import local
from urllib.parse import urlsplit

from bench.line import Line, running
from bench.report import Report
from bench.toys import Servers

PER_SECOND = 20
SECONDS = 15
FIRST = "concern=reisepass&seen=concerns"
KNOWN = f"{FIRST}&answer=child:no&party=1&step_free=no"
WAY = (
    ("start", "/"),
    ("search", "/search?q=Pass+abgelaufn"),
    ("a concern", "/visit?concern=reisepass"),
    ("a question", f"/visit?{FIRST}"),
    ("how many", f"/visit?{FIRST}&answer=child:no"),
    ("documents", f"/visit?{KNOWN}"),
    ("times", f"/times?{KNOWN}&seen=documents"),
    ("mornings only", f"/times?{KNOWN}&seen=documents&part=morning"),
)


def measure(servers: Servers) -> Iterable[Report]:
    """On SQLite; these pages ask no database."""
    with running(servers, "sqlite") as line:
        yield look(line)


def look(line: Line) -> Report:
    """The figures."""
    get = Getter(line.ensemble.urls["booking"])
    report = Report(f"Citizens' pages at {PER_SECOND} a second: 61 concerns, 45 clerks, 14 rooms")
    for _, path in WAY * 5:
        get(path)
    taken = _paced(get)
    everything = sorted(itertools.chain.from_iterable(taken.values()))
    for share in (0.5, 0.95, 0.99):
        report.add(f"all pages, p{share * 100:.0f}", f"{1000 * everything[int(share * len(everything))]:.1f} ms")
    for name, path in WAY:
        times = sorted(taken[name])
        size = get(path)[1]
        report.add(f"{name}, p95", f"{1000 * times[int(0.95 * len(times))]:.1f} ms, {size / 1000:.1f} kB")
    return report


def _paced(get: "Getter") -> dict[str, list[float]]:
    """Seconds by page, from when it was due to its last byte: waiting behind others counts."""
    begun, found = time.perf_counter(), defaultdict(list)

    def due(number: int, page: tuple[str, str]) -> None:
        planned = begun + number / PER_SECOND
        time.sleep(max(0.0, planned - time.perf_counter()))
        get(page[1])
        found[page[0]].append(time.perf_counter() - planned)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(due, range(PER_SECOND * SECONDS), itertools.cycle(WAY)))
    return found


class Getter:
    """Gets pages over a connection per thread, as a browser asks for them."""

    def __init__(self, url: str) -> None:
        self._kept, self._address = local(), urlsplit(url).netloc

    def __call__(self, path: str) -> tuple[float, int]:
        """Seconds and bytes as transferred."""
        if not hasattr(self._kept, "connection"):
            self._kept.connection = http.client.HTTPConnection(self._address, timeout=30)
        started = time.perf_counter()
        self._kept.connection.request("GET", path, headers={"Accept": "text/html", "Accept-Encoding": "gzip"})
        answer = self._kept.connection.getresponse()
        content = answer.read()
        if answer.status != http.client.OK:
            raise RuntimeError(f"{path}: status {answer.status}: {gzip.decompress(content)[:300]!r}")
        return time.perf_counter() - started, len(content)
