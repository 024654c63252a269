"""What is asked of the engine and what it answers; values only."""

from dataclasses import dataclass, field
from datetime import date, datetime, time

from services.booking.proposals.release import Release


@dataclass(frozen=True, slots=True)
class Need:
    """One concern of a visit, with everything already worked out of party size and answers.

    `minutes` is the length of the stop, `buffer` the minutes kept free after it and `buffer_before` before it; between
    two neighbours the larger one counts. `responsibility` is the key of a rule of the department, None = anyone.
    `grid`: a visit that begins with this concern begins a multiple of so many minutes after the clerk's opening.
    `lead_minutes`: not sooner than that after now. `lead_days`: not before the day so many days after today.
    `horizon_days`: not later than the end of the day so many days
    after today; it moves on at local midnight. `release`: which places are open at all by now (release.py).
    """

    concern: str
    minutes: int
    buffer: int = 0
    department: str | None = None
    competences: tuple[str, ...] = ()
    responsibility: str | None = None
    seats: int = 1
    equipment: tuple[str, ...] = ()
    step_free: bool = False
    grid: int = 5
    buffer_before: int = 0
    lead_minutes: int = 0
    lead_days: int = 0
    horizon_days: int | None = None
    release: Release | None = None


@dataclass(frozen=True, slots=True)
class Wish:
    """What a guest asks for; all bounds are inclusive days or aware moments, None = no bound.

    `parts` are stretches of the local day (from, until) in which the whole visit must lie; `weekdays` are 0 = Monday.
    `max_wait`: the most minutes a guest waits between two stops. `past_midnight`: a stop with its buffer may last into
    the next day; the owners of rooms and calendars do not hold such stops. `audience`: the quota classes that are open
    to whoever asks, besides the public one: ("internal",) at the info desk, ("internal", "urgent") for what can't wait.
    `ahead`: as if every quota that will be released in time to ask for it were so already.
    """

    stops: tuple[Need, ...]
    party_size: int = 1
    site: str | None = None
    not_before: datetime | None = None
    not_after: datetime | None = None
    from_date: date | None = None
    until_date: date | None = None
    limit: int = 5
    parts: tuple[tuple[time, time], ...] = ()
    weekdays: tuple[int, ...] = ()
    language: str | None = None
    max_wait: int = 60
    past_midnight: bool = False
    audience: tuple[str, ...] = ()
    ahead: bool = False


@dataclass(frozen=True, slots=True)
class Stop:
    """One part of a visit as proposed; the owner of room and clerk decides in the end.

    `number`: which of the wish's stops this is, counted from 0; two of one concern may need different people.
    """

    concern: str
    starts_at: datetime
    ends_at: datetime
    blocked_until: datetime
    room: str
    clerk: str
    number: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Proposal:
    """A time, a site and a plan that fits.

    `score`: the parts of the objective in points (ranking.py); `cost`: their sum, less is better.
    """

    site: str
    starts_at: datetime
    ends_at: datetime
    stops: tuple[Stop, ...]
    score: dict[str, float] = field(default_factory=dict, compare=False)

    @property
    def cost(self) -> float:
        return sum(self.score.values())


@dataclass(frozen=True, slots=True)
class Chance:
    """A time that would be possible if the guest gave something up; `opens` says what (chances.py)."""

    opens: str
    starts_at: datetime
    detail: dict[str, str | int | None] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True)
class Nothing:
    """Why nothing is offered: the requirement that removed the last possibility (nothing.py), and what would help.

    `next_chance` and `opens` are those of the earliest of the `chances`; for "not_released" of what will be released.
    """

    because: str
    concern: str | None = None
    next_chance: datetime | None = None
    opens: str | None = None
    detail: dict[str, str | int | None] = field(default_factory=dict, compare=False)
    chances: tuple[Chance, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """The ranked proposals, or why there are none."""

    proposals: tuple[Proposal, ...]
    nothing_because: Nothing | None = None
