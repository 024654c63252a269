"""What booking says, as messages: the examples of tests/contracts about other appointments."""

import json
from pathlib import Path
from typing import Any

from services.rooms.commands import StopWanted
from shared.messages import Message, read

CONTRACTS = Path(__file__).parent.parent / "contracts"


def example(name: str) -> Any:
    """The example of a message, for instance `booking.AppointmentRequested`."""
    return json.loads((CONTRACTS / f"{name}.v1.json").read_text())


def body(
    kind: str,
    sequence: int = 0,
    who: str = "a1",
    wanted: tuple[StopWanted, ...] = (),
    position: int = 1,
    **data: Any,
) -> bytes:
    """A message of booking about one appointment, as it comes over the wire."""
    said = example(f"booking.{kind}")
    said |= {"id": f"{who}-{sequence}.0", "subject": who, "stream": f"appointment-{who}", "sequence": sequence}
    said["position"] = position
    said["data"] |= {"appointment": who} | data
    if wanted:
        said["data"]["stops"] = [_stop(one) for one in wanted]
    return json.dumps(said).encode()


def message(kind: str, sequence: int = 0, who: str = "a1", **data: Any) -> Message:
    """The same, opened."""
    return read(body(kind, sequence, who, **data))


def _stop(one: StopWanted) -> dict[str, Any]:
    times = {name: getattr(one, name).isoformat() for name in ("starts_at", "ends_at", "blocked_until")}
    need = {"seats": one.seats, "equipment": list(one.equipment), "step_free": one.step_free, "room": one.room}
    return {"stop": one.stop} | times | need
