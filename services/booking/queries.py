"""The read side: the catalogue, proposals, and an appointment as its guest may see it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from services.booking import planning, responsibility
from services.booking.appointment import Appointment
from services.booking.catalogue import Catalogue
from services.booking.checklist import Checked
from services.booking.events import Concern, Held, Plan, Text
from services.booking.figures import SEARCH
from services.booking.planning import NotPossible, Question
from services.booking.proposals.index import Index
from services.booking.proposals.ranking import DEFAULT, Objective
from services.booking.proposals.search import search, still_free
from services.booking.proposals.wish import Found, Nothing, Proposal, Wish
from services.booking.tokens import Tokens

ALTERNATIVES = 5


@dataclass(slots=True)
class ReadSide:
    """What booking answers from, without asking anybody: catalogue and index are kept up by the events."""

    index: Index
    tokens: Tokens
    zone: ZoneInfo
    catalogue: Catalogue
    sites: Mapping[str, Text] = field(default_factory=dict)
    objective: Objective = DEFAULT

    def concerns(self) -> list[Concern]:
        """The catalogue, by topic and name."""
        return sorted(self.catalogue.concerns.values(), key=lambda concern: (concern.topic, concern.name.de))

    def proposals(self, asked: Mapping[str, Any], now: datetime, audience: tuple[str, ...] = ()) -> dict[str, Any]:
        """The answer to a ProposalsQuery. Raises NotPossible."""
        if asked["last"] and asked["last"] < now.astimezone(self.zone).date():
            raise NotPossible("until", "This day is over.")
        return self.answer(self.question(asked, audience), now)

    def question(self, asked: Mapping[str, Any], audience: tuple[str, ...] = ()) -> Question:
        """A ProposalsQuery as a question; surname and street end here, as the key of a rule. Raises NotPossible."""
        names = ("party_size", "first", "last", "site", "step_free", "limit", "not_before", "language")
        return Question(
            concerns=tuple(asked["concern"]),
            responsibility=responsibility.rules(
                self.index, self.catalogue, asked["concern"], asked["surname"], asked["street"]
            ),
            parts=tuple(asked["part"]),
            weekdays=tuple(asked["weekday"]),
            answers=tuple(sorted(asked["answer"].items())),
            audience=audience,
            **{name: asked[name] for name in names},
        )

    def answer(self, question: Question, now: datetime) -> dict[str, Any]:
        """Search, and show what was found: proposals, or why there are none, or that no visit is needed."""
        concerns = planning.answered(self.catalogue, question)
        needed = [one for one in concerns if one.ended is None]
        wish = planning.wish(concerns, question)
        with SEARCH.time():
            found = search(self.index, wish, now, self.objective) if needed else Found(())
        return {
            "proposals": [self._shown(proposal, wish, needed, question) for proposal in found.proposals],
            "nothing_because": None if found.nothing_because is None else _nothing(found.nothing_because),
            "no_visit_needed": settled(concerns),
            "questions": [_open(one) for one in concerns if one.open is not None],
        }

    def instead(
        self,
        plan: Plan,
        now: datetime,
        limit: int = ALTERNATIVES,
        first: date | None = None,
        but: tuple[str, datetime] | None = None,
    ) -> list[dict[str, Any]]:
        """Fresh proposals for the same visit, on or after `first` or its own day, but for one site and start."""
        day = max(first or plan.date, now.astimezone(self.zone).date())
        try:
            proposals = self.answer(planning.again(plan, day, limit + (but is not None)), now)["proposals"]
        except NotPossible:
            return []  # a concern was withdrawn meanwhile
        return [one for one in proposals if (one["site"], one["starts_at"]) != but][:limit]

    def free(self, plan: Plan, now: datetime) -> bool:
        """Could this visit be held now, as far as the owners of rooms and clerks have said?"""
        stops, needs = planning.as_asked(plan)
        asking = Wish((), language=plan.spoken, audience=plan.audience)
        self.index.wake(now)
        return still_free(self.index, stops, needs, ignoring_pending=True, site=plan.site, asking=asking, now=now)

    def appointment(self, appointment: str, state: Appointment, now: datetime) -> dict[str, Any]:
        """What the holder of the token sees."""
        if state.plan is None:
            return {}
        asked = state.pending if state.status == "requested" else None
        shown = {
            "appointment": appointment,
            "status": state.status,
            **_visit(state.plan, state.rooms, state.clerks),
            "site_name": self.site_name(state.plan.site),
            "hold_until": asked.hold_until if asked else None,
            "confirm_by": asked.confirm_by if asked and asked.held else None,
            "because": list(state.because),
            "alternatives": [],
            "move": None,
        }
        if state.pending is not None and state.status == "confirmed":
            shown["move"] = {"status": "requested", "starts_at": state.pending.plan.starts_at}
        under_way = state.present is not None and state.present[1] <= now
        if state.refused and not under_way:
            shown["alternatives"] = self.instead(state.plan, now, first=self._wished(state), but=state.present)
        return shown

    def _wished(self, state: Appointment) -> date | None:
        """The day that was wished for when a visit could not be moved; it may lie before the visit's own."""
        return state.wished_for.astimezone(self.zone).date() if state.present and state.wished_for else None

    def site_name(self, site: str) -> Text:
        """What a site is called; its key where nobody has said."""
        return self.sites.get(site, Text(site, site))

    def _shown(self, proposal: Proposal, wish: Wish, needed: Sequence[Checked], question: Question) -> dict[str, Any]:
        by_key = {one.concern.key: one for one in needed}
        concerns = [by_key[stop.concern] for stop in proposal.stops]
        offer = planning.offer(proposal, wish.stops, question)
        return {
            "id": self.tokens.proposal(offer),
            "site": proposal.site,
            "site_name": self.site_name(proposal.site),
            "starts_at": proposal.starts_at,
            "ends_at": proposal.ends_at,
            "minutes": (proposal.ends_at - proposal.starts_at) // timedelta(minutes=1),
            "stops": [
                {
                    "concern": stop.concern,
                    "name": concern.concern.name,
                    "starts_at": stop.starts_at,
                    "ends_at": stop.ends_at,
                    "room": self.index.rooms[stop.room].name,
                }
                for stop, concern in zip(proposal.stops, concerns, strict=True)
            ],
            "documents": planning.documents(concerns),
            "score": proposal.score,
            "cost": round(proposal.cost, 3),
        }


def _visit(plan: Plan, rooms: Sequence[Held], clerks: Sequence[Held]) -> dict[str, Any]:
    room, clerk = {held.stop: held.name for held in rooms}, {held.stop: held.name for held in clerks}
    names = ("site", "starts_at", "ends_at", "party_size", "language", "documents")
    stops = [
        {
            "concern": stop.concern,
            "name": stop.name,
            "starts_at": stop.starts_at,
            "ends_at": stop.ends_at,
            "room": room.get(stop.stop),
            "clerk": clerk.get(stop.stop),
        }
        for stop in plan.stops
    ]
    return {name: getattr(plan, name) for name in names} | {"stops": stops}


def _nothing(nothing: Nothing) -> dict[str, Any]:
    names = ("because", "concern", "next_chance", "opens", "detail", "chances")
    return {name: getattr(nothing, name) for name in names}


def settled(concerns: Sequence[Checked]) -> list[dict[str, Any]]:
    """Those for which no visit is needed: why, and where they are settled."""
    return [_not_needed(one) for one in concerns if one.ended is not None]


def _not_needed(asked: Checked) -> dict[str, Any]:
    """Where a concern is settled without a visit."""
    concern, ended = asked.concern, asked.ended
    assert ended is not None  # noqa: S101  (only those are shown)
    url = ended.online_url or concern.online_url
    return {"concern": concern.key, "name": concern.name, "why": ended.ends, "online_url": url}


def _open(asked: Checked) -> dict[str, Any]:
    """The question of a concern to be answered next."""
    assert asked.open is not None  # noqa: S101
    return {"concern": asked.concern.key, "question": asked.open.key, "text": asked.open.text}
