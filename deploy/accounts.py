"""Accounts of the people who work with Foyer, over booking's calls."""

import secrets
from collections.abc import Sequence
from typing import Any

from deploy.town.calls import Calls

LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""Nothing that is taken for something else when it is read from paper."""


def new_password() -> str:
    """Four groups of four: 79 bits, easy to type once."""
    return "-".join("".join(secrets.choice(LETTERS) for _ in range(4)) for _ in range(4))


def put(calls: Calls, account: str, roles: Sequence[str], person: str | None, password: str) -> None:
    """Open an account or change it, with this password. Raises NotUp, Refused."""
    calls.put("booking", f"/api/accounts/{account}", {"roles": list(roles), "person": person})
    calls.put("booking", f"/api/accounts/{account}/password", {"password": password})


def listed(calls: Calls) -> list[dict[str, Any]]:
    """All accounts, by name. Raises NotUp, Refused."""
    found: list[dict[str, Any]] = calls.get("booking", "/api/accounts")["accounts"]
    return found
