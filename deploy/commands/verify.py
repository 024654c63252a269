"""`foyer verify`: the guarantees over all logs and read models; and what can be done where one does not hold."""

from collections import Counter
from collections.abc import Sequence
from typing import Annotated, Any

import structlog
import typer
from rich.console import Console

from deploy.guarantees import GUARANTEES
from deploy.home import BadInput
from deploy.operations.action import DryRun, How, Json, Outcome, Plan, Reason, Run, Who, Yes, perform
from deploy.operations.asked import print_json
from deploy.verify.everything import MORE, verify_twice
from deploy.verify.log import Finding, NoLog
from deploy.verify.remedies import carry_out, described, promising, remedies
from shared import config

SHOWN = 200
"""Findings that are printed; --json has all of them."""
Repair = Annotated[bool, typer.Option("--repair", help="Redeliver, give commands again, rebuild: whatever helps")]
Patience = Annotated[
    float, typer.Option("--patience", min=0, max=600, help="Only what is found again so many seconds later counts")
]


def verify(
    repair: Repair = False,
    patience: Patience = 5,
    dry_run: DryRun = False,
    yes: Yes = False,
    reason: Reason = "",
    who: Who = "",
    json: Json = False,
) -> None:
    """Check the guarantees over the logs and read models of all services; the ensemble may run. Exit status 1 when
    something is wrong, with the streams. --repair never touches an event: it redelivers, commands again, rebuilds.
    """
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    settings = config.load(config.EVERY)
    found = _look(settings.database_url, patience, json)
    findings = _broken(found)
    if repair:
        findings = promising(findings, settings.database_url)
    if not repair or not findings:
        _show(findings, _notes(found), json)
        raise typer.Exit(1 if findings else 0)
    if not json:
        _show(findings, _notes(found), json)
    how = How(dry_run, yes, reason, who, json)
    perform(_plan(findings), how, lambda run: _repair(findings, run, settings, patience, json))
    raise typer.Exit(1 if dry_run else 0)


def _look(pattern: str, patience: float, json: bool) -> list[Finding]:
    console = Console(stderr=True, quiet=json)
    try:
        with console.status("") as status:
            return verify_twice(pattern, patience, lambda what: status.update(f"checking {what}"))
    except NoLog as error:
        raise BadInput(f"{error}.") from None


def _broken(found: Sequence[Finding]) -> list[Finding]:
    return [finding for finding in found if not finding.note]


def _notes(found: Sequence[Finding]) -> list[Finding]:
    return [finding for finding in found if finding.note]


def _show(findings: Sequence[Finding], notes: Sequence[Finding], json: bool) -> None:
    if json:
        data = {"findings": [_data(one) for one in findings], "notes": [_data(one) for one in notes]}
        print_json({"holds": not findings} | data)
        return
    broken = Counter(finding.guarantee for finding in findings)
    for guarantee in (*GUARANTEES, *MORE):
        typer.echo(f"{'no ' if broken[guarantee] else 'yes'}  {guarantee}{_count(broken[guarantee])}")
    for finding in findings[:SHOWN]:
        typer.echo(f"  {finding}")
    if len(findings) > SHOWN:
        typer.echo(f"  and {len(findings) - SHOWN:,} more; --json has all of them")
    for note in notes[:SHOWN]:
        typer.echo(f"  known: {note}")


def _count(number: int) -> str:
    return f": {number} finding{'s' if number > 1 else ''}" if number else ""


def _data(finding: Finding) -> dict[str, Any]:
    names = ("guarantee", "service", "stream", "detail")
    remedy = None if finding.remedy is None else described(finding.remedy)
    return {name: getattr(finding, name) for name in names} | {"repair": remedy}


def _plan(findings: Sequence[Finding]) -> Plan:
    todo = [described(remedy) for remedy in remedies(findings)]
    helpless = [finding for finding in findings if finding.remedy is None]
    lines = ["What --repair does about it:", *(todo or ["nothing"])]
    if helpless:
        lines.append('It can do nothing about these; docs/operations.md says under "What verify finds" what to do:')
        lines += [f"  {finding}" for finding in helpless[:SHOWN]]
    return Plan("verify --repair", "all services", tuple(lines), {"findings": len(findings), "todo": todo})


def _repair(findings: Sequence[Finding], run: Run, settings: Any, patience: float, json: bool) -> Outcome:
    run.go_on = "What was done is done; the same command finds what is left."
    done = [carry_out(remedy, settings.database_url, settings.amqp_url) for remedy in remedies(findings)]
    left = _broken(_look(settings.database_url, max(patience, 1), json))
    lines = [f"{described(one.remedy)} {one.what}" for one in done]
    lines += [f"Left: {finding}" for finding in left[:SHOWN]] or ["Everything holds now."]
    data = {"done": len(done), "left": [_data(finding) for finding in left]}
    return Outcome(tuple(lines), data, status=1 if left else 0)
