"""What is being reserved at the moment, in memory: what booking hears of it can be judged without a look at the log."""

from collections.abc import Mapping, Sequence
from datetime import datetime
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
    """By appointment, what is asked for and since when: the request or move, or what the log has made of it."""

    def __init__(self) -> None:
        self._asked: dict[str, AppointmentRequested | MoveRequested | Pending] = {}

    def load(self, pending: Mapping[str, Pending]) -> None:
        """Begin with these, as after a restart."""
        self._asked = dict(pending)

    def learn(self, events: Sequence[Any]) -> list[tuple[Any, datetime | None]]:
        """Take in what was just committed; what has come to its end, and when it was asked for (None = unknown)."""
        ended: list[tuple[Any, datetime | None]] = []
        for event in events:
            match event:
                case AppointmentRequested() | MoveRequested():
                    self._asked[event.appointment] = event
                case _ if isinstance(event, _ENDS):
                    asked = self._asked.pop(event.appointment, None)
                    ended.append((event, None if asked is None else asked.requested_at))
                case _:
                    pass
        return ended

    def plan(self, appointment: str, attempt: int) -> Plan | None:
        """What is asked for by that attempt; None where it is not what is being reserved."""
        asked = self._asked.get(appointment)
        return asked.plan if asked is not None and asked.attempt == attempt else None
