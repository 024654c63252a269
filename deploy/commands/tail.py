"""`foyer tail`: live events as the services say them, from the broker."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import pika
import typer
from pika.adapters.blocking_connection import BlockingChannel
from pika.exceptions import AMQPError
from rich.console import Console

from deploy.commands.show import SERVICE_STYLES
from deploy.home import CannotDo
from deploy.parts import SERVICES, place
from shared import config, messages, topology
from shared.messages import Message, Unreadable

WRONG = 2


def tail(
    service: Annotated[list[str] | None, typer.Option("--service", "-s", help="Only of these services")] = None,
    kind: Annotated[list[str] | None, typer.Option("--type", "-t", help="Only messages of these types")] = None,
    subject: Annotated[str, typer.Option(help="Only about this appointment, room or clerk")] = "",
    json: Annotated[bool, typer.Option("--json", help="Whole messages, one a line")] = False,
    count: Annotated[int, typer.Option("--count", "-n", min=0, help="End after so many; 0 = go on until Ctrl-C")] = 0,
) -> None:
    """Follow what is said from now on. Takes nothing away from anybody: it listens with a queue of its own."""
    unknown = set(service or ()) - set(SERVICES)
    if unknown:
        typer.echo(f"No service is called {', '.join(sorted(unknown))}; there are {', '.join(SERVICES)}.", err=True)
        raise typer.Exit(WRONG)
    settings = config.load("tail")
    show = _lines(json, ZoneInfo(settings.timezone))
    try:
        connection = pika.BlockingConnection(pika.URLParameters(settings.amqp_url))
    except (AMQPError, OSError) as error:
        raise CannotDo(f"The message broker does not answer ({type(error).__name__}). See `foyer status`.") from None
    try:
        follow(connection.channel(), service or SERVICES, kind or (), subject, show, count)
    except AMQPError as error:
        raise CannotDo(f"The message broker went away ({type(error).__name__}).") from None
    except KeyboardInterrupt:
        return
    finally:
        if connection.is_open:
            connection.close()


def follow(
    channel: BlockingChannel,
    services: Sequence[str],
    kinds: Sequence[str],
    subject: str,
    show: Callable[[Message], None],
    count: int = 0,
) -> None:
    """Call `show` for every message that fits, until `count` have come (0: for ever)."""
    queue = channel.queue_declare("", exclusive=True).method.queue
    for service in services:
        exchange = topology.exchange(place(service).name)
        channel.exchange_declare(exchange, "topic", durable=True)
        for key in kinds or ("#",):
            channel.queue_bind(queue, exchange, key)
    shown = 0
    for _method, _properties, body in channel.consume(queue, auto_ack=True):
        try:
            message = messages.read(body)
        except Unreadable:
            continue
        if subject in ("", message.subject):
            show(message)
            shown += 1
            if shown == count:
                return


def _lines(json: bool, zone: ZoneInfo) -> Callable[[Message], None]:
    console = Console()

    def as_line(message: Message) -> None:
        moment: datetime = message.time.astimezone(zone)
        service = f"[{SERVICE_STYLES[message.source]}]{message.source:14}[/]"
        place = f"[dim]{message.subject} @{message.sequence} #{message.position}[/]"
        console.print(f"{moment:%H:%M:%S.%f} {service} [bold]{message.type:24}[/] {place}", soft_wrap=True)

    return (lambda message: typer.echo(message.body.decode())) if json else as_line
