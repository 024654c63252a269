"""Growth: is the line slower on logs that hold 10,000 appointments already? Takes minutes: only when asked for by name.

Two ensembles are measured one after the other: on empty databases, and on those of a town that has run for long
(`bench/logs.py`), read tables and all. How many appointments: FOYER_BENCH_APPOINTMENTS=100000.
"""

from collections.abc import Iterable
from pathlib import Path

from environs import Env

from bench import line, logs
from bench.line import Outcome
from bench.report import Report, rate
from bench.toys import Servers
from deploy.parts import SERVICES, definition
from shared.app import App
from shared.database import connect
from shared.migrate import migrate
from shared.rebuild import rebuild
from tests.line import settings

KIND = "postgresql"


def measure(servers: Servers) -> Iterable[Report]:
    """On PostgreSQL."""
    wanted = Env().int("FOYER_BENCH_APPOINTMENTS", 10_000)
    report = Report(f"The whole line on {KIND}, on empty logs and on grown ones")
    with line.running(servers, KIND) as town:
        fast, calm = _figures(town)
    grown = Path(servers.folder / "grown")
    grown.mkdir()
    there: list[int] = []
    with line.running(servers, KIND, lambda pattern: there.extend(_fill(pattern, grown, wanted))) as town:
        after, slow = _figures(town)
    report.add("saturated, no appointments before", rate(fast.per_second, "visits/s"))
    ratio = after.per_second / fast.per_second
    held = f"{there[0]:,} appointments ({there[1]:,} events)"
    report.add(f"saturated, {held} before", rate(after.per_second, "visits/s"), ratio, "80 %")
    report.add("p50 at 20/s, no appointments before", f"{calm.quantile(0.5):,.0f} ms")
    ratio = slow.quantile(0.5) / calm.quantile(0.5)
    report.add(f"p50 at 20/s, {held} before", f"{slow.quantile(0.5):,.0f} ms", ratio, "at most 120 %")
    yield report


def _figures(town: line.Line) -> tuple[Outcome, Outcome]:
    town.ask(town.places(200), pace=None)
    return town.ask(town.places(line.SATURATED), pace=None), town.ask(town.places(line.STEADY), pace=line.PER_SECOND)


def _fill(pattern: str, folder: Path, appointments: int) -> tuple[int, int]:
    """Logs and read tables with so many appointments, in five empty databases; how many there are, and events."""
    day = folder / "day"
    day.mkdir()
    logs.day(day)
    per_copy = logs.appointments(f"sqlite:///{day}/{{service}}.db")
    for service in SERVICES:
        migrate(definition(service), settings(folder, pattern, service))
    events = logs.grow(day, pattern, copies=max(1, appointments // per_copy))
    for service in SERVICES:
        app = App(definition(service), settings(folder, pattern, service))
        app.reload = lambda: None  # type: ignore[method-assign]
        rebuild(app)
        app.engine.dispose()
        logs.tidy(connect(pattern.format(service=service)))
    return logs.appointments(pattern), events
