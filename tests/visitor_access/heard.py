"""What booking says, as messages: the examples of tests/contracts with other times, attempts and appointments."""

import json
from pathlib import Path

from shared.messages import Message, read
from tests.visitor_access.facts import TOKEN, at

CONTRACTS = Path(__file__).parent.parent / "contracts"


def example(name: str) -> dict:
    """The example of a message, for instance `booking.AppointmentConfirmed`."""
    return json.loads((CONTRACTS / f"{name}.v1.json").read_text())


def body(kind: str, sequence: int = 0, who: str = "a1", **data: object) -> bytes:
    """A message of booking about one appointment, as it comes over the wire; `day` and `clock` set its time."""
    said = example(f"booking.{kind}")
    if "day" in data or "clock" in data:
        start = at(data.pop("clock", "09:00"), data.pop("day", 24))
        data |= {"date": start.date().isoformat(), "starts_at": start.isoformat()}
        data |= {"ends_at": start.replace(minute=start.minute + 10).isoformat()}
    if kind == "AppointmentRequested":
        data = {"guest": TOKEN} | data
    said |= {"id": f"{who}-{sequence}.0", "subject": who, "stream": f"appointment-{who}", "sequence": sequence}
    said["data"] |= {"appointment": who} | data
    return json.dumps(said).encode()


def message(kind: str, sequence: int = 0, who: str = "a1", **data: object) -> Message:
    """The same, opened."""
    return read(body(kind, sequence, who, **data))
