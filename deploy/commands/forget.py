"""`foyer forget`: guests leave no readable trace in any service; the counts stay."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import orjson
import typer

from deploy.home import BadInput, CannotDo, Home
from deploy.operations.action import DryRun, How, Json, Outcome, Plan, Reason, Run, Who, Yes, perform
from deploy.person import finding, forgetting
from deploy.town.calls import Calls, NotUp, Refused

PassOption = Annotated[str, typer.Option("--pass", help="Of the guest with this pass")]
GuestOption = Annotated[str, typer.Option("--guest", help="Of everybody with this name or mail address")]
DaysOption = Annotated[
    int | None, typer.Option("--ended-before", min=0, help="All whose visits ended more than so many days ago")
]
AgainOption = Annotated[str, typer.Option("--again", help="Those of this action, which was not done to its end")]
ReceiptOption = Annotated[Path | None, typer.Option("--receipt", help="Write the receipt to this file, too")]
CheckOption = Annotated[Path | None, typer.Option("--check", help="Only say whether this receipt is ours, and true")]


def forget(
    appointment: Annotated[str, typer.Argument(help="The appointment's id")] = "",
    number: PassOption = "",
    guest: GuestOption = "",
    ended_before: DaysOption = None,
    again: AgainOption = "",
    receipt: ReceiptOption = None,
    check: CheckOption = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    reason: Reason = "",
    who: Who = "",
    json: Json = False,
) -> None:
    """Delete the keys and readable rows of guests in every service, and see that they are gone.

    A visit that lies ahead is cancelled. By itself this happens FOYER_RETENTION_DAYS after a visit; --reason must name
    nobody.
    """
    if check is not None:
        _check(check)
        return
    meant = _meant(appointment, number, guest, ended_before, again)
    if not meant:
        typer.echo("Nothing to forget: nobody is meant.")
        return
    has = forgetting.keys(meant)
    if not (any(has.values()) or forgetting.mails(meant, _spool()) or again or receipt):
        typer.echo("Nothing to forget: they are forgotten already.")
        return
    lines = _lines(meant, has)
    data = {"appointments": meant, "keys": {service: len(of) for service, of in has.items()}}

    def do(run: Run) -> Outcome:
        run.go_on = f"What was ordered is done; {_rest(run)}"
        return _forget(run, meant, has, receipt)

    perform(Plan("forget", _counted(meant), lines, data), How(dry_run, yes, reason, who, json), do)


def _spool() -> Path:
    return Home.here().root / "mail"


def _counted(appointments: Sequence[str]) -> str:
    return f"{len(appointments)} appointment{'' if len(appointments) == 1 else 's'}"


def _lines(meant: Sequence[str], has: Mapping[str, Sequence[str]]) -> tuple[str, str]:
    told, keys = f"{_counted(meant)} {'is' if len(meant) == 1 else 'are'} forgotten", sum(map(len, has.values()))
    if not keys:
        return f"{told} already: no service has a key.", "Mails that our own sink still has are deleted."
    return (
        f"{told}: {keys} keys in {', '.join(s for s in has if has[s])}.",
        "Their events stay, unreadable; visits that lie ahead are cancelled.",
    )


def _rest(run: Run) -> str:
    # Whoever is forgotten in part is found no more by name or age.
    return f"`foyer forget --again {run.action}` does the rest."


def _meant(appointment: str, number: str, guest: str, days: int | None, action: str) -> list[str]:
    """The appointments. Raises BadInput unless exactly one way of saying so was used."""
    if sum((bool(appointment), bool(number), bool(guest), days is not None, bool(action))) != 1:
        raise BadInput("Say who: an appointment's id, or one of --pass, --guest, --ended-before, --again.")
    if appointment:
        return finding.by_id(appointment)
    if number:
        return finding.by_pass(number)
    if action:
        return finding.by_action(action)
    return finding.by_guest(guest) if guest else finding.ended_before(days or 0, datetime.now(UTC))


def _forget(run: Run, meant: list[str], has: dict[str, list[str]], file: Path | None) -> Outcome:
    rows = forgetting.names_shown(meant)
    try:
        forgetting.order(Calls(), meant)
    except (NotUp, Refused) as error:
        raise CannotDo(str(error)) from None
    if not forgetting.wait_until_gone(meant):
        left = {service: len(of) for service, of in forgetting.keys(meant).items() if of}
        said = f"Not everybody has heard of it yet: keys are left in {', '.join(left) or 'the access list'}."
        return Outcome((said, f"See `foyer status` and `foyer parked`; {_rest(run)}"), {"left": left}, status=1)
    mails = forgetting.scrub(meant, _spool())
    made = forgetting.receipt(run.action, meant, has, rows, mails, forgetting.counts())
    if file is not None:
        file.write_bytes(orjson.dumps(made, option=orjson.OPT_INDENT_2))
    gone = ", ".join(f"{service} {len(of)}" for service, of in has.items() if of)
    keys = f"keys deleted ({gone})" if gone else "no key was left"
    said = f"Forgotten: {keys}, {rows} rows blanked, {mails} mails of our own sink deleted."
    return Outcome((said, f"Receipt {run.action}, signed {made['signature'][:16]}."), made)


def _check(file: Path) -> None:
    try:
        made = orjson.loads(file.read_bytes())
        appointments, signed = made["appointments"], made["signature"]
    except (OSError, ValueError, KeyError, TypeError):
        raise BadInput(f"{file} is no receipt of `foyer forget`.") from None
    if signed != forgetting.signature(made):
        raise CannotDo("This receipt was not made here, or it was changed.")
    if left := [service for service, of in forgetting.keys(appointments).items() if of]:
        raise CannotDo(f"The receipt is ours, but keys of these guests are in {', '.join(left)}.")
    typer.echo(f"The receipt is ours: {_counted(appointments)}, and no service has a key of them.")
