"""Redelivery through the broker: a log given again to one listener by its own queue, while others talk to it, too."""

import os
import secrets
import statistics
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import Engine, delete, func, insert, select

from bench.report import Report, rate
from bench.toys import Servers, seconds
from deploy.ensemble import Ensemble
from deploy.operations.commands import PlanReplay
from deploy.operations.log import Log, opened, stamp
from deploy.operations.replay.job import Job
from deploy.parts import SERVICES
from deploy.servers import wait_until
from shared.database import connect, reading, writing
from shared.messages import Cause, Said, envelope
from shared.replays import Mode
from shared.tables import events, gates

NUMBER = 30_000
STREAMS = 6_000
PATIENCE = 180.0
BODY = {"x": "y" * 400}


def measure(servers: Servers) -> Iterable[Report]:
    """On both databases."""
    for kind in ("sqlite", "postgresql"):
        with town(servers, kind) as hall:
            yield compare(hall, kind)


def compare(hall: "Hall", kind: str) -> Report:
    """What had been heard, and what had been missed."""
    report = Report(f"Redelivery on {kind}: {NUMBER:,} messages of booking to rooms, {STREAMS:,} streams")
    hall.say(NUMBER, STREAMS)
    with opened() as log:
        for what in ("heard before", "missed"):
            if what == "missed":
                hall.forget()
            live = Live(hall)
            with live:
                found = NUMBER / seconds(lambda: hall.replay(log))
            report.add(f"{what}, with live messages meanwhile", rate(found), goal="3,000 events/s")
            lags = sorted(live.lags)
            report.add(f"  live lag: p50 of {len(lags)}", f"{1000 * statistics.median(lags):,.0f} ms")
            report.add("  live lag: longest", f"{1000 * lags[-1]:,.0f} ms", goal="1,000 ms")
    return report


class Hall:
    """A running listener and publisher."""

    def __init__(self, booking: Engine, rooms: Engine) -> None:
        self.booking, self.rooms = booking, rooms
        self._said = 0

    def say(self, number: int, streams: int, prefix: str = "bench") -> None:
        """Commit messages that rooms has no use for, but must pass."""
        rows = [_row(f"{prefix}-{n % streams}", n // streams) for n in range(number)]
        with writing(self.booking) as connection:
            for n in range(0, number, 1000):
                connection.execute(insert(events), rows[n : n + 1000])
        self._said += number
        wait_until(lambda: self.passed(prefix) == number, PATIENCE, "heard", interval=0.2)

    def passed(self, prefix: str) -> int:
        """How many messages of such streams rooms has applied."""
        query = select(func.coalesce(func.sum(gates.c.sequence + 1), 0)).where(gates.c.stream.startswith(f"{prefix}-"))
        with reading(self.rooms) as connection:
            return int(connection.execute(query).scalar() or 0)

    def forget(self) -> None:
        """Let rooms have missed them all."""
        with writing(self.rooms) as connection:
            connection.execute(delete(gates).where(gates.c.stream.startswith("bench-")))

    def replay(self, log: Log) -> None:
        """All of it, as `foyer replay booking --to rooms --stream bench-*`."""
        job = secrets.token_hex(4)
        with reading(self.booking) as connection:
            last = connection.execute(select(func.max(events.c.position))).scalar() or 0
        name, now = stamp()
        what: dict[str, Any] = {"streams": ["bench-*"]}
        log.note(PlanReplay(name, now, job, "booking", "rooms", Mode.REDELIVER, 0, last, NUMBER, what, 0, (), "b", "b"))
        with Job(log, job) as running:
            running.run()
        if self.passed("bench") != NUMBER:
            raise RuntimeError("something is missing")


class Live:
    """One message after another, each timed from its commit until rooms has applied it."""

    def __init__(self, hall: Hall) -> None:
        self._hall = hall
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.lags: list[float] = []

    def _run(self) -> None:
        while not self._over.is_set():
            prefix = f"live{secrets.token_hex(4)}"
            with writing(self._hall.booking) as connection:
                connection.execute(insert(events), [_row(f"{prefix}-0", 0)])
            begun = time.monotonic()
            wait_until(lambda prefix=prefix: self._hall.passed(prefix), PATIENCE, "live", interval=0.005)  # type: ignore[misc]
            self.lags.append(time.monotonic() - begun)
            time.sleep(0.05)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_error: object) -> None:
        self._over.set()
        self._thread.join()


def _row(stream: str, sequence: int) -> dict[str, Any]:
    now = datetime.now(UTC).isoformat(timespec="microseconds")
    name = f"{stream}.{sequence}"
    said = Said("BenchSaid", 1, stream, BODY)
    message = envelope(
        said, source="booking", event_id=name, time=now, stream=stream, sequence=sequence, cause=Cause("c", "d")
    )
    fields = {"stream": stream, "version": sequence, "type": "BenchSaid", "schema_version": 1, "data": "{}"}
    meta = orjson.dumps({"id": name, "correlation": "c", "causation": "d"}).decode()
    return fields | {"meta": meta, "said": said.type, "message": message, "sequence": sequence, "recorded_at": now}


@contextmanager
def town(servers: Servers, kind: str) -> Iterator[Hall]:
    """Rooms and booking's publisher on fresh databases; this process means them, too."""
    home = servers.folder / f"redeliver-{kind}"
    home.mkdir()
    pattern = f"sqlite:///{home}/{{service}}.db"
    if kind == "postgresql":
        servers.postgres.start()
        for service in SERVICES:
            servers.postgres.create_database(f"redeliver_{service}")
        pattern = servers.postgres.url("redeliver_{service}")
    ensemble = Ensemble(home, amqp_url=servers.vhost(), database_url=pattern, smtp_url="smtp://127.0.0.1:1")
    before = dict(os.environ)
    os.environ.update(ensemble.env)
    hall = Hall(*(connect(pattern.replace("{service}", service)) for service in ("booking", "rooms")))
    try:
        ensemble.migrate()
        ensemble.start("rooms", "booking-publisher")
        ensemble.wait_ready()
        yield hall
    finally:
        ensemble.stop()
        os.environ.clear()
        os.environ.update(before)
        for engine in (hall.booking, hall.rooms):
            engine.dispose()
