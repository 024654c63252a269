"""The life of an account. Whatever takes something away ends its sessions, so that nobody goes on with what was."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import assert_never

from services.booking.accounts.commands import (
    AccountCommand,
    CloseAccount,
    EndSessions,
    MakeToken,
    SetAccount,
    SetPassword,
)
from services.booking.accounts.events import (
    ROLES,
    AccountChanged,
    AccountClosed,
    AccountEvent,
    AccountOpened,
    PasswordSet,
    SessionsEnded,
    TokenMade,
)
from services.booking.appointment import Refused


@dataclass(frozen=True, slots=True)
class Account:
    """`open` is False before it is opened, and when it is closed."""

    known: bool = False
    open: bool = False
    roles: tuple[str, ...] = ()
    person: str | None = None


def evolve(state: Account, event: AccountEvent) -> Account:
    match event:
        case AccountOpened() | AccountChanged():
            return Account(True, True, event.roles, event.person)
        case AccountClosed():
            return replace(state, open=False)
        case PasswordSet() | TokenMade() | SessionsEnded():
            return state


def decide(command: AccountCommand, state: Account) -> Sequence[AccountEvent]:
    """What follows. Raises Refused."""
    match command:
        case SetAccount():
            return _set(command, state)
        case CloseAccount():
            if not state.known:
                raise _unknown(command.account)
            return (AccountClosed(command.account), _ended(command)) if state.open else ()
        case SetPassword():
            _must_be_open(command.account, state)
            return (PasswordSet(command.account), _ended(command))
        case MakeToken():
            _must_be_open(command.account, state)
            return (TokenMade(command.account, command.token),)
        case EndSessions():
            if not state.known:
                raise _unknown(command.account)
            return (_ended(command, command.session),)
        case _:
            assert_never(command)


def _set(command: SetAccount, state: Account) -> Sequence[AccountEvent]:
    unknown = [role for role in command.roles if role not in ROLES]
    if unknown or not command.roles:
        raise Refused("unknown_role", "roles", f"The roles are {', '.join(ROLES)}; at least one of them.")
    if "clerk" in command.roles and not command.person:
        raise Refused("person_missing", "person", "Say which clerk this is: the id in the calendar of the staff.")
    roles = tuple(role for role in ROLES if role in command.roles)
    if not state.open:
        return (AccountOpened(command.account, roles, command.person),)
    if (roles, command.person) == (state.roles, state.person):
        return ()
    return (AccountChanged(command.account, roles, command.person), _ended(command))


def _ended(command: AccountCommand, session: str | None = None) -> SessionsEnded:
    return SessionsEnded(command.account, command.now, session)


def _must_be_open(account: str, state: Account) -> None:
    if not state.open:
        raise _unknown(account)


def _unknown(account: str) -> Refused:
    return Refused("unknown_account", "account", f"There is no open account '{account}'.")
