"""The UIDs of our own entries: the same for ever for one stop of one visit, and nobody else can make one.

So an entry that was written and not recorded is found again, and one that comes back from a calendar is known as ours.
"""

import hashlib
import hmac
from dataclasses import dataclass

HOST = "foyer"
_LENGTH = 20


@dataclass(frozen=True, slots=True)
class Uids:
    """`secret`: the ensemble's."""

    secret: bytes

    def of(self, appointment: str, stop: int) -> str:
        """The UID of a stop."""
        name = f"{appointment}.{stop}"
        return f"{name}.{self._sign(name)}@{HOST}"

    def appointment(self, uid: str) -> tuple[str, int] | None:
        """The appointment and stop of a UID; None for what is not ours."""
        name, _, sign = uid.removesuffix(f"@{HOST}").rpartition(".")
        if not uid.endswith(f"@{HOST}") or not hmac.compare_digest(sign.encode(), self._sign(name).encode()):
            return None
        appointment, _, stop = name.rpartition(".")
        return (appointment, int(stop)) if stop.isdecimal() else None

    def _sign(self, name: str) -> str:
        return hmac.new(self.secret, b"calendar entry " + name.encode(), hashlib.sha256).hexdigest()[:_LENGTH]
