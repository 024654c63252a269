"""`foyer streams`: every log and how far it is published, every listener and how far it has come."""

from typing import Annotated

import typer
from pika.exceptions import AMQPError
from rich.console import Console
from rich.table import Table
from rich.text import Text

from deploy.broker import check_broker
from deploy.operations.action import Json
from deploy.operations.asked import print_json, services
from deploy.operations.streams import Heard, Queue, Spoken, age, as_data, astray, heard, queues, spoken
from shared import config

NO_BROKER = 2
TOLD_AGAIN = "a queue was lost, or it has begun to hear that source only now. Look what a replay would do:"
LATE = 1.0
"""Seconds from which being behind is worth a colour."""


def streams(
    service: Annotated[list[str] | None, typer.Option("--service", "-s", help="Only these services")] = None,
    json: Json = False,
) -> None:
    """Logs, streams, positions; what waits for a publisher, in a queue, for a predecessor, or is parked."""
    wanted = services(service)
    logs = [spoken(one) for one in wanted]
    listeners = [found for one in wanted for found in heard(one)]
    url = config.load(config.EVERY).amqp_url
    try:
        broker, problem = queues(url, wanted), ""
    except (AMQPError, OSError, ValueError):
        broker, problem = [], check_broker(url) or "it does not answer"
    of = {one.service: one for one in broker}
    lost = {(one.listener, one.source): astray(one, of.get(one.listener)) for one in listeners}
    if json:
        heard_of = [as_data(one) | {"astray": lost[one.listener, one.source]} for one in listeners]
        shown = {"logs": list(map(as_data, logs)), "listeners": heard_of}
        print_json(shown | {"queues": list(map(as_data, broker)), "broker": problem or "ok"})
    else:
        console = Console()
        console.print(_logs(logs, of), "", _listeners(listeners), sep="\n")
        for (listener, source), number in lost.items():
            if number:
                typer.echo(f"{number:,} messages of {source} wait nowhere for {listener}: {TOLD_AGAIN}")
                typer.echo(f"  foyer replay {source} --to {listener} --dry-run")
    if problem:
        typer.echo(f"The message broker can't be used: {problem}. See `foyer status`.", err=True)
        raise typer.Exit(NO_BROKER)


def _logs(logs: list[Spoken], broker: dict[str, Queue]) -> Table:
    table = _table("log", "streams", "events", "position", "to publish", "since", "in queue", "takers")
    for log in logs:
        queue = broker.get(log.service)
        depth, takers = (queue.depth, queue.consumers) if queue else (None, None)
        numbers = (f"{log.streams:,}", f"{log.events:,}", f"{log.position:,}", f"{log.unpublished:,}")
        cells = (*numbers, _since(log.unpublished_since), _number(depth), _number(takers, good=bool(takers)))
        table.add_row(log.service, *cells)
    return table


def _listeners(listeners: list[Heard]) -> Table:
    table = _table("listener", "hears", "applied", "behind", "since", "waiting", "parked", "since")
    table.columns[1].justify = "left"
    for one in listeners:
        behind = Text(f"{one.ahead:,} ahead!", style="red") if one.ahead else f"{one.behind:,}"
        cells = (f"{one.applied:,}", behind, _since(one.behind_since), f"{one.waiting:,}")
        parked = Text(f"{one.parked:,}", style="red" if one.parked else "")
        table.add_row(one.listener, one.source, *cells, parked, _since(one.parked_since))
    return table


def _table(*columns: str) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for n, column in enumerate(columns):
        table.add_column(column, justify="right" if n else "left", no_wrap=True)
    return table


def _number(value: int | None, good: bool = True) -> Text:
    return Text("?" if value is None else f"{value:,}", style="" if good and value is not None else "red")


def _since(moment: str | None) -> Text:
    seconds = age(moment)
    if seconds is None:
        return Text("")
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    shown = f"{hours}:{minutes:02}:{rest:02}" if hours or minutes else f"{seconds:.1f} s"
    return Text(shown, style="red" if seconds > LATE else "")
