"""A private PostgreSQL cluster on loopback; it refuses root, so root runs it as the user `postgres` or `nobody`."""

import os
import pwd
import re
import secrets
import shutil
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg2
from psycopg2 import sql

from deploy.servers.ports import free_port
from deploy.servers.process import Process, ServerFailed, wait_until

STILL_IN_USE = "pre-existing shared memory block"

_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "300",
    "shared_buffers": "128MB",
    "log_min_messages": "warning",
    # In its own folder: a killed server that never comes back would leave a segment in /dev/shm for good.
    "dynamic_shared_memory_type": "mmap",
    # A forgotten transaction would hold back the sequencers of all databases of this cluster.
    "idle_in_transaction_session_timeout": "60s",
}
# Not synchronous_commit: without it even `kill -9` would lose the last commits.
_NOT_DURABLE = {"fsync": "off", "full_page_writes": "off"}
# A page is logged whole when it is changed first after a checkpoint; on long logs that is most of what is written.
_LZ4_SINCE = 15
_FILE_COPY_SINCE = 150_000
"""The version from which PostgreSQL can be told how to copy a database."""


def postgresql_bin() -> Path | None:
    """Where Debian's newest PostgreSQL has its programs; None where there is none."""
    found = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    newest = max(found, key=_version, default=None)
    return newest.parent if newest else None


def _version(program: Path) -> int:
    return int(re.sub(r"\D", "", program.parts[-3]) or 0)


class PostgreSQL:
    """A cluster on 127.0.0.1; what it stores survives `stop`, `kill` and `start` as long as its folder does.

    `durable=False` is for tests: it survives `kill -9`, but not a power cut, and is faster.
    """

    def __init__(self, folder: Path, port: int | None = None, durable: bool = True) -> None:
        self.folder = folder.absolute()
        self.port = port or free_port()
        self._data = self.folder / "data"
        self._password_file = self.folder / "password"
        self._durable = durable
        # SCRAM makes each of the thousands of connections of a test run ten times as long.
        self._login = "scram-sha-256" if durable else "md5"
        compression = "lz4" if _version(_program("postgres")) >= _LZ4_SINCE else "on"
        settings = _SETTINGS | ({"wal_compression": compression} if durable else _NOT_DURABLE)
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        command = (
            *_as_unprivileged(),
            str(_program("postgres")),
            "-D",
            str(self._data),
            "-p",
            str(self.port),
            *options,
        )
        self._kept: psycopg2.extensions.connection | None = None
        self.process = Process("postgresql", command, self.folder / "postgresql.log", cwd=Path("/"))

    def url(self, database: str = "postgres") -> str:
        """The SQLAlchemy URL of a database; `{service}` in its name is left as it is."""
        return f"postgresql+psycopg2://foyer:{self._password}@127.0.0.1:{self.port}/{database}"

    @property
    def _password(self) -> str:
        return self._password_file.read_text().strip()

    def start(self, seconds: float = 60) -> None:
        """Start it (making the cluster the first time) and wait until it answers. Raises ServerFailed."""
        if self._still_answers():
            return
        if not self._data.exists():
            self._make_cluster()
        wait_until(self._came_up, seconds, "postgresql")

    def _still_answers(self) -> bool:
        # By the connection that is kept: a new one costs the server a process.
        try:
            if self._kept is not None:
                self._kept.cursor().execute("SELECT 1")
        except psycopg2.Error:
            self._kept = None
        return self._kept is not None

    def _came_up(self) -> bool:
        """Start it and wait; False when it refuses, because a worker of a killed server is still on its way out."""
        self.process.start()
        try:
            self.process.wait_ready(self.answers)
        except ServerFailed as error:
            if STILL_IN_USE not in str(error):
                raise
            return False
        return True

    def _make_cluster(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._password_file.write_text(secrets.token_urlsafe(18))
        if os.geteuid() == 0:
            shutil.chown(self.folder, _user())
            shutil.chown(self._password_file, _user())
        options = ("--username=foyer", f"--auth={self._login}", f"--pwfile={self._password_file}", "--no-sync")
        locale = ("--encoding=UTF8", "--locale=C.UTF-8")
        made = subprocess.run(
            (*_as_unprivileged(), str(_program("initdb")), "-D", str(self._data), *options, *locale),
            capture_output=True,
            text=True,
            cwd="/",
            check=False,
        )
        if made.returncode:
            raise ServerFailed(f"initdb: {made.stderr.strip()}")

    def answers(self) -> bool:
        """Whether a client can log in now."""
        try:
            self._connect().close()
        except psycopg2.OperationalError:
            return False
        return True

    def stop(self) -> None:
        """Fast shutdown: clients are thrown out, everything committed is on disk."""
        self.process.stop(signal.SIGINT)

    def kill(self) -> None:
        """`kill -9` of the server and its workers."""
        self.process.kill()

    def create_database(self, name: str, template: str = "template0") -> str:
        """Make a database (a copy of `template`) and return its URL."""
        # Where no write waits for the disk, to copy the files takes half of what it takes to log all pages.
        by_files = not self._durable and self._connection().server_version >= _FILE_COPY_SINCE
        strategy = sql.SQL("STRATEGY FILE_COPY" if by_files else "")
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {} {}")
        self._run(statement.format(sql.Identifier(name), sql.Identifier(template), strategy))
        return self.url(name)

    def drop_database(self, name: str) -> None:
        """Remove a database, throwing out whoever uses it; no error where there is none."""
        self._run(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def _connect(self) -> "psycopg2.extensions.connection":
        return psycopg2.connect(
            host="127.0.0.1",
            port=self.port,
            user="foyer",
            password=self._password,
            dbname="postgres",
            connect_timeout=2,
        )

    def _run(self, statement: sql.Composed) -> None:
        self._connection().cursor().execute(statement)

    def _connection(self) -> "psycopg2.extensions.connection":
        """The one that is kept."""
        if not self._still_answers():
            self._kept = self._connect()
            self._kept.autocommit = True
        assert self._kept  # noqa: S101 (narrows the type)
        return self._kept

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _program(name: str) -> Path:
    folder = postgresql_bin()
    if folder is None:
        raise ServerFailed("PostgreSQL is not installed: apt-get install postgresql")
    return folder / name


def _user() -> str:
    """The user who runs the server when we are root."""
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _as_unprivileged() -> Sequence[str]:
    if os.geteuid() != 0:
        return ()
    entry = pwd.getpwnam(_user())
    return (
        "setpriv",
        f"--reuid={entry.pw_uid}",
        f"--regid={entry.pw_gid}",
        "--clear-groups",
        "--pdeathsig",
        "TERM",
        "--",
    )
