"""`foyer account add|list|close|password|token|end`: who may sign in, and what they may."""

import sys
from collections.abc import Callable
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from deploy import accounts
from deploy.home import BadInput, CannotDo
from deploy.operations.action import DryRun, How, Json, Outcome, Plan, Reason, Who, Yes, perform
from deploy.operations.asked import few, print_json
from deploy.town.calls import Calls, NotUp, Refused
from services.booking.accounts.events import NAME, NAME_RULE, ROLES

app = typer.Typer(no_args_is_help=True, help="Who may sign in to the pages of the staff, and what they may there.")


def _named(name: str) -> str:
    if not NAME.fullmatch(name):
        raise BadInput(NAME_RULE)
    return name


Name = Annotated[str, typer.Argument(help="2 to 40 small letters, digits, dots, dashes", callback=_named)]
Stdin = Annotated[bool, typer.Option("--password-stdin", help="Read the password from standard input")]
SHOWN_ONCE = "It is shown this once and kept nowhere."


@app.command()
def add(
    name: Name,
    role: Annotated[list[str], typer.Option("--role", help=f"{', '.join(ROLES)}; several")],
    person: Annotated[str, typer.Option("--person", help="For a clerk: the id in the calendar of the staff")] = "",
    password_stdin: Stdin = False,
    reason: Reason = "",
    who: Who = "",
) -> None:
    """Open an account, or give one other roles; its sessions end where they change."""
    if unknown := [one for one in role if one not in ROLES]:
        raise BadInput(f"No role is called {unknown[0]!r}; there are {', '.join(ROLES)}.")
    plan = Plan("account add", name, (f"Account {name}: {', '.join(role)}.",), {"roles": role, "person": person})
    password = _password(password_stdin)
    _listed()

    def do(calls: Calls) -> Outcome:
        accounts.put(calls, name, role, person or None, password)
        return _secret("password", password, given=password_stdin)

    _perform(plan, How(yes=True, reason=reason or "a new account", who=who), do)


@app.command()
def password(name: Name, password_stdin: Stdin = False, reason: Reason = "", who: Who = "") -> None:
    """Give an account a new password; its sessions and tokens end."""
    new = _password(password_stdin)
    _known(name)

    def do(calls: Calls) -> Outcome:
        calls.put("booking", f"/api/accounts/{name}/password", {"password": new})
        return _secret("password", new, given=password_stdin)

    plan = Plan("account password", name, (f"Account {name} gets a new password.",))
    _perform(plan, How(yes=True, reason=reason or "a new password", who=who), do)


@app.command()
def token(name: Name, reason: Reason = "", who: Who = "") -> None:
    """Make a token with which a program calls as this account; `foyer account end` takes it back."""
    _known(name)

    def do(calls: Calls) -> Outcome:
        made = calls.post("booking", f"/api/accounts/{name}/token", {})
        return _secret("token", made["token"])

    plan = Plan("account token", name, (f"A token for account {name}.",))
    _perform(plan, How(yes=True, reason=reason or "a new token", who=who), do)


@app.command()
def end(
    name: Name, dry_run: DryRun = False, yes: Yes = False, reason: Reason = "", who: Who = "", json: Json = False
) -> None:
    """Sign an account out everywhere, and take back its tokens."""
    _known(name)

    def do(calls: Calls) -> Outcome:
        calls.delete("booking", f"/api/accounts/{name}/sessions")
        return Outcome(("Done.",))

    plan = Plan("account end", name, (f"All sessions and tokens of account {name} end.",))
    _perform(plan, How(dry_run, yes, reason, who, json), do)


@app.command()
def close(
    name: Name, dry_run: DryRun = False, yes: Yes = False, reason: Reason = "", who: Who = "", json: Json = False
) -> None:
    """Close an account: nobody signs in with it any more, and its sessions end."""
    is_open = _known(name)["open"]

    def do(calls: Calls) -> Outcome:
        calls.delete("booking", f"/api/accounts/{name}")
        return Outcome(("Closed.",) if is_open else ("Nothing has changed.",))

    plan = Plan("account close", name, (f"Account {name} is closed{'' if is_open else ' already'}.",))
    _perform(plan, How(dry_run, yes, reason, who, json), do)


@app.command("list")
def list_(json: Json = False) -> None:
    """All accounts and their roles."""
    found = _listed()
    if json:
        print_json(found)
        return
    table = Table("account", "roles", "person", "open", box=None)
    for one in found:
        table.add_row(one["account"], ", ".join(one["roles"]), one["person"] or "", "yes" if one["open"] else "closed")
    Console().print(table)


def _listed() -> list[dict[str, Any]]:
    """All accounts. Before anything is recorded: whoever is not answered may be in the folder of another ensemble."""
    found: list[dict[str, Any]] = _asked(lambda: accounts.listed(Calls()))
    return found


def _known(name: str) -> dict[str, Any]:
    """The account of that name. Raises BadInput."""
    found = {one["account"]: one for one in _listed()}
    if name not in found:
        raise BadInput(f"There is no account {name!r}; there are: {few(list(found))}.")
    return found[name]


def _perform(plan: Plan, how: How, do: Callable[[Calls], Outcome]) -> None:
    perform(plan, how, lambda _run: _asked(lambda: do(Calls())))


def _asked(ask: Callable[[], Any]) -> Any:
    try:
        return ask()
    except NotUp as error:
        raise BadInput(str(error)) from None
    except Refused as error:
        said = "; ".join(f"{name}: {text}" for name, text in error.errors.items()) or str(error)
        raise (BadInput if error.errors or error.kind == "unknown_account" else CannotDo)(said) from None


def _secret(what: str, text: str, *, given: bool = False) -> Outcome:
    """Printed, never recorded."""
    if not given:
        typer.echo(f"{what.capitalize()}: {text}")
    return Outcome(() if given else (SHOWN_ONCE,))


def _password(from_stdin: bool) -> str:
    if not from_stdin:
        return accounts.new_password()
    text = sys.stdin.readline().rstrip("\n")
    if not text:
        raise BadInput("No password came on standard input.")
    return text
