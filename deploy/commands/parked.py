"""`foyer parked`: messages that could not be applied, and what to do with them."""

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import orjson
import typer

from deploy.operations.action import DryRun, How, Json, Outcome, Plan, Reason, Run, Who, Yes, perform
from deploy.operations.asked import print_json, services, shown
from deploy.operations.parked import editing, ordering, rows
from deploy.operations.parked.rows import Parked
from deploy.operations.starting import ListsByDefault
from shared import config
from shared.orders import DISCARD, EDIT, RETRY, Order

Service = Annotated[list[str] | None, typer.Option("--service", "-s", help="Only at these services")]
Ids = Annotated[list[str] | None, typer.Argument(help="Ids, as `foyer parked list --rows` shows them")]
Id = Annotated[str, typer.Argument(help="Id, as `foyer parked list --rows` shows it")]
Group = Annotated[str, typer.Option("--group", "-g", help="All of this group")]
All = Annotated[bool, typer.Option("--all", help="All that is parked")]
app = typer.Typer(
    cls=ListsByDefault,
    help="Messages that could not be applied: each stops only its own stream, and waits here with its reason.",
)


@app.command("list")
def list_(
    service: Service = None,
    each: Annotated[bool, typer.Option("--rows", help="Every message, not only the groups")] = False,
    json: Json = False,
) -> None:
    """What is parked, grouped by trouble; the longest waiting first."""
    wanted = services(service)
    found = rows.parked(wanted)
    missing = rows.gaps(wanted)
    if json:
        waits = [{"service": one, "source": source, "waiting": n} for (one, source), n in missing.items()]
        print_json({"parked": [row.as_data() for row in found], "gaps": waits})
        return
    zone = ZoneInfo(config.load(config.EVERY).timezone)
    for line in (_each if each else _grouped)(found, zone) if found else ("Nothing is parked.",):
        typer.echo(line)
    for (one, source), number in missing.items():
        typer.echo(
            f"{number:,} messages of {source} wait at {one} for one before them that has not come. If it does not come "
            f"soon: foyer replay {source} --to {one}"
        )


def _grouped(found: Sequence[Parked], zone: ZoneInfo) -> Iterator[str]:
    for group, members in rows.groups(found).items():
        first, behind = members[0], sum(row.successors for row in members)
        what = f"{len(members):,} x {first.source} {first.type}" if first.source != "?" else f"{len(members):,} x ?"
        yield f"{group}  {what} at {first.service}, since {shown(first.held_at, zone)}, {behind:,} wait behind"
        yield f"            {first.error}"


def _each(found: Sequence[Parked], zone: ZoneInfo) -> Iterator[str]:
    for row in found:
        place = f"{row.source} {row.type} {row.stream[:80]} @{row.sequence}"
        since = f"since {shown(row.held_at, zone)}, tried {row.tries} x, {row.successors:,} wait behind"
        yield f"{row.id}  {place} at {row.service}, {since}"
        yield f"            {row.group}: {row.error}"


@app.command("show")
def show(name: Id, json: Json = False) -> None:
    """One message: what it says (personal data stays sealed), its error, its tries, what waits behind it."""
    row = rows.one(rows.parked(services(None)), name)
    behind, before = rows.successors(row), rows.history(row)
    if json:
        print_json(row.as_data() | {"message": row.message, "waiting": behind, "orders": before})
        return
    for label, value in row.as_data().items():
        typer.echo(f"{label:10} {value}")
    message = row.message
    typer.echo(orjson.dumps(message, option=orjson.OPT_INDENT_2).decode() if isinstance(message, dict) else message)
    for one in behind:
        typer.echo(f"waits behind it: {one['type']} @{one['sequence']}")
    for one in before:
        came = f"{one['result']} {one['detail'] or ''}"
        typer.echo(f"{one['at']} {one['kind']} by {one['who']} ({one['reason']}): {came}")


@app.command("retry")
def retry(
    ids: Ids = None,
    group: Group = "",
    everything: All = False,
    service: Service = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    reason: Reason = "",
    who: Who = "",
    json: Json = False,
) -> None:
    """Try again: one, a group or all. What waits behind one follows it. Issued twice, it takes effect once."""
    chosen = rows.chosen(rows.parked(services(service)), ids or (), group, everything)
    _carry_out(RETRY, chosen, How(dry_run, yes, reason, who, json), "applied")


@app.command("discard")
def discard(
    ids: Ids = None,
    group: Group = "",
    service: Service = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    reason: Reason = "",
    who: Who = "",
    json: Json = False,
) -> None:
    """Let a message be as if it had said nothing: what waits behind it goes on. It is kept, with the reason."""
    chosen = rows.chosen(rows.parked(services(service)), ids or (), group, False)
    _carry_out(DISCARD, chosen, How(dry_run, yes, reason, who, json), "discarded")


@app.command("edit")
def edit(
    name: Id,
    sets: Annotated[list[str] | None, typer.Option("--set", help="data.party_size=2; again for each value")] = None,
    file: Annotated[Path | None, typer.Option(help="A whole message as JSON")] = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    reason: Reason = "",
    who: Who = "",
    json: Json = False,
) -> None:
    """Apply another message in its place; the original is kept beside it. Write no personal data into it."""
    row = rows.one(rows.parked(services(None)), name)
    message = editing.edited(row, sets or (), file, _mark(row))
    lines = editing.difference(row, message)
    how = How(dry_run, yes, reason, who, json)
    _carry_out(EDIT, [row], how, "applied as edited", message, lines)


def _carry_out(
    kind: str,
    chosen: Sequence[Parked],
    how: How,
    done: str,
    message: dict[str, object] | None = None,
    lines: tuple[str, ...] = (),
) -> None:
    behind = sum(row.successors for row in chosen)
    plan = Plan(
        f"parked {kind}",
        ", ".join(sorted({row.service for row in chosen})) or "nothing",
        (*lines, f"{kind}: {len(chosen):,} parked messages; {behind:,} wait behind them."),
        {"rows": [row.as_data() for row in chosen[:100]], "number": len(chosen), "difference": list(lines)},
    )

    def do(run: Run) -> Outcome:
        run.go_on = "What was ordered is carried out; the same command orders the rest. Nothing happens twice."
        pairs = [(row.service, _order(kind, row, run, message)) for row in chosen]
        results = ordering.give(ordering.by_service(pairs))
        return ordering.outcome(results, done) if results else Outcome(("Nothing is parked.",))

    perform(plan, how, do)


def _order(kind: str, row: Parked, run: Run, message: dict[str, object] | None) -> Order:
    # The same order for the same row after the same number of tries: whoever gives it twice gives it once.
    place = (row.source, row.stream, row.sequence, row.tries)
    name = f"{kind}-{_mark(row)}" + (f"-{_digest(message)}" if message else "")
    return Order(name, kind, *place, message=message, who=run.who, reason=run.reason)


def _digest(message: dict[str, object]) -> str:
    return hashlib.sha256(orjson.dumps(message, option=orjson.OPT_SORT_KEYS)).hexdigest()[:8]


def _mark(row: Parked) -> str:
    return f"{row.id}-{row.tries}"


@app.command("export")
def export(service: Service = None) -> None:
    """All that is parked, as JSON lines with the whole messages."""
    for row in rows.parked(services(service)):
        typer.echo(orjson.dumps(row.as_data() | {"message": row.message}).decode())
