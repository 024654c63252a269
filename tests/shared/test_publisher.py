"""What is committed is published: at least once, in order behind the gate, whatever dies in between."""

import itertools
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pika
import pytest
import structlog
from pika.adapters.select_connection import SelectConnection
from sqlalchemy.exc import DBAPIError

from deploy.servers import RabbitMQ, wait_until
from shared import publisher as publishing
from shared import topology
from shared.alone import AlreadyRunning, only_one
from shared.app import App
from shared.database import connect
from shared.definition import Definition
from shared.messages import CONTENT_TYPE, KEY_CONTENT_TYPE, Cause, read
from shared.publisher import Publisher
from shared.sequencer import unsent_keys
from shared.session import Session
from shared.vault import OtherMasterKey, Vault
from tests.nursery import Nursery
from tests.shared import log, toy
from tests.shared.test_writer import only_postgresql, only_sqlite
from tests.shared.toy import NOON, Count, Mark
from tests.shared.wire import PATIENCE, Wire, check_totals


@pytest.fixture
def wire(home: Path, broker: str, make_database: Callable[[str], str], nursery: Nursery) -> Iterator[Wire]:
    """A toy that speaks and one that listens."""
    wire = Wire(home, broker, make_database, nursery)
    yield wire
    wire.speaker.engine.dispose()


# --------------------------------------------------------------------------------------------------------------- deaths


def test_a_killed_publisher_loses_nothing(wire: Wire) -> None:
    """`kill -9` three times in the middle of 2,000 events: all of them arrive."""
    publisher = wire.process("publisher")
    for n in range(1, 4):
        publisher.start()
        wire.speak(500)
        wire.receive((n - 1) * 500 + 100)
        publisher.kill()
    wire.speak(500)
    publisher.start()
    wire.receive(2000)
    publisher.stop()
    wire.check_that_all_arrived()


@only_sqlite
def test_a_killed_broker_loses_nothing(wire: Wire, rabbitmq: RabbitMQ) -> None:
    """`kill -9` of the broker while events are published; the listener, a process of its own, gets all of them."""
    listener = wire.listener()
    with wire.running("publisher"), wire.running("service"):
        wire.speak(300)
        wait_until(lambda: log.totals(listener.engine), 30, "the first of them")
        vhost = wire.amqp_url.rpartition("/")[2]
        wait_until(lambda: rabbitmq.remembers(vhost, "counters.inbox"), 30, "the queue's name is on disk")
        wire.speak(300)
        rabbitmq.kill()
        wire.speak(300)
        rabbitmq.start()
        wire.speak(100)
        wait_until(lambda: sum(log.totals(listener.engine).values()) == 1000, 40, "all of them")
    check_totals(wire.speaker, listener)


class Late:
    """A job that has its ids, and commits only after something else has happened."""

    def __init__(self, meanwhile: Callable[[], object]) -> None:
        self._meanwhile = meanwhile

    def commands(self) -> tuple[()]:
        """None."""
        return ()

    def run(self, session: Session) -> None:
        """Called by the writer."""
        session.decide(Count("late", NOON, "late"), cause=Cause("", ""))
        session.flush()
        self._meanwhile()


@only_postgresql
def test_an_event_that_commits_very_late_is_published(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    """Most looks leave aside what is far behind the newest; one every second does not."""
    monkeypatch.setattr(publishing, "LATE_IDS", 0)
    monkeypatch.setattr(publishing, "LOOK_SELDOM", publishing.LOOK_AGAIN)
    slow = toy.app(wire.home, wire.urls["toy"], toy.SPEAKER)
    with wire.publishing():
        slow.writer.submit(Late(lambda: (wire.speak(20), wire.receive(20))))
        wire.receive(21)
    slow.engine.dispose()
    wire.check_that_all_arrived()


class Nowhere:
    """A channel on which messages get lost."""

    def basic_publish(self, *_args: object, **_kwargs: object) -> None:
        """Nobody hears of it."""


def lose_after(wire: Wire, monkeypatch: pytest.MonkeyPatch, messages: int) -> None:
    """Let a publisher run whose messages get lost on the way from some moment on, and end it."""
    sent: list[object] = []
    publish = Publisher._publish

    def lossy(publisher: Publisher, channel: Any, *args: Any) -> None:
        sent.append(args)
        publish(publisher, Nowhere() if len(sent) > messages else channel, *args)

    with monkeypatch.context() as patch, wire.publishing():
        patch.setattr(Publisher, "_publish", lossy)
        wire.speak(60)
        wait_until(lambda: len(sent) >= 60, 20, "all sent")
        wire.receive(messages)
        wait_until(lambda: wire.cursor() >= messages, 20, "confirmed")


@only_sqlite
def test_what_was_not_confirmed_is_sent_again(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    """The cursor stays behind what the broker has confirmed."""
    lose_after(wire, monkeypatch, 20)
    assert wire.cursor() == 20
    with wire.publishing():
        wire.receive(60)
    wire.check_that_all_arrived()


@only_sqlite
def test_with_a_cursor_ahead_of_the_confirms_the_check_goes_red(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    """Switched off, what was under way is never sent again."""
    monkeypatch.setattr(Publisher, "_done", property(lambda publisher: publisher._read_up_to))
    lose_after(wire, monkeypatch, 20)
    with wire.publishing():
        wire.speak(1)
        with pytest.raises(TimeoutError):
            wire.receive(61, seconds=2)


class Blocked(SelectConnection):
    """A connection to a broker in alarm: it reads nothing, and so never answers."""

    def close(self, *_args: object) -> None:
        """In vain."""


@only_sqlite
def test_a_publisher_ends_although_the_broker_never_lets_it_go(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its cursor is saved all the same."""
    monkeypatch.setattr(publishing, "CLOSING", 0.1)
    monkeypatch.setattr(publishing, "SelectConnection", Blocked)
    with wire.publishing():
        wire.speak(5)
        wire.receive(5)
    assert wire.cursor() == 5


@only_postgresql
def test_a_lost_lock_is_asked_for_again_although_the_broker_never_lets_go(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else it would hang between both for as long as an alarm lasts."""
    monkeypatch.setattr(publishing, "CLOSING", 0.1)
    monkeypatch.setattr(publishing, "SelectConnection", Blocked)
    with wire.publishing():
        wire.speak(5)
        wire.receive(5)
        lose_the_lock(wire.urls["toy"])
        wire.speaker.engine.dispose()
        wire.speak(5)
        wire.receive(10)
    wire.check_that_all_arrived()


# ------------------------------------------------------------------------------------------------------------- no queue


def delete_the_queue_and_speak(wire: Wire) -> None:
    wire.speak(40)
    wire.receive(40)
    with wire.channel() as channel:
        channel.queue_delete(topology.queue("counters"))
    wire.speak(40)
    wire.receive(80, seconds=5)


@only_sqlite
def test_a_deleted_queue_is_made_again_before_anything_is_lost(wire: Wire) -> None:
    """The publisher stops at the message that no queue takes, and goes on from there."""
    with wire.publishing():
        delete_the_queue_and_speak(wire)
    wire.check_that_all_arrived()


@only_sqlite
def test_without_mandatory_the_check_goes_red(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    """Switched off, the broker confirms what it throws away."""
    publish = pika.channel.Channel.basic_publish
    monkeypatch.setattr(
        pika.channel.Channel,
        "basic_publish",
        lambda channel, *args, mandatory: publish(channel, *args, mandatory=False),
    )
    with wire.publishing(), pytest.raises(TimeoutError):
        delete_the_queue_and_speak(wire)


@only_sqlite
def test_a_message_that_no_queue_takes_stops_the_publisher(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    """While it can't make the queue, nothing is confirmed, nothing is left behind at the broker, and nothing lost."""
    bindings = topology.bindings
    monkeypatch.setattr(topology, "bindings", lambda _listener: [])
    stopped: list[str] = []
    returned = Publisher._returned
    monkeypatch.setattr(Publisher, "_returned", lambda p, *args: stopped.append(args[1].exchange) or returned(p, *args))
    with wire.publishing():
        wire.speak(5)
        wait_until(lambda: len(stopped) >= 3, 20, "it has tried three times")
        assert wire.cursor() == 0
        monkeypatch.setattr(topology, "bindings", bindings)
        wire.receive(5)
    assert set(stopped) == {"toy.events"}
    wire.check_that_all_arrived()


@only_sqlite
def test_a_publisher_that_is_stopped_meanwhile_stays_before_it(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    """The broker returns a message and confirms it in one breath; only the first of both counts."""
    bindings = topology.bindings
    monkeypatch.setattr(topology, "bindings", lambda _listener: [])
    returned = Publisher._returned
    monkeypatch.setattr(Publisher, "_returned", lambda p, *args: p.stop() or returned(p, *args))
    wire.speak(5)
    wire.publisher().run()
    assert wire.cursor() == 0
    monkeypatch.setattr(topology, "bindings", bindings)
    with wire.publishing():
        wire.receive(5)
    wire.check_that_all_arrived()


@only_sqlite
def test_a_speaker_to_whom_nobody_listens_does_not_wait_for_a_queue(wire: Wire) -> None:
    """Its log is confirmed all the same."""
    alone = Publisher(toy.SPEAKER, [toy.SPEAKER], toy.settings(wire.home, wire.urls["toy"], "toy", wire.amqp_url))
    with wire.publishing(alone):
        wire.speak(5)
        wait_until(lambda: wire.cursor() == 5, 20, "confirmed")


# -------------------------------------------------------------------------------------------------------- one of a kind


def test_only_one_holds_the_role(home: Path, toy_url: str) -> None:
    """The second is refused, until the first has gone."""
    settings = toy.settings(home, toy_url)
    first, second = connect(toy_url), connect(toy_url)
    with only_one(first, settings, "publisher"):
        with pytest.raises(AlreadyRunning), only_one(second, settings, "publisher"):
            pass
        with only_one(second, settings, "migration"):
            pass
    with only_one(second, settings, "publisher"):
        pass
    first.dispose()
    second.dispose()


def test_a_second_publisher_waits_and_takes_over(wire: Wire) -> None:
    """It numbers and sends nothing as long as the first one lives, and does not take its wake-up hints."""
    with wire.running("publisher") as first:
        wire.speak(20)
        wire.receive(20)
        with wire.running("publisher", "second") as second:
            wait_until(lambda: "AlreadyRunning" in second.last_lines(), 30, "the second one is refused")
            wire.speak(20)
            wire.receive(40)
            assert len(wire.received) == 40
            first.kill()
            wire.speak(20)
            wire.receive(60)
    wire.check_that_all_arrived()


def lose_the_lock(url: str) -> None:
    """As a firewall does that drops what is idle, or the database's administrator."""
    engine = connect(url)
    with engine.connect() as connection:
        here = "locktype = 'advisory' AND classid = 1 AND datname = current_database()"
        locks = f"pg_locks JOIN pg_database ON pg_database.oid = database WHERE {here}"
        ended = connection.exec_driver_sql(f"SELECT pg_terminate_backend(pid, 10000) FROM {locks}").scalars().all()
    engine.dispose()
    assert ended == [True]


@only_postgresql
def test_a_lock_that_was_lost_is_never_taken_for_held(home: Path, toy_url: str) -> None:
    """Nothing is written behind it: at first the database says so, afterwards its holder knows."""
    settings = toy.settings(home, toy_url)
    first, second = connect(toy_url), connect(toy_url)
    with only_one(first, settings, "publisher") as held:
        held.check()
        lose_the_lock(toy_url)
        with only_one(second, settings, "publisher") as other:
            with pytest.raises(DBAPIError):
                held.check()
            for _ in range(2):
                with pytest.raises(AlreadyRunning), held.writing():
                    pass
            other.check()
    first.dispose()
    second.dispose()


@only_postgresql
def test_a_publisher_that_has_lost_its_lock_passes_over_nothing(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a second one has numbered and not got confirmed, the first does not know of; it must number nothing more."""
    monkeypatch.setattr(publishing, "LOOK_AGAIN", 3600)
    wire.speaker._wake.close()
    second = wire.publisher()
    monkeypatch.setattr(second, "_publish", lambda _channel, *args: Publisher._publish(second, Nowhere(), *args))  # type: ignore[arg-type]
    wire.speak(1)
    with wire.publishing() as first:
        wait_until(lambda: wire.cursor() == 1, 20, "confirmed")
        lose_the_lock(wire.urls["toy"])
        wire.speak(1)
        with wire.publishing(second):
            wait_until(lambda: getattr(second, "_tag", 0) == 1, 20, "the second one has sent it")
            wire.speak(1)
            first._loop.add_callback_threadsafe(first._plan)  # type: ignore[union-attr]
            wait_until(lambda: first._failure or wire.cursor() > 1, 20, "the first one looks")
            assert wire.cursor() == 1
        wire.receive(3)
    wire.check_that_all_arrived()


# -------------------------------------------------------------------------------------------------------- when it looks


@only_sqlite
def test_a_hint_wakes_the_publisher(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would not look by itself in this test's life."""
    monkeypatch.setattr(publishing, "LOOK_AGAIN", 3600)
    monkeypatch.setattr(publishing, "LOOK_SELDOM", 3600)
    with wire.publishing():
        for n in range(1, 4):
            wire.speak(1)
            wire.receive(n)


@only_sqlite
def test_a_lost_hint_delays_nothing_for_long(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    """The publisher looks by itself, whether hints have come before or not."""
    monkeypatch.setattr(publishing, "LOOK_SELDOM", 0.5)
    with wire.publishing():
        for n in range(1, 6):
            if n == 3:
                wire.speaker._wake.close()
            wire.speak(1)
            wire.receive(n)


@only_sqlite
def test_a_service_gives_hints_by_itself(wire: Wire) -> None:
    """So a publisher hears soon of what a killed process has committed without one."""
    path = toy.settings(wire.home, "", "counters").wake_path
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as wake, wire.running("service"):
        wake.bind(str(path))
        wake.settimeout(PATIENCE)
        assert [wake.recv(64) for _ in range(2)] == [b"!", b"!"], "at the start, and again"


@only_sqlite
def test_where_no_hint_ever_comes_it_looks_often(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    """As when the service runs in another container."""
    monkeypatch.setattr(publishing, "LOOK_SELDOM", 3600)
    wire.speaker._wake.close()
    with wire.publishing():
        for n in range(1, 4):
            wire.speak(1)
            wire.receive(n)


@only_sqlite
def test_without_hint_and_without_looking_the_check_goes_red(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    """Switched off, nothing comes."""
    monkeypatch.setattr(publishing, "LOOK_AGAIN", 3600)
    wire.speaker._wake.close()
    with wire.publishing():
        wire.speak(1)
        wire.receive(1)
        wait_until(lambda: wire.cursor() == 1, 10, "confirmed")
        wire.speak(1)
        with pytest.raises(TimeoutError):
            wire.receive(2, seconds=1)


@only_sqlite
def test_a_hint_before_the_channel_is_open_does_no_harm(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    """It comes while the publisher is still connecting."""
    opened = Publisher._opened

    def with_hints(publisher: Publisher, channel: Any) -> None:
        wire.speak(1)
        publisher._plan()
        publisher._loop.call_later(0.1, lambda: opened(publisher, channel))  # type: ignore[union-attr]

    monkeypatch.setattr(Publisher, "_opened", with_hints)
    with wire.publishing():
        wire.receive(1)


@only_sqlite
def test_an_idle_publisher_rests(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a burst of hints it asks the database seldom."""
    monkeypatch.setattr(publishing, "LOOK_SELDOM", 1.0)
    looked: list[float] = []
    fetch = Publisher._fetch
    monkeypatch.setattr(Publisher, "_fetch", lambda p, limit: looked.append(time.monotonic()) or fetch(p, limit))
    with wire.publishing():
        for n in range(1, 11):
            wire.speak(30)
            wire.receive(n * 30)
        wait_until(lambda: wire.cursor() == 300, 10, "confirmed")
        before = len(looked)
        wait_until(lambda: len(looked) >= before + 4, 20, "it looks by itself")
        intervals = [b - a for a, b in itertools.pairwise(looked[-3:])]
    assert min(intervals) > publishing.LOOK_SELDOM / 2


@only_sqlite
def test_a_long_path_only_costs_the_hints(wire: Wire, home: Path) -> None:
    """A socket's path may have 107 bytes; a publisher whose home lies deeper works all the same."""
    wire.home = home / ("deep" * 30)
    toy.settings(wire.home, "")
    with wire.publishing():
        wire.speak(1)
        wire.receive(1)


# --------------------------------------------------------------------------------------------------------- what is sent


@only_sqlite
def test_the_cursor_passes_private_events_at_once(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where nothing is sent after which a confirm would come; it would not look by itself in this test's life."""
    monkeypatch.setattr(publishing, "LOOK_AGAIN", 3600)
    monkeypatch.setattr(publishing, "LOOK_SELDOM", 3600)
    with wire.publishing():
        wire.speak(1)
        wire.receive(1)
        wait_until(lambda: wire.cursor() == 1, 20, "what was sent is confirmed")
        wire.speaker.handle(Mark("m", NOON, "a"))
        wait_until(lambda: wire.cursor() == 2, 20, "the cursor is at the end")


@only_sqlite
def test_private_events_have_positions_and_are_not_sent(wire: Wire) -> None:
    """The cursor passes them."""
    wire.speaker.handle(Count("1", NOON, "a"), Mark("2", NOON, "a"), Count("3", NOON, "a"), Mark("4", NOON, "a"))
    with wire.publishing():
        wire.receive(2)
        wait_until(lambda: wire.cursor() == 4, 10, "the cursor is at the end")
    heard = [read(delivery.body) for delivery in wire.received]
    assert [(message.position, message.sequence) for message in heard] == [(1, 0), (3, 1)]
    assert {delivery.content_type for delivery in wire.received} == {CONTENT_TYPE}


def definitions_with_keys() -> tuple[Definition, Definition]:
    speaker = toy.definition("toy", hears=(), shares_keys=True)
    return speaker, toy.definition(reads_keys=("toy",))


def test_a_key_comes_before_what_it_opens(wire: Wire, home: Path) -> None:
    """It travels apart, under the transport key; the listener keeps it under its own."""
    speaker, listening = definitions_with_keys()
    token, row = wire.speaker.vault.seal("guest", "w/1", {"name": "Ada"})
    wire.speaker.handle(Count("1", NOON, "a"), writes=[row])
    settings = toy.settings(home, wire.urls["toy"], "toy", wire.amqp_url)
    with wire.publishing(Publisher(speaker, [speaker, listening], settings)):
        wire.receive(2)
        wait_until(lambda: not unsent(wire.speaker), 10, "it is marked as sent")
    assert [delivery.content_type for delivery in wire.received] == [KEY_CONTENT_TYPE, CONTENT_TYPE]
    listener = toy.app(home, wire.urls["counters"], listening, master_key=b"m" * 32)
    assert listener.hear(wire.received) == 1
    with listener.read() as connection:
        assert listener.vault.open(connection, [token]) == {token: {"name": "Ada"}}


def test_a_key_under_another_master_key_holds_up_nobody(
    wire: Wire, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The publisher goes on with everything else, also where many such keys come first, and says so once."""
    monkeypatch.setattr(publishing, "WINDOW", 4)
    speaker, listening = definitions_with_keys()
    lost = Vault(b"x" * 32, b"t" * 32)
    before = [lost.seal(f"a{n}", "w/1", {"name": "Bea"})[1] for n in range(6)]
    wire.speaker.handle(Count("1", NOON, "a"), writes=before)
    token, row = wire.speaker.vault.seal("guest", "w/1", {"name": "Ada"})
    wire.speaker.handle(Count("2", NOON, "a"), writes=[row])
    settings = toy.settings(home, wire.urls["toy"], "toy", wire.amqp_url)
    with (
        structlog.testing.capture_logs() as logged,
        wire.publishing(Publisher(speaker, [speaker, listening], settings)),
    ):
        wire.receive(3)
        wait_until(lambda: wire.cursor() == 2 and unsent(wire.speaker) == 6, 10, "all but the unreadable keys are sent")
    listener = toy.app(home, wire.urls["counters"], listening, master_key=b"m" * 32)
    assert listener.hear(wire.received) == 2
    with listener.read() as connection:
        assert listener.vault.open(connection, [token]) == {token: {"name": "Ada"}}
    assert sum(entry["keys"] for entry in logged if entry["event"] == "keys_not_readable") == 6
    with wire.publishing(Publisher(speaker, [speaker, listening], replace(settings, master_key=b"x" * 32))):
        wait_until(lambda: not unsent(wire.speaker), 10, "the right key sends them")


@only_sqlite
def test_a_publisher_that_has_lost_the_master_key_ends(wire: Wire, home: Path) -> None:
    """It says which file is to be put back; one that sends no keys runs without."""
    speaker, listening = definitions_with_keys()
    wire.speaker.handle(Count("1", NOON, "a"), writes=[wire.speaker.vault.seal("guest", "w/1", {"name": "Ada"})[1]])
    settings = toy.settings(home, wire.urls["toy"], "toy", wire.amqp_url, master_key=b"x" * 32)
    publisher = Publisher(speaker, [speaker, listening], settings, lambda: publisher.stop())
    with pytest.raises(OtherMasterKey, match=r"/keys/toy\.key opens none"):
        publisher.run()
    with wire.publishing(wire.publisher(master_key=b"x" * 32)):
        wait_until(lambda: wire.cursor() == 1, 20, "published")


def unsent(app: App) -> int:

    with app.read() as connection:
        return len(unsent_keys(connection, 10))


# --------------------------------------------------------------------------------------------------------- the listener


def test_a_killed_service_takes_every_message_once(wire: Wire) -> None:
    """`kill -9` in the middle of 1,200 messages, twice; none is lost, none is counted twice."""
    listener = wire.listener()
    service = wire.process("service")
    with wire.running("publisher"):
        for n in range(1, 3):
            service.start()
            wire.speak(400)
            wait_until(lambda n=n: sum(log.totals(listener.engine).values()) > (n - 1) * 400, 30, "some")  # type: ignore[misc]
            service.kill()
        wire.speak(400)
        service.start()
        wait_until(lambda: sum(log.totals(listener.engine).values()) == 1200, 30, "all")
        service.kill()
    check_totals(wire.speaker, listener)


@only_postgresql
def test_a_restarted_database_loses_nothing(wire: Wire, postgres: Any) -> None:
    """Publisher and service wait for it and go on."""
    listener = wire.listener()
    with wire.running("publisher"), wire.running("service") as service:
        wire.speak(200)
        wait_until(lambda: log.totals(listener.engine), 30, "some of them")
        postgres.kill()
        postgres.start()
        wire.speaker.engine.dispose()
        listener.engine.dispose()
        wire.speak(200)
        wait_until(lambda: sum(log.totals(listener.engine).values()) == 400, 30, "all of them")
        assert service.running
    check_totals(wire.speaker, listener)


@only_sqlite
def test_a_service_keeps_poison_aside_and_goes_on(wire: Wire) -> None:
    """Malformed bytes, a message that raises, a queue that is deleted: the others are heard."""
    listener = wire.listener()
    other = toy.Speaker("other")
    with wire.running("publisher"), wire.running("service"):
        wire.speak(20)
        wait_until(lambda: sum(log.totals(listener.engine).values()) == 20, 30, "heard")
        with wire.channel() as channel:
            for body in (b"", b"\xff\x00", b"{}", other.say("x", note="decide raises").body, other.say("x").body):
                properties = pika.BasicProperties(content_type="application/json", content_encoding="nonsense")
                channel.basic_publish("", topology.queue("counters"), body, properties)
        wait_until(lambda: len(log.everything(listener.engine)["held"]) == 5, 30, "kept")
        with wire.channel() as channel:
            channel.queue_delete(topology.queue("counters"))
        wire.speak(20)
        wait_until(lambda: sum(log.totals(listener.engine).values()) == 40, 30, "heard after that")
    kept = sorted(str(row[4]) for row in log.everything(listener.engine)["held"])
    assert kept == ["None", "failed", "unreadable", "unreadable", "unreadable"]
