"""What a letter will say, gathered from all we know of its appointment. Pure, and still without the guest's name."""

from dataclasses import dataclass
from datetime import datetime

from services.notifications.decider import Correspondence
from services.notifications.events import Visit, Wording

WITH_CALENDAR = ("confirmation", "moved", "cancelled")


@dataclass(frozen=True, slots=True)
class Draft:
    """A letter but for the guest. `visit` is the one that stands (or stood), `number` its pass; None: there is none."""

    appointment: str
    attempt: int
    kind: str
    language: str
    concerns: tuple[Wording, ...]
    visit: Visit | None
    number: str | None
    asked_for: datetime | None
    alternatives: tuple[datetime, ...]
    confirm_by: datetime | None = None

    @property
    def sequence(self) -> int:
        """SEQUENCE of the calendar entry: rises with every attempt; a cancellation is above the attempt it cancels."""
        return 2 * (self.attempt - 1) + (self.kind == "cancelled")


def draft(state: Correspondence, message: str) -> Draft:
    """Gather the letter `message` of a guest who is not forgotten. Raises KeyError where there is no such message."""
    due = state.letters[message].due
    guest = state.guest
    if guest is None:
        raise KeyError("there is no guest to write to")
    # A cancellation ends whatever stood last; a declined move leaves the attempt before it standing.
    last = max((due.attempt, *state.visits)) if due.kind == "cancelled" else due.attempt
    standing = max((attempt for attempt in state.visits if attempt <= last), default=0)
    visit = state.visits[standing].visit if standing else None
    return Draft(
        appointment=due.appointment,
        attempt=last,
        kind=due.kind,
        language=guest.language,
        concerns=tuple(stop.concern for stop in visit.stops) if visit else guest.concerns,
        visit=visit,
        number=state.passes.get(standing),
        asked_for=due.asked_for or guest.starts_at,
        alternatives=due.alternatives,
        confirm_by=due.confirm_by,
    )
