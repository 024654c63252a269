"""Taking due messages so that nobody else takes them, and recording what became of them: two jobs for the writer.

A claim moves the due time of the message ahead by a lease. Whoever sends renews its leases while it is at work; when it
dies, the message comes due again by itself. What lies further ahead than any pause or lease was dated by a wrong
clock, and is taken at once.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

import orjson
from sqlalchemy import Connection, bindparam, or_, select, update

from services.notifications.commands import RecordFailure, RecordSent
from services.notifications.decider import LONGEST_PAUSE, WAITING, Correspondence, appointment_of, stream
from services.notifications.projections import SEND
from shared import timers as due_times
from shared.messages import Cause
from shared.session import Session
from shared.tables import events, instant, timers

LEASE = timedelta(seconds=20)
FURTHEST = LONGEST_PAUSE + LEASE
"""No due time lies further ahead: a letter is due at once, and nothing sets it later but a pause or a lease."""
_MINE = (
    update(timers)
    .where(
        timers.c.kind == SEND,
        timers.c.subject == bindparam("b_subject"),
        or_(timers.c.due_at <= bindparam("b_now"), timers.c.due_at > bindparam("b_horizon")),
    )
    .values(due_at=bindparam("b_lease"))
)
_STALE = timers.delete().where(timers.c.kind == SEND, timers.c.subject == bindparam("b_subject"))


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message that is ours to send: to whom (`guest` is the sealed token), and its cause."""

    message: str
    guest: str
    cause: Cause


@dataclass(frozen=True, slots=True)
class Claim:
    """A job for the writer: take up to `limit` messages that are due."""

    now: datetime
    limit: int

    def commands(self) -> Sequence[RecordSent]:
        """None that are known beforehand."""
        return ()

    def run(self, session: Session) -> list[Claimed]:
        """The messages taken, the longest waiting first."""
        connection = session.connection
        due = due_times.due(connection, SEND, self.now, self.limit, self.now + FURTHEST)
        # All streams in one round, and their locks before the rows of the timers: as every other writer does it.
        session.prefetch([RecordSent("", self.now, appointment_of(message), message) for message in due])
        mine = [message for message in due if self._take(connection, message)]
        causes = _causes(connection, mine)
        return [taken for message in mine if (taken := _claimed(session, message, causes)) is not None]

    def _take(self, connection: Connection, message: str) -> bool:
        times = {"b_now": self.now, "b_horizon": self.now + FURTHEST, "b_lease": self.now + LEASE}
        row = {"b_subject": message} | {name: instant(time) for name, time in times.items()}
        return connection.execute(_MINE, row).rowcount == 1


def _claimed(session: Session, message: str, causes: dict[str, Cause]) -> Claimed | None:
    # The log decides, not the timer: nothing is sent for a row that a rebuild has left behind.
    state: Correspondence = session.state(stream(appointment_of(message)))
    letter = state.letters.get(message)
    if letter is None or letter.status not in WAITING or state.guest is None:
        session.connection.execute(_STALE, {"b_subject": message})
        return None
    return Claimed(message, state.guest.guest, causes.get(message, Cause(str(uuid4()), message)))


def _causes(connection: Connection, messages: Iterable[str]) -> dict[str, Cause]:
    streams = {stream(appointment_of(message)) for message in messages}
    query = select(events.c.data, events.c.meta).where(events.c.stream.in_(streams), events.c.type == "MessageDue")
    rows = [(orjson.loads(row.data), orjson.loads(row.meta)) for row in connection.execute(query)] if streams else []
    return {data["message"]: Cause(meta["correlation"], meta["id"]) for data, meta in rows}


@dataclass(frozen=True, slots=True)
class Record:
    """A job for the writer: what became of messages, each with the cause it had."""

    outcomes: tuple[tuple[RecordSent | RecordFailure, Cause], ...]

    def commands(self) -> Sequence[RecordSent | RecordFailure]:
        """The commands to load for."""
        return tuple(command for command, _ in self.outcomes)

    def run(self, session: Session) -> None:
        """Decide them all."""
        for command, cause in self.outcomes:
            session.decide(command, cause=cause)
