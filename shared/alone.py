"""One of a kind: a lock that lives as long as the process that holds it, beside the database it protects."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from zlib import crc32

from sqlalchemy import Engine, text

from shared.config import Settings


class AlreadyRunning(RuntimeError):
    """Another process does this already."""


@contextmanager
def only_one(engine: Engine, settings: Settings, role: str, *, wait: bool = False) -> Iterator[None]:
    """Hold the lock of `role` for this service's database. Raises AlreadyRunning unless `wait`."""
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            call = "pg_advisory_lock" if wait else "pg_try_advisory_lock"
            taken = connection.execute(text(f"SELECT {call}(1, :role)"), {"role": crc32(role.encode()) >> 1}).scalar()
            if taken is False:
                raise AlreadyRunning(f"another {role} of {settings.service} is running")
            try:
                yield
            finally:
                connection.invalidate()  # closes the session, and with it goes the lock
    else:
        with settings.home.joinpath("run", f"{settings.service}.{role}.lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            except BlockingIOError:
                raise AlreadyRunning(f"another {role} of {settings.service} is running") from None
            yield
