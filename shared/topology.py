"""What exists at the broker: an exchange per speaker, a quorum queue per listener bound to all of what it hears."""

from collections.abc import Iterable
from typing import NamedTuple, Protocol


class Placed(Protocol):
    """Where a service stands among the others: all that a publisher must know of it."""

    @property
    def name(self) -> str: ...

    @property
    def hears(self) -> tuple[str, ...]: ...

    @property
    def reads_keys(self) -> tuple[str, ...]: ...

    @property
    def shares_keys(self) -> bool: ...


class Place(NamedTuple):
    """The facts of `Placed`, and the address at which the service answers unless the environment says otherwise.

    `stories` are the prefixes of its streams that belong to one subject (`{prefix}-{subject}`).
    Kept in a module of its own in each service, so that a publisher needs to load nothing else of it.
    """

    name: str
    http_default: str
    hears: tuple[str, ...] = ()
    reads_keys: tuple[str, ...] = ()
    shares_keys: bool = False
    stories: tuple[str, ...] = ()


def exchange(source: str) -> str:
    """Where a service says its messages (topic, durable; routing key = message type)."""
    return f"{source}.events"


def key_exchange(source: str) -> str:
    """Where a service sends subject keys, apart from the messages; never archived."""
    return f"{source}.keys"


def queue(listener: str) -> str:
    """The one queue of a listening service."""
    return f"{listener}.inbox"


QUEUE_ARGUMENTS = {"x-queue-type": "quorum"}


ARCHIVE = "foyer.archive"
"""A stream queue with a copy of every message of all speakers, for readers outside: from any offset or time."""


def archive_arguments(days: int, megabytes: int) -> dict[str, str | int]:
    """How the archive is declared: what is older, or more than that, is dropped segment by segment."""
    segment = max(1_000_000, min(100_000_000, megabytes * 1_000_000 // 10))
    return {
        "x-queue-type": "stream",
        "x-max-age": f"{days}D",
        "x-max-length-bytes": megabytes * 1_000_000,
        "x-stream-max-segment-size-bytes": segment,
    }


def bindings(listener: Placed) -> list[tuple[str, str]]:
    """(exchange, routing key) pairs that the listener's queue is bound with."""
    heard = [(exchange(source), "#") for source in listener.hears]
    return heard + [(key_exchange(source), "#") for source in listener.reads_keys]


def listeners(speaker: str, ensemble: Iterable[Placed]) -> list[Placed]:
    """Who hears that speaker. Their queues must exist before it says anything, or what is said to them is lost."""
    return [definition for definition in ensemble if speaker in definition.hears or speaker in definition.reads_keys]
