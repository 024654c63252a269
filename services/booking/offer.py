"""What a proposal promises, as far as its id must say it. Pure."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class OfferedStop:
    """One stop of a proposal; times in whole minutes, `room` and `clerk` are what the owners may choose first."""

    concern: str
    starts_at: datetime
    minutes: int
    buffer: int
    room: str
    clerk: str
    responsibility: str | None
    buffer_before: int = 0


@dataclass(frozen=True, slots=True)
class Offer:
    """What a proposal's id says. `answers`: what was decided by; `audience`: the quota classes that were open;
    `spoken`: the language that the clerk speaks."""

    site: str
    party_size: int
    step_free: bool
    stops: tuple[OfferedStop, ...]
    answers: tuple[tuple[str, bool], ...] = ()
    audience: tuple[str, ...] = ()
    spoken: str | None = None
