"""A name put into the whole running system: in plain nowhere but in the guest's own mail, and then nowhere at all."""

import base64
import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pika
import pytest

from deploy.following import Logs
from deploy.home import Home
from deploy.parts import SERVICES
from deploy.servers import PostgreSQL, RabbitMQ
from shared import topology
from tests import command
from tests.journeys.town import ID_CARD
from tests.journeys.town_hall import Booked, TownHall

NAME, EMAIL, PHONE = "Zitronella Kanarienvogel", "zitronella.kanarienvogel@example.org", "05241 7418529"
SECRETS = (NAME, "Kanarienvogel", EMAIL, PHONE)


def disguises(word: str) -> set[bytes]:
    """A word as it is, and as base64 would have it at each of three places."""
    plain = word.encode()
    coded = {base64.b64encode(b"." * n + plain)[(4 if n else 0) + (n == 2) : -4] for n in range(3)}
    return {plain, word.encode("utf-16-le"), plain.hex().encode(), *(one for one in coded if len(one) > 8)}


NEEDLES = {needle for word in SECRETS for needle in disguises(word)}


def in_files(*folders: Path) -> set[Path]:
    """The files below these folders that hold the canary."""
    files = (Path(root) / name for folder in folders for root, _, names in os.walk(folder) for name in names)
    return {file for file in files if _holds(file)}


def _holds(file: Path) -> bool:
    try:
        return file.is_file() and has_canary(file.read_bytes())
    except OSError:
        return False


def has_canary(text: bytes) -> bool:
    """Whether it stands in there."""
    return any(needle in text for needle in NEEDLES)


class Everywhere:
    """All places at which a name could lie."""

    def __init__(self, hall: TownHall, broker: RabbitMQ, postgres: PostgreSQL | None) -> None:
        self.hall, self.broker, self.postgres = hall, broker, postgres

    def found(self) -> set[str]:
        """Where the canary is."""
        folders = [self.hall.ensemble.home, self.broker.folder, *([self.postgres.folder] if self.postgres else [])]
        return {str(file) for file in in_files(*folders)} | {name for name, text in self._texts() if has_canary(text)}

    def _texts(self) -> Iterator[tuple[str, bytes]]:
        for service in SERVICES:
            yield f"{service}: tables", b"\n".join(self._rows(service))
            yield f"{service}: metrics", self.hall.call("GET", service, "/metrics").content
            yield f"{service}: export", self.export(service)
        yield "archive", b"\n".join(self._archive())
        logs = Logs(self.hall.database_url, SERVICES)
        yield "messages", b"\n".join(message.body for message in logs.after(dict.fromkeys(SERVICES, 0)))
        logs.close()
        yield "audit", self.foyer("audit", "--json").encode()

    def _rows(self, service: str) -> Iterable[bytes]:
        names = "SELECT name FROM sqlite_master WHERE type = 'table'"
        if self.postgres:
            names = "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'"
        for table in self.hall.rows(service, names):
            for row in self.hall.rows(service, f'SELECT * FROM "{table.name}"'):
                yield b" ".join(bytes(v) if isinstance(v, bytes | memoryview) else str(v).encode() for v in row)

    def _archive(self) -> Iterator[bytes]:
        with pika.BlockingConnection(pika.URLParameters(self.hall.ensemble.env["FOYER_AMQP_URL"])) as connection:
            channel = connection.channel()
            channel.basic_qos(prefetch_count=500)
            first = {"x-stream-offset": "first"}
            for method, _, body in channel.consume(topology.ARCHIVE, arguments=first, inactivity_timeout=1):
                if method is None:
                    return
                channel.basic_ack(method.delivery_tag)
                yield body

    def export(self, service: str) -> bytes:
        """The log of a service as one file, unpacked."""
        file = self.hall.ensemble.home / f"{service}.jsonl"
        self.foyer("export", service, "--plain", "--output", str(file))
        text = file.read_bytes()
        file.unlink()
        return text

    def foyer(self, *words: str) -> str:
        """What a command of an operator prints."""
        ran = command.foyer(self.hall.ensemble.env, *words)
        assert ran.returncode == 0, ran.stderr
        assert not has_canary(ran.stderr.encode())
        return ran.stdout


@pytest.fixture
def everywhere(town_hall: TownHall, rabbitmq: RabbitMQ, request: pytest.FixtureRequest) -> Everywhere:
    """With the settings written down, as `foyer up` does."""
    Home(town_hall.ensemble.home).make()
    Home(town_hall.ensemble.home).save(town_hall.ensemble.env)
    on_postgresql = town_hall.database_url.startswith("postgresql")
    return Everywhere(town_hall, rabbitmq, request.getfixturevalue("postgres") if on_postgresql else None)


def canary(town_hall: TownHall) -> Booked:
    """The guest with the name, confirmed and told by mail."""
    body = town_hall.body(town_hall.proposals(ID_CARD, days=13)[0])
    body["guest"] = {"name": NAME, "email": EMAIL, "phone": PHONE}
    booked = town_hall.as_booked(body, town_hall.ask(body))
    assert town_hall.decided(booked)["status"] == "confirmed"
    town_hall.mail(booked)
    town_hall.wait_at_rest()
    return booked


def test_a_name_is_found_nowhere_but_in_the_mail_and_then_nowhere(town_hall: TownHall, everywhere: Everywhere) -> None:
    """Databases, queues, archive, logs, exports, metrics, spool; the counts stay, and fold to the same again."""
    booked = canary(town_hall)
    spool = str(town_hall.sink.folder)
    before = everywhere.found()
    assert before, "the mail was delivered"
    assert all(place.startswith(spool) for place in before), before
    told = json.loads(everywhere.foyer("export", "--guest", booked.appointment))
    assert (told["guest"]["name"], told["guest"]["email"]) == (NAME, EMAIL)
    assert told["will_be_forgotten"]
    assert told["services"]["notifications"]["recorded"]
    counts = counted(town_hall)

    asked = ("forget", "--guest", EMAIL.upper(), "--yes", "--reason", "asked for it", "--json")
    outcome = json.loads(everywhere.foyer(*asked))["outcome"]
    assert outcome["appointments"] == [booked.appointment]
    assert outcome["mails_deleted"] >= 1
    assert all(len(keys) == 1 for keys in outcome["keys_deleted"].values())
    town_hall.wait_at_rest()
    assert everywhere.found() == set()

    told = json.loads(everywhere.foyer("export", "--guest", booked.appointment))
    assert (told["guest"], told["forgotten"]) == (None, True)
    after = counted(town_hall)
    assert {kind: after[kind] for kind in counts} == counts
    assert everywhere.foyer("forget", booked.appointment).startswith("Nothing to forget")


def counted(town_hall: TownHall) -> dict[tuple[str, str], Any]:
    """How often each type of event is in each log that forgetting adds nothing to."""
    query = "SELECT type, count(*) AS n FROM events GROUP BY type"
    added = (
        "GuestForgotten",
        "GuestUnreadable",
        "AppointmentCancelled",
        "GuestRemoved",
        "MessageDropped",
        "MessageDue",
        "VisitClosed",
        "RoomFreed",
        "ClerkFreed",
    )
    rows = {(service, row.type): row.n for service in SERVICES for row in town_hall.rows(service, query)}
    return {kind: n for kind, n in rows.items() if kind[1] not in added and "eleased" not in kind[1]}
