"""Growth: is the line slower with 10,000 appointments in its logs? Takes minutes: only when asked for by name.

The appointments are made by the line itself, so that logs and read tables are those of a town that has run for months.
More of them: FOYER_BENCH_APPOINTMENTS=100000.
"""

from collections.abc import Iterable

from environs import Env

from bench import line
from bench.report import Report, rate
from bench.toys import Servers

AT_A_TIME = 1_000


def measure(servers: Servers) -> Iterable[Report]:
    """On PostgreSQL."""
    wanted = Env().int("FOYER_BENCH_APPOINTMENTS", 10_000)
    with line.running(servers, "postgresql") as town:
        report = Report("The whole line on postgresql, before and after growth")
        town.ask(town.places(200), pace=None)
        before = town.ask(town.places(line.SATURATED), pace=None)
        calm = town.ask(town.places(line.STEADY), pace=line.PER_SECOND)
        there = before.confirmed + calm.confirmed
        report.add(f"saturated, about {there:,} appointments", rate(before.per_second, "visits/s"))
        while there < wanted:
            filled = town.ask(town.places(AT_A_TIME), pace=None)
            there += filled.confirmed
            if not filled.asked:
                report.add("the town is full", f"{there:,} appointments")
                break
        after = town.ask(town.places(line.SATURATED), pace=None)
        slow = town.ask(town.places(line.STEADY), pace=line.PER_SECOND)
        ratio = after.per_second / before.per_second
        report.add(f"saturated, about {there:,} appointments", rate(after.per_second, "visits/s"), ratio, "80 %")
        report.add("p50 at 20/s before", f"{calm.quantile(0.5):,.0f} ms")
        ratio = slow.quantile(0.5) / calm.quantile(0.5)
        report.add("p50 at 20/s after", f"{slow.quantile(0.5):,.0f} ms", ratio, "at most 120 %")
        yield report
