"""What can't be applied is parked with its reason and stops its own stream only; what can't be read is kept."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import orjson
import pika
import pytest

from deploy.servers import PostgreSQL
from services.booking.tokens import Tokens
from shared import topology
from shared.messages import CONTENT_TYPE, KEY_CONTENT_TYPE
from tests.faults.test_kills import ON_POSTGRESQL
from tests.journeys.town import ID_CARD, MOVED_HERE
from tests.journeys.town_hall import TownHall

LISTENERS = ("booking", "rooms", "staff_calendar", "visitor_access", "notifications")
HELD = "SELECT stream, sequence, type, body, reason, error FROM held ORDER BY sequence"
Throw = Callable[..., None]


@pytest.fixture
def throw(town_hall: TownHall) -> Iterator[Throw]:
    """`throw(service, body)` puts bytes into a service's queue; afterwards nothing is kept aside any more."""
    connection = pika.BlockingConnection(pika.URLParameters(town_hall.ensemble.env["FOYER_AMQP_URL"]))
    channel = connection.channel()

    def into(service: str, body: bytes, content_type: str = CONTENT_TYPE) -> None:
        properties = pika.BasicProperties(content_type=content_type, delivery_mode=2)
        channel.basic_publish("", topology.queue(service), body, properties, mandatory=True)

    channel.confirm_delivery()
    yield into
    connection.close()
    for service in LISTENERS:
        town_hall.run(service, "DELETE FROM held")


def test_a_poisoned_message_stops_its_own_stream_only(town_hall: TownHall, throw: Throw) -> None:
    """rooms can't take the request of one guest: only that guest waits, behind it stands what follows, all see why."""
    key = uuid4().hex
    poisoned = Tokens((town_hall.ensemble.home / "keys" / "secret.key").read_bytes()).appointment(key)
    throw("rooms", request_of(poisoned, {"appointment": poisoned, "attempt": "first"}))
    town_hall.wait(lambda: town_hall.rows("rooms", HELD), "parked")

    body = town_hall.body(town_hall.proposals(ID_CARD, days=9)[0])
    waits = town_hall.as_booked(body, town_hall.ask(body, key))
    assert waits.appointment == poisoned
    others = [town_hall.confirmed(proposal) for proposal in town_hall.proposals(MOVED_HERE, days=9)[:3]]
    assert town_hall.seen(waits)["status"] == "requested"
    town_hall.manage(waits, "cancellation")
    town_hall.wait(lambda: len(town_hall.rows("rooms", HELD)) == 2, "the cancellation waits behind it")

    parked, behind = town_hall.rows("rooms", HELD)
    assert (parked.sequence, parked.reason, parked.type) == (0, "failed", "AppointmentRequested")
    assert "ValidationError" in parked.error
    assert (behind.sequence, behind.reason, behind.type) == (1, None, "AppointmentCancelled")
    health = town_hall.ensemble.health("rooms")
    assert health["ready"]
    assert health["notes"] == ["1 messages parked: failed"]
    assert all(town_hall.ensemble.health(service)["notes"] == [] for service in LISTENERS if service != "rooms")
    assert 'foyer_held_messages{reason="failed"} 1.0' in town_hall.call("GET", "rooms", "/metrics").text
    town_hall.wait_at_rest()  # the others' part of the poisoned one, too
    assert all(town_hall.mail(booked) for booked in others)


@pytest.mark.parametrize("body", [b"\x00\xff", b"[]", b"{}", b'{"id": "x"', b"", b'{"type": "foyer.booking.X.v1"}'])
@pytest.mark.parametrize("service", LISTENERS)
def test_bytes_that_are_no_message_are_kept(town_hall: TownHall, throw: Throw, service: str, body: bytes) -> None:
    """As they are, once, however often they come; and shown."""
    for _ in range(3):
        throw(service, body)
    town_hall.wait(lambda: town_hall.rows(service, HELD), "kept")
    town_hall.wait(lambda: town_hall.ensemble.health(service)["notes"] == ["1 messages parked: unreadable"], "shown")
    [kept] = town_hall.rows(service, HELD)
    assert (bytes(kept.body), kept.reason) == (body, "unreadable")
    assert kept.error
    assert town_hall.ensemble.health(service)["ready"]


def test_of_a_key_that_is_none_only_a_digest_is_kept(town_hall: TownHall, throw: Throw) -> None:
    """It might be somebody's."""
    throw("notifications", b'{"subject": "x", "key": "c2VjcmV0"}', KEY_CONTENT_TYPE)
    town_hall.wait(lambda: town_hall.rows("notifications", HELD), "kept")
    [kept] = town_hall.rows("notifications", HELD)
    assert kept.reason == "unreadable"
    assert b"c2VjcmV0" not in bytes(kept.body)


@ON_POSTGRESQL
def test_without_its_database_booking_says_so_and_loses_nothing(
    town_hall: TownHall, request: pytest.FixtureRequest
) -> None:
    """503 with a time to come back; the same request afterwards is taken once."""
    postgres: PostgreSQL = request.getfixturevalue("postgres")
    body, key = town_hall.body(town_hall.proposals(ID_CARD, days=10)[0]), uuid4().hex
    postgres.kill()
    try:
        answer = town_hall.ask(body, key)
        assert answer.status_code == 503
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert int(answer.headers["Retry-After"]) > 0
        assert not town_hall.ensemble.health("booking")["ready"]
    finally:
        postgres.start()
    town_hall.wait(lambda: town_hall.ensemble.health("booking")["ready"], "ready again")
    again = [town_hall.as_booked(body, town_hall.ask(body, key)) for _ in range(2)]
    assert again[0] == again[1]
    assert town_hall.decided(again[0])["status"] == "confirmed"
    town_hall.wait_at_rest()


def request_of(appointment: str, data: dict[str, Any]) -> bytes:
    """A message that is well formed but for its data."""
    return orjson.dumps(
        {
            "specversion": "1.0",
            "id": str(uuid4()),
            "source": "/booking",
            "type": "foyer.booking.AppointmentRequested.v1",
            "subject": appointment,
            "time": "2026-11-22T09:00:00+00:00",
            "datacontenttype": "application/json",
            "stream": f"appointment-{appointment}",
            "sequence": 0,
            "position": 2**40,
            "data": data,
        }
    )
