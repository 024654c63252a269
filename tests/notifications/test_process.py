"""The service as a process of its own, with a real broker: from messages on the wire to a mail."""

import json
import os
import secrets
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pika
import pytest

from deploy.run import COMMAND
from deploy.servers import MailSink
from deploy.servers.ports import free_port
from shared import config
from shared.messages import CONTENT_TYPE, KEY_CONTENT_TYPE
from shared.sessions import Sessions, begin
from shared.vault import Vault
from tests.notifications.letterbox import example
from tests.notifications.reading import text

ROOT = Path(__file__).parent.parent.parent


def until(condition: Callable[[], Any], seconds: float = 30) -> Any:
    """Wait for something true."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)
    return found


class Process:
    """The running service."""

    def __init__(self, environment: dict[str, str], port: int) -> None:
        self.environment, self.port = environment, port

    def run(self, *arguments: str) -> "subprocess.Popen[bytes]":
        return subprocess.Popen([*COMMAND, *arguments], cwd=ROOT, env=self.environment)

    def get(self, path: str) -> Any:
        """The JSON of a call, or None while nobody answers."""
        session = begin("tester", ["operations"], datetime.now(UTC), token=True)
        token = Sessions(config.load("notifications").secret).sealed(session)
        asked = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}")
        asked.add_header("Authorization", f"Bearer {token}")
        try:
            with urllib.request.urlopen(asked, timeout=5) as response:
                return json.load(response)
        except OSError:
            return None


@pytest.fixture
def service(
    make_database: Callable[[str], str],
    home: Path,
    broker: str,
    smtp_sink: MailSink,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Process]:
    """Migrated, started, and listening."""
    port = free_port()
    monkeypatch.setenv("FOYER_HOME", str(home))
    monkeypatch.setenv("FOYER_AMQP_URL", broker)
    monkeypatch.setenv("FOYER_SMTP_URL", smtp_sink.url)
    monkeypatch.setenv("FOYER_DATABASE_URL", make_database("notifications"))
    monkeypatch.setenv("FOYER_HTTP_NOTIFICATIONS", f"127.0.0.1:{port}")
    process = Process(dict(os.environ), port)
    assert process.run("migrate", "notifications").wait(60) == 0
    running = process.run("service", "notifications")
    until(lambda: (process.get("/health") or {}).get("ready"))
    yield process
    running.send_signal(signal.SIGTERM)
    assert running.wait(20) == 0


def test_from_the_wire_to_the_mail(service: Process, broker: str, smtp_sink: MailSink) -> None:
    """Key, request, details and pass come over the broker, shuffled; one mail goes out and is said to have."""
    booking = Vault(secrets.token_bytes(32), config.load("booking").transport_key)
    personal = {"name": "Ada Größe", "email": "ada@example.org", "phone": "", "manage_token": "t"}
    token, (_, row) = booking.seal("a1", "e/guest", personal)
    request, confirmed = (example(f"booking.Appointment{name}", "a1") for name in ("Requested", "Confirmed"))
    request["data"]["guest"] = token
    announced, registered = (example(f"visitor_access.Guest{name}", "a1") for name in ("Announced", "Registered"))
    with pika.BlockingConnection(pika.URLParameters(broker)) as connection:
        channel = connection.channel()
        for message in (registered, confirmed, request, announced, registered, confirmed):
            exchange = message["source"][1:] + ".events"
            body, properties = json.dumps(message), pika.BasicProperties(content_type=CONTENT_TYPE)
            channel.basic_publish(exchange, message["type"].split(".")[2], body, properties)
        properties = pika.BasicProperties(content_type=KEY_CONTENT_TYPE)
        channel.basic_publish("booking.keys", "key", booking.outgoing("a1", row["wrapped"]), properties)
    (mail,) = until(smtp_sink.messages)
    assert "Guten Tag Ada Größe," in text(mail)
    shown = until(lambda: [m for m in service.get("/api/messages?appointment=a1")["messages"] if m["status"] == "sent"])
    assert [m["kind"] for m in shown] == ["confirmation"]
    time.sleep(1)
    assert len(smtp_sink.messages()) == 1
    assert "/api/messages" in service.get("/openapi.json")["paths"]
