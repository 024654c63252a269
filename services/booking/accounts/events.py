"""What happens to an account; passwords are kept beside the log. Stream: `account-{account}`."""

import re
from dataclasses import dataclass
from datetime import datetime

ROLES = ("clerk", "info_desk", "security_desk", "catalogue", "operations")
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,39}")
NAME_RULE = "A name has 2 to 40 small letters, digits, dots, dashes, and begins with a letter or digit."


@dataclass(frozen=True, slots=True)
class AccountOpened:
    """`person`: the clerk whom the account belongs to, as the calendar of the staff names them."""

    account: str
    roles: tuple[str, ...]
    person: str | None


@dataclass(frozen=True, slots=True)
class AccountChanged:
    account: str
    roles: tuple[str, ...]
    person: str | None


@dataclass(frozen=True, slots=True)
class AccountClosed:
    account: str


@dataclass(frozen=True, slots=True)
class PasswordSet:
    account: str


@dataclass(frozen=True, slots=True)
class TokenMade:
    """A token for a program was handed out; it is kept nowhere."""

    account: str
    token: str


@dataclass(frozen=True, slots=True)
class SessionsEnded:
    """All sessions and tokens begun until then count no more; or only the one named."""

    account: str
    before: datetime
    session: str | None = None


AccountEvent = AccountOpened | AccountChanged | AccountClosed | PasswordSet | TokenMade | SessionsEnded
