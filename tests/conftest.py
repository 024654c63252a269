"""Fixtures for everything that needs a server. Servers start when the first test asks, once per run, and end with it.

A test that asks for none of them is a core test: `make check` runs it, unless it plays with random examples. What
a fixture asks for by `getfixturevalue`, its parameters say with a mark; among the core tests one without it fails.
"""

import gc
import itertools
import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol
from unittest.mock import patch

import pytest
import structlog
from hypothesis import settings
from sqlalchemy import Engine, create_engine

from deploy.ensemble import Ensemble
from deploy.parts import SERVICES, definition
from deploy.servers import MailSink, PostgreSQL, RabbitMQ, ports, temporary_folder
from shared import database
from shared.migrate import migrate
from tests.nursery import Nursery

_SERVERS = {"rabbitmq", "postgres", "_mail_sink"}
# Built once per run, and slow to build.
_SHARED = {"pages_hall", "town_hall"}
_ROOM = 4 * 2**30
"""Bytes; a run stores some hundred MB at a time."""
_ROUNDS_OF_GARBAGE = 20_000
"""New objects between two looks for those that can be freed; Python's own measure is 700."""
_numbers = itertools.count(1)


# The same examples every time, so that a red run is red again; a busy machine is no failure. `make soak` looks for new
# ones: --hypothesis-profile=soak, and every test with examples as often as FOYER_TEST_ROUNDS says.
settings.register_profile("same", deadline=None, derandomize=True)
settings.register_profile("soak", deadline=None, print_blob=True)
settings.load_profile("same")


class MakeDatabase(Protocol):
    """What the fixture `make_database` is."""

    def __call__(self, name: str, migrated: bool = False) -> str: ...


def pytest_configure(config: pytest.Config) -> None:
    """End in order, with all servers stopped, also when somebody stops the run with SIGTERM; where to store, and which
    ports are this worker's own.
    """
    signal.signal(signal.SIGTERM, lambda number, frame: pytest.exit("ended by SIGTERM", 128 + number))
    if (memory := _memory()) is not None:
        os.environ["TMPDIR"] = tempfile.tempdir = str(memory)
    worker, workers = (os.environ.get(f"PYTEST_XDIST_WORKER{name}", "1") for name in ("", "_COUNT"))
    ports.draw_apart(int(worker.removeprefix("gw")) % int(workers), int(workers))
    # A shell lets what it starts in the background ignore Ctrl-C, and so would what tests start, and interrupt.
    signal.signal(signal.SIGINT, signal.default_int_handler)


def _memory() -> Path | None:
    """What tests store need not outlive the machine, and half of their time would be waiting for the disk. None where
    there is little room, or where TMPDIR says where to store.
    """
    memory = Path("/dev/shm")
    room = shutil.disk_usage(memory).free if os.access(memory, os.W_OK) else 0
    return None if room < _ROOM or os.environ.get("TMPDIR") else memory


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Iterator[None]:
    """Mark what needs a server, so that nobody can forget to; and group what shares a town hall."""
    for item in items:
        item.add_marker(pytest.mark.xdist_group(_group(item)))
        names = set(getattr(item, "fixturenames", ()))
        params = getattr(getattr(item, "callspec", None), "params", {})
        if names & _SERVERS or params.get("database_kind") == "postgresql":
            item.add_marker(pytest.mark.server)
        elif "servers_folder" in names:
            item.add_marker(pytest.mark.store)
    yield  # pytest sorts them, and would drop what is there twice
    rounds = int(os.environ.get("FOYER_TEST_ROUNDS", 1))
    items.extend([item for item in items if hasattr(getattr(item, "obj", None), "hypothesis")] * (rounds - 1))
    order = {group: n for n, group in enumerate(_mixed(items))}
    items.sort(key=lambda item: order.get(_group(item), len(order)))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_node_collection_finished(node: Any, ids: Sequence[str]) -> None:
    """Else nobody would notice that what shares a town hall is not kept together: the run only takes longer."""
    if node.config.getvalue("dist") == "loadgroup" and not all("@" in one for one in ids):
        pytest.exit("xdist does not know which tests belong together: is this another pytest than the pinned one?", 4)


def pytest_collection_finish() -> None:
    """What is loaded by now stays: to look through it again and again for garbage takes a tenth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_ROUNDS_OF_GARBAGE)


def _mixed(items: Sequence[pytest.Item]) -> Iterator[str]:
    """The groups that take long, so that at the end no worker waits for another's: for each file with a browser, which
    keeps a processor busy, two that wait for processes.
    """
    busy: dict[str, set[Path]] = {}
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            busy.setdefault(_group(item), set()).add(item.path)
    waiting = dict.fromkeys(_group(item) for item in items if _starts_processes(item) and _group(item) not in busy)
    rest = iter(waiting)
    for group, files in busy.items():
        yield group
        yield from itertools.islice(rest, 2 * len(files))
    yield from rest


def _starts_processes(item: pytest.Item) -> bool:
    return "rabbitmq" in getattr(item, "fixturenames", ()) or item.get_closest_marker("slow") is not None


def _group(item: pytest.Item) -> str:
    """What runs in one worker: the tests of a file, or of all files that share something built once per run."""
    callspec = getattr(item, "callspec", None)
    for name in sorted(_SHARED & set(getattr(item, "fixturenames", ()))):
        return f"{item.path.parent.name}-{name}-{callspec.params.get(name, '') if callspec else ''}"
    return str(item.path.relative_to(item.config.rootpath))


@pytest.fixture(autouse=True)
def _logs() -> None:
    """No test inherits what another, or a command that it ran, has made of the logs."""
    structlog.reset_defaults()


@pytest.fixture(autouse=True)
def _environment() -> Iterator[None]:
    """No test leaves settings behind: whatever a later one starts would take them for its own."""
    before = _settings_around()
    yield
    left = _settings_around()
    for name in left.keys() - before.keys():
        del os.environ[name]
    os.environ.update(before)
    assert left == before


def _settings_around() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name.startswith("FOYER_")}


@pytest.fixture(scope="session", autouse=True)
def _alike() -> Iterator[None]:
    """The engines of all tests share what SQLAlchemy has made of each statement: a tenth of the time went into that."""
    kept: dict[str, tuple[Any, dict[Any, Any]]] = {}

    def create(*args: Any, **how: Any) -> Engine:
        engine = create_engine(*args, **how)
        dialect, compiled = kept.get(engine.name, (None, {}))
        if getattr(dialect, "server_version_info", None):  # it has been connected
            engine.dialect = dialect
            engine.update_execution_options(compiled_cache=compiled)
        else:
            kept[engine.name] = (engine.dialect, compiled)
        return engine

    with patch.object(database, "create_engine", create):
        yield


@pytest.fixture(scope="session")
def servers_folder(request: pytest.FixtureRequest) -> Iterator[Path]:
    """A short-named folder for the servers of this run and what they store."""
    if not {mark.name for mark in request._pyfuncitem.iter_markers()} & {"server", "store"}:
        pytest.fail("asked for by a test without the mark `server` or `store`", pytrace=False)
    with temporary_folder() as folder:
        yield folder


@pytest.fixture
def home(servers_folder: Path) -> Iterator[Path]:
    """A fresh FOYER_HOME: databases, keys, sockets and logs of one test."""
    folder = servers_folder / f"h{next(_numbers)}"
    folder.mkdir()
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


# --------------------------------------------------------------------------------------------------------------- broker


@pytest.fixture(scope="session")
def rabbitmq(servers_folder: Path) -> Iterator[RabbitMQ]:
    """The node of this run. Tests may kill and start it; most want `broker` instead."""
    node = RabbitMQ(servers_folder / "rabbitmq", management=True)
    node.start()
    yield node
    node.kill()


@pytest.fixture
def broker(rabbitmq: RabbitMQ) -> Iterator[str]:
    """The AMQP URL of a vhost that only this test uses."""
    rabbitmq.start()
    name = f"t{next(_numbers)}"
    yield rabbitmq.add_vhost(name)
    rabbitmq.start()
    rabbitmq.remove_vhost(name)


# ------------------------------------------------------------------------------------------------------------- database


@pytest.fixture(scope="session")
def postgres(servers_folder: Path) -> Iterator[PostgreSQL]:
    """The PostgreSQL of this run. Tests may kill and start it; most want `database_url` or `make_database` instead."""
    server = PostgreSQL(servers_folder / "postgresql", durable=False)
    server.start()
    yield server
    server.kill()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_kind(request: pytest.FixtureRequest) -> str:
    """Every test of what is stored runs on both."""
    return str(request.param)


@pytest.fixture(scope="session")
def migrated_databases(servers_folder: Path, request: pytest.FixtureRequest) -> Callable[[str], Path]:
    """Migrates the five databases once per kind and run, for others to be copies; returns the folder of the files."""
    done: dict[str, Path] = {}

    def of(kind: str) -> Path:
        if kind not in done:
            from tests import line  # loads all services

            folder = servers_folder / f"migrated-{kind}"
            pattern = f"sqlite:///{folder}/{{service}}.db"
            if kind == "postgresql":
                server: PostgreSQL = request.getfixturevalue("postgres")
                for service in SERVICES:
                    server.create_database(f"migrated_{service}")
                pattern = server.url("migrated_{service}")
            for service in SERVICES:
                migrate(definition(service), line.settings(folder, pattern, service))
            done[kind] = folder
        return done[kind]

    return of


@pytest.fixture
def make_database(
    database_kind: str, home: Path, request: pytest.FixtureRequest, migrated_databases: Callable[[str], Path]
) -> Iterator[MakeDatabase]:
    """`make_database(name)` returns the URL of a fresh, empty database, on SQLite and on PostgreSQL.

    `make_database(service, migrated=True)`: one with the newest schema of that service.
    """
    if database_kind == "sqlite":

        def copy(name: str, migrated: bool = False) -> str:
            if migrated:
                shutil.copy(migrated_databases("sqlite") / f"{name}.db", home)
            return f"sqlite:///{home}/{name}.db"

        yield copy
        return
    server: PostgreSQL = request.getfixturevalue("postgres")
    server.start()
    suffix = f"_t{next(_numbers)}"
    made = []

    def make(name: str, migrated: bool = False) -> str:
        if migrated:
            migrated_databases("postgresql")
        made.append(name + suffix)
        return server.create_database(name + suffix, f"migrated_{name}" if migrated else "template0")

    yield make
    server.start()
    for name in made:
        server.drop_database(name)


@pytest.fixture
def database_url(make_database: MakeDatabase) -> str:
    """A FOYER_DATABASE_URL: the pattern with `{service}` for five fresh, empty databases."""
    return _pattern([make_database(service) for service in SERVICES])


@pytest.fixture
def migrated_database_url(make_database: MakeDatabase) -> str:
    """The same, with the newest schema."""
    return _pattern([make_database(service, migrated=True) for service in SERVICES])


def _pattern(urls: Sequence[str]) -> str:
    head, _, tail = urls[0].rpartition(SERVICES[0])
    return f"{head}{{service}}{tail}"


# ----------------------------------------------------------------------------------------------------------------- mail


@pytest.fixture(scope="session")
def _mail_sink(servers_folder: Path) -> Iterator[MailSink]:
    sink = MailSink(servers_folder / "mail")
    sink.start()
    yield sink
    sink.kill()


@pytest.fixture
def smtp_sink(_mail_sink: MailSink) -> MailSink:
    """A mail server without mails that takes everything, until `behave` says otherwise."""
    _mail_sink.start()
    _mail_sink.clear()
    _mail_sink.behave("accept")
    return _mail_sink


# -------------------------------------------------------------------------------------------------- the whole ensemble


@pytest.fixture(scope="session")
def nursery(servers_folder: Path) -> Iterator[Nursery]:
    """What ensembles are forked from."""
    with Nursery(servers_folder) as nursery:
        yield nursery


@pytest.fixture
def make_ensemble(
    home: Path, broker: str, migrated_database_url: str, smtp_sink: MailSink, nursery: Nursery
) -> Iterator[Callable[..., Ensemble]]:
    """`make_ensemble(env={...})` returns the ten processes, not yet started, on migrated databases."""
    made: list[Ensemble] = []

    def make(env: Mapping[str, str] | None = None) -> Ensemble:
        urls = {"amqp_url": broker, "database_url": migrated_database_url, "smtp_url": smtp_sink.url}
        ensemble = Ensemble(home, **urls, env=env, process=nursery.process)
        made.append(ensemble)
        return ensemble

    yield make
    for ensemble in made:
        ensemble.stop()


@pytest.fixture
def ensemble(make_ensemble: Callable[..., Ensemble]) -> Ensemble:
    """Five services and five publishers as real processes, ready, with servers of their own."""
    ensemble = make_ensemble()
    ensemble.start()
    ensemble.wait_ready()
    return ensemble
