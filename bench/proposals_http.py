"""Proposals over HTTP: how many a second on one core, and how quickly while bookings come in.

booking is one process and so has one core; the load generator and the rest of the ensemble share what is left.
"""

import http.client
import itertools
import statistics
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Thread, local
from urllib.parse import urlencode, urlsplit

from bench.line import Line, running, today
from bench.report import Report, rate
from bench.toys import Servers
from deploy.town.facts import load

CLIENTS = 4
SATURATED = 2_000
"""Questions, as fast as they are answered."""
PER_SECOND = 50
BOOKINGS_PER_SECOND = 20
SECONDS = 20


def measure(servers: Servers) -> Iterable[Report]:
    """On SQLite; a search asks no database."""
    with running(servers, "sqlite") as line:
        yield compare(line)


def compare(line: Line) -> Report:
    """The figures: 45 clerks, 14 rooms, up to 90 days."""
    ask, questions = _asker(line.ensemble.urls["booking"]), _questions()
    report = Report("GET /api/proposals: 45 clerks, 14 rooms, up to 90 days, five proposals each")
    for _ in range(200):
        ask(next(questions))
    alone = [ask(next(questions)) for _ in range(500)]
    report.add("answered in, one at a time, p50", f"{1000 * statistics.median(alone):.1f} ms")
    started = time.perf_counter()
    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(ask, itertools.islice(questions, SATURATED)))
    report.add(
        f"answered a second, {CLIENTS} at a time", rate(SATURATED / (time.perf_counter() - started), "answers/s")
    )
    places = line.places(BOOKINGS_PER_SECOND * SECONDS)
    guests = Thread(target=line.ask, args=(places, BOOKINGS_PER_SECOND))
    guests.start()
    times = sorted(_paced(ask, questions))
    guests.join()
    load_ = f"at {PER_SECOND}/s while {BOOKINGS_PER_SECOND} bookings/s come in"
    for share in (0.5, 0.95, 0.99):
        report.add(f"answered in, {load_}, p{share * 100:.0f}", f"{1000 * times[int(share * len(times))]:.1f} ms")
    return report


def _paced(ask: Callable[[str], float], questions: Iterator[str]) -> list[float]:
    """Seconds from when a question was due to its answer: waiting behind others counts."""
    begun = time.perf_counter()

    def due(number: int, question: str) -> float:
        planned = begun + number / PER_SECOND
        time.sleep(max(0.0, planned - time.perf_counter()))
        ask(question)
        return time.perf_counter() - planned

    with ThreadPoolExecutor(16) as pool:
        return list(pool.map(due, range(PER_SECOND * SECONDS), questions))


def _asker(url: str) -> Callable[[str], float]:
    """Asks over a connection per thread; answers the seconds it took."""
    kept, address = local(), urlsplit(url).netloc

    def ask(query: str) -> float:
        if not hasattr(kept, "connection"):
            kept.connection = http.client.HTTPConnection(address, timeout=30)
        started = time.perf_counter()
        kept.connection.request("GET", f"/api/proposals?{query}")
        answer = kept.connection.getresponse()
        content = answer.read()
        if answer.status != http.client.OK:
            raise RuntimeError(f"status {answer.status}: {content[:300]!r}")
        return time.perf_counter() - started

    return ask


def _questions() -> Iterator[str]:
    """Every concern that anyone may serve, for one or two people, from today or later; with some wishes."""
    concerns = [one for one in load().concerns if one["responsibility"] == "anyone"]
    wishes: tuple[dict[str, str], ...] = ({}, {"part": "morning"}, {"site": "rathaus"}, {"weekday": "thu"}, {})
    for number in itertools.count():
        concern, wish = concerns[number % len(concerns)], wishes[number % len(wishes)]
        day = today() + timedelta(days=number * 7 % 30)
        people = 1 + number % min(2, concern["max_party"])
        yield urlencode({"concern": concern["key"], "party_size": people, "from": day.isoformat(), **wish})
