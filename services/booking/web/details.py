"""What guests say of themselves, until they ask for an appointment: sealed in a cookie, never in an address.

So "back" and "reload" work, and nothing is typed twice. Where a browser takes no cookies, hidden fields do it.
"""

import base64
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from marshmallow import ValidationError
from werkzeug.wrappers import Request, Response

from services.booking.http import GuestBody
from shared.web import flatten

COOKIE = "foyer_details"
MINUTES = 60
FIELDS = ("name", "email", "phone")
LONGEST = 300
"""Characters that are kept of what is typed, right or wrong."""
NONCE = 12
WRONG = {
    "name": "Bitte geben Sie Ihren Namen an, höchstens 200 gewöhnliche Zeichen.",
    "email": "Bitte geben Sie eine E-Mail-Adresse an, wie name@example.org.",
    "phone": "Bitte geben Sie höchstens 40 Zeichen an.",
}


@dataclass(frozen=True, slots=True)
class Details:
    """`draft` names this try: with the proposal it is the key under which pressing twice asks once.

    `booked`: the proposal's mark, the appointment and its token, once it was asked for; then nothing personal is left
    of that, and what else is here was typed in another tab.
    `asked`: a surname or address that could not be understood.
    """

    draft: str = ""
    name: str = ""
    email: str = ""
    phone: str = ""
    booked: tuple[str, str, str] | None = None
    asked: str = ""

    def guest(self) -> dict[str, str]:
        """As the call takes it."""
        return {name: getattr(self, name) for name in FIELDS}

    def key(self, proposal: str) -> str:
        """The Idempotency-Key of asking for that proposal with these details."""
        return f"{self.draft}/{mark(proposal)}"


def mark(proposal: str) -> str:
    """Tells proposals apart."""
    return sha256(proposal.encode()).hexdigest()[:16]


def of_form(form: Mapping[str, str]) -> Details:
    """What was typed."""
    name, email, phone = (form.get(field, "").strip()[:LONGEST] for field in FIELDS)
    return Details(form.get("draft") or new_draft(), name, email, phone)


def wrong(typed: Details) -> dict[str, str]:
    """What is wrong by field, in German; {} if nothing."""
    try:
        GuestBody().load(typed.guest())
        return {}
    except ValidationError as error:
        return {name: WRONG[name] for name in FIELDS if name in flatten(error.messages)}


def new_draft() -> str:
    """For details that were not there before."""
    return secrets.token_urlsafe(12)


def of_cookie(request: Request, secret: bytes) -> Details | None:
    """What this browser has kept, or None."""
    try:
        box = base64.urlsafe_b64decode(request.cookies.get(COOKIE, ""))
        said = orjson.loads(_cipher(secret).decrypt(box[:NONCE], box[NONCE:], COOKIE.encode()))
        booked = said.pop("booked", None)
        return Details(**said, booked=tuple(booked) if booked else None)
    except (ValueError, InvalidTag, TypeError):
        return None


def keep(response: Response, request: Request, details: Details, settings: Any) -> Response:
    """Give them to the browser to keep."""
    said: dict[str, Any] = {"draft": details.draft, **details.guest(), "asked": details.asked}
    if details.booked:
        said["booked"] = details.booked
    nonce = secrets.token_bytes(NONCE)
    box = nonce + _cipher(settings.secret).encrypt(nonce, orjson.dumps(said), COOKIE.encode())
    secure = request.scheme == "https" or settings.public_url.startswith("https://")
    response.set_cookie(
        COOKIE,
        base64.urlsafe_b64encode(box).decode(),
        max_age=MINUTES * 60,
        path="/",
        secure=secure,
        httponly=True,
        samesite="Lax",
    )
    return response


def _cipher(secret: bytes) -> AESGCM:
    return AESGCM(sha256(b"details/" + secret).digest())
