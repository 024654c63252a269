"""Append: sixteen callers, one event each time, every one of them durable before its caller goes on."""

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from typing import Any

from sqlalchemy import Connection

from bench.report import Report, rate
from bench.toys import Servers, alternating, orders, seconds
from shared import messages, store
from shared.app import App
from shared.codec import Codec
from shared.database import connect, writing
from shared.definition import Recorded
from shared.messages import Cause
from shared.tables import instant
from tests.shared import toy

WRITERS = 16
EACH = 150
ROUNDS = 3


def measure(servers: Servers) -> Iterable[Report]:
    """On both databases."""
    for kind in ("postgresql", "sqlite"):
        yield compare(servers, kind)


def compare(servers: Servers, kind: str) -> Report:
    """Our shell, the same rows in bare SQLAlchemy, and the eventsourcing package."""
    report = Report(f"Append, {WRITERS} writers, one event a transaction, {kind}")
    app = servers.app(kind)
    bare_url = servers.database(kind)
    own = Bare(bare_url)
    bare, hot, ours = alternating(
        ROUNDS,
        lambda: with_writers(own.append),
        lambda: with_writers(lambda number: call(app, f"hot{os.getpid()}", number, spread=False)),
        lambda: with_writers(lambda number: call(app, "own", number, spread=True)),
    )
    report.add("bare SQLAlchemy: event and read-table rows, a stream a writer", rate(bare))
    report.add("our shell: load, decide, append, project; a stream a writer", rate(ours), ours / bare, "50 % [70 %]")
    report.add("our shell, all on one stream", rate(hot), hot / bare)
    app.engine.dispose()
    own.engine.dispose()
    peer = eventsourcing(servers, kind)
    if peer is None:
        report.add("eventsourcing package", "needs psycopg 3")
    else:
        theirs = alternating(ROUNDS, lambda: with_writers(peer))[0]
        report.add("eventsourcing package: an aggregate a writer", rate(theirs), theirs / bare)
    return report


def with_writers(write: Callable[[int], None]) -> float:
    """Events per second of all writers together."""
    with ThreadPoolExecutor(WRITERS) as pool:
        return WRITERS * EACH / seconds(lambda: list(pool.map(write, range(WRITERS))))


def call(app: App, name: str, number: int, *, spread: bool) -> None:
    """One caller of our shell."""
    for order in orders(EACH, 1):
        tally = f"{name}{number}" if spread else name
        app.handle(toy.Count(order.id, order.now, tally))


class Bare:
    """The same inserts with no shell: what a transaction costs here at least."""

    def __init__(self, url: str) -> None:
        self.engine = connect(url)
        self._codec = Codec(toy.Event, {})
        self._versions: dict[int, int] = {}

    def append(self, number: int) -> None:
        """One caller, who knows the version by itself."""
        for order in orders(EACH, 1):
            version = self._versions[number] = self._versions.get(number, -1) + 1
            event = toy.Counted(f"bare{number}", 1, version + 1, "", order.now)
            with writing(self.engine) as connection:
                self._write(connection, event, version, f"{order.id}.0")

    def _write(self, connection: Connection, event: toy.Counted, version: int, event_id: str) -> None:
        stream, now = f"tally-{event.tally}", instant(event.at)
        kind, schema_version, data = self._codec.dump(event)
        said = toy.say(event)
        assert said is not None  # noqa: S101 (narrows the type)
        row: dict[str, Any] = {
            "stream": stream,
            "version": version,
            "type": kind,
            "schema_version": schema_version,
            "data": data,
            "meta": "{}",
            "said": said.type,
            "message": messages.envelope(
                said, source="b", event_id=event_id, time=now, stream=stream, sequence=version, cause=Cause("", "")
            ),
            "sequence": version,
            "recorded_at": now,
        }
        connection.execute(store.APPEND, row)
        for statement, values in toy.project(event, Recorded(stream, version, event_id, event.at)):
            connection.execute(statement, values)


def eventsourcing(servers: Servers, kind: str) -> Callable[[int], None] | None:
    """A writer of the eventsourcing package; None where its driver is missing."""
    if kind == "postgresql" and find_spec("psycopg") is None:
        return None
    from eventsourcing.application import Application
    from eventsourcing.domain import Aggregate, event

    class Tally(Aggregate):
        @event("Started")
        def __init__(self) -> None:
            self.total = 0

        @event("Counted")
        def count(self, by: int, note: str) -> None:
            self.total += by

    settings = {"PERSISTENCE_MODULE": f"eventsourcing.{kind.replace('postgresql', 'postgres')}"}
    if kind == "sqlite":
        settings["SQLITE_DBNAME"] = str(servers.folder / "eventsourcing.db")
    else:
        url = connect(servers.database(kind)).url
        parts = {"DBNAME": url.database, "HOST": url.host, "PORT": url.port, "USER": url.username}
        settings |= {f"POSTGRES_{name}": str(value) for name, value in parts.items()}
        settings |= {"POSTGRES_PASSWORD": str(url.password), "POSTGRES_POOL_SIZE": str(WRITERS)}

    class Tallies(Application[Any]):
        env = settings

    application = Tallies()
    tallies = [Tally() for _ in range(WRITERS)]
    application.save(*tallies)

    def write(number: int) -> None:
        for _ in range(EACH):
            tallies[number].count(1, "")
            application.save(tallies[number])

    return write
