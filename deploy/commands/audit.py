"""`foyer audit`: who did what to the ensemble, why, and with what result."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.markup import escape
from sqlalchemy import select

from deploy.home import BadInput
from deploy.operations.action import Json
from deploy.operations.asked import moment, print_json, shown
from deploy.operations.log import Log, existing
from deploy.operations.projections import actions
from deploy.operations.under_way import with_end
from shared import config
from shared.tables import instant

STYLES = {"done": "green", "begun": "cyan", "interrupted": "yellow"}


def audit(
    action: Annotated[str, typer.Argument(help="One action, with its plan and its result")] = "",
    what: Annotated[str, typer.Option(help="Only these: replay, parked retry, rebuild, forget, ...")] = "",
    by: Annotated[str, typer.Option(help="Only what this person did")] = "",
    target: Annotated[str, typer.Option(help="Only what was done to this")] = "",
    since: Annotated[str, typer.Option(help="Only from this time on: 2026-11-23T10:20")] = "",
    until: Annotated[str, typer.Option(help="Only before this time")] = "",
    limit: Annotated[int, typer.Option("--limit", "-l", min=1, help="At most so many, the newest")] = 50,
    json: Json = False,
) -> None:
    """Who did what to the ensemble, when, why, and with what result."""
    zone = ZoneInfo(config.load(config.EVERY).timezone)
    first, last = (moment(text, zone, name) if text else None for text, name in _range(since, until))
    if first and last and first >= last:
        raise BadInput("--since must be before --until.")
    with existing() as log:
        if action:
            _one(log, action, zone, json)
            return
        conditions = [actions.c.what == what] * bool(what) + [actions.c.who == by] * bool(by)
        conditions += [actions.c.target == target] * bool(target)
        conditions += [actions.c.at >= instant(first)] if first else []
        conditions += [actions.c.at < instant(last)] if last else []
        query = select(actions).where(*conditions).order_by(actions.c.at.desc()).limit(limit)
        with log.read() as connection:
            rows = [with_end(row) for row in connection.execute(query).mappings()][::-1]
    if json:
        print_json(rows)
        return
    for line in _lines(rows, zone):
        Console(highlight=False, soft_wrap=True).print(line)


def _range(since: str, until: str) -> tuple[tuple[str, str], tuple[str, str]]:
    return (since, "--since"), (until, "--until")


def _one(log: Log, action: str, zone: ZoneInfo, json: bool) -> None:
    with log.read() as connection:
        row = connection.execute(select(actions).where(actions.c.action == action)).mappings().one_or_none()
    if row is None:
        raise BadInput(f"There is no action {action!r} in the audit log; `foyer audit` lists them.")
    found = with_end(row)
    if json:
        print_json(found)
        return
    for name in ("action", "what", "target", "who", "reason", "status", "host", "pid"):
        typer.echo(f"{name:8} {found[name]}")
    typer.echo(f"{'from':8} {shown(found['at'], zone)}")
    if found["ended_at"]:
        typer.echo(f"{'until':8} {shown(found['ended_at'], zone)}")
    for name in ("plan", "outcome"):
        typer.echo(f"{name}:")
        for key, value in (found[name] or {}).items():
            typer.echo(f"  {key}: {value}")


def _lines(rows: list[dict[str, Any]], zone: ZoneInfo) -> Iterator[str]:
    if not rows:
        yield "Nothing is recorded."
    for row in rows:
        style = STYLES.get(row["status"], "red")
        yield (
            f"{shown(row['at'], zone)}  {row['action']}  [{style}]{row['status']:11}[/] {_took(row):>7}  "
            f"{escape(row['who'])}: {row['what']} {escape(row['target'])} [dim]({escape(row['reason'])})[/]"
        )


def _took(row: dict[str, Any]) -> str:
    ended = datetime.fromisoformat(row["ended_at"]) if row["ended_at"] else datetime.now(UTC)
    seconds = (ended - datetime.fromisoformat(row["at"])).total_seconds()
    return "" if row["status"] == "killed" else f"{seconds:.1f} s"
