"""The catalogue of concerns, as a whole: set at once, nothing half."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from services.booking.commands import SetCatalogue
from services.booking.events import Concern, ConcernDefined, ConcernWithdrawn


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The concerns on offer, by key, in the order in which they were first defined."""

    concerns: Mapping[str, Concern] = field(default_factory=lambda: MappingProxyType({}))


def evolve(state: Catalogue, event: ConcernDefined | ConcernWithdrawn) -> Catalogue:
    match event:
        case ConcernDefined():
            return Catalogue(MappingProxyType({**state.concerns, event.concern.key: event.concern}))
        case ConcernWithdrawn():
            kept = {key: concern for key, concern in state.concerns.items() if key != event.key}
            return Catalogue(MappingProxyType(kept))


def set_all(command: SetCatalogue, state: Catalogue) -> Sequence[ConcernDefined | ConcernWithdrawn]:
    """What changes: new and changed concerns, and those that are no longer there."""
    wanted = {concern.key: concern for concern in command.concerns}
    defined = [ConcernDefined(concern) for key, concern in wanted.items() if state.concerns.get(key) != concern]
    withdrawn = [ConcernWithdrawn(key) for key in state.concerns if key not in wanted]
    return (*defined, *withdrawn)
