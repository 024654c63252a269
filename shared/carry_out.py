"""Orders of operations carried out: once each, however often they come, in one transaction with all that follows.

The table `orders` keeps what was ordered, by whom and why, and what stood there before.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
import structlog
from sqlalchemy import Row, Select, bindparam, insert, select, update
from sqlalchemy.exc import DBAPIError

from shared.database import is_away
from shared.definition import Command, Definition
from shared.desk import FAILED, LET_GO, UNREADABLE, Apply, Desk, describe
from shared.inbox import Reacting
from shared.messages import Cause, Message, Unreadable, read
from shared.orders import DISCARD, DONE, EDIT, FAILED_AGAIN, NOTHING, REDO, REFUSED, Order
from shared.session import Session
from shared.tables import held, instant, orders

_NOTE = insert(orders)
_AGAIN = (
    update(held)
    .where(
        held.c.stream == bindparam("b_stream"),
        held.c.source == bindparam("b_source"),
        held.c.sequence == bindparam("b_sequence"),
    )
    .values(error=bindparam("b_error"), tries=held.c.tries + 1)
)
log = structlog.get_logger()


@dataclass(slots=True)
class CarryOut:
    """A job for the writer: carry out orders, and note each with its result."""

    definition: Definition
    orders: Sequence[Order]
    now: datetime
    _reacting: Reacting = field(init=False)

    def __post_init__(self) -> None:
        self._reacting = Reacting(self.definition, self.now, one_by_one=True)

    def commands(self) -> Sequence[Command]:
        """None that are known beforehand."""
        return ()

    def run(self, session: Session) -> int:
        """Returns how many messages took effect."""
        query = select(orders.c.id).where(orders.c.id.in_([order.id for order in self.orders]))
        known = set(session.connection.execute(query).scalars())
        applied = 0
        for order in self.orders:
            if order.id not in known:
                known.add(order.id)
                applied += self._redo(session, order) if order.kind == REDO else self._tend(session, order)
        return applied

    def _tend(self, session: Session, order: Order) -> int:
        session.flush()
        desk = Desk(session, [order.stream])
        row = session.connection.execute(_parked(order)).one_or_none()
        if row is None:
            _note(session, order, self.now, NOTHING, "it is not parked any more, or was tried meanwhile")
            return 0
        applied, result, detail = self._done(session, desk, order, row)
        _note(session, order, self.now, result, detail, row)
        log.info("order_carried_out", kind=order.kind, stream=order.stream, result=result, applied=applied)
        return applied

    def _done(self, session: Session, desk: Desk, order: Order, row: Row[Any]) -> tuple[int, str, str]:
        """How many messages took effect, the result, and what is to be said about it."""
        if order.kind == DISCARD and row.reason == UNREADABLE:
            session.write((LET_GO, _key(row)))
            return 0, DONE, row.error
        try:
            message = self._message(order, row)
        except Unreadable as error:
            session.write((_AGAIN, _key(row) | {"b_error": str(error)}))
            return 0, FAILED_AGAIN, str(error)
        if row.reason == UNREADABLE:
            # Its row bears the name of its bytes: where it belongs is known only now.
            desk = Desk(session, [message.stream])
        if order.kind != DISCARD:
            session.write(*self.definition.written_at_once(message))
        errors: list[str] = []

        def apply(pending: Message) -> Exception | None:
            error = self._reacting.apply(session, pending)
            if error is not None and pending is message:
                errors.append(describe(error))
            return error

        take = self._in_its_place if row.reason == UNREADABLE else self._again
        applied, result, detail = take(session, desk, order, row, message, apply)
        desk.close(self.now)
        return (applied, FAILED_AGAIN, errors[0]) if errors else (applied, result, detail)

    def _in_its_place(
        self, session: Session, desk: Desk, _order: Order, row: Row[Any], message: Message, apply: Apply
    ) -> tuple[int, str, str]:
        """What could not be read before is taken as if it had just come."""
        new = desk.is_new(message)
        session.write((LET_GO, _key(row)))
        applied = desk.take(message, apply)
        if not new and not applied:
            return 0, NOTHING, "it has taken effect already, or is kept in its place"
        return applied, DONE, row.error

    def _again(
        self, session: Session, desk: Desk, order: Order, row: Row[Any], message: Message, apply: Apply
    ) -> tuple[int, str, str]:
        """A message that had failed."""
        behind = message.sequence - desk.passed((row.source, row.stream)) - 1
        if behind < 0:
            session.write((LET_GO, _key(row)))
            return 0, NOTHING, "it has been passed meanwhile"
        if behind:
            return 0, REFUSED, f"{behind} messages of its stream before it are missing: replay them first"
        if order.kind == DISCARD:
            return desk.discard(message, apply), DONE, row.error
        return desk.apply(message, apply, row.tries + 1), DONE, row.error

    def _message(self, order: Order, row: Row[Any]) -> Message:
        """What is to be applied now. Raises Unreadable."""
        edited = order.kind == EDIT and order.message is not None
        message = read(orjson.dumps(order.message) if edited else bytes(row.body))
        if message.source not in self.definition.hears:
            raise Unreadable("from a source that is not heard here")
        place = (message.source, message.stream, message.sequence)
        if row.reason == FAILED and place != (row.source, row.stream, row.sequence):
            raise Unreadable("an edited message keeps its source, stream and sequence")
        return message

    def _redo(self, session: Session, order: Order) -> int:
        found = self.definition.replays and self.definition.replays.effect(order.effect)
        if not found or found[1].redo is None:
            _note(session, order, self.now, REFUSED, "this effect is not declared as one that can be done again")
            return 0
        try:
            with session.savepoint():
                command = found[1].redo(order.id, self.now, order.subject)
                decided = session.decide(command, cause=Cause(order.id, order.id))
        except DBAPIError as error:
            if is_away(error):
                raise
            _note(session, order, self.now, REFUSED, describe(error))
        except Exception as error:
            _note(session, order, self.now, REFUSED, getattr(error, "detail", "") or describe(error))
        else:
            unknown = "it is not known here, waits already, or was overtaken"
            _note(session, order, self.now, *((DONE, "") if decided else (NOTHING, unknown)))
        return 0


def _parked(order: Order) -> Select[Any]:
    return select(held).where(
        held.c.source == order.source,
        held.c.stream == order.stream,
        held.c.sequence == order.sequence,
        held.c.reason.is_not(None),
        held.c.tries == order.tries,
    )


def _key(row: Row[Any]) -> dict[str, Any]:
    return {"b_stream": row.stream, "b_source": row.source, "b_sequence": row.sequence}


def _note(session: Session, order: Order, now: datetime, result: str, detail: str, row: Row[Any] | None = None) -> None:
    """A row of `orders`; with what stood there before, unless nobody can say what it is: that may be personal."""
    original = bytes(row.body) if row is not None and row.reason == FAILED else None
    replacement = orjson.dumps(order.message) if row is not None and order.message is not None else None
    values = {name: getattr(order, name) for name in ("id", "kind", "source", "stream", "sequence", "subject", "who")}
    said = {"reason": order.reason, "at": instant(now), "result": result, "detail": detail}
    session.write((_NOTE, values | said | {"original": original, "replacement": replacement}))
