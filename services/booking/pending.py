"""What is being reserved at the moment, in memory: what booking hears of it can be judged without a look at the log."""

from collections.abc import Mapping, Sequence
from typing import Any

from services.booking.appointment import Pending
from services.booking.events import (
    AppointmentCancelled,
    AppointmentConfirmed,
    AppointmentDeclined,
    AppointmentExpired,
    AppointmentMoved,
    AppointmentRequested,
    MoveDeclined,
    MoveRequested,
    Plan,
)

_ENDS = (
    AppointmentConfirmed
    | AppointmentMoved
    | AppointmentDeclined
    | AppointmentExpired
    | AppointmentCancelled
    | MoveDeclined
)


class Reserving:
    """By appointment, the attempt and its plan."""

    def __init__(self) -> None:
        self._plans: dict[str, tuple[int, Plan]] = {}

    def load(self, pending: Mapping[str, Pending]) -> None:
        """Begin with these, as after a restart."""
        self._plans = {appointment: (one.attempt, one.plan) for appointment, one in pending.items()}

    def learn(self, events: Sequence[Any]) -> None:
        """Take in what was just committed."""
        for event in events:
            match event:
                case AppointmentRequested() | MoveRequested():
                    self._plans[event.appointment] = (event.attempt, event.plan)
                case _ if isinstance(event, _ENDS):
                    self._plans.pop(event.appointment, None)
                case _:
                    pass

    def plan(self, appointment: str, attempt: int) -> Plan | None:
        """What is asked for by that attempt; None where it is not what is being reserved."""
        asked, plan = self._plans.get(appointment, (0, None))
        return plan if asked == attempt else None
