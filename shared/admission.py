"""At the door of every call: who is it, may they, and was it their own page that sent it?"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol
from urllib.parse import urlsplit

from werkzeug.wrappers import Request

from shared.problems import Problem
from shared.sessions import Session, Sessions

COOKIE = "foyer_session"
FORM_TOKEN = "form_token"
FORM_HEADER = "X-Form-Token"
SAFE = ("GET", "HEAD", "OPTIONS")
OWN = ("same-origin", "none")
"""What browsers say in Sec-Fetch-Site of requests from our own pages, and of addresses typed."""


class House(Protocol):
    """What is needed of an App."""

    @property
    def settings(self) -> Any: ...

    def clock(self) -> datetime: ...
    def read(self) -> Any: ...


def visitor(app: House, request: Request) -> Session | None:
    """Whoever is signed in, by cookie or bearer token, unless their sessions were ended meanwhile."""
    header = request.headers.get("Authorization", "")
    text = header.removeprefix("Bearer ").strip() if header.startswith("Bearer ") else request.cookies.get(COOKIE, "")
    session = Sessions(app.settings.secret).open(text, app.clock()) if text else None
    if session is None or session.token != header.startswith("Bearer "):
        return None
    return session


def admit(app: House, request: Request, roles: Sequence[str]) -> None:
    """Raises Problem unless the visitor has one of the roles and means it."""
    session: Session | None = request.visitor  # type: ignore[attr-defined]
    if session is None:
        detail = "Sign in, or send the token of an account as 'Authorization: Bearer TOKEN'."
        headers = {"WWW-Authenticate": 'Bearer realm="foyer"'}
        raise Problem(401, "Please sign in", kind="/problems/sign_in", detail=detail, headers=headers)
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
    return origin is None or urlsplit(origin).netloc in {request.host, urlsplit(public_url).netloc}
