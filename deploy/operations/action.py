"""Doing something to the ensemble: shown first, agreed to, done, and recorded with who and why. See the package."""

import getpass
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Annotated, Any
from uuid import uuid4

import typer

from deploy.home import BadInput, CannotDo
from deploy.operations.asked import print_json
from deploy.operations.commands import BeginAction, EndAction
from deploy.operations.log import Log, opened, stamp

INTERRUPTED = 130
LONGEST = 500
"""Characters of a reason, and of who."""
DryRun = Annotated[bool, typer.Option("--dry-run", "-n", help="Only show what would be done")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do it without asking")]
Reason = Annotated[str, typer.Option("--reason", "-r", help="Why; it is kept in the audit log")]
Who = Annotated[str, typer.Option("--who", help="Who does it; whoever is signed in here, if left out")]
Json = Annotated[bool, typer.Option("--json", help="For programs")]


@dataclass(frozen=True, slots=True)
class How:
    """The options that every command which changes something has."""

    dry_run: bool = False
    yes: bool = False
    reason: str = ""
    who: str = ""
    json: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be done, to what: in words, and for programs and the log. Nothing personal."""

    what: str
    target: str
    lines: tuple[str, ...]
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it. `status` 1: it was done, and not all is well."""

    lines: tuple[str, ...] = ()
    data: Mapping[str, Any] = field(default_factory=dict)
    status: int = 0


@dataclass(slots=True)
class Run:
    """An action under way. `go_on` is what somebody is told who interrupts it; `log` is the log of operations."""

    action: str
    who: str
    reason: str
    log: Log
    go_on: str = "Nothing is half done; the same command does it again."


def perform(plan: Plan, how: How, do: Callable[[Run], Outcome]) -> Outcome | None:
    """Show the plan, and carry it out if it is wanted; None after a dry run.

    Raises BadInput without a reason, CannotDo when it is not wanted after all, typer.Exit with another status than 0.
    """
    _show(plan, how)
    if how.dry_run:
        return None
    reason = _agreed(how)
    with opened() as log:
        run = Run(uuid4().hex[:12], how.who.strip() or signed_in(), reason, log)
        outcome = _recorded(plan, run, do)
    _tell(run, outcome, how)
    if outcome.status:
        raise typer.Exit(outcome.status)
    return outcome


def signed_in() -> str:
    """Who sits at this terminal: $SUDO_USER, or the user's name."""
    try:
        return os.environ.get("SUDO_USER") or getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"


def _show(plan: Plan, how: How) -> None:
    if how.json:
        if how.dry_run:
            print_json({"what": plan.what, "target": plan.target, "dry_run": True, "plan": dict(plan.data)})
        return
    for line in plan.lines:
        typer.echo(line)
    if how.dry_run:
        typer.echo("Nothing was done (--dry-run).")


def _agreed(how: How) -> str:
    """The reason, when all is said that must be said."""
    try:
        return _asked(how)
    except typer.Abort:  # Ctrl-C or the end of the input, where a question was asked
        raise CannotDo("Nothing was done.") from None


def _asked(how: How) -> str:
    asking = sys.stdin.isatty() and not how.json
    if not how.yes and not asking:
        raise CannotDo("Nothing was done: give --yes to do it, or --dry-run to see only what it would do.")
    reason = how.reason.strip()
    if not reason and asking and not how.yes:
        reason = typer.prompt("Why").strip()
    if not reason:
        raise BadInput("Say why with --reason: it is kept in the audit log.")
    for name, value in (("--reason", reason), ("--who", how.who)):
        if len(value) > LONGEST or not value.isprintable():
            raise BadInput(f"{name} must be one line of at most {LONGEST} printable characters.")
    if not how.yes and not typer.confirm("Do it?"):
        raise CannotDo("Nothing was done.")
    return reason


def _recorded(plan: Plan, run: Run, do: Callable[[Run], Outcome]) -> Outcome:
    """Begun before, ended after, however it ends."""
    name, now = stamp()
    data, host, pid = dict(plan.data), socket.gethostname(), os.getpid()
    run.log.note(BeginAction(name, now, run.action, plan.what, plan.target, run.who, run.reason, data, host, pid))
    try:
        with _sigterm_as_ctrl_c():
            outcome = do(run)
    except KeyboardInterrupt:
        _end(run, go_on=run.go_on)
        typer.echo(f"Interrupted. {run.go_on}", err=True)
        raise typer.Exit(INTERRUPTED) from None
    except typer.Exit as error:
        _end(run, outcome={}, status=error.exit_code)
        raise
    except Exception as error:
        _end(run, because=str(error) if isinstance(error, CannotDo) else type(error).__name__)
        raise
    _end(run, outcome=dict(outcome.data), status=outcome.status)
    return outcome


def _end(run: Run, **how: Any) -> None:
    try:
        run.log.note(EndAction(*stamp(), run.action, **how))
    except CannotDo as error:
        typer.echo(f"The end of action {run.action} could not be recorded: {error}", err=True)


@contextmanager
def _sigterm_as_ctrl_c() -> Iterator[None]:
    """Whoever ends us in order shall leave a record of it."""

    def interrupt(_number: int, _frame: object) -> None:
        raise KeyboardInterrupt

    try:
        before = signal.signal(signal.SIGTERM, interrupt)
    except ValueError:  # not the main thread: signals go elsewhere
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _tell(run: Run, outcome: Outcome, how: How) -> None:
    if how.json:
        print_json({"action": run.action, "status": outcome.status, "outcome": dict(outcome.data)})
        return
    for line in outcome.lines:
        typer.echo(line)
