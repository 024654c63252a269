"""`foyer show`: an appointment's whole story across the services, from their logs."""

from dataclasses import asdict
from datetime import datetime
from enum import StrEnum
from typing import Annotated
from zoneinfo import ZoneInfo

import orjson
import typer
from rich.console import Console
from rich.table import Table
from rich.tree import Tree
from sqlalchemy.exc import DBAPIError

from deploy.home import CannotDo
from deploy.story import Told, by_cause, story
from shared import config

WRONG = 2
SERVICE_STYLES = {
    "booking": "bold cyan",
    "rooms": "green",
    "staff_calendar": "yellow",
    "visitor_access": "magenta",
    "notifications": "blue",
}


class As(StrEnum):
    """How it is shown."""

    TREE = "tree"
    TABLE = "table"
    JSON = "json"


def show(
    appointment: Annotated[str, typer.Argument(help="The appointment's id")],
    as_: Annotated[As, typer.Option("--as", help="tree: by cause; table: by time; json: everything")] = As.TREE,
) -> None:
    """Show an appointment's whole story: what each service decided, when, and because of what."""
    settings = config.load("{service}")
    try:
        told = story(settings.database_url, appointment)
    except DBAPIError as error:
        reason = str(error.orig).splitlines()[0]
        raise CannotDo(
            f"A log can't be read ({reason}). Is the ensemble of this folder up? See `foyer status`."
        ) from None
    if not told:
        typer.echo(f"No log knows an appointment '{appointment}'.", err=True)
        raise typer.Exit(WRONG)
    console = Console()
    zone = ZoneInfo(settings.timezone)
    match as_:
        case As.JSON:
            typer.echo(orjson.dumps([_plain(event) for event in told], option=orjson.OPT_INDENT_2).decode())
        case As.TABLE:
            console.print(_table(told, zone))
        case As.TREE:
            console.print(_tree(appointment, told, zone))


def _plain(event: Told) -> dict[str, object]:
    fields = asdict(event)
    del fields["effects"]
    return fields


def _table(told: list[Told], zone: ZoneInfo) -> Table:
    start = _time(told[0])
    table = Table(f"since {start.astimezone(zone):%Y-%m-%d %H:%M:%S}", "service", "event", "told others", box=None)
    for event in told:
        after = f"+{(_time(event) - start).total_seconds() * 1000:.0f} ms"
        service = f"[{SERVICE_STYLES[event.service]}]{event.service}[/]"
        table.add_row(after, service, event.type + _gist(event), "yes" if event.said else "")
    return table


def _tree(appointment: str, told: list[Told], zone: ZoneInfo) -> Tree:
    start = _time(told[0])
    tree = Tree(f"[bold]{appointment}[/] · {start.astimezone(zone):%A %Y-%m-%d %H:%M:%S} · {told[0].correlation}")

    def grow(branch: Tree, events: list[Told]) -> None:
        for event in events:
            after = (_time(event) - start).total_seconds() * 1000
            label = f"[{SERVICE_STYLES[event.service]}]{event.service}[/] [bold]{event.type}[/]"
            grow(branch.add(f"{label} [dim]+{after:.0f} ms[/]{_gist(event)}"), event.effects)

    grow(tree, by_cause(told))
    return tree


def _gist(event: Told) -> str:
    """What is worth a glance in an event: where, who, why. Never personal data: that is sealed."""
    names = [str(stop["name"]) for stop in event.data.get("stops", ()) if "name" in stop and "starts_at" in stop]
    because = event.data.get("because")
    parts = [*names, *(because if isinstance(because, list) else [because] if because else [])]
    return f" [dim]· {', '.join(parts)}[/]" if parts else ""


def _time(event: Told) -> datetime:
    return datetime.fromisoformat(event.recorded_at)
