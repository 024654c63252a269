"""Who is signed in, as a signed text: in a cookie for pages, as a bearer token for programs.

Whoever knows the ensemble's secret can check it without asking anybody; that a session was ended early is looked up
in `ended_sessions` (shared/admission.py). Times are aware; a session ends IDLE after it was last used, and LONGEST
after it began. A token ends LONGEST_TOKEN after it was made.
"""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from itsdangerous import BadSignature, URLSafeSerializer

IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=10)
LONGEST_TOKEN = timedelta(days=366)
RENEW_AFTER = timedelta(minutes=1)
"""A cookie younger than this is not written anew."""
SKEW = timedelta(minutes=1)
"""So far may the clocks of two machines differ."""
TOKEN_PREFIX = "fyr_"
"""Tells what it is to whoever finds it lying around."""


@dataclass(frozen=True, slots=True)
class Session:
    """`person`: whom of the house the account belongs to, as its service names that person; None = nobody there.

    `token`: made for a program, which sends it with every call, so that no other page can have it sent.
    """

    account: str
    roles: tuple[str, ...]
    person: str | None
    issued_at: datetime
    seen_at: datetime
    id: str
    token: bool = False

    def may(self, roles: Sequence[str]) -> bool:
        """Has it one of these?"""
        return not set(roles).isdisjoint(self.roles)


def begin(
    account: str, roles: Sequence[str], now: datetime, *, person: str | None = None, token: bool = False
) -> Session:
    """A new session, or a new token."""
    moment = now.astimezone(UTC)
    return Session(account, tuple(roles), person, moment, moment, secrets.token_urlsafe(9), token)


@dataclass(frozen=True, slots=True)
class Sessions:
    """Signs and checks with the ensemble's secret."""

    secret: bytes

    def sealed(self, session: Session, now: datetime | None = None) -> str:
        """The session as a text, last used now."""
        used = replace(session, seen_at=now) if now else session
        times = [int(moment.timestamp() * 1000) for moment in (used.issued_at, used.seen_at)]
        text = str(self._signer(session.token).dumps([used.account, used.roles, used.person, *times, used.id]))
        return TOKEN_PREFIX + text if session.token else text

    def open(self, text: str, now: datetime) -> Session | None:
        """The session of a text, unless that is not ours or over."""
        token = text.startswith(TOKEN_PREFIX)
        try:
            said = self._signer(token).loads(text.removeprefix(TOKEN_PREFIX))
        except BadSignature:
            return None
        session = _session(said, token)
        if session.issued_at > now + SKEW:
            return None
        if token:
            return session if now < session.issued_at + LONGEST_TOKEN else None
        fresh = now < session.seen_at + IDLE and now < session.issued_at + LONGEST
        return session if fresh else None

    def form_token(self, session: Session) -> str:
        """What a form of this session bears, so that nobody else's page can send it."""
        return hmac.new(self.secret, f"form {session.id}".encode(), hashlib.sha256).hexdigest()[:32]

    def may_send(self, session: Session, form_token: str) -> bool:
        """Does a form bear the right token?"""
        return hmac.compare_digest(self.form_token(session).encode(), form_token.encode())

    def _signer(self, token: bool) -> URLSafeSerializer:
        return URLSafeSerializer(self.secret, salt="token" if token else "session", signer_kwargs=_SIGNER)


_SIGNER = {"digest_method": hashlib.sha256}


def _session(said: Any, token: bool) -> Session:
    account, roles, person, issued_at, seen_at, name = said
    issued, seen = (datetime.fromtimestamp(moment / 1000, UTC) for moment in (issued_at, seen_at))
    return Session(account, tuple(roles), person, issued, seen, name, token)
