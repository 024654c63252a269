"""The read table of messages and the due times of the sender, written with the events they show.

A replay writes these rows anew and sends nothing: the sender acts on timer rows of kind `send`, asks the log before
each mail whether the message is still waiting, and a replayed `MessageSent` takes the timer of its message away again.
"""

from collections.abc import Iterable

from sqlalchemy import Column, Index, Integer, MetaData, Table, Text, bindparam, update

from services.notifications.events import (
    GuestForgotten,
    GuestNoted,
    LetterEvent,
    MessageDropped,
    MessageDue,
    MessageFailed,
    MessageRepeated,
    MessageSent,
    MessageSentAgain,
    PassNoted,
    QuestionClosed,
    QuestionNoted,
    SendingDeferred,
    StopsNoted,
    VisitClosed,
    VisitNoted,
)
from shared.definition import Projection, Recorded
from shared.messages import Message
from shared.tables import Write, subject_keys, timers, upsert
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


def _due(event: MessageDue, at: Recorded) -> Iterable[Write]:
    return ((_DUE, _row(event, at)),)


def _deferred(event: SendingDeferred, at: Recorded) -> Iterable[Write]:
    return (_tried(event, "deferred", at, event.because),)


def _repeated(event: MessageRepeated, at: Recorded) -> Iterable[Write]:
    return ((_REPEATED, {"b_id": event.message, "b_at": at.instant}),)


def _sent(event: MessageSent | MessageSentAgain, at: Recorded) -> Iterable[Write]:
    return (_tried(event, "sent", at, None),)


def _failed(event: MessageFailed, at: Recorded) -> Iterable[Write]:
    return (_tried(event, "failed", at, event.because),)


def _dropped(event: MessageDropped, at: Recorded) -> Iterable[Write]:
    return ((_DROPPED, {"b_id": event.message, "b_at": at.instant, "b_because": event.because}),)


def _to_send(event: MessageDue | SendingDeferred | MessageRepeated, _at: Recorded) -> Iterable[Write]:
    return (set_timer(SEND, event.message, event.due_at),)


def _not_to_send(
    event: MessageSent | MessageSentAgain | MessageFailed | MessageDropped, _at: Recorded
) -> Iterable[Write]:
    return (clear_timer(SEND, event.message),)


def _forget_key(event: GuestForgotten, _at: Recorded) -> Iterable[Write]:
    return (Vault.forget(event.appointment),)


def forget_at_once(message: Message) -> Iterable[Write]:
    """A forgotten guest's key goes, whatever the message waits for: its event would be too late."""
    return (Vault.forget(message.subject),) if message.type == "GuestForgotten" else ()


def _row(event: MessageDue, at: Recorded) -> dict[str, object]:
    return {
        "id": event.message,
        "appointment": event.appointment,
        "kind": event.kind,
        "attempt": event.attempt,
        "status": "due",
        "tries": 0,
        "at": at.instant,
        "because": None,
    }


def _tried(
    event: SendingDeferred | MessageSent | MessageSentAgain | MessageFailed,
    status: str,
    at: Recorded,
    because: str | None,
) -> Write:
    values = {"b_id": event.message, "b_status": status, "b_tries": event.tries, "b_at": at.instant}
    return _TRIED, {**values, "b_because": because}


# No row shows the guest: only the key has to go when one is forgotten.
project = Projection(
    LetterEvent,
    {
        messages: {
            MessageDue: _due,
            SendingDeferred: _deferred,
            MessageRepeated: _repeated,
            MessageSent: _sent,
            MessageSentAgain: _sent,
            MessageFailed: _failed,
            MessageDropped: _dropped,
        },
        timers: {
            MessageDue: _to_send,
            SendingDeferred: _to_send,
            MessageRepeated: _to_send,
            MessageSent: _not_to_send,
            MessageSentAgain: _not_to_send,
            MessageFailed: _not_to_send,
            MessageDropped: _not_to_send,
        },
        subject_keys: {GuestForgotten: _forget_key},
    },
    unseen=(GuestNoted, VisitNoted, StopsNoted, PassNoted, VisitClosed, QuestionNoted, QuestionClosed),
)
