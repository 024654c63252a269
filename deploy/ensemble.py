"""The five services and their publishers as real processes on ports of their own: for the tests and the benchmarks.

`foyer up` uses supervisor instead; both start the same `python -m deploy.run`.
"""

import json
import os
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from deploy.parts import SERVICES
from deploy.run import COMMAND
from deploy.servers.ports import free_port
from deploy.servers.process import Process, ServerFailed, wait_until


def health(url: str, seconds: float = 2) -> dict[str, Any]:
    """What `GET /health` of a service says; not ready, with the reason, where nobody answers."""
    try:
        with urllib.request.urlopen(f"{url}/health", timeout=seconds) as answer:
            said: dict[str, Any] = json.load(answer)
            return said
    except urllib.error.HTTPError as error:
        with error:
            return {"ready": False, "problems": [f"status {error.code}"], "notes": []} | _json(error.read())
    except (OSError, ValueError) as error:
        return {"ready": False, "problems": [f"no answer: {getattr(error, 'reason', error)}"], "notes": []}


def migrate(env: Mapping[str, str]) -> None:
    """Bring the databases of these settings to the newest schema. Raises ServerFailed with what went wrong."""
    command = (*COMMAND, "migrate")
    ran = subprocess.run(command, env={**os.environ, **env}, capture_output=True, text=True, check=False)
    if ran.returncode:
        raise ServerFailed(f"the migration failed\n{ran.stderr[-2000:]}")


def _json(text: bytes) -> dict[str, Any]:
    try:
        said = json.loads(text)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


class Ensemble:
    """Ten processes named `booking`, `booking-publisher`, ...; logs in `home`/log.

    `urls[service]` is where a service answers; it stays the same over restarts. `process` makes one, as Process does.
    """

    def __init__(
        self,
        home: Path,
        *,
        amqp_url: str,
        database_url: str,
        smtp_url: str,
        env: Mapping[str, str] | None = None,
        process: Callable[..., Process] = Process,
    ) -> None:
        self.home, self._make = home.absolute(), process
        ports = {service: free_port() for service in SERVICES}
        self.urls = {service: f"http://127.0.0.1:{port}" for service, port in ports.items()}
        self.env = {
            "FOYER_HOME": str(self.home),
            "FOYER_AMQP_URL": amqp_url,
            "FOYER_DATABASE_URL": database_url,
            "FOYER_SMTP_URL": smtp_url,
            "FOYER_LOG_FORMAT": "json",
            **{f"FOYER_HTTP_{service.upper()}": f"127.0.0.1:{port}" for service, port in ports.items()},
            **{f"FOYER_METRICS_{service.upper()}": f"127.0.0.1:{free_port()}" for service in SERVICES},
            **(env or {}),
        }
        self.processes = {
            name: self._process(name, role, service)
            for service in SERVICES
            for name, role in ((service, "service"), (f"{service}-publisher", "publisher"))
        }

    def _process(self, name: str, role: str, service: str) -> Process:
        return self._make(name, (*COMMAND, role, service), self.home / "log" / f"{name}.log", self.env)

    def migrate(self) -> None:
        """Bring all five databases to the newest schema. Raises ServerFailed with what went wrong."""
        migrate(self.env)

    def start(self, *names: str) -> None:
        """Start these processes, or all; don't wait."""
        for name in names or self.processes:
            self.processes[name].start()

    def wait_ready(self, seconds: float = 60) -> None:
        """Return when every service that was started says it is ready. Raises ServerFailed with reasons and log."""
        for service, url in self.urls.items():
            process = self.processes[service]
            if process.started:
                try:
                    process.wait_ready(lambda url=url: health(url)["ready"], seconds)  # type: ignore[misc]
                except ServerFailed as error:
                    raise ServerFailed(f"{health(url)['problems']} {error}") from error

    def health(self, service: str) -> dict[str, Any]:
        """What `GET /health` of that service says."""
        return health(self.urls[service])

    def kill(self, name: str) -> None:
        """`kill -9` of one process."""
        self.processes[name].kill()

    def stop_one(self, name: str) -> None:
        """SIGTERM to one process, and wait for its end."""
        self.processes[name].stop()

    def restart(self, name: str) -> None:
        """`kill -9` of one process, then start it again; don't wait."""
        self.kill(name)
        self.start(name)

    def stop(self) -> None:
        """End all processes in order."""
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            process.stop()

    def kill_all(self) -> None:
        """`kill -9` of all processes, as when the power fails."""
        for process in self.processes.values():
            process.kill()

    def __enter__(self) -> Self:
        self.migrate()
        self.start()
        self.wait_ready()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


__all__ = ["Ensemble", "ServerFailed", "health", "wait_until"]
