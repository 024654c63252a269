"""What booking has promised: every appointment as its log has it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from deploy.verify.log import AT_REST, Finding, Stored

Attempt = tuple[str, int]
"""Appointment and attempt."""


@dataclass(slots=True)
class Visit:
    """An appointment as booking's log has it: `asked` maps an open or confirmed attempt to its number of stops.

    `confirm_by`: everything is held, and the guest must say yes until then; None = nobody was asked.
    """

    status: str = "requested"
    attempt: int | None = None
    moving: int | None = None
    was_confirmed: bool = False
    forgotten: bool = False
    confirm_by: datetime | None = None
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
        case "AppointmentHeld":
            visit.confirm_by = datetime.fromisoformat(data["confirm_by"])
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


def still_on_the_way(visits: Mapping[str, Visit], now: datetime) -> Iterator[Finding]:
    """Appointments neither confirmed nor ended, and moves not decided yet; known where it is the guest's turn."""
    for appointment, visit in visits.items():
        if visit.status == "requested" or visit.moving is not None:
            known = visit.confirm_by is not None and visit.moving is None and now < visit.confirm_by
            yield Finding(AT_REST, "booking", f"appointment-{appointment}", _awaited(visit), note=known)


def _awaited(visit: Visit) -> str:
    if visit.moving is not None:
        return f"waits for the answers to move {visit.moving}"
    if visit.confirm_by is not None:
        return f"waits for the guest until {visit.confirm_by:%Y-%m-%d %H:%M %Z}"
    return "waits for its answers"
