"""The running entrance without broker: its App, the keys that booking sends, and its HTTP calls over WSGI."""

import json
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from werkzeug.test import TestResponse

from services.visitor_access.service import DEFINITION, VisitorAccessService, end_days
from shared.app import App, Delivery
from shared.config import Settings
from shared.messages import CONTENT_TYPE, KEY_CONTENT_TYPE
from shared.vault import Vault
from tests.over_http import over_http
from tests.visitor_access.facts import SUNDAY
from tests.visitor_access.heard import body


@dataclass
class Entrance:
    """One entrance with a clock that tests set."""

    settings: Settings
    now: datetime = SUNDAY
    said: dict[str, int] = field(default_factory=dict)
    keys: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.app = App(DEFINITION, self.settings, clock=lambda: self.now.astimezone(UTC))
        self.booking = Vault(secrets.token_bytes(32), self.settings.transport_key)
        self.http = over_http(VisitorAccessService, self.app)

    def hear(self, kind: str, who: str = "a1", **data: Any) -> bytes:
        """Let booking say the next message about an appointment."""
        sequence = self.said[who] = self.said.get(who, -1) + 1
        message = body(kind, sequence, who, **data)
        self.app.hear([Delivery(CONTENT_TYPE, message)])
        return message

    def request(self, who: str = "a1", name: str = "Ada Größe", *, key: bool = True, **data: Any) -> None:
        """Let booking say that a guest asks for an appointment, and send the guest's key."""
        personal = {"name": name, "email": "a@example.org", "phone": "05241 1", "manage_token": "t"}
        token, (_, self.keys[who]) = self.booking.seal(who, f"{who}/guest", personal)
        if key:
            self.send_key(who)
        self.hear("AppointmentRequested", who, guest=token, **data)

    def send_key(self, who: str = "a1") -> None:
        """Let booking send the key of a guest who has asked."""
        self.app.hear([Delivery(KEY_CONTENT_TYPE, self.booking.outgoing(who, self.keys[who]["wrapped"]))])

    def register(self, who: str = "a1", **data: Any) -> str:
        """The same, confirmed. Returns the pass."""
        self.request(who, **data)
        self.hear("AppointmentConfirmed", who, **data)
        return self.guest(who)["pass"]

    def end_days(self) -> None:
        """What the timer does every second."""
        end_days(self.app)

    def get(self, path: str) -> dict[str, Any]:
        """The JSON of a call that succeeds."""
        response = self.http.get(path)
        assert response.status_code == 200, response.text
        return response.json

    def list(self, **query: str) -> dict[str, Any]:
        """The access list, of 24 November unless told otherwise."""
        query = {"date": "2026-11-24"} | query
        return self.get("/api/access-list?" + "&".join(f"{name}={value}" for name, value in query.items()))

    def guest(self, who: str = "a1") -> dict[str, Any]:
        """One guest on any list."""
        days = [self.list(date=f"2026-11-{day}", include="removed") for day in (22, 23, 24, 25, 26)]
        [found] = [guest for day in days for guest in day["guests"] if guest["appointment"] == who]
        return found

    def post(self, path: str, headers: dict[str, str] | None = None, **data: Any) -> TestResponse:
        """An entry at the desk."""
        return self.http.post(path, data=json.dumps(data) if data else None, headers=headers)
