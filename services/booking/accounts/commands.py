"""Orders about accounts."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class SetAccount:
    """Open it, or change what it may."""

    id: str
    now: datetime
    account: str
    roles: tuple[str, ...]
    person: str | None = None


@dataclass(frozen=True, slots=True)
class CloseAccount:
    id: str
    now: datetime
    account: str


@dataclass(frozen=True, slots=True)
class SetPassword:
    id: str
    now: datetime
    account: str


@dataclass(frozen=True, slots=True)
class MakeToken:
    id: str
    now: datetime
    account: str
    token: str


@dataclass(frozen=True, slots=True)
class EndSessions:
    """`session`: only this one; None = all of the account."""

    id: str
    now: datetime
    account: str
    session: str | None = None


AccountCommand = SetAccount | CloseAccount | SetPassword | MakeToken | EndSessions
