"""The read side: the catalogue, proposals, and an appointment as its guest may see it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from services.booking import planning, responsibility
from services.booking.appointment import Appointment
from services.booking.catalogue import Catalogue
from services.booking.events import Concern, Held, Plan, Text
from services.booking.planning import Question
from services.booking.proposals.index import Index
from services.booking.proposals.search import search, still_free
from services.booking.proposals.wish import Nothing, Proposal, Wish
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

    def concerns(self) -> list[Concern]:
        """The catalogue, by topic and name."""
        return sorted(self.catalogue.concerns.values(), key=lambda concern: (concern.topic, concern.name.de))

    def proposals(self, asked: Mapping[str, Any], now: datetime) -> dict[str, Any]:
        """The answer to a ProposalsQuery. Raises NotPossible."""
        rules = responsibility.rules(self.index, self.catalogue, asked["concern"], asked["surname"], asked["street"])
        question = Question(
            concerns=tuple(asked["concern"]),
            party_size=asked["party_size"],
            first=asked["first"],
            last=asked["last"],
            site=asked["site"],
            step_free=asked["step_free"],
            responsibility=rules,
            limit=asked["limit"],
        )
        return self.answer(planning.wish(self.catalogue, question), now)

    def answer(self, wish: Wish, now: datetime) -> dict[str, Any]:
        """Search, and show what was found."""
        found = search(self.index, wish, now)
        return {
            "proposals": [self._shown(proposal, wish) for proposal in found.proposals],
            "nothing_because": None if found.nothing_because is None else _nothing(found.nothing_because),
        }

    def instead(
        self, plan: Plan, now: datetime, limit: int = ALTERNATIVES, first: date | None = None
    ) -> list[dict[str, Any]]:
        """Fresh proposals for the same visit, on or after `first` or its own day."""
        rules = tuple(stop.responsibility for stop in plan.stops)
        keys = tuple(stop.concern for stop in plan.stops)
        day = max(first or plan.date, now.astimezone(self.zone).date())
        question = Question(keys, plan.party_size, day, None, plan.site, plan.step_free, rules, limit=limit)
        try:
            proposals: list[dict[str, Any]] = self.answer(planning.wish(self.catalogue, question), now)["proposals"]
        except planning.NotPossible:
            return []  # a concern was withdrawn meanwhile
        return proposals

    def free(self, plan: Plan) -> bool:
        """Could this visit be held now, as far as the owners of rooms and clerks have said?"""
        stops, needs = planning.as_asked(plan)
        return still_free(self.index, stops, needs, ignoring_pending=True, site=plan.site)

    def appointment(self, appointment: str, state: Appointment, now: datetime) -> dict[str, Any]:
        """What the holder of the token sees."""
        if state.plan is None:
            return {}
        shown = {
            "appointment": appointment,
            "status": state.status,
            **_visit(state.plan, state.rooms, state.clerks),
            "site_name": self.site_name(state.plan.site),
            "hold_until": state.pending.hold_until if state.pending and state.status == "requested" else None,
            "because": list(state.because),
            "alternatives": [],
            "move": None,
        }
        if state.pending is not None and state.status == "confirmed":
            shown["move"] = {"status": "requested", "starts_at": state.pending.plan.starts_at}
        if state.status in ("declined", "expired"):
            shown["alternatives"] = self.instead(state.plan, now)
        return shown

    def site_name(self, site: str) -> Text:
        """What a site is called; its key where nobody has said."""
        return self.sites.get(site, Text(site, site))

    def _shown(self, proposal: Proposal, wish: Wish) -> dict[str, Any]:
        concerns = [self.catalogue.concerns[stop.concern] for stop in proposal.stops]
        offer = planning.offer(proposal, wish.stops, wish.party_size, any(need.step_free for need in wish.stops))
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
                    "name": concern.name,
                    "starts_at": stop.starts_at,
                    "ends_at": stop.ends_at,
                    "room": self.index.rooms[stop.room].name,
                }
                for stop, concern in zip(proposal.stops, concerns, strict=True)
            ],
            "documents": planning.documents(concerns),
            "score": proposal.score,
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
    names = ("because", "concern", "next_chance", "opens", "detail")
    return {name: getattr(nothing, name) for name in names}
