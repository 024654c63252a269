"""The whole line: a guest's POST to the confirmed visit, through five services, five publishers, broker and databases.

The load generator runs on the same machine and takes its share of it.
"""

import http.client
import itertools
import json
import statistics
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from threading import local
from typing import Any
from urllib.parse import urlsplit

import orjson
from sqlalchemy import Engine, func, select

from bench.report import Report, rate
from bench.toys import Servers
from deploy.ensemble import Ensemble
from deploy.parts import SERVICES
from deploy.servers import MailSink, wait_until
from deploy.town.calls import Calls
from deploy.town.facts import Town, load
from deploy.town.furnish import furnish, wait_until_offered
from shared.database import connect, reading
from shared.tables import events

GUESTS = 32
"""Calls under way at once."""
SATURATED = 1_000
"""Requests at once for the rate when saturated."""
PER_SECOND = 20
STEADY = 400
"""Requests at that pace for the times from POST to confirmed."""
PATIENCE = 180.0
DECIDED = ("AppointmentConfirmed", "AppointmentDeclined", "AppointmentExpired")


def measure(servers: Servers) -> Iterable[Report]:
    """On both databases."""
    for kind in ("postgresql", "sqlite"):
        with running(servers, kind) as line:
            yield compare(line, kind)


def compare(line: "Line", kind: str) -> Report:
    """The figures of one database."""
    report = Report(f"The whole line on {kind}: 14 rooms, 45 clerks, {GUESTS} guests at once")
    line.ask(line.places(200), pace=None)
    pace = line.ask(line.places(SATURATED), pace=None)
    report.add(
        f"confirmed when saturated, of {pace.asked:,} asked", rate(pace.per_second, "visits/s"), goal="100 [300]"
    )
    report.add("  confirmed / declined / not decided", f"{pace.confirmed} / {pace.declined} / {pace.open}")
    steady = line.ask(line.places(STEADY), pace=PER_SECOND)
    report.add(f"POST to confirmed at {PER_SECOND}/s, p50", f"{steady.quantile(0.5):,.0f} ms", goal="100 ms")
    report.add(f"POST to confirmed at {PER_SECOND}/s, p95", f"{steady.quantile(0.95):,.0f} ms", goal="300 ms")
    report.add(f"POST answered at {PER_SECOND}/s, p50", f"{1000 * statistics.median(steady.answered):,.0f} ms")
    sizes = {name: resident(process.pid) / 2**20 for name, process in line.ensemble.processes.items()}
    for name, size in sizes.items():
        report.add(f"memory of {name}", f"{size:,.0f} MB", goal="90 MB")
    report.add("memory of all ten", f"{sum(sizes.values()):,.0f} MB")
    return report


@dataclass(frozen=True)
class Outcome:
    """What became of a load. `waits` and `answered` are seconds; `per_second` counts the confirmed."""

    asked: int
    confirmed: int
    declined: int
    per_second: float
    waits: Sequence[float]
    answered: Sequence[float]

    @property
    def open(self) -> int:
        """Not decided within our patience."""
        return self.asked - self.confirmed - self.declined

    def quantile(self, share: float) -> float:
        """Of the times from POST to confirmed, in milliseconds."""
        ordered = sorted(self.waits)
        return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")


def resident(pid: int) -> int:
    """The resident set of a process, in bytes."""
    line = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) * 1024


class Line:
    """A running ensemble with a town in it, and guests."""

    def __init__(self, ensemble: Ensemble, booking: Engine, town: Town) -> None:
        self.ensemble = ensemble
        self._booking = booking
        self._town = town
        self._calls = Calls({name: urlsplit(url).netloc for name, url in ensemble.urls.items()}, ensemble.home)
        self._threads = local()
        self._free = self._offered()

    def furnish(self) -> None:
        """Rooms, clerks and catalogue of a real town."""
        furnish(self._calls, self._town, lambda: None)
        wait_until_offered(self._calls, self._town, today(), PATIENCE)

    def places(self, number: int) -> list[str]:
        """So many proposals that nobody was given before."""
        return list(itertools.islice(self._free, number))

    def _offered(self) -> Iterator[str]:
        # The shortest concern of each department, on every day; a place is used once.
        shortest: dict[str, Any] = {}
        for concern in sorted(self._town.concerns, key=lambda concern: -concern["minutes"]):
            if concern["responsibility"] == "anyone":
                shortest[concern["department"]] = concern
        days = [today() + timedelta(days=n) for n in range(3, 180)]
        found = [""]
        while found:
            found = []
            for day, concern in itertools.product(days, shortest.values()):
                query = {"concern": concern["key"], "party_size": 1, "from": str(day), "until": str(day), "limit": 50}
                if day <= today() + timedelta(days=concern["horizon_days"]):
                    answer = self._calls.get("booking", "/api/proposals", query)
                    found = list(_apart(answer["proposals"])) or found
                    yield from _apart(answer["proposals"])

    def ask(self, places: Sequence[str], pace: float | None) -> Outcome:
        """One guest for each place, as fast as possible or so many a second; returns when all are decided."""
        begun, last = time.time(), self._last()
        with ThreadPoolExecutor(GUESTS) as pool:
            futures = []
            for n, place in enumerate(places):
                if pace is not None:
                    time.sleep(max(0.0, begun + n / pace - time.time()))
                futures.append(pool.submit(self._post, place))
            asked = [accepted for future in futures if (accepted := future.result()) is not None]
        posted = {appointment: (started, answered) for appointment, started, answered in asked}
        with suppress(TimeoutError):
            wait_until(lambda: posted.keys() <= self._decided(last).keys(), PATIENCE, "all decided", interval=0.25)
        decided = {name: found for name, found in self._decided(last).items() if name in posted}
        confirmed = {name: at for name, (kind, at) in decided.items() if kind == DECIDED[0]}
        spent = max(confirmed.values(), default=time.time()) - begun
        return Outcome(
            asked=len(posted),
            confirmed=len(confirmed),
            declined=len(decided) - len(confirmed),
            per_second=len(confirmed) / spent,
            waits=[at - posted[name][0] for name, at in confirmed.items()],
            answered=[answered - started for started, answered in posted.values()],
        )

    def _post(self, place: str) -> tuple[str, float, float] | None:
        """The appointment, and when it was asked for and accepted; None where the place was no longer free."""
        started = time.time()
        n = next(_numbers)
        guest = {"name": f"Ada Lovelace {n}", "email": f"g{n}@example.org", "phone": "05241 82 1"}
        body = json.dumps({"proposal": place, "guest": guest, "party_size": 1, "language": "de"})
        headers = {"Content-Type": "application/json", "Idempotency-Key": f"bench-{begun}-{n}"}
        connection = self._connection()
        connection.request("POST", "/api/appointments", body, headers)
        answer = connection.getresponse()
        content = answer.read()
        if answer.status == http.client.CONFLICT:
            return None
        if answer.status != http.client.ACCEPTED:
            raise RuntimeError(f"status {answer.status}: {content[:300]!r}")
        return str(json.loads(content)["appointment"]), started, time.time()

    def _connection(self) -> http.client.HTTPConnection:
        if not hasattr(self._threads, "connection"):
            address = urlsplit(self.ensemble.urls["booking"]).netloc
            self._threads.connection = http.client.HTTPConnection(address, timeout=30)
        found: http.client.HTTPConnection = self._threads.connection
        return found

    def _last(self) -> int:
        """The id of the newest event in booking's log."""
        with reading(self._booking) as connection:
            return connection.execute(select(func.max(events.c.id))).scalar() or 0

    def _decided(self, after: int) -> dict[str, tuple[str, float]]:
        """When booking recorded the decision of each appointment, by what its log holds after that id."""
        query = select(events.c.type, events.c.data, events.c.recorded_at).where(
            events.c.id > after, events.c.type.in_(DECIDED)
        )
        with reading(self._booking) as connection:
            return {
                orjson.loads(row.data)["appointment"]: (row.type, datetime.fromisoformat(row.recorded_at).timestamp())
                for row in connection.execute(query)
            }


def _apart(proposals: Sequence[dict[str, Any]]) -> Iterator[str]:
    """Those that don't overlap: they may be the same clerk's."""
    free_from = ""
    for proposal in sorted(proposals, key=lambda found: str(found["starts_at"])):
        if proposal["starts_at"] >= free_from:
            free_from = (datetime.fromisoformat(proposal["ends_at"]) + timedelta(minutes=15)).isoformat()
            yield proposal["id"]


begun = int(time.time())
_numbers = itertools.count(1)


def today() -> date:
    """In the town."""
    return datetime.now().astimezone().date()


@contextmanager
def running(servers: Servers, kind: str, fill: Callable[[str], object] = lambda _pattern: None) -> Iterator[Line]:
    """Ten processes on fresh databases, with a town, and a server that takes the mail. `fill` is told the pattern of
    the databases before anything runs on them.
    """
    name = f"line{next(_numbers)}"  # several parts of one run want a town
    home = servers.folder / name
    home.mkdir()
    pattern = f"sqlite:///{home}/{{service}}.db"
    if kind == "postgresql":
        servers.postgres.start()
        for service in SERVICES:
            servers.postgres.create_database(f"{name}_{service}")
        pattern = servers.postgres.url(f"{name}_{{service}}")
    fill(pattern)
    booking = connect(pattern.replace("{service}", "booking"))
    sink = MailSink(home / "mail")
    ensemble = Ensemble(home, amqp_url=servers.vhost(), database_url=pattern, smtp_url=sink.url)
    with sink, ensemble:
        line = Line(ensemble, booking, load())
        line.furnish()
        yield line
    booking.dispose()
