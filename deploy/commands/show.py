"""`foyer show`: an appointment's whole story across the services, from their logs."""

from dataclasses import asdict
from enum import StrEnum
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.table import Table
from rich.tree import Tree
from sqlalchemy.exc import DBAPIError

from deploy.home import BadInput
from deploy.operations.asked import moment, print_json
from deploy.operations.databases import there
from deploy.parts import SERVICES
from deploy.story import Told, by_cause, story
from shared import config

NOW = "now"
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
    as_: Annotated[As, typer.Option("--as", help="tree: what led to what; table: line by line; json: everything")] = (
        As.TREE
    ),
    json: Annotated[bool, typer.Option("--json", help="The same as --as json")] = False,
    at: Annotated[str, typer.Option(help="As it was then, with what each service knew: 2026-11-23T10:20, or now")] = "",
) -> None:
    """Show an appointment's whole story in order of cause: what each service decided, when, and because of what."""
    settings = config.load(config.EVERY)
    zone = ZoneInfo(settings.timezone)
    until = moment(at, zone, "--at") if at not in ("", NOW) else None
    known: dict[str, Any] = {}
    for service in SERVICES:
        there(service, config.url_of(service, settings.database_url))
    try:
        told = story(settings.database_url, appointment, until)
        if at and told:
            from deploy.states import states  # loads the five services

            known = states(settings.database_url, appointment, until, zone)
    except DBAPIError as error:
        reason = str(error.orig).splitlines()[0]
        raise BadInput(
            f"A log can't be read ({reason}). Is the ensemble of this folder up? See `foyer status`."
        ) from None
    if not told:
        then = f" at {at}" if until else ""
        raise BadInput(f"No log knew an appointment '{appointment}'{then}.")
    console = Console()
    match As.JSON if json else as_:
        case As.JSON:
            whole = [_plain(event) for event in told]
            print_json({"at": until, "states": known, "story": whole} if at else whole)
            return
        case As.TABLE:
            console.print(_table(told, zone))
        case As.TREE:
            console.print(_tree(appointment, told, zone))
    if known:
        _print_states(console, known)


def _print_states(console: Console, known: dict[str, Any]) -> None:
    from deploy.states import lines

    for service, state in known.items():
        console.print(f"\n[{SERVICE_STYLES[service]}]{service}[/]")
        for line in lines(state) if state else ("knew nothing of it",):
            console.print(f"  {line}", highlight=False, markup=False)


def _plain(event: Told) -> dict[str, object]:
    fields = asdict(event)
    del fields["effects"]
    return fields


def _table(told: list[Told], zone: ZoneInfo) -> Table:
    start = told[0].at
    table = Table(f"since {start.astimezone(zone):%Y-%m-%d %H:%M:%S}", "service", "event", "told others", box=None)
    for event in told:
        after = f"+{(event.at - start).total_seconds() * 1000:.0f} ms"
        service = f"[{SERVICE_STYLES[event.service]}]{event.service}[/]"
        table.add_row(after, service, event.type + _gist(event), "yes" if event.said else "")
    return table


def _tree(appointment: str, told: list[Told], zone: ZoneInfo) -> Tree:
    start = told[0].at
    tree = Tree(f"[bold]{appointment}[/] · {start.astimezone(zone):%A %Y-%m-%d %H:%M:%S} · {told[0].correlation}")

    def grow(branch: Tree, events: list[Told]) -> None:
        for event in events:
            after = (event.at - start).total_seconds() * 1000
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
