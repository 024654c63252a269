"""Replay, verify, show: over logs of the five services as those of a town that has run for months.

FOYER_BENCH_EVENTS says how many events they hold together (default 100,000; the goals are about a million, which takes
minutes to make).
"""

import json
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import orjson
from environs import Env
from sqlalchemy import Table, select

from bench import logs
from bench.report import Report, rate
from bench.toys import Servers, alternating, cpu_seconds, read_bare, seconds
from deploy.parts import SERVICES, definition
from deploy.story import story
from shared.app import App
from shared.database import connect
from shared.fold import Fold
from shared.frozen import frozen
from shared.migrate import migrate
from shared.rebuild import Replay, read_tables, rebuild
from shared.tables import events
from tests.line import settings

ROUNDS = 3
SHOWN = 20
_CHILD = """
import sys, time
from pathlib import Path
from deploy.verify.everything import verify
began, worked = time.monotonic(), time.process_time()
verify(sys.argv[1])
took = time.monotonic() - began, time.process_time() - worked
# Not getrusage: a child inherits the most that its parent ever had.
most = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
print(*took, int(most.split()[1]) / 1024)
"""


def measure(servers: Servers) -> Iterable[Report]:
    """On both databases."""
    wanted = Env().int("FOYER_BENCH_EVENTS", 100_000)
    day = servers.folder / "day"
    day.mkdir()
    logs.day(day)
    for kind in ("sqlite", "postgresql"):
        home = servers.folder / f"logs-{kind}"
        home.mkdir()
        pattern = _databases(servers, kind, home)
        total = logs.grow(day, pattern, logs.copies(day, wanted))
        yield _replay(home, pattern, kind)
        yield _verify_and_show(pattern, kind, total)


def _databases(servers: Servers, kind: str, home: Path) -> str:
    pattern = f"sqlite:///{home}/{{service}}.db"
    if kind == "postgresql":
        servers.postgres.start()
        for service in SERVICES:
            servers.postgres.create_database(f"logs_{service}")
        pattern = servers.postgres.url("logs_{service}")
    for service in SERVICES:
        migrate(definition(service), settings(home, pattern, service))
    return pattern


def _replay(home: Path, pattern: str, kind: str) -> Report:
    report = Report(f"Replay of each log into the read models of its service, {kind}: events of the log per CPU second")
    for service in SERVICES:
        app = App(definition(service), settings(home, pattern, service))
        app.reload = lambda: None  # type: ignore[method-assign]
        _replay_one(app, logs.count(pattern.format(service=service)), report)
        app.engine.dispose()
    return report


def _replay_one(app: App, number: int, report: Report) -> None:
    def rate_of(work: Callable[[], object]) -> Callable[[], float]:
        return lambda: number / cpu_seconds(work)

    def into(*tables: Table) -> Callable[[], float]:
        return rate_of(lambda: _fold(app, tables))

    everything = read_tables(app.definition)
    unused = app.definition.project.unneeded
    fed = [table for table in everything if len(unused([table])) < len(unused([]))]
    bare, library, *each, folded = alternating(
        ROUNDS,
        rate_of(lambda: read_bare(app, orjson.loads)),
        rate_of(lambda: read_bare(app, json.loads)),
        *(into(table) for table in fed),
        into(*everything),
    )
    report.add(f"{app.definition.name}, bare: read pages of {number:,} events, parse JSON with orjson", rate(bare))
    report.add("  bare, with the standard library's json", rate(library), library / bare)
    for table, found in zip(fed, each, strict=True):
        report.add(f"  replay into {table.name}", rate(found), found / bare, "50 %, 60,000/s")
    report.add("  replay into all of them at once", rate(folded), folded / bare)
    whole = rate_of(lambda: rebuild(app))()
    report.add("  rebuild of all of them, rows written", rate(whole), whole / bare)


def _fold(app: App, tables: Sequence[Table]) -> None:
    fold = Fold(tables)
    with frozen(app.engine) as (connection, last):
        for _page in Replay(app.definition, tables).pages(fold, connection, 0, last):
            pass


def _verify_and_show(pattern: str, kind: str, total: int) -> Report:
    report = Report(f"{total:,} events in five logs, {kind}")
    ran = subprocess.run([sys.executable, "-c", _CHILD, pattern], capture_output=True, text=True, check=True)
    took, worked, memory = (float(word) for word in ran.stdout.split())
    report.add("foyer verify", f"{took:,.1f} s", None, "60 s for a million")
    report.add("  of them at work itself", f"{worked:,.1f} s")
    report.add("  memory at most", f"{memory:,.0f} MB", None, "300 MB")
    appointments = _appointments(pattern)
    shown = sorted(seconds(lambda one=one: story(pattern, one)) for one in appointments)  # type: ignore[misc]
    report.add("foyer show: the story, all five logs, slowest of 20", f"{shown[-1] * 1000:,.0f} ms", None, "200 ms")
    report.add("  p50 of 20", f"{statistics.median(shown) * 1000:,.0f} ms")
    worked = statistics.median(cpu_seconds(lambda one=one: story(pattern, one)) for one in appointments)  # type: ignore[misc]
    report.add("  at work itself, p50", f"{worked * 1000:,.0f} ms")
    return report


def _appointments(pattern: str) -> list[Any]:
    engine = connect(pattern.format(service="booking"))
    with engine.connect() as connection:
        query = select(events.c.stream).where(events.c.type == "AppointmentConfirmed").order_by(events.c.id.desc())
        streams = connection.execute(query.limit(SHOWN)).scalars().all()
    engine.dispose()
    return [stream.removeprefix("appointment-") for stream in streams]
