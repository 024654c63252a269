"""At the door of every call: who is it, may they, and was it their own page that sent it?"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Protocol
from urllib.parse import urlsplit

from sqlalchemy import Insert, bindparam, delete, select
from werkzeug.wrappers import Request

from shared.messages import Message, checked_text
from shared.problems import Problem
from shared.sessions import LONGEST, Session, Sessions
from shared.tables import Write, ended_sessions, instant, raising, upsert

COOKIE = "foyer_session"
FORM_TOKEN = "form_token"
FORM_HEADER = "X-Form-Token"
SAFE = ("GET", "HEAD", "OPTIONS")
CHALLENGE = {"WWW-Authenticate": 'Bearer realm="foyer"'}
"""Says with 401 what would do (RFC 9110, 11.6.1)."""
OWN = ("same-origin", "none")
"""What browsers say in Sec-Fetch-Site of requests from our own pages, and of addresses typed."""


HEARD = {"SessionsEnded": 1}
"""What `heard` makes rows of, with its newest version known."""
_END = upsert(ended_sessions, ["who"])
# Messages may be heard before those before them: what comes late must bring no session back.
_HEAR_END = raising(ended_sessions, ["who"], "before")
_ENDED = select(ended_sessions.c.before).where(ended_sessions.c.who.in_(bindparam("b_who", expanding=True)))
# A session that was ended by itself has run out by then.
_RUN_OUT = delete(ended_sessions).where(
    ended_sessions.c.who.like("%/%"), ended_sessions.c.before < bindparam("b_before")
)


class House(Protocol):
    """What is needed of an App."""

    @property
    def settings(self) -> Any: ...

    def clock(self) -> datetime: ...
    def read(self) -> Any: ...


def bearer(request: Request) -> str | None:
    """The bearer token that was sent, or None. The case of the scheme says nothing (RFC 9110, 11.1)."""
    scheme, blank, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if blank and scheme.lower() == "bearer" else None


def visitor(app: House, request: Request) -> Session | None:
    """Whoever is signed in, by cookie or bearer token, unless their sessions were ended meanwhile."""
    token = bearer(request)
    text = request.cookies.get(COOKIE, "") if token is None else token
    session = Sessions(app.settings.secret).open(text, app.clock()) if text else None
    if session is None or session.token != (token is not None):
        return None
    with app.read() as connection:
        ended_at = connection.execute(_ENDED, {"b_who": [session.account, f"{session.account}/{session.id}"]}).scalars()
        return None if any(instant(session.issued_at) <= before for before in ended_at) else session


def admit(app: House, request: Request, roles: Sequence[str]) -> None:
    """Raises Problem unless the visitor has one of the roles and means it."""
    session: Session | None = request.visitor  # type: ignore[attr-defined]
    if session is None:
        detail = "Sign in, or send the token of an account as 'Authorization: Bearer TOKEN'."
        raise Problem(401, "Please sign in", kind="/problems/sign_in", detail=detail, headers=CHALLENGE)
    if not session.may(roles):
        detail = (
            f"This needs one of the roles {', '.join(roles)}; the account has {', '.join(session.roles) or 'none'}."
        )
        raise Problem(403, "This account may not do that", kind="/problems/role", detail=detail)
    if request.method not in SAFE and not session.token:
        given = request.headers.get(FORM_HEADER) or request.form.get(FORM_TOKEN, "")
        if not Sessions(app.settings.secret).may_send(session, given):
            detail = f"Send the form's own token as '{FORM_HEADER}', or load the page again."
            raise Problem(403, "This form is not from here, or too old", kind="/problems/form_token", detail=detail)


def same_origin(request: Request, public_url: str = "") -> bool:
    """Was it a page of ours that sent this? Programs say nothing of it, and nobody can make them send what they don't
    want; so silence is fine."""
    where = request.headers.get("Sec-Fetch-Site")
    if where is not None:
        return where in OWN
    origin = request.headers.get("Origin")
    return origin is None or (urlsplit(origin).netloc or "?") in {request.host, urlsplit(public_url).netloc}


def ended(account: str, before: datetime, session: str | None = None) -> tuple[Write, ...]:
    """The rows that end all sessions and tokens which an account began until then; or only the session named."""
    return _ended(_END, account, before, session)


def heard(message: Message) -> tuple[Write, ...]:
    """The same, where the service with the accounts has said so. Raises what shows that it can't be read."""
    if message.type not in HEARD:
        return ()
    said = message.data
    session = said.get("session")
    return _ended(
        _HEAR_END,
        checked_text(said["account"], "account"),
        datetime.fromisoformat(said["before"]),
        session and checked_text(session, "session"),
    )


def at_once(*others: Callable[[Message], Iterable[Write]]) -> Callable[[Message], Iterable[Write]]:
    """What `others` make of a message, and the end of sessions, whatever it waits for; in its turn it is parked where
    it can't be read."""

    def written(message: Message) -> Iterator[Write]:
        with suppress(KeyError, TypeError, ValueError, OverflowError):
            yield from heard(message)
        for other in others:
            yield from other(message)

    return written


def _ended(statement: Insert, account: str, before: datetime, session: str | None) -> tuple[Write, ...]:
    who = f"{account}/{session}" if session else account
    run_out = instant(before.astimezone(UTC) - 2 * LONGEST)
    return (statement, {"who": who, "before": instant(before.astimezone(UTC))}), (_RUN_OUT, {"b_before": run_out})
