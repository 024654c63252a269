"""Replays as operations see them: a list, a progress bar, and what a redo came to."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from sqlalchemy import Connection, select

from deploy.operations.asked import shown
from deploy.operations.log import Log
from deploy.operations.projections import replays
from deploy.operations.replay.job import Watch
from deploy.operations.under_way import replays_under_way
from shared.tables import orders

INTERRUPTED = "interrupted"
STYLES = {"finished": "green", "running": "cyan", "stopped": "yellow", INTERRUPTED: "yellow"}


@contextmanager
def progress(listener: str, total: int, *, quiet: bool) -> Iterator[Watch]:
    """A bar on the terminal (on stderr, so that output stays for programs)."""
    console = Console(stderr=True, quiet=quiet)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[pace]}"))
    with Progress(*columns, TimeElapsedColumn(), TimeRemainingColumn(), console=console, disable=quiet) as bar:
        task = bar.add_task(f"to {listener}", total=total, pace="")

        def watch(taken: int, under_way: int) -> None:
            speed = bar.tasks[0].speed or 0.0
            bar.update(task, completed=taken, pace=f"{speed:,.0f}/s, {under_way:,} under way")

        yield watch


def listed(log: Log) -> list[dict[str, Any]]:
    """All replays, the oldest first; "interrupted" is one that no process carries on, though nobody has stopped it."""
    with log.read() as connection:
        under_way = replays_under_way(connection)
        rows = [dict(row) for row in connection.execute(select(replays).order_by(replays.c.at)).mappings()]
    for row in rows:
        if row["status"] == "running" and row["job"] not in under_way:
            row["status"] = INTERRUPTED
    return rows


def lines(rows: list[dict[str, Any]], zone: ZoneInfo) -> Iterator[str]:
    """What `foyer replay list` prints."""
    if not rows:
        yield "There was no replay yet."
    for row in rows:
        taken = f"{row['sent']:,} of {row['total']:,}"
        what = f"{row['mode']} {row['source']} to {row['listener']}"
        yield (
            f"{row['job']}  {shown(row['at'], zone)}  [{STYLES[row['status']]}]{row['status']:11}[/]  {what}: {taken}, "
            f"{escape(row['who'])} [dim]({escape(row['reason'])})[/]"
        )


def redone(listener: Connection, job: str) -> tuple[Counter[str], list[dict[str, str]]]:
    """How often each result came about in a redo, and the orders that were not carried out."""
    columns = (orders.c.subject, orders.c.result, orders.c.detail)
    query = select(*columns).where(orders.c.id.startswith(f"{job}-", autoescape=True)).order_by(orders.c.at)
    rows = [dict(row) for row in listener.execute(query).mappings()]
    return Counter(row["result"] for row in rows), [row for row in rows if row["result"] != "done"]
