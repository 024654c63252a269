"""What operations order a running service to do, through its own queue: with parked messages, and with side effects."""

from dataclasses import dataclass
from typing import Any

import orjson

from shared.messages import Unreadable

CONTENT_TYPE = "application/vnd.foyer.order+json"
RETRY, EDIT, DISCARD, REDO = "retry", "edit", "discard", "redo"
KINDS = (RETRY, EDIT, DISCARD, REDO)
DONE, FAILED_AGAIN, NOTHING, REFUSED = "done", "failed", "nothing to do", "refused"
LONGEST = 500


@dataclass(frozen=True, slots=True)
class Order:
    """One order. The first three kinds mean the parked row (source, stream, sequence) as it was after `tries` tries.

    `message` is the edited one. A redo means `subject` of the side effect `effect`.
    """

    id: str
    kind: str
    source: str = ""
    stream: str = ""
    sequence: int = 0
    tries: int = 0
    message: dict[str, Any] | None = None
    effect: str = ""
    subject: str = ""
    who: str = ""
    reason: str = ""

    def body(self) -> bytes:
        """As it travels."""
        return orjson.dumps({name: getattr(self, name) for name in self.__slots__})


def parse(body: bytes) -> Order:
    """Open an order. Raises Unreadable."""
    try:
        order = Order(**orjson.loads(body))
    except (ValueError, TypeError):
        raise Unreadable("not an order of ours") from None
    numbers: tuple[Any, ...] = (order.sequence, order.tries)
    texts: tuple[Any, ...] = (
        order.id,
        order.source,
        order.stream,
        order.effect,
        order.subject,
        order.who,
        order.reason,
    )
    if (
        order.kind not in KINDS
        or not order.id
        or not all(isinstance(text, str) and len(text) <= LONGEST and text.isprintable() for text in texts)
        or not all(type(number) is int and 0 <= number < 2**31 for number in numbers)
        or not (order.message is None or isinstance(order.message, dict))
    ):
        raise Unreadable("an order with a wrong value")
    return order
