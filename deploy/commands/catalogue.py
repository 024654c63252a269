"""`foyer catalogue import|export`: the concerns that can be booked, as a file for a spreadsheet."""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.table import Table

from deploy.operations.action import How, Outcome, Plan, Reason, Who, perform
from deploy.operations.asked import few
from deploy.town.calls import Calls, NotUp, Refused
from services.booking.http import ConcernAnswer, ConcernBody
from services.booking.proposals.resources import Clerk, clerk_fits
from services.booking.proposals.wish import Need
from services.booking.web.catalogue_cells import COLUMNS, OPTIONAL, Row
from services.booking.web.catalogue_file import CatalogueError, Concern, dump, parse
from shared.web import LONG_BODY

WRONG = 2
"""Exit status when the command could not do what was asked."""
WHAT = ("new", "changed", "withdrawn")
SHOWN = 10
"""Concerns that a warning names."""
_ROW, _BODY, _ANSWER = Row(), ConcernBody(), ConcernAnswer()
app = typer.Typer(no_args_is_help=True, help="The catalogue of concerns: read it from a file, write it to one.")


@dataclass(frozen=True, slots=True)
class Change:
    """What an import would do with one concern; `columns` are those that differ."""

    what: str
    key: str
    name: str
    columns: tuple[str, ...] = ()


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="CSV in UTF-8; - reads standard input")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would change")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Don't ask")] = False,
    reason: Reason = "",
    who: Who = "",
) -> None:
    """Replace the catalogue by a file: what the file lacks is withdrawn. A file with one wrong row changes nothing."""
    concerns = read(file)
    calls = Calls()
    changes = differences(fetch(calls), concerns)
    show(changes)
    if (clerks := staff(calls)) is not None:
        warn(nobody_for(concerns, clerks))
    if dry_run or not changes:
        return
    if not yes:
        agree()
    data = {what: [one.key for one in changes if one.what == what] for what in WHAT}
    how = How(yes=True, reason=reason or "a new catalogue", who=who)
    perform(Plan("catalogue import", file.name, (), data), how, lambda _run: put(calls, concerns))


@app.command("export")
def export(
    file: Annotated[Path | None, typer.Argument(help="Where to write; standard output if left out")] = None,
) -> None:
    """Write the catalogue to a file, as it is now."""
    text = dump(fetch(Calls()))
    if file is None or str(file) == "-":
        sys.stdout.write(text)
        return
    try:
        file.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        fail(f"{file} can't be written: {error.strerror}.")


def put(calls: Calls, concerns: Sequence[Concern]) -> Outcome:
    """Set the whole catalogue; ends the command when booking refuses it."""
    try:
        calls.put("booking", "/api/concerns", body_of(concerns))
    except (NotUp, Refused) as error:
        fail(str(error), *(f"{name}: {says}" for name, says in getattr(error, "errors", {}).items()))
    return Outcome((f"{len(concerns)} concerns can be booked now.",), {"concerns": len(concerns)})


def read(file: Path) -> list[Concern]:
    """The concerns of the file; ends the command when it is not one, or more than booking takes."""
    name = "standard input" if str(file) == "-" else str(file)
    try:
        content = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
        concerns = parse(content.decode("utf-8"))
    except OSError as error:
        fail(f"{name} can't be read: {error.strerror}.")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        fail(f"{name} is not UTF-8 (line {line}): save it again as 'CSV UTF-8'.")
    except CatalogueError as error:
        count = f"{len(error.faults)} {'fault' if len(error.faults) == 1 else 'faults'}"
        fail(f"{name} has {count}, and nothing was imported:", *(str(fault) for fault in error.faults))
    size = len(json.dumps(body_of(concerns)))  # all of it ASCII, as `Calls` sends it
    if size > LONG_BODY:
        fail(
            f"{name} is too large, and nothing was imported: its concerns take {size:,} bytes on the way to booking, "
            f"which takes at most {LONG_BODY:,}. Shorten texts, or leave out questions and effects."
        )
    return concerns


def body_of(concerns: Sequence[Concern]) -> dict[str, Any]:
    """A catalogue as booking's call takes it."""
    return {"concerns": concerns}


def fetch(calls: Calls) -> list[Concern]:
    """The catalogue as booking has it."""
    try:
        answer = calls.get("booking", "/api/concerns", {"all": 1})
    except (NotUp, Refused) as error:
        fail(str(error))
    concerns: list[Concern] = answer["concerns"]
    return concerns


def staff(calls: Calls) -> Sequence[Clerk] | None:
    """All clerks; None where nobody says who they are, for instance because the service is down."""
    try:
        told = calls.get("staff_calendar", "/api/staff")["staff"]
    except (NotUp, Refused):
        return None
    nothing: frozenset[Any] = frozenset()
    return [
        Clerk("", "", frozenset(one["departments"]), frozenset(one["competences"]), nothing, nothing) for one in told
    ]


def nobody_for(concerns: Sequence[Concern], clerks: Sequence[Clerk]) -> list[str]:
    """The keys of the concerns that no clerk of their department has all competences for."""
    needs = [Need(one["key"], one["minutes"], 0, one["department"], tuple(one["competences"])) for one in concerns]
    return [need.concern for need in needs if not any(clerk_fits(clerk, need) for clerk in clerks)]


def warn(keys: Sequence[str]) -> None:
    """No reason to refuse a catalogue: the clerks may come after it."""
    if keys:
        typer.echo(
            f"Nobody can be booked for {few(keys, SHOWN)}: "
            "no clerk of their department has all competences that they need.",
            err=True,
        )


def differences(old: Sequence[Concern], new: Sequence[Concern]) -> list[Change]:
    """New and changed concerns in the order of the new catalogue, then those withdrawn."""
    before = {concern["key"]: concern for concern in old}
    after = {concern["key"] for concern in new}
    changes = [Change("new", c["key"], c["name"]["de"]) for c in new if c["key"] not in before]
    changed = [(c, columns(before[c["key"]], c)) for c in new if c["key"] in before]
    changes += [Change("changed", c["key"], c["name"]["de"], names) for c, names in changed if names]
    return changes + [Change("withdrawn", c["key"], c["name"]["de"]) for c in old if c["key"] not in after]


def columns(old: Concern, new: Concern) -> tuple[str, ...]:
    """The columns in which a concern as booking has it differs from what booking would make of another version."""
    before: dict[str, Any] = _ROW.dump(old)
    after: dict[str, Any] = _ROW.dump(_ANSWER.dump(_BODY.load(new)))
    return tuple(name for name in (*COLUMNS, *OPTIONAL) if before.get(name, "") != after.get(name, ""))


def show(changes: Sequence[Change]) -> None:
    """What changes, as a table."""
    console = Console()
    if not changes:
        console.print("The catalogue is already as in the file.")
        return
    table = Table("", "key", "name", "differs in", box=None, header_style="bold")
    for change in changes:
        table.add_row(change.what, change.key, change.name, ", ".join(change.columns))
    console.print(table)


def agree() -> None:
    """Ask; ends the command without an answer of yes."""
    if not sys.stdin.isatty():
        fail("Nobody is there to agree: add --yes to import, or --dry-run to look only.")
    if not typer.confirm("Import?"):
        raise typer.Exit(1)


def fail(sentence: str, *details: str) -> NoReturn:
    """End the command with status 2 and what is wrong."""
    typer.echo("\n".join((sentence, *details)), err=True)
    raise typer.Exit(WRONG)
