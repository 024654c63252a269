"""Signing in and out. Nothing tells a wrong name from a wrong password, or a locked account from one that is not."""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import uuid4

import structlog
from prometheus_client import Counter
from sqlalchemy import select

from services.booking.accounts.account import Account
from services.booking.accounts.commands import EndSessions, SetPassword
from services.booking.accounts.events import NAME
from services.booking.appointment import Refused
from services.booking.sign_in import passwords
from services.booking.sign_in.patience import ACCOUNT, ADDRESS, QUIET, Patience
from services.booking.sign_in.tables import COUNT_TRY, FORGET_OLD, FORGIVE, SET_PASSWORD, tries
from services.booking.sign_in.tables import passwords as password_rows
from shared.config import Settings
from shared.sessions import Session, begin
from shared.tables import Write, instant

CROWDED = 2
"""Seconds to wait when many sign in at once."""
_SIGN_INS = Counter("foyer_sign_ins_total", "Tries to sign in", ["result"])
log = structlog.get_logger()


class House(Protocol):
    """What is needed of the app."""

    settings: Settings

    def clock(self) -> datetime: ...
    def state(self, stream: str) -> Any: ...
    def read(self) -> Any: ...
    def write(self, *writes: Write) -> None: ...
    def handle(self, *commands: Any, cause: Any = None, writes: Sequence[Write] = ()) -> list[Any]: ...


@dataclass(frozen=True, slots=True)
class Wait:
    """Not now: seconds to wait. Says nothing of the account."""

    seconds: int


def sign_in(app: House, name: str, password: str, address: str) -> Session | Wait | None:
    """A new session; None where name and password do not go together."""
    now, account = app.clock(), name.strip().lower()
    # What is typed as a name may be a password: only its digest is kept.
    who = {_key(app, "account", account): ACCOUNT, _key(app, "address", address): ADDRESS}
    if seconds := CROWDED if passwords.crowded() else _to_wait(app, who, now):
        _SIGN_INS.labels("wait").inc()
        return Wait(seconds)
    # Counted before it is tried, so that many at once are no way around.
    app.write((FORGET_OLD, {"b_before": instant(now - QUIET)}), *(_tried(key, now) for key in who))
    kept, state = _kept(app, account)
    if not passwords.fits(kept, password) or not state.open:
        _SIGN_INS.labels("refused").inc()
        log.warning("sign_in_refused")
        return None
    app.write(*((FORGIVE, {"b_who": key}) for key in who))
    _SIGN_INS.labels("in").inc()
    log.info("signed_in", account=account)
    return begin(account, state.roles, now, person=state.person)


def sign_out(app: House, session: Session, *, everywhere: bool = False) -> None:
    """End this session, or all of its account."""
    end = EndSessions(str(uuid4()), app.clock(), session.account, None if everywhere else session.id)
    app.handle(end)


def set_password(app: House, account: str, password: str, cause: Any = None) -> None:
    """Keep the hash of a new password; ends all sessions and failures. Raises Refused."""
    if not passwords.SHORTEST <= len(password) <= passwords.LONGEST:
        detail = f"A password has {passwords.SHORTEST} to {passwords.LONGEST} characters."
        raise Refused("password_length", "password", detail)
    row = (SET_PASSWORD, {"account": account, "hash": passwords.hashed(password)})
    forgiven = (FORGIVE, {"b_who": _key(app, "account", account)})
    app.handle(SetPassword(str(uuid4()), app.clock(), account), cause=cause, writes=[row, forgiven])


def _kept(app: House, account: str) -> tuple[str | None, Account]:
    if not NAME.fullmatch(account):
        return None, Account()
    with app.read() as connection:
        kept = connection.execute(select(password_rows.c.hash).where(password_rows.c.account == account)).scalar()
    return kept, app.state(f"account-{account}")


def _to_wait(app: House, who: dict[str, Patience], now: datetime) -> int:
    with app.read() as connection:
        rows = connection.execute(select(tries).where(tries.c.who.in_(who))).all()
    waits = (who[row.who].wait(row.count, datetime.fromisoformat(row.last_at), now) for row in rows)
    return max(waits, default=0)


def _tried(key: str, now: datetime) -> Write:
    return COUNT_TRY, {"who": key, "count": 1, "last_at": instant(now)}


def _key(app: House, kind: str, text: str) -> str:
    return hmac.new(app.settings.secret, f"{kind} {text}".encode(), hashlib.sha256).hexdigest()[:32]
