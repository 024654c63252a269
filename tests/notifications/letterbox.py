"""The running service without broker: its App, the keys that booking sends, its HTTP call over WSGI, and its sender."""

import json
import secrets
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import select

from services.notifications.sender.rounds import Sender
from services.notifications.sender.smtp import server_of
from services.notifications.service import DEFINITION, Notifications, NotificationsService
from shared.app import Delivery
from shared.config import Settings
from shared.messages import CONTENT_TYPE, KEY_CONTENT_TYPE
from shared.tables import events, timers
from shared.vault import Vault
from tests.notifications.facts import HOUSE, NOW
from tests.over_http import over_http

CONTRACTS = Path(__file__).parent.parent / "contracts"
EXAMPLE = "0192f0c1-7a50-7c3e-9d61-5b1f0c2a7e11"


def example(name: str, who: str) -> dict[str, Any]:
    """The example of that name in tests/contracts, about another appointment and with an id of its own."""
    shown: dict[str, Any] = json.loads((CONTRACTS / f"{name}.v1.json").read_text().replace(EXAMPLE, who))
    return shown | {"id": f"{name}-{who}"}


@dataclass
class Letterbox:
    """One service with a clock that tests set."""

    settings: Settings
    now: datetime = NOW
    said: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.app = Notifications(DEFINITION, self.settings, clock=lambda: self.now)
        self.sender = Sender(self.app, HOUSE, server_of(self.settings.smtp_url))
        self.booking = Vault(secrets.token_bytes(32), self.settings.transport_key)
        self.http = over_http(NotificationsService, self.app)

    def another_app(self) -> Notifications:
        """As another process would have it, with its own way to the database."""
        return Notifications(DEFINITION, self.settings, clock=lambda: self.now)

    def another_sender(self) -> Sender:
        """The sender of another process."""
        return Sender(self.another_app(), HOUSE, server_of(self.settings.smtp_url))

    def hear(self, name: str, who: str = "a1", **data: Any) -> None:
        """Let booking or visitor_access say the next message about an appointment."""
        self.app.hear([Delivery(CONTENT_TYPE, self.body(name, who, **data))])

    def body(self, name: str, who: str, **data: Any) -> bytes:
        """The next message of that name, made of the example in tests/contracts."""
        shown = example(name, who)
        shown["sequence"] = self.said[shown["stream"]]
        self.said[shown["stream"]] += 1
        shown["id"] = f"{name}-{who}-{shown['sequence']}"
        shown["correlationid"] = f"request-{who}"
        shown["data"] |= data
        return orjson.dumps(shown)

    def request(self, who: str = "a1", email: str = "", *, key: bool = True, **personal: Any) -> None:
        """A guest asks, and booking sends the guest's key."""
        known = {"name": "Ada Größe", "email": email or f"{who}@example.org", "phone": "05241 1", "manage_token": "t"}
        token, (_, self.row) = self.booking.seal(who, f"{who}/guest", known | personal)
        if key:
            self.send_key(who)
        self.hear("booking.AppointmentRequested", who, guest=token)

    def send_key(self, who: str = "a1") -> None:
        """The key of the guest who asked last arrives."""
        self.app.hear([Delivery(KEY_CONTENT_TYPE, self.booking.outgoing(who, self.row["wrapped"]))])

    def confirm(self, who: str = "a1", **guest: Any) -> None:
        """From request to pass: the confirmation is due."""
        self.request(who, **guest)
        self.hear("booking.AppointmentConfirmed", who)
        self.hear("visitor_access.GuestAnnounced", who)
        self.hear("visitor_access.GuestRegistered", who)

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.now += timedelta(seconds=seconds)

    def messages(self, who: str = "a1") -> list[dict[str, Any]]:
        """What GET /api/messages answers."""
        response = self.http.get(f"/api/messages?appointment={who}")
        assert response.status_code == 200, response.text
        answer: list[dict[str, Any]] = response.json["messages"]  # type: ignore[index]
        return answer

    def status(self, who: str = "a1") -> dict[str, str]:
        """Status by kind."""
        return {message["kind"]: message["status"] for message in self.messages(who)}

    def log(self, kind: str) -> list[tuple[dict[str, Any], dict[str, Any]]]:
        """Data and meta of all events of that type."""
        with self.app.read() as connection:
            query = select(events.c.data, events.c.meta).where(events.c.type == kind).order_by(events.c.id)
            return [(orjson.loads(row.data), orjson.loads(row.meta)) for row in connection.execute(query)]

    def timers(self) -> dict[str, str]:
        """Due times of messages."""
        with self.app.read() as connection:
            return {row.subject: row.due_at for row in connection.execute(select(timers))}
