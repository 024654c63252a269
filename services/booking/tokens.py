"""Signed texts that booking hands out: a proposal's id, and the token with which a guest manages an appointment."""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from itsdangerous import BadSignature, SignatureExpired, URLSafeTimedSerializer

from services.booking.offer import Offer, OfferedStop

PROPOSAL_AGE = timedelta(hours=24)
"""A proposal can be taken so long after it was made."""


class BadProposal(ValueError):
    """A proposal id that is not ours, or too old."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """Signs and checks with the ensemble's secret."""

    secret: bytes

    def proposal(self, offer: Offer) -> str:
        """The opaque id of a proposal."""
        stops = [_told(stop) for stop in offer.stops]
        more = [offer.answers, offer.audience, offer.spoken]
        more = more if any(more) else []
        return str(self._proposals().dumps([offer.site, offer.party_size, offer.step_free, stops, *more]))

    def offer(self, token: str) -> Offer:
        """What was proposed. Raises BadProposal."""
        try:
            said = self._proposals().loads(token, int(PROPOSAL_AGE.total_seconds()))
        except SignatureExpired:
            raise BadProposal("This proposal is too old; please ask for new ones.") from None
        except BadSignature:
            raise BadProposal("This is not the id of a proposal.") from None
        site, party_size, step_free, stops, answers, audience, spoken = (
            (*said, (), (), None) if len(said) == 4 else said
        )
        given = tuple((question, yes) for question, yes in answers)
        return Offer(site, party_size, step_free, tuple(map(_stop, stops)), given, tuple(audience), spoken)

    def _proposals(self) -> URLSafeTimedSerializer:
        return URLSafeTimedSerializer(self.secret, salt="proposal")

    def manage(self, appointment: str) -> str:
        """The token of whoever asked for that appointment."""
        return hmac.new(self.secret, f"manage/{appointment}".encode(), hashlib.sha256).hexdigest()[:40]

    def may_manage(self, appointment: str, token: str) -> bool:
        """Is this the appointment's token? In constant time."""
        return hmac.compare_digest(self.manage(appointment).encode(), token.encode())

    def confirm(self, appointment: str) -> str:
        """What only whoever reads the guest's mail knows."""
        return hmac.new(self.secret, f"confirm/{appointment}".encode(), hashlib.sha256).hexdigest()[:40]

    def may_confirm(self, appointment: str, token: str) -> bool:
        """Was it in the mail? In constant time."""
        return hmac.compare_digest(self.confirm(appointment).encode(), token.encode())

    def appointment(self, key: str) -> str:
        """The id of the appointment that is asked for under an idempotency key: always the same."""
        return str(
            UUID(bytes=hmac.new(self.secret, f"appointment/{key}".encode(), hashlib.sha256).digest()[:16], version=4)
        )

    def fingerprint(self, body: bytes) -> str:
        """Tells one request from another without keeping it."""
        return hmac.new(self.secret, b"request/" + body, hashlib.sha256).hexdigest()[:32]


def _told(s: OfferedStop) -> list[Any]:
    before = [s.buffer_before] if s.buffer_before else []
    return [int(s.starts_at.timestamp()), s.minutes, s.buffer, s.concern, s.room, s.clerk, s.responsibility, *before]


def _stop(stop: list[Any]) -> OfferedStop:
    starts, minutes, buffer, concern, room, clerk, responsibility, *before = stop
    starts_at = datetime.fromtimestamp(starts, UTC)
    return OfferedStop(concern, starts_at, minutes, buffer, room, clerk, responsibility, *before)
