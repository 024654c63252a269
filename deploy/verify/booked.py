"""What booking has promised: every appointment as its log has it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from deploy.verify.log import AT_REST, Finding, Stored

Attempt = tuple[str, int]
"""Appointment and attempt."""


@dataclass(slots=True)
class Visit:
    """An appointment as booking's log has it: `asked` maps an open or confirmed attempt to its number of stops."""

    status: str = "requested"
    attempt: int | None = None
    moving: int | None = None
    was_confirmed: bool = False
    forgotten: bool = False
    asked: dict[int, int] = field(default_factory=dict)

    def may_hold(self, attempt: int) -> bool:
        """The confirmed attempt, and one that is still on its way."""
        return attempt in (self.attempt, self.moving) or self.status == "requested"


def visits_of(log: Iterable[Stored]) -> dict[str, Visit]:
    """Every appointment of booking's log, by id."""
    visits: dict[str, Visit] = defaultdict(Visit)
    for event in log:
        if "appointment" in event.data:
            _note(visits[event.data["appointment"]], event.type, event.data)
    return dict(visits)


def _note(visit: Visit, kind: str, data: Mapping[str, Any]) -> None:
    match kind:
        case "AppointmentRequested":
            visit.asked[data["attempt"]] = len(data["plan"]["stops"])
        case "MoveRequested":
            visit.asked[data["attempt"]], visit.moving = len(data["plan"]["stops"]), data["attempt"]
        case "AppointmentConfirmed" | "AppointmentMoved":
            visit.status, visit.attempt, visit.moving, visit.was_confirmed = "confirmed", data["attempt"], None, True
        case "MoveDeclined":
            visit.moving = None
        case "AppointmentDeclined" | "AppointmentExpired" | "AppointmentCancelled":
            visit.status, visit.attempt, visit.moving = kind.removeprefix("Appointment").lower(), None, None
        case "GuestForgotten":
            visit.forgotten = True
        case _:
            pass


def still_on_the_way(visits: Mapping[str, Visit]) -> Iterator[Finding]:
    """Appointments neither confirmed nor ended, and moves not decided yet."""
    for appointment, visit in visits.items():
        if visit.status == "requested" or visit.moving is not None:
            detail = (
                "waits for its answers" if visit.moving is None else f"waits for the answers to move {visit.moving}"
            )
            yield Finding(AT_REST, "booking", f"appointment-{appointment}", detail)
