"""The read table of messages and the due times of the sender, written with the events they show.

A replay writes these rows anew and sends nothing: the sender acts on timer rows of kind `send`, asks the log before
each mail whether the message is still waiting, and a replayed `MessageSent` takes the timer of its message away again.
"""

from collections.abc import Iterable

from sqlalchemy import Column, Index, Integer, MetaData, Table, Text, bindparam, update

from services.notifications.events import (
    GuestForgotten,
    LetterEvent,
    MessageDropped,
    MessageDue,
    MessageFailed,
    MessageRepeated,
    MessageSent,
    MessageSentAgain,
    SendingDeferred,
)
from shared.definition import Recorded
from shared.tables import Write, instant, upsert
from shared.timers import clear_timer, set_timer
from shared.vault import Vault

SEND = "send"

metadata = MetaData()

messages = Table(
    "messages",
    metadata,
    Column("id", Text, primary_key=True),
    Column("appointment", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("status", Text, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("at", Text, nullable=False),
    Column("because", Text),
)
Index("messages_appointment", messages.c.appointment)

_DUE = upsert(messages, ["id"])
_THIS = messages.c.id == bindparam("b_id")
_DROPPED = update(messages).where(_THIS).values(status="dropped", at=bindparam("b_at"), because=bindparam("b_because"))
_REPEATED = update(messages).where(_THIS).values(status="due", at=bindparam("b_at"), because=None)
_TRIED = (
    update(messages)
    .where(_THIS)
    .values(
        status=bindparam("b_status"),
        tries=bindparam("b_tries"),
        at=bindparam("b_at"),
        because=bindparam("b_because"),
    )
)


def project(event: LetterEvent, at: Recorded) -> Iterable[Write]:
    """The rows an event changes. No row shows the guest: only the key has to go when one is forgotten."""
    match event:
        case MessageDue():
            yield _DUE, _row(event, at)
            yield set_timer(SEND, event.message, event.due_at)
        case SendingDeferred():
            yield _tried(event, "deferred", at, event.because)
            yield set_timer(SEND, event.message, event.due_at)
        case MessageRepeated():
            yield _REPEATED, {"b_id": event.message, "b_at": instant(at.time)}
            yield set_timer(SEND, event.message, event.due_at)
        case MessageSent() | MessageSentAgain():
            yield _tried(event, "sent", at, None)
            yield clear_timer(SEND, event.message)
        case MessageFailed():
            yield _tried(event, "failed", at, event.because)
            yield clear_timer(SEND, event.message)
        case MessageDropped():
            yield _DROPPED, {"b_id": event.message, "b_at": instant(at.time), "b_because": event.because}
            yield clear_timer(SEND, event.message)
        case GuestForgotten():
            yield Vault.forget(event.appointment)
        case _:
            return


def _row(event: MessageDue, at: Recorded) -> dict[str, object]:
    return {
        "id": event.message,
        "appointment": event.appointment,
        "kind": event.kind,
        "attempt": event.attempt,
        "status": "due",
        "tries": 0,
        "at": instant(at.time),
        "because": None,
    }


def _tried(
    event: SendingDeferred | MessageSent | MessageSentAgain | MessageFailed,
    status: str,
    at: Recorded,
    because: str | None,
) -> Write:
    values = {"b_id": event.message, "b_status": status, "b_tries": event.tries, "b_at": instant(at.time)}
    return _TRIED, {**values, "b_because": because}
