"""`foyer tail`: what the services say, live; also from a position or a time onwards."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from pika.exceptions import AMQPError
from rich.console import Console
from sqlalchemy.exc import DBAPIError

from deploy.commands.show import SERVICE_STYLES
from deploy.following import Follower, Logs, Wanted
from deploy.home import BadInput
from deploy.operations import asked
from deploy.operations.databases import there
from shared import config
from shared.messages import Message
from shared.refusal import refusal


def tail(
    service: Annotated[list[str] | None, typer.Option("--service", "-s", help="Only of these services")] = None,
    kind: Annotated[list[str] | None, typer.Option("--type", "-t", help="Only messages of these types")] = None,
    subject: Annotated[str, typer.Option(help="Only about this appointment, room or clerk")] = "",
    stream: Annotated[str, typer.Option(help="Only of this stream, as in appointment-ID")] = "",
    position: Annotated[
        int | None, typer.Option("--from", min=1, help="Begin at this position of the log of one service")
    ] = None,
    since: Annotated[str, typer.Option(help="Begin at this time: 2026-11-23T10:20")] = "",
    json: Annotated[bool, typer.Option("--json", help="Whole messages, one a line")] = False,
    count: Annotated[int, typer.Option("--count", "-n", min=0, help="End after so many; 0 = go on until Ctrl-C")] = 0,
) -> None:
    """Follow what is said, from now on or from an earlier place, without gap or repeat.

    Takes nothing away from anybody: it listens with a queue of its own.
    """
    settings = config.load(config.EVERY)
    zone = ZoneInfo(settings.timezone)
    wanted = Wanted(asked.services(service), tuple(kind or ()), stream, subject)
    _check_types(wanted)
    moment = asked.moment(since, zone, "--since") if since else None
    if moment is not None and moment > datetime.now(UTC):
        raise BadInput(f"--since {since} lies ahead: leave it out for what is said from now on.")
    for one in wanted.services:
        there(one, config.url_of(one, settings.database_url))
    logs = Logs(settings.database_url, wanted.services)
    try:
        seen = _beginning(logs, wanted, position, moment)
        Follower(wanted, logs, settings.amqp_url, seen, _lines(json, zone), count, moment, _say_lost).run()
    except DBAPIError as error:
        reason = str(error.orig).splitlines()[0]
        raise BadInput(
            f"A log can't be read ({reason}). Is the ensemble of this folder up? See `foyer status`."
        ) from None
    except (AMQPError, OSError) as error:
        what = f"refuses: {why}" if (why := refusal(error)) else f"does not answer ({type(error).__name__})"
        raise BadInput(f"The message broker {what}. See `foyer status`.") from None
    except KeyboardInterrupt:
        return
    finally:
        logs.close()


def _check_types(wanted: Wanted) -> None:
    if not wanted.types:
        return
    from deploy.said import types  # loads the contracts

    known = types(*wanted.services)
    if unknown := [kind for kind in wanted.types if kind not in known]:
        raise BadInput(f"No message is called {', '.join(unknown)}; there are {', '.join(known)}.")


def _beginning(logs: Logs, wanted: Wanted, position: int | None, moment: datetime | None) -> dict[str, int]:
    """The position of each log behind which to begin. Raises BadInput."""
    if position is not None and moment is not None:
        raise BadInput("Give --from or --since, not both.")
    if wanted.stream and not logs.knows(wanted.stream):
        raise BadInput(f"No log of {', '.join(wanted.services)} has a stream {wanted.stream!r}.")
    if moment is not None:
        return logs.beginning(moment)
    ends = logs.ends()
    if position is None:
        return ends
    if len(wanted.services) != 1:
        raise BadInput("Each service counts its own positions: name one with --service, or use --since.")
    (name,) = wanted.services
    if position > ends[name] + 1:
        raise BadInput(f"{name}'s log has positions 1 to {ends[name]}; there is no {position}.")
    return {name: position - 1}


def _say_lost(error: Exception) -> None:
    typer.echo(f"The message broker went away ({type(error).__name__}); going on when it is back.", err=True)


def _lines(json: bool, zone: ZoneInfo) -> Callable[[Message], None]:
    console = Console()

    def as_line(message: Message) -> None:
        moment: datetime = message.time.astimezone(zone)
        service = f"[{SERVICE_STYLES[message.source]}]{message.source:14}[/]"
        place = f"[dim]{message.subject} @{message.sequence} #{message.position}[/]"
        console.print(f"{moment:%H:%M:%S.%f} {service} [bold]{message.type:24}[/] {place}", soft_wrap=True)

    return (lambda message: typer.echo(message.body.decode())) if json else as_line
