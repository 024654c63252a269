"""Core tests read given/when/then: what has happened, what is ordered, what happens then.

    rooms = Scenario(decider)
    rooms.given(*open_rooms("r-101")).when(hold("a1", stop("09:00", "09:10"))).then(taken, reserved)

Scenarios don't change: one may be continued in several tests. Every event must be its stream's own.
"""

from dataclasses import dataclass, field, replace
from typing import Any, Self

from shared.definition import Command, Decider


@dataclass(frozen=True)
class Scenario:
    """A decider and what it knows: `states` by stream, of the streams that have events."""

    decider: Decider
    states: dict[str, Any] = field(default_factory=dict)

    def given(self, *events: Any) -> Self:
        """After these events, too."""
        states = dict(self.states)
        for event in events:
            stream = self.decider.stream_of(event)
            states[stream] = self.decider.evolve(states.get(stream, self.decider.initial(stream)), event)
        return replace(self, states=states)

    def when(self, command: Command) -> "Decision":
        """Order something. Raises what the decider raises, but for a refusal."""
        try:
            return Decision(self, self._decide(command))
        except getattr(self.decider, "Refused", ()) as refused:
            return Decision(self, refused=refused)

    def _decide(self, command: Command) -> tuple[Any, ...]:
        # With no more in sight than `needs` asks for: as the shell does when nothing else goes on.
        loaded: dict[str, Any] = {}
        while missing := self.decider.needs(command, loaded) - loaded.keys():
            loaded |= {stream: self.states.get(stream, self.decider.initial(stream)) for stream in missing}
        events = tuple(self.decider.decide(command, loaded))
        assert {self.decider.stream_of(event) for event in events} <= loaded.keys(), "appends to what is not loaded"
        return events


@dataclass(frozen=True)
class Decision:
    """What came of an order: the events, or the refusal."""

    scenario: Scenario
    decided: tuple[Any, ...] = ()
    refused: Any = None

    def then(self, *events: Any) -> Scenario:
        """Exactly these events; returns the scenario after them."""
        assert self.refused is None, f"refused: {self.refused.reason}"
        assert self.decided == events
        return self.scenario.given(*events)

    def then_refused(self, reason: str, field: str | None = None) -> None:
        """The caller is told why; `field`, where given, is the one to blame."""
        assert self.refused is not None, f"decided: {self.decided}"
        assert self.refused.reason == reason
        assert field in (None, self.refused.field)
