"""The archive has a copy of everything said, in order, whatever happens to it; and holds up nobody."""

import itertools
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from deploy.servers import wait_until
from shared import archive, topology
from shared.database import reading
from shared.sequencer import ARCHIVED, cursor
from tests.nursery import Nursery
from tests.shared import toy
from tests.shared.toy import NOON, Mark
from tests.shared.wire import Wire


@pytest.fixture
def wire(home: Path, broker: str, nursery: Nursery) -> Iterator[Wire]:
    """A toy that speaks and one that listens."""
    wire = Wire(home, broker, lambda name: f"sqlite:///{home}/{name}.db", nursery)
    yield wire
    wire.speaker.engine.dispose()


@contextmanager
def archiving(wire: Wire, days: int = 3) -> Iterator[None]:
    """A publisher of the toy speaker at work, and an archiver beside it."""
    settings = replace(wire.speaker.settings, archive_days=days, archive_megabytes=20)
    with archive.keeping(toy.SPEAKER, settings) as numbered, wire.publishing(wire.publisher(numbered)):
        yield


def archived(wire: Wire, at_least: int) -> list[dict[str, Any]]:
    """Everything the archive has, from its first message."""
    found: list[dict[str, Any]] = []
    with wire.channel() as channel:
        channel.basic_qos(prefetch_count=100)
        offset = {"x-stream-offset": "first"}
        for method, _properties, body in channel.consume(topology.ARCHIVE, arguments=offset, inactivity_timeout=0.5):
            if method is None:
                if len(found) >= at_least:
                    return found
                continue
            found.append(orjson.loads(body))
            channel.basic_ack(method.delivery_tag)
    return found


def test_everything_said_is_archived_in_order(wire: Wire) -> None:
    """Also what was said before there was an archive; private events are not in it."""
    with wire.publishing():
        wire.speak(30)
        wire.receive(30)
    with archiving(wire):
        wire.speak(30)
        wire.receive(60)
        wait_until(lambda: behind(wire) == 0, 20, "all archived")
    positions = [message["position"] for message in archived(wire, 60)]
    assert positions == sorted(set(positions))
    assert len(positions) == 60


def test_what_is_said_later_is_archived_by_a_hint_of_the_publisher(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    """The archive would not look by itself in this test's life."""
    monkeypatch.setattr(archive, "LOOK_SELDOM", 3600)
    with archiving(wire):
        archived_one_by_one(wire)


def test_without_a_hint_it_looks_by_itself(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    """Seldom; and with neither, the check goes red."""
    monkeypatch.setattr(archive.Archiver, "hint", lambda _archiver: None)
    monkeypatch.setattr(archive, "LOOK_SELDOM", 0.5)
    with archiving(wire):
        archived_one_by_one(wire)
        monkeypatch.setattr(archive, "LOOK_SELDOM", 3600)
        wire.speak(1)
        wire.receive(4)
        wait_until(lambda: behind(wire) == 0, 20, "the look that was planned already")
        wire.speak(1)
        wire.receive(5)
        with pytest.raises(TimeoutError):
            wait_until(lambda: behind(wire) == 0, 1, "archived")


def test_the_cursor_passes_private_events_at_once(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where nothing is archived after which a confirm would come; it would not look by itself in this test's
    life.
    """
    monkeypatch.setattr(archive, "LOOK_SELDOM", 3600)
    with archiving(wire):
        wire.speak(1)
        wire.receive(1)
        wait_until(lambda: archived_up_to(wire) == 1, 20, "what was said is archived")
        wire.speaker.handle(Mark("m", NOON, "a"))
        wait_until(lambda: archived_up_to(wire) == 2, 20, "the cursor is at the end")


def test_what_is_far_behind_is_caught_up_in_windows_with_rests(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    """As when an archive is switched on for a long log: guests, who wait for the live messages, go first."""
    windows: list[float] = []
    behind_of = archive.Archiver._behind

    def looked(archiver: archive.Archiver, limit: int) -> list[Any]:
        if limit:
            windows.append(time.monotonic())
        return behind_of(archiver, limit)

    monkeypatch.setattr(archive, "WINDOW", 20)
    monkeypatch.setattr(archive.Archiver, "_behind", looked)
    with wire.publishing():
        wire.speak(100)
        wire.receive(100)
    with archiving(wire):
        wait_until(lambda: behind(wire) == 0, 30, "all archived")
    assert len(windows) > 4
    assert min(later - one for one, later in itertools.pairwise(windows)) > archive.Archiver.SETTLE / 2


def test_a_deleted_archive_is_made_again_and_holds_up_nobody(wire: Wire) -> None:
    """What was in it is gone, what is said afterwards is not; the listeners notice nothing."""
    with archiving(wire):
        wire.speak(20)
        wire.receive(20)
        wait_until(lambda: behind(wire) == 0, 20, "all archived")
        with wire.channel() as channel:
            channel.queue_delete(topology.ARCHIVE)
        wire.speak(20)
        wire.receive(40)
        wait_until(lambda: behind(wire) == 0, 30, "all archived again")
    assert len(archived(wire, 20)) == 20


def test_an_archive_with_other_settings_is_used_as_it_is(wire: Wire) -> None:
    """A changed setting must not stop it."""
    with wire.channel() as channel:
        channel.queue_declare(topology.ARCHIVE, durable=True, arguments=topology.archive_arguments(9, 50))
    with archiving(wire):
        wire.speak(10)
        wire.receive(10)
        wait_until(lambda: behind(wire) == 0, 20, "all archived")
    assert len(archived(wire, 10)) == 10


def archived_one_by_one(wire: Wire) -> None:
    """Three messages, each archived before the next is said."""
    for n in range(1, 4):
        wire.speak(1)
        wire.receive(n)
        wait_until(lambda: behind(wire) == 0, 20, "archived")


def behind(wire: Wire) -> int:
    """Messages said and not yet archived."""
    with reading(wire.speaker.engine) as connection:
        return wire.said() - cursor(connection, ARCHIVED)


def archived_up_to(wire: Wire) -> int:
    """The position up to which nothing is left to archive."""
    with reading(wire.speaker.engine) as connection:
        return cursor(connection, ARCHIVED)
