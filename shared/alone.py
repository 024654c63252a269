"""One of a kind: a lock that lives as long as the process that holds it, beside the database it protects."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from zlib import crc32

from sqlalchemy import Connection, Engine, text

from shared.config import Settings
from shared.database import writing


class AlreadyRunning(RuntimeError):
    """Another process does this already, or may do so: the lock is gone."""


@dataclass(frozen=True, slots=True)
class Held:
    """A lock that was taken. On PostgreSQL it can be lost alone, with its session; a file's lasts as long as we do."""

    _engine: Engine
    _session: Connection | None = None

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A writing transaction that can't be committed once the lock is lost: it is made in the lock's own session,
        and nothing that another session looks at could be as sure. Raises DBAPIError, AlreadyRunning.
        """
        if self._session is None:
            with writing(self._engine) as connection:
                yield connection
        elif self._session.invalidated:  # it would connect anew without a word, and without the lock
            raise AlreadyRunning("the lock is gone with its session")
        else:
            with self._session.begin():
                yield self._session

    def check(self) -> None:
        """Raises DBAPIError or AlreadyRunning where the lock is lost."""
        if self._session is not None:
            with self.writing() as connection:
                connection.execute(text("SELECT 1"))


@contextmanager
def only_one(engine: Engine, settings: Settings, role: str, *, wait: bool = False) -> Iterator[Held]:
    """Hold the lock of `role` for this service's database. Raises AlreadyRunning unless `wait`."""
    if engine.dialect.name == "postgresql":
        with engine.connect() as connection:
            call = "pg_advisory_lock" if wait else "pg_try_advisory_lock"
            taken = connection.execute(text(f"SELECT {call}(1, :role)"), {"role": crc32(role.encode()) >> 1}).scalar()
            connection.commit()  # the lock is the session's
            if taken is False:
                raise AlreadyRunning(f"another {role} of {settings.service} is running")
            try:
                yield Held(engine, connection)
            finally:
                connection.invalidate()  # closes the session, and with it goes the lock
    else:
        with settings.home.joinpath("run", f"{settings.service}.{role}.lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            except BlockingIOError:
                raise AlreadyRunning(f"another {role} of {settings.service} is running") from None
            yield Held(engine)
