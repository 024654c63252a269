"""Whoever follows what is said goes on, whatever else is sent there."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pika.adapters.blocking_connection import BlockingChannel as Channel

from deploy import following
from deploy.following import Follower, Logs, Wanted
from shared import topology
from shared.messages import Message
from tests.nursery import Nursery
from tests.shared.test_broker import NASTY, NO_TEXT, publish
from tests.shared.wire import Wire


@pytest.fixture
def wire(home: Path, broker: str, nursery: Nursery) -> Iterator[Wire]:
    """A toy that speaks."""
    wire = Wire(home, broker, lambda name: f"sqlite:///{home}/{name}.db", nursery)
    yield wire
    wire.speaker.engine.dispose()


def test_what_can_not_be_decoded_is_passed_over(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything said after it is shown, once, though the connection is lost with some of it."""
    logs, nasty, consume = Logs(f"sqlite:///{wire.home}/{{service}}.db", ["toy"]), [*NASTY.values()], Channel.consume
    seen: list[int] = []
    lost: list[Exception] = []
    live = False

    def follow_live(*args: Any, **kwargs: Any) -> Any:
        nonlocal live
        live = True
        send_one()
        return consume(*args, **kwargs)

    def show(message: Message) -> None:
        seen.append(message.position)
        if live:
            send_one()

    def begin_anew(error: Exception) -> None:
        nonlocal live
        live = False
        lost.append(error)

    def send_one() -> None:
        if nasty:
            publish(sender, NO_TEXT, b"?", nasty.pop(), topology.exchange("toy"))
            wire.speak(1)

    monkeypatch.setattr(Channel, "consume", follow_live)
    monkeypatch.setattr(following, "PAUSE", 0.0)
    with wire.publishing(), wire.channel() as sender:
        Follower(Wanted(["toy"]), logs, wire.amqp_url, {"toy": 0}, show, len(NASTY), lost=begin_anew).run()
    logs.close()
    assert seen == list(range(1, len(NASTY) + 1))
    assert lost
