"""What exists at the broker: an exchange per speaker, a quorum queue per listener bound to all of what it hears."""

from collections.abc import Iterable

from shared.definition import Definition


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


def bindings(listener: Definition) -> list[tuple[str, str]]:
    """(exchange, routing key) pairs that the listener's queue is bound with."""
    heard = [(exchange(source), "#") for source in listener.hears]
    return heard + [(key_exchange(source), "#") for source in listener.reads_keys]


def listeners(speaker: str, ensemble: Iterable[Definition]) -> list[Definition]:
    """Who hears that speaker. Their queues must exist before it says anything, or what is said to them is lost."""
    return [definition for definition in ensemble if speaker in definition.hears or speaker in definition.reads_keys]
