"""Group commit: whoever comes first carries out what the others have handed in meanwhile, in one transaction.

One transaction at a time per process. It serves threads and green threads alike, and keeps SQLite's lock from being
waited for inside the process that holds it. A batch that the database refuses is done again job by job, so that only
the bad job fails.
"""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as NoFreeConnection

from shared.codec import Codec
from shared.database import is_away, why, writing
from shared.definition import Command, Definition
from shared.session import Cache, Session

TRIES = 4
log = structlog.get_logger()


class Unavailable(RuntimeError):
    """The database cannot be reached or cannot write now; nothing was changed, the same may be tried again."""


class Job(Protocol):
    """Something to be done in a writing transaction; may be run again after a rollback."""

    def commands(self) -> Sequence[Command]:
        """What will be decided, as far as known beforehand (for loading set-wise)."""

    def run(self, session: Session) -> Any:
        """Do it; what it returns goes to the caller after the commit. An exception fails this job only."""


@dataclass(slots=True, eq=False)
class _Ticket:
    job: Job
    turn: threading.Event = field(default_factory=threading.Event)
    finished: bool = False
    result: Any = None
    error: BaseException | None = None


class Writer:
    """The one way of a process to its database's log."""

    def __init__(
        self,
        engine: Engine,
        definition: Definition,
        codec: Codec,
        *,
        batch: int,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        after_commit: Callable[[Session], None] = lambda _session: None,
    ) -> None:
        self._engine = engine
        self._definition = definition
        self._codec = codec
        self._batch = batch
        self._clock = clock
        self._after_commit = after_commit
        self._lock = threading.Lock()
        self._waiting: deque[_Ticket] = deque()
        self._led = False
        self.in_doubt = False
        """Whether a commit ended without an answer since this was last set to false: it may have been carried out."""
        self.cache = Cache()

    def submit(self, job: Job) -> Any:
        """Run the job and return its result when it is committed. Raises what the job raised, or Unavailable."""
        ticket = _Ticket(job)
        with self._lock:
            self._waiting.append(ticket)
            leading, self._led = not self._led, True
        if not leading:
            try:
                ticket.turn.wait()
            except BaseException:
                self._withdraw(ticket)
                raise
        if not ticket.finished:
            self._lead(ticket)
        if ticket.error is not None:
            raise ticket.error
        return ticket.result

    def _withdraw(self, ticket: _Ticket) -> None:
        # Its caller is being killed: nobody must wait for it to lead.
        with self._lock:
            if ticket not in self._waiting:
                return
            self._waiting.remove(ticket)
            chosen = ticket.turn.is_set()
        if chosen:
            self._pass_on()

    def _lead(self, own: _Ticket) -> None:
        try:
            while not own.finished:
                with self._lock:
                    tickets = [self._waiting.popleft() for _ in range(min(self._batch, len(self._waiting)))]
                try:
                    self._carry_out(tickets)
                except BaseException:
                    for ticket in tickets:
                        ticket.error = Unavailable("the process is ending")
                    raise
                finally:
                    for ticket in tickets:
                        ticket.finished = True
                        ticket.turn.set()
        finally:
            self._pass_on()

    def _pass_on(self) -> None:
        with self._lock:
            self._led = bool(self._waiting)
            if self._led:
                self._waiting[0].turn.set()

    def _carry_out(self, tickets: Sequence[_Ticket]) -> None:
        try:
            self._transact(tickets)
        except Exception as error:
            if isinstance(error, NoFreeConnection) or (isinstance(error, DBAPIError) and is_away(error)):
                self._give_up(tickets, error)
            elif len(tickets) > 1:
                for ticket in tickets:
                    self._carry_out([ticket])
            else:
                self._alone(tickets[0], error)

    def _give_up(self, tickets: Sequence[_Ticket], error: Exception) -> None:
        self._engine.dispose()
        log.warning("database_unavailable", error=type(error).__name__, reason=why(error), jobs=len(tickets))
        for ticket in tickets:
            ticket.error = Unavailable("the database cannot be reached at the moment")

    def _alone(self, ticket: _Ticket, error: Exception) -> None:
        # A lost race shows as an IntegrityError: load again and decide again.
        tries = 1
        while isinstance(error, IntegrityError) and tries < TRIES:
            tries += 1
            try:
                self._transact([ticket])
                return
            except Exception as again:
                error = again
        if isinstance(error, DBAPIError) and is_away(error):
            self._give_up([ticket], error)
        else:
            ticket.error = error

    def _transact(self, tickets: Sequence[_Ticket]) -> None:
        committing = False
        try:
            with writing(self._engine) as connection:
                session = Session(connection, self._definition, self._codec, self.cache, self._clock())
                self._prefetch(session, tickets)
                self._run(session, tickets)
                session.flush()
                committing = True
        except Exception:
            self.in_doubt = self.in_doubt or committing
            raise
        session.committed()
        try:
            self._after_commit(session)
        except Exception:
            log.exception("after_commit_failed")  # the jobs are done and must not be done again

    @staticmethod
    def _run(session: Session, tickets: Sequence[_Ticket]) -> None:
        for ticket in tickets:
            ticket.result, ticket.error = None, None
            try:
                with session.attempt():
                    ticket.result = ticket.job.run(session)
            except DBAPIError:
                raise
            except Exception as error:
                ticket.error = error

    def _prefetch(self, session: Session, tickets: Sequence[_Ticket]) -> None:
        commands = [command for ticket in tickets for command in ticket.job.commands()]
        try:
            session.prefetch(commands)
        except DBAPIError:
            raise
        except Exception:
            log.debug("prefetch_failed")  # whose command it was shows when it is decided
