"""The toy of the core's tests on durable servers: what is measured does what production does."""

import contextlib
import itertools
import logging
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import structlog

from deploy.servers import PostgreSQL, RabbitMQ, temporary_folder
from shared.app import App
from shared.database import reading
from shared.rebuild import COLUMNS, NO_END, WHERE, pages
from tests.shared import toy
from tests.shared.toy import NOON, Count

ids = itertools.count()


class Servers:
    """A broker and a database of this run, durable, and a folder for what lies beside them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.rabbitmq = RabbitMQ(folder / "rabbitmq", management=True)
        self.postgres = PostgreSQL(folder / "postgresql", durable=True)
        self._numbers = itertools.count()

    def database(self, kind: str) -> str:
        """The URL of a fresh database with a toy's tables; `kind` is sqlite or postgresql."""
        name = f"bench{next(self._numbers)}"
        if kind == "sqlite":
            url = f"sqlite:///{self.folder}/{name}.db"
        else:
            self.postgres.start()
            url = self.postgres.create_database(name)
        toy.create_tables(url)
        return url

    def vhost(self) -> str:
        """The AMQP URL of a fresh vhost."""
        self.rabbitmq.start()
        return self.rabbitmq.add_vhost(f"bench{next(self._numbers)}")

    def app(self, kind: str, definition: Any = toy.COUNTERS, **more: Any) -> App:
        """A process of the toy on a fresh database."""
        return toy.app(self.folder, self.database(kind), definition, **more)


@contextlib.contextmanager
def servers() -> Iterator[Servers]:
    """Both servers, started when first asked for."""
    # As in production, lines are made; but nobody reads them here.
    nowhere = Path("/dev/null").open("w")  # noqa: SIM115
    structlog.configure(
        processors=[structlog.processors.TimeStamper(fmt="iso"), structlog.processors.JSONRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.WriteLoggerFactory(file=nowhere),
        cache_logger_on_first_use=True,
    )
    logging.getLogger().setLevel(logging.CRITICAL)
    with temporary_folder() as folder:
        made = Servers(folder)
        try:
            yield made
        finally:
            made.rabbitmq.kill()
            made.postgres.kill()
            nowhere.close()


def orders(number: int, tallies: int) -> list[Count]:
    """So many commands, spread over so many streams."""
    return [Count(f"b{next(ids)}", NOON, f"t{n % tallies}") for n in range(number)]


def fill(app: App, number: int, tallies: int = 500) -> None:
    """Commit so many events."""
    todo = orders(number, tallies)
    for n in range(0, number, 500):
        app.handle(*todo[n : n + 500])


def seconds(work: Callable[[], object]) -> float:
    """How long it takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def cpu_seconds(work: Callable[[], object]) -> float:
    """How long this process itself works for it: others on the machine count less than in `seconds`."""
    started = time.process_time()
    work()
    return time.process_time() - started


def read_bare(app: App, parse: Callable[[str], Any]) -> int:
    """What any replay has to do at least: read the log page by page, and parse its JSON."""
    found = 0
    with reading(app.engine) as connection:
        for page in pages(connection, 0, NO_END, "TRUE", (*COLUMNS, *WHERE)):
            for row in page:
                found += len(parse(row[3])) + len(parse(row[6]))
    return found


def alternating(rounds: int, *variants: Callable[[], float]) -> list[float]:
    """The median rate of each variant over some rounds, in which they take turns: the machine's moods hit them all."""
    rates: list[list[float]] = [[] for _ in variants]
    for _ in range(rounds):
        for variant, found in zip(variants, rates, strict=True):
            found.append(variant())
    return [statistics.median(found) for found in rates]


Rows = Sequence[Sequence[str]]
