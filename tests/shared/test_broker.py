"""Whatever stands around a message, the service takes it, and goes on."""

import struct
from collections.abc import Callable, Iterator
from functools import reduce
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

import pika
import pytest
from sqlalchemy import select

from deploy.ensemble import health
from deploy.servers import wait_until
from shared import nameko_parts, topology
from shared.broker import connect
from shared.desk import UNREADABLE
from shared.messages import CONTENT_TYPE
from shared.tables import held
from tests.nursery import Nursery
from tests.shared import log, toy
from tests.shared.test_gathering import INBOX
from tests.shared.test_writer import only_sqlite
from tests.shared.toy import Speaker
from tests.shared.wire import Wire


@pytest.fixture
def wire(home: Path, broker: str, make_database: Callable[[str], str], nursery: Nursery) -> Iterator[Wire]:
    """A listener whose messages come from the test."""
    wire = Wire(home, broker, make_database, nursery)
    yield wire
    wire.speaker.engine.dispose()


class Raw(pika.BasicProperties):
    """Properties as the bytes they are on the wire: no library makes such."""

    def __init__(self, flags: int, content: bytes) -> None:
        super().__init__()
        self._raw = struct.pack(">H", flags) + content

    def encode(self) -> list[bytes]:
        """Called by pika."""
        return [self._raw]


def short(text: bytes) -> bytes:
    """A short string on the wire."""
    return bytes((len(text),)) + text


def table(name: bytes, value: bytes) -> bytes:
    """A table of one field on the wire."""
    return struct.pack(">I", len(short(name) + value)) + short(name) + value


def header(name: bytes, value: bytes) -> Raw:
    """Properties with nothing but one header."""
    return Raw(0x2000, table(name, value))


NO_TEXT = b"\xff\xfe"
STRINGS = {
    "content type": 15,
    "encoding": 14,
    "correlation": 10,
    "reply to": 9,
    "message id": 7,
    "type": 5,
    "app id": 3,
}
"""Properties that are strings, and the bits that say that they are there."""
NASTY: dict[str, Any] = {
    **{name: Raw(1 << bit, short(NO_TEXT)) for name, bit in STRINGS.items()},
    "many strings": Raw(0xC000, short(NO_TEXT * 127) + short(NO_TEXT)),
    "name of a header": header(NO_TEXT, b"t\x01"),
    "text of a header": header(b"a", b"S" + struct.pack(">I", 2) + NO_TEXT),
    "time of a header": header(b"a", b"T" + struct.pack(">Q", 2**63)),
    "headers in headers": header(b"a", reduce(lambda inner, _n: b"F" + table(b"a", inner), range(2000), b"t\x01")),
}


def publish(channel: Any, key: Any, body: bytes, properties: Any, exchange: str = "") -> None:
    """As it is."""
    channel.basic_publish(exchange, key, body, properties, mandatory=True)


@only_sqlite
def test_what_can_not_be_decoded_is_kept_and_the_others_go_on(wire: Wire) -> None:
    """Bytes that are no text in properties, headers and routing keys: each is kept, once, and not brought again."""
    speaker, listener = Speaker(), wire.listener()
    plain = pika.BasicProperties(content_type=CONTENT_TYPE)
    with wire.running("service") as service, wire.channel() as channel:
        wait_until(lambda: consumers(wire), 20, "the listener is there")
        channel.confirm_delivery()
        for name, properties in NASTY.items():
            publish(channel, INBOX, f"? {name}".encode(), properties)
            publish(channel, INBOX, speaker.say("a").body, plain)
        for key in (NO_TEXT, NO_TEXT * 127, "Größe".encode()):
            publish(channel, key, b"? key " + key, plain, topology.exchange("toy"))
            publish(channel, key, speaker.say("a").body, plain, topology.exchange("toy"))
        # What it says is the body's matter alone.
        publish(channel, NO_TEXT, speaker.say("a").body, NASTY["content type"], topology.exchange("toy"))
        wait_until(lambda: log.totals(listener.engine) == {"toy.a": len(NASTY) + 4}, 20, "the others are heard")
        wait_until(lambda: kept(listener) == len(NASTY) + 3, 20, "they are kept")
        wait_until(lambda: consumers(wire) == 1, 5, "it still listens")
        assert service.running
    with wire.channel() as channel:
        wait_until(lambda: channel.queue_declare(INBOX, passive=True).method.consumer_count == 0, 20, "it is gone")
        assert channel.queue_declare(INBOX, passive=True).method.message_count == 0


def consumers(wire: Wire) -> int:
    """Who hears the queue; 0 while there is none."""
    try:
        with wire.channel() as channel:
            return int(channel.queue_declare(INBOX, passive=True).method.consumer_count)
    except pika.exceptions.ChannelClosedByBroker:
        return 0


def kept(listener: Any) -> int:
    """How many are kept as unreadable."""
    with listener.read() as connection:
        return len(connection.execute(select(held).where(held.c.reason == UNREADABLE)).all())


QUERY = "?connection_attempts=3&heartbeat=7&socket_timeout=3&retry_delay=1.5&blocked_connection_timeout=60"
PLAIN = "amqp://guest:guest@broker:5672/v"


@only_sqlite
def test_a_refusal_is_told_in_the_brokers_own_words(wire: Wire) -> None:
    """A queue that exists with other arguments; once it is gone, the service makes its own and is well."""
    wire.listener()
    with wire.channel() as channel:
        channel.queue_declare(INBOX, durable=True)
    with wire.running("service") as service:
        refused = "the message broker refuses: PRECONDITION_FAILED - inequivalent arg 'x-queue-type' for queue"
        wait_until(lambda: refused in problems(wire), 20, refused)
        wait_until(lambda: "'x-queue-type'" in service.last_lines(), 20, "it is logged")
        with wire.channel() as channel:
            channel.queue_delete(INBOX)
        wait_until(lambda: not problems(wire), 20, "it is well")


def problems(wire: Wire) -> str:
    """What /health of the service says."""
    return "; ".join(health(f"http://127.0.0.1:{wire.http_port}")["problems"])


@only_sqlite
def test_one_url_is_taken_by_publisher_and_listener(wire: Wire) -> None:
    """With what pika takes in its query."""
    wire.amqp_url += QUERY
    listener = wire.listener()
    with wire.running("publisher"), wire.running("service"):
        wire.speak(20)
        wait_until(lambda: sum(log.totals(listener.engine).values()) == 20, 20, "all of them")


def test_what_a_url_asks_for_is_told_to_kombu() -> None:
    """As far as it has the like; without a query all is as before."""
    asked, plain = connect(PLAIN + QUERY), connect(PLAIN)
    assert (asked.heartbeat, asked.connect_timeout, asked.ssl, asked.virtual_host) == (7, 3.0, False, "v")
    assert (plain.heartbeat, plain.connect_timeout, plain.ssl, plain.virtual_host) == (30, 5.0, False, "v")
    assert connect("amqps://broker/v").transport.client.ssl is True
    files = quote(repr({"cafile": "/ca.pem", "certfile": "/me.pem", "keyfile": "/me.key"}))
    tls = {"ca_certs": "/ca.pem", "certfile": "/me.pem", "keyfile": "/me.key", "server_hostname": "broker"}
    assert connect(f"amqps://broker/v?ssl_options={files}").ssl == tls


def test_the_listener_goes_on_whatever_error_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    """None of a library's ends the process: it connects again."""
    errors = iter((OSError("gone"), TypeError("a library's"), UnicodeDecodeError("utf-8", b"?", 0, 1, "no text")))
    listener = nameko_parts.Hear()
    listener._app = SimpleNamespace(settings=SimpleNamespace(amqp_url=""), listening=True, stopping=False)  # type: ignore[assignment]

    def fail(_url: str) -> Any:
        if (error := next(errors, None)) is not None:
            raise error
        listener._app.stopping = True
        raise OSError("enough")

    monkeypatch.setattr(nameko_parts, "connect", fail)
    monkeypatch.setattr(nameko_parts, "PAUSE", 0.0)
    listener._run()
    assert next(errors, None) is None
    assert not listener._app.listening


class Line:
    """A connection that brings messages and is lost before they are acknowledged; `acknowledged`: by which tags."""

    def __init__(self, listener: nameko_parts.Hear, *tags: int) -> None:
        self._listener = listener
        self._tags = tags
        self.acknowledged: list[int] = []
        declared = SimpleNamespace(message_count=0)
        self.default_channel = SimpleNamespace(
            queue_declare=lambda *_, **__: declared,
            basic_ack=lambda tag, multiple: self.acknowledged.append(tag),
            **dict.fromkeys(("exchange_declare", "queue_bind", "basic_qos", "basic_consume"), lambda *_, **__: None),
        )

    def drain_events(self, timeout: float) -> None:
        """Bring all, or nothing."""
        if not self._tags:
            raise TimeoutError
        for tag in self._tags:
            sent = {"exchange": topology.exchange("toy"), "routing_key": "Counted"}
            self._listener._take(SimpleNamespace(delivery_tag=tag, delivery_info=sent, properties={}, body=b""))
        raise OSError("lost")

    def heartbeat_check(self) -> None:
        """After a round."""
        raise OSError("lost")


def test_what_a_lost_connection_has_brought_is_not_acknowledged_on_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    """There its tags are those of other messages, which would never come again. It comes anew itself."""
    listener = nameko_parts.Hear()
    settings = SimpleNamespace(prefetch=10, batch=10, gather=0.0)
    listener._app = SimpleNamespace(  # type: ignore[assignment]
        definition=toy.COUNTERS, settings=settings, hint=lambda: None, stopping=False
    )
    monkeypatch.setattr(listener, "_work", lambda _deliveries: None)
    lines = (Line(listener, 1, 2), Line(listener))
    for line in lines:
        with pytest.raises(OSError, match="lost"):
            listener._consume(line)
    assert [line.acknowledged for line in lines] == [[], []]
