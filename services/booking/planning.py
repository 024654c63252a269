"""From a guest's question to a wish for the engine, and from an accepted proposal to the plan asked for. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from services.booking.catalogue import Catalogue
from services.booking.checklist import Checked, checked
from services.booking.events import Answer, Concern, Document, Plan, PlannedStop
from services.booking.events import Release as StoredRelease
from services.booking.offer import Offer, OfferedStop
from services.booking.proposals.questions import Outcome, with_answers
from services.booking.proposals.release import Release, Weekly
from services.booking.proposals.wish import Need, Proposal, Stop, Wish

CLERK_SEAT = 1
"""A room needs a seat for everyone who comes, and one for the clerk."""
SHORTEST = 5
"""Minutes of a stop, however many its answers take off."""
PARTS: Mapping[str, tuple[time, time]] = {"morning": (time(0), time(12)), "afternoon": (time(12), time(0))}
"""Of the local day; until 00:00 is until its end."""
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class NotPossible(ValueError):
    """The question can't be asked so; `field` is at fault."""

    def __init__(self, field: str, detail: str) -> None:
        super().__init__(detail)
        self.field = field
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Question:
    """When can I come? Dates are local and inclusive; `parts` and `weekdays` as in PARTS and WEEKDAYS, () = any.

    `audience`: the classes of quotas that are open to whoever asks, besides the public one.
    """

    concerns: tuple[str, ...]
    party_size: int = 1
    first: date | None = None
    last: date | None = None
    site: str | None = None
    step_free: bool = False
    responsibility: tuple[str | None, ...] = ()
    limit: int = 5
    not_before: datetime | None = None
    parts: tuple[str, ...] = ()
    weekdays: tuple[str, ...] = ()
    language: str | None = None
    answers: tuple[tuple[str, bool], ...] = ()
    audience: tuple[str, ...] = ()
    again: bool = False
    """Whether it is of a visit that was planned before: what it answers may not be asked any more."""


def chosen(catalogue: Catalogue, keys: Sequence[str], party_size: int) -> tuple[Concern, ...]:
    """The concerns of these keys. Raises NotPossible."""
    for key in keys:
        if key not in catalogue.concerns:
            raise NotPossible("concern", f"There is no concern '{key}'.")
        most = catalogue.concerns[key].max_party
        if party_size > most:
            raise NotPossible("party_size", f"At most {most} people can come for '{key}'.")
    return tuple(catalogue.concerns[key] for key in keys)


def answered(catalogue: Catalogue, question: Question) -> tuple[Checked, ...]:
    """The concerns asked for as the answers leave them. Raises NotPossible, also for an answer to no question."""
    concerns = chosen(catalogue, question.concerns, question.party_size)
    known = {one.key for concern in concerns for one in concern.questions}
    for key, _ in question.answers:
        if key not in known and not question.again:
            raise NotPossible("answer", f"There is no question '{key}' for what was asked for.")
    return tuple(checked(concern, dict(question.answers)) for concern in concerns)


def wish(concerns: Sequence[Checked], question: Question) -> Wish:
    """The engine's question. Concerns for which no visit is needed are left out."""
    rules = question.responsibility or (None,) * len(concerns)
    # Whoever sees hours that are kept has the guest before them: no time is needed to get ready.
    at_once = bool(question.audience)
    parts = tuple(PARTS[part] for part in PARTS if part in question.parts)
    return Wish(
        stops=tuple(
            _soon(need(concern, question.party_size, question.step_free, rule), at_once)
            for concern, rule in zip(concerns, rules, strict=True)
            if concern.ended is None
        ),
        party_size=question.party_size,
        site=question.site,
        not_before=question.not_before,
        from_date=question.first,
        until_date=question.last,
        limit=question.limit,
        parts=() if len(parts) == len(PARTS) else parts,
        weekdays=tuple(sorted(WEEKDAYS.index(day) for day in question.weekdays)),
        language=question.language,
        audience=question.audience,
    )


def _soon(wanted: Need, at_once: bool) -> Need:
    return replace(wanted, lead_minutes=0, lead_days=0) if at_once else wanted


def need(asked: Checked, party_size: int, step_free: bool, responsibility: str | None) -> Need:
    """What one concern needs for so many people, as the answers change it."""
    concern = asked.concern
    plain = Need(
        concern=concern.key,
        minutes=concern.minutes + concern.extra_minutes_per_person * (party_size - 1),
        buffer=concern.buffer_minutes,
        buffer_before=concern.buffer_before_minutes,
        department=concern.department,
        competences=concern.competences,
        responsibility=responsibility,
        seats=party_size + CLERK_SEAT,
        equipment=concern.equipment,
        step_free=step_free,
        grid=concern.grid_minutes,
        lead_minutes=concern.lead_minutes,
        lead_days=concern.lead_days,
        horizon_days=concern.horizon_days,
        release=None if concern.release is None else released(concern.release),
    )
    changed = with_answers(plain, Outcome(None, None, asked.effects))
    return replace(changed, minutes=max(changed.minutes, SHORTEST))


@lru_cache(maxsize=256)
def released(stored: StoredRelease) -> Release:
    """A release rule in the shape of the engine. Raises ValueError for a time that is none."""
    weekly = None
    if stored.weekday is not None:
        weekly = Weekly(WEEKDAYS.index(stored.weekday), time.fromisoformat(stored.time), stored.weeks)
    return Release(tuple((share.days, share.percent) for share in stored.shares), weekly, stored.place_minutes)


def offer(proposal: Proposal, needs: Sequence[Need], question: Question) -> Offer:
    """What the id of a proposal says. `needs`: the stops of the wish that it answers."""
    return Offer(
        site=proposal.site,
        party_size=question.party_size,
        step_free=question.step_free,
        stops=tuple(
            OfferedStop(
                concern=stop.concern,
                starts_at=stop.starts_at,
                minutes=(stop.ends_at - stop.starts_at) // timedelta(minutes=1),
                buffer=(stop.blocked_until - stop.ends_at) // timedelta(minutes=1),
                room=stop.room,
                clerk=stop.clerk,
                responsibility=needs[stop.number].responsibility,
                buffer_before=needs[stop.number].buffer_before,
            )
            for stop in proposal.stops
        ),
        answers=question.answers,
        audience=question.audience,
        spoken=question.language,
    )


def plan(offered: Offer, catalogue: Catalogue, zone: ZoneInfo, language: str) -> Plan:
    """The plan of an accepted proposal. Raises NotPossible for a concern that was withdrawn since."""
    concerns = chosen(catalogue, [stop.concern for stop in offered.stops], offered.party_size)
    asked = [checked(concern, dict(offered.answers)) for concern in concerns]
    stops = tuple(
        _planned(number, stop, concern, offered, zone)
        for number, (stop, concern) in enumerate(zip(offered.stops, asked, strict=True), start=1)
    )
    return Plan(
        site=offered.site,
        date=stops[0].starts_at.date(),
        starts_at=stops[0].starts_at,
        ends_at=stops[-1].ends_at,
        party_size=offered.party_size,
        step_free=offered.step_free,
        language=language,
        stops=stops,
        documents=documents(asked),
        answers=tuple(Answer(question, yes) for question, yes in offered.answers),
        audience=offered.audience,
        spoken=offered.spoken,
    )


def _planned(number: int, stop: OfferedStop, asked: Checked, offered: Offer, zone: ZoneInfo) -> PlannedStop:
    wanted = need(asked, offered.party_size, offered.step_free, stop.responsibility)
    starts_at, before = stop.starts_at.astimezone(zone), stop.buffer_before
    ends_at = (stop.starts_at + timedelta(minutes=stop.minutes)).astimezone(zone)
    return PlannedStop(
        stop=number,
        concern=stop.concern,
        name=asked.concern.name,
        department=asked.concern.department,
        competences=wanted.competences,
        responsibility=stop.responsibility,
        seats=wanted.seats,
        equipment=wanted.equipment,
        step_free=wanted.step_free,
        starts_at=starts_at,
        ends_at=ends_at,
        blocked_until=(stop.starts_at + timedelta(minutes=stop.minutes + stop.buffer)).astimezone(zone),
        room=stop.room,
        clerk=stop.clerk,
        blocked_from=(stop.starts_at - timedelta(minutes=before)).astimezone(zone) if before else None,
    )


def again(planned: Plan, first: date, limit: int) -> Question:
    """The question that leads to proposals for the same visit on other days."""
    return Question(
        concerns=tuple(stop.concern for stop in planned.stops),
        party_size=planned.party_size,
        first=first,
        site=planned.site,
        step_free=planned.step_free,
        responsibility=tuple(stop.responsibility for stop in planned.stops),
        limit=limit,
        answers=tuple((answer.question, answer.yes) for answer in planned.answers),
        language=planned.spoken,
        audience=planned.audience,
        again=True,
    )


def documents(concerns: Sequence[Checked]) -> tuple[Document, ...]:
    """What to bring for all of them, each thing once; the same key may mean something else to another concern."""
    return tuple(dict.fromkeys(document for concern in concerns for document in concern.documents()))


def as_asked(asked: Plan) -> tuple[tuple[Stop, ...], tuple[Need, ...]]:
    """A plan's stops as the engine sees them, for the question whether they are still free."""
    stops = tuple(
        Stop(s.concern, s.starts_at, s.ends_at, s.blocked_until, s.room or "", s.clerk or "") for s in asked.stops
    )
    needs = tuple(
        Need(
            concern=s.concern,
            minutes=_minutes(s.starts_at, s.ends_at),
            department=s.department,
            competences=s.competences,
            responsibility=s.responsibility,
            seats=s.seats,
            equipment=s.equipment,
            step_free=s.step_free,
            buffer_before=_minutes(s.reach_from, s.starts_at),
        )
        for s in asked.stops
    )
    return stops, needs


def _minutes(begins: datetime, ends: datetime) -> int:
    """Elapsed, also where the clocks change: between two times of one zone Python counts what the clock shows."""
    return (ends.astimezone(UTC) - begins.astimezone(UTC)) // timedelta(minutes=1)
