"""booking, rooms and staff_calendar without a shell: what one says the others hear, as JSON, at once and in order."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import ModuleType
from typing import Any
from zoneinfo import ZoneInfo

from services.booking import contracts as booking_contracts
from services.booking import decider as booking_decider
from services.booking import feed, planning
from services.booking import reactions as booking_reactions
from services.booking.catalogue import Catalogue
from services.booking.commands import CancelAppointment, RequestAppointment
from services.booking.events import Concern, Plan
from services.booking.planning import Question
from services.booking.proposals.index import Index
from services.booking.queries import ReadSide
from services.booking.tokens import Tokens
from services.rooms import contracts as rooms_contracts
from services.rooms import decider as rooms_decider
from services.rooms import reactions as rooms_reactions
from services.staff_calendar import contracts as staff_contracts
from services.staff_calendar import decider as staff_decider
from services.staff_calendar import reactions as staff_reactions
from shared.messages import Message
from tests.given_when_then import Scenario

ZONE = "Europe/Berlin"


@dataclass
class Core:
    """One service: its decider, how it speaks, how it hears."""

    name: str
    contracts: ModuleType
    reactions: ModuleType
    scenario: Scenario
    said: int = 0

    def do(self, *commands: Any) -> list[Any]:
        """Carry out orders; all events in order."""
        events: list[Any] = []
        for command in commands:
            decision = self.scenario.when(command)
            assert decision.refused is None, decision.refused.reason
            self.scenario = self.scenario.given(*decision.decided)
            events += decision.decided
        return events

    def says(self, events: Iterable[Any], now: datetime) -> list[Message]:
        """What outsiders hear of events."""
        told = (self.contracts.say(event) for event in events)
        return [self._message(said, now) for said in told if said is not None]

    def _message(self, said: Any, now: datetime) -> Message:
        self.said += 1
        data = json.loads(json.dumps(said.data))
        return Message(f"{self.name}.{self.said}", self.name, said.type, 1, said.subject, now, "s", 0, 0, "c", "c", "",
                       data, b"")  # fmt: skip


@dataclass
class Trio:
    """`now` is the clock of all; `rest` is how long a cancelled place is kept back."""

    now: datetime
    rooms: Core = field(default_factory=lambda: _core("rooms", rooms_contracts, rooms_reactions, rooms_decider))
    staff: Core = field(
        default_factory=lambda: _core("staff_calendar", staff_contracts, staff_reactions, staff_decider)
    )
    booking: Core = field(
        default_factory=lambda: _core("booking", booking_contracts, booking_reactions, booking_decider)
    )
    asked: int = 0
    reads: ReadSide = field(
        default_factory=lambda: ReadSide(Index(ZONE), Tokens(b"secret"), ZoneInfo(ZONE), Catalogue())
    )

    def furnish(self, concerns: Sequence[Concern], rooms: Iterable[Any], clerks: Iterable[Any]) -> None:
        """Set the catalogue, carry out the orders that define rooms and clerks, and tell booking."""
        self.reads.catalogue = Catalogue({concern.key: concern for concern in concerns})
        self.tell(self.rooms, self.rooms.do(*rooms))
        self.tell(self.staff, self.staff.do(*clerks))

    def tell(self, speaker: Core, events: Iterable[Any]) -> None:
        """booking hears what was said, and keeps its index up."""
        for message in speaker.says(events, self.now):
            self.learn(self.booking.do(*booking_reactions.react(message, self.now)))

    def learn(self, events: Iterable[Any]) -> None:
        """As booking does after every commit."""
        for event in events:
            feed.learn(self.reads.index, event)

    def proposals(self, question: Question) -> list[Plan]:
        """The plans behind the proposals for a question, by way of their signed ids."""
        found = self.reads.answer(question, self.now)["proposals"]
        return [
            planning.plan(self.reads.tokens.offer(one["id"]), self.reads.catalogue, self.reads.zone, "de")
            for one in found
        ]

    def request(self, plan: Plan) -> tuple[str, list[Message]]:
        """Ask for a plan: the appointment, and what booking says of it."""
        self.asked += 1
        appointment, until = f"a{self.asked}", self.now + timedelta(minutes=10)
        order = RequestAppointment("c", self.now, appointment, plan, until, "sealed", "f")
        events = self.booking.do(order)
        self.learn(events)
        return appointment, self.booking.says(events, self.now)

    def answers(self, messages: Iterable[Message], keep: bool = True) -> dict[str, list[Any]]:
        """What the owners of rooms and calendars decide; `keep` False: only what they would."""
        decided: dict[str, list[Any]] = {}
        for core in (self.rooms, self.staff):
            before = core.scenario
            decided[core.name] = [event for one in messages for event in core.do(*core.reactions.react(one, self.now))]
            core.scenario = core.scenario if keep else before
        return decided

    def take(self, plan: Plan) -> tuple[str, dict[str, list[Any]]]:
        """Ask for a plan, hold it, and let booking hear."""
        appointment, messages = self.request(plan)
        decided = self.answers(messages)
        self.tell(self.rooms, decided["rooms"])
        self.tell(self.staff, decided["staff_calendar"])
        return appointment, decided

    def cancel(self, appointment: str) -> None:
        """Everybody lets go."""
        events = self.booking.do(CancelAppointment("c", self.now, appointment, "guest"))
        self.learn(events)
        self.answers(self.booking.says(events, self.now))


def _core(name: str, contracts: ModuleType, reactions: ModuleType, decider: Any) -> Core:
    return Core(name, contracts, reactions, Scenario(decider))


def refusals(decided: dict[str, list[Any]]) -> list[Any]:
    """The events by which an owner declines."""
    return [e for events in decided.values() for e in events if type(e).__name__ in ("RoomDeclined", "StaffDeclined")]
