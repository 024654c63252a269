"""Core tests read given/when/then: what has happened, what is ordered, what happens then.

    rooms = Scenario(decider)
    rooms.given(*open_rooms("r-101")).when(hold("a1", stop("09:00", "09:10"))).then(taken, reserved)

Scenarios don't change: one may be continued in several tests. Every event must be its stream's own.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

import pytest

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
        """Order something."""
        return Decision(self, command)


@dataclass(frozen=True)
class Decision:
    """An order to a decider, not yet carried out."""

    scenario: Scenario
    command: Command

    @property
    def decided(self) -> tuple[Any, ...]:
        """The events, decided with no more in sight than `needs` asks for: as the shell does on a quiet day."""
        decider, loaded = self.scenario.decider, dict[str, Any]()
        while missing := decider.needs(self.command, loaded) - loaded.keys():
            loaded |= {stream: self.scenario.states.get(stream, decider.initial(stream)) for stream in missing}
        events: Sequence[Any] = decider.decide(self.command, loaded)
        # The shell appends only to what it has loaded.
        assert {decider.stream_of(event) for event in events} <= loaded.keys()
        return tuple(events)

    def then(self, *events: Any) -> Scenario:
        """Exactly these events follow; returns the scenario after them."""
        assert self.decided == events
        return self.scenario.given(*events)

    def then_refused(self, reason: str, field: str | None = None) -> None:
        """The caller is told why; `field`, where given, is the one to blame."""
        with pytest.raises(self.scenario.decider.Refused) as refused:  # type: ignore[attr-defined]
            _ = self.decided
        assert refused.value.reason == reason
        assert field is None or refused.value.field == field
