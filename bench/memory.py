"""Memory: resident size of a service and a publisher after some work."""

from collections.abc import Iterable
from pathlib import Path

from bench.report import Report
from bench.toys import Servers
from deploy.servers import wait_until
from tests.shared import log
from tests.shared.wire import Wire

MESSAGES = 5_000


def measure(servers: Servers) -> Iterable[Report]:
    """The toy's processes; those of the services are measured with the whole line."""
    report = Report(f"Resident memory after {MESSAGES:,} messages")
    home = servers.folder / "memory"
    home.mkdir()
    wire = Wire(home, servers.vhost(), lambda name: f"sqlite:///{home}/{name}.db")
    listener = wire.listener()
    with wire.running("publisher") as publisher, wire.running("service") as service:
        wire.speak(MESSAGES, tallies=500)
        wait_until(lambda: sum(log.totals(listener.engine).values()) == MESSAGES, 120, "all heard")
        report.add("a publisher", megabytes(publisher.pid), goal="90 MB")
        report.add("a service", megabytes(service.pid), goal="90 MB")
    yield report


def megabytes(pid: int) -> str:
    """The resident set of a process."""
    return f"{resident(pid) / 2**20:,.0f} MB"


def resident(pid: int) -> int:
    """In bytes."""
    line = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) * 1024
