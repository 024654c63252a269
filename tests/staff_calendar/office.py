"""The running calendars without broker: the App, what booking says to it, and its HTTP calls over WSGI."""

import json
import secrets
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select
from werkzeug.test import TestResponse

from services.staff_calendar.projections import taken
from services.staff_calendar.service import DEFINITION, StaffCalendarService, extend_horizon
from shared.app import App, Delivery
from shared.config import Settings
from shared.messages import CONTENT_TYPE, KEY_CONTENT_TYPE, Message, read
from shared.tables import events
from shared.vault import Vault
from tests.over_http import over_http
from tests.staff_calendar.words import NOW, at

CONTRACTS = Path(__file__).parent.parent / "contracts"
CLERK: dict[str, Any] = {
    "name": "J. Brinkmann",
    "departments": ["buergerbuero"],
    "competences": ["pass", "meldewesen"],
    "responsibility": [
        {
            "department": "buergerbuero",
            "kind": "anyone",
            "key": None,
            "first": None,
            "last": None,
            "streets": [],
            "fallback": False,
        }
    ],
    "languages": ["de", "en"],
}
QUOTAS: dict[str, Any] = {
    "weekly": [
        {"weekday": "tue", "from": "08:00", "until": "12:30", "site": "rathaus", "every_weeks": 1, "anchor": None}
    ],
    "exceptions": [],
}


def example(name: str) -> dict[str, Any]:
    """A contract example, as an envelope."""
    envelope: dict[str, Any] = json.loads((CONTRACTS / f"{name}.v1.json").read_text())
    return envelope


def heard(name: str, appointment: str = "a1", sequence: int = 0, source: str = "booking", **data: Any) -> bytes:
    """The example of a message of booking (or of another source) as the next one about an appointment."""
    envelope = example(f"{source}.{name}")
    return json.dumps(
        envelope
        | {
            "id": f"{source[:1]}.{appointment}.{sequence}",
            "subject": appointment,
            "stream": f"{'appointment' if source == 'booking' else 'visit'}-{appointment}",
            "sequence": sequence,
            "data": envelope["data"] | {"appointment": appointment} | data,
        }
    ).encode()


def message(name: str, appointment: str = "a1", sequence: int = 0, source: str = "booking", **data: Any) -> Message:
    """The same, read."""
    return read(heard(name, appointment, sequence, source, **data))


def wanted(start: str = "09:00", minutes: int = 10, *, day: str = "2026-11-24", **other: Any) -> dict[str, Any]:
    """A request for one stop on Tuesday 24 November, with a buffer of five minutes."""
    begin = at(start, date.fromisoformat(day))
    end = begin + timedelta(minutes=minutes)
    (shown,) = example("booking.AppointmentRequested")["data"]["stops"]
    times = {"starts_at": begin, "ends_at": end, "blocked_from": begin, "blocked_until": end + timedelta(minutes=5)}
    return {"stops": [shown | {name: moment.isoformat() for name, moment in times.items()} | other]}


@dataclass
class Office:
    """One running service with a clock that tests set."""

    settings: Settings
    now: datetime = NOW
    said: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.app = App(DEFINITION, self.settings, clock=lambda: self.now)
        self.http = over_http(StaffCalendarService, self.app)
        self.booking = Vault(secrets.token_bytes(32), self.settings.transport_key)

    def hear(self, name: str, appointment: str = "a1", source: str = "booking", **data: Any) -> bytes:
        """Let booking, or the entrance, say the next message about an appointment."""
        stream = f"{source}-{appointment}"
        sequence = self.said[stream] = self.said.get(stream, -1) + 1
        body = heard(name, appointment, sequence, source, **data)
        self.deliver(body)
        return body

    def expect(
        self,
        appointment: str,
        start: str,
        minutes: int = 20,
        name: str = "Ada Größe",
        *,
        day: str = "2026-11-24",
        **stop: Any,
    ) -> None:
        """A guest has an appointment: asked for, with the key to the name, and confirmed."""
        personal = {"name": name, "email": "a@example.org", "phone": "", "manage_token": "t"}
        token, (_, row) = self.booking.seal(appointment, f"{appointment}/guest", personal)
        self.app.hear([Delivery(KEY_CONTENT_TYPE, self.booking.outgoing(appointment, row["wrapped"]))])
        self.hear("AppointmentRequested", appointment, guest=token, **wanted(start, minutes, day=day, **stop))
        self.hear("AppointmentConfirmed", appointment)

    def deliver(self, *bodies: bytes) -> None:
        self.app.hear([Delivery(CONTENT_TYPE, body) for body in bodies])

    def employ(self, *names: str) -> None:
        """Clerks for passports who are there on Tuesday mornings."""
        for name in names:
            assert self.put(f"/api/staff/{name}", CLERK).status_code == 200
            assert self.put(f"/api/staff/{name}/quotas", QUOTAS).status_code == 200

    def extend(self) -> None:
        """What the timer does every hour."""
        extend_horizon(self.app)

    def put(self, path: str, body: Any) -> TestResponse:
        return self.http.put(path, data=body if isinstance(body, bytes) else json.dumps(body))

    def get(self, path: str) -> Any:
        """The JSON of a call that succeeds."""
        response = self.http.get(path)
        assert response.status_code == 200, response.text
        return response.json

    def day(self, name: str = "c-17", date: str = "2026-11-24") -> Any:
        return self.get(f"/api/staff/{name}/days/{date}")

    def log(self) -> list[Any]:
        """Every event in the order of the log."""
        with self.app.read() as connection:
            rows = connection.execute(select(events).order_by(events.c.id)).all()
            return [self.app.codec.load(row.type, row.schema_version, row.data) for row in rows]

    def kinds(self) -> list[str]:
        """The names of the events about appointments, in the order of the log."""
        registry = {"ClerkDefined", "QuotasSet", "HoursOpened"}
        return [kind for event in self.log() if (kind := type(event).__name__) not in registry]

    def ticks(self) -> set[tuple[str, int]]:
        """What the table behind the days holds."""
        with self.app.read() as connection:
            return {(row.resource, row.tick) for row in connection.execute(select(taken))}
