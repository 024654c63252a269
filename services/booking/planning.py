"""From a guest's question to a wish for the engine, and from an accepted proposal to the plan asked for. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from services.booking.catalogue import Catalogue
from services.booking.events import Concern, Document, Plan, PlannedStop
from services.booking.offer import Offer, OfferedStop
from services.booking.proposals.wish import Need, Proposal, Stop, Wish

CLERK_SEAT = 1
"""A room needs a seat for everyone who comes, and one for the clerk."""


class NotPossible(ValueError):
    """The question can't be asked so; `field` is at fault."""

    def __init__(self, field: str, detail: str) -> None:
        super().__init__(detail)
        self.field = field
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Question:
    """When can I come? Dates are local and inclusive."""

    concerns: tuple[str, ...]
    party_size: int = 1
    first: date | None = None
    last: date | None = None
    site: str | None = None
    step_free: bool = False
    responsibility: tuple[str | None, ...] = ()
    limit: int = 5


def chosen(catalogue: Catalogue, keys: Sequence[str], party_size: int) -> tuple[Concern, ...]:
    """The concerns of these keys. Raises NotPossible."""
    for key in keys:
        if key not in catalogue.concerns:
            raise NotPossible("concern", f"There is no concern '{key}'.")
        most = catalogue.concerns[key].max_party
        if party_size > most:
            raise NotPossible("party_size", f"At most {most} people can come for '{key}'.")
    return tuple(catalogue.concerns[key] for key in keys)


def wish(catalogue: Catalogue, question: Question) -> Wish:
    """The engine's question. Raises NotPossible."""
    concerns = chosen(catalogue, question.concerns, question.party_size)
    rules = question.responsibility or (None,) * len(concerns)
    return Wish(
        stops=tuple(
            need(concern, question.party_size, question.step_free, rule)
            for concern, rule in zip(concerns, rules, strict=True)
        ),
        party_size=question.party_size,
        site=question.site,
        from_date=question.first,
        until_date=question.last,
        limit=question.limit,
    )


def need(concern: Concern, party_size: int, step_free: bool, responsibility: str | None) -> Need:
    """What one concern needs for so many people."""
    return Need(
        concern=concern.key,
        minutes=concern.minutes + concern.extra_minutes_per_person * (party_size - 1),
        buffer=concern.buffer_minutes,
        department=concern.department,
        competences=concern.competences,
        responsibility=responsibility,
        seats=party_size + CLERK_SEAT,
        equipment=concern.equipment,
        step_free=step_free,
        grid=concern.grid_minutes,
        lead_minutes=concern.lead_minutes,
        horizon_days=concern.horizon_days,
    )


def offer(proposal: Proposal, needs: Sequence[Need], party_size: int, step_free: bool) -> Offer:
    """What the id of a proposal says."""
    rules = {need.concern: need.responsibility for need in needs}
    return Offer(
        site=proposal.site,
        party_size=party_size,
        step_free=step_free,
        stops=tuple(
            OfferedStop(
                concern=stop.concern,
                starts_at=stop.starts_at,
                minutes=(stop.ends_at - stop.starts_at) // timedelta(minutes=1),
                buffer=(stop.blocked_until - stop.ends_at) // timedelta(minutes=1),
                room=stop.room,
                clerk=stop.clerk,
                responsibility=rules[stop.concern],
            )
            for stop in proposal.stops
        ),
    )


def plan(offered: Offer, catalogue: Catalogue, zone: ZoneInfo, language: str) -> Plan:
    """The plan of an accepted proposal. Raises NotPossible for a concern that was withdrawn since."""
    concerns = chosen(catalogue, [stop.concern for stop in offered.stops], offered.party_size)
    stops = tuple(
        _planned(number, stop, concern, offered, zone)
        for number, (stop, concern) in enumerate(zip(offered.stops, concerns, strict=True), start=1)
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
        documents=documents(concerns),
    )


def _planned(number: int, stop: OfferedStop, concern: Concern, offered: Offer, zone: ZoneInfo) -> PlannedStop:
    wanted = need(concern, offered.party_size, offered.step_free, stop.responsibility)
    starts_at = stop.starts_at.astimezone(zone)
    ends_at = (stop.starts_at + timedelta(minutes=stop.minutes)).astimezone(zone)
    return PlannedStop(
        stop=number,
        concern=concern.key,
        name=concern.name,
        department=concern.department,
        competences=wanted.competences,
        responsibility=stop.responsibility,
        seats=wanted.seats,
        equipment=wanted.equipment,
        step_free=offered.step_free,
        starts_at=starts_at,
        ends_at=ends_at,
        blocked_until=(stop.starts_at + timedelta(minutes=stop.minutes + stop.buffer)).astimezone(zone),
        room=stop.room,
        clerk=stop.clerk,
    )


def documents(concerns: Sequence[Concern]) -> tuple[Document, ...]:
    """What to bring for all of them, each thing once."""
    return tuple({document.key: document for concern in concerns for document in concern.documents}.values())


def as_asked(asked: Plan) -> tuple[tuple[Stop, ...], tuple[Need, ...]]:
    """A plan's stops as the engine sees them, for the question whether they are still free."""
    stops = tuple(
        Stop(s.concern, s.starts_at, s.ends_at, s.blocked_until, s.room or "", s.clerk or "") for s in asked.stops
    )
    needs = tuple(
        Need(
            concern=s.concern,
            minutes=(s.ends_at - s.starts_at) // timedelta(minutes=1),
            department=s.department,
            competences=s.competences,
            responsibility=s.responsibility,
            seats=s.seats,
            equipment=s.equipment,
            step_free=s.step_free,
        )
        for s in asked.stops
    )
    return stops, needs
