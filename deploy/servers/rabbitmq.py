"""A private RabbitMQ node; with an epmd of its own it meets no other node of the machine and leaves nothing behind."""

import json
import shutil
import socket
import urllib.request
from base64 import b64encode
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from deploy.servers.ports import free_port
from deploy.servers.process import Process, ServerFailed

# Not the wrapper in /usr/sbin: it insists on switching to the user `rabbitmq`.
_SERVER = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")

_CONFIG = """\
listeners.tcp.1 = 127.0.0.1:{port}
# Guest may log in from loopback only, and nothing else listens.
loopback_users.guest = true
log.console = true
log.console.level = warning
log.file = false
# A small machine: the log of the quorum queues is rolled over early, which keeps it out of memory.
raft.wal_max_size_bytes = 67108864
disk_free_limit.absolute = 50MB
{management}
"""


def rabbitmq_is_installed() -> bool:
    """Whether Debian's rabbitmq-server is on this machine."""
    return _SERVER.exists()


class RabbitMQ:
    """A node on 127.0.0.1; what it stores survives `stop`, `kill` and `start` as long as its folder does.

    With `management`, vhosts and users can be made and removed quickly: the tests do.
    """

    def __init__(self, folder: Path, port: int | None = None, management: bool = False) -> None:
        self.folder = folder.absolute()
        self.port = port or free_port()
        self.management_port = free_port() if management else None
        epmd_port = free_port()
        home = self.folder / "home"
        log = self.folder / "broker.log"
        epmd = {"ERL_EPMD_PORT": str(epmd_port), "ERL_EPMD_ADDRESS": "127.0.0.1"}
        self.epmd = Process("epmd", (shutil.which("epmd") or "epmd", "-port", str(epmd_port)), log, epmd)
        self.process = Process(
            "rabbitmq",
            (str(_SERVER),),
            log,
            {
                **epmd,
                "HOME": str(home),
                # Makes the script `exec` Erlang, so that our child is the node itself and no shell between us.
                "detached": "true",
                "RABBITMQ_NODENAME": "foyer@localhost",
                "RABBITMQ_NODE_PORT": str(self.port),
                "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
                "RABBITMQ_DIST_PORT": str(free_port()),
                "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
                "RABBITMQ_MNESIA_BASE": str(self.folder / "data"),
                "RABBITMQ_LOG_BASE": str(self.folder / "log"),
                "RABBITMQ_LOGS": "-",
                "RABBITMQ_PID_FILE": str(self.folder / "rabbitmq.pid"),
                "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.folder / "enabled_plugins"),
                "RABBITMQ_CONFIG_FILE": str(self.folder / "rabbitmq.conf"),
                "RABBITMQ_CONF_ENV_FILE": "/dev/null",
            },
            cwd=self.folder,
        )

    @property
    def url(self) -> str:
        """The AMQP URL of the default vhost."""
        return f"amqp://guest:guest@127.0.0.1:{self.port}/"

    def start(self, seconds: float = 90) -> None:
        """Start the node and wait until a client can log in. Raises ServerFailed with the end of its log."""
        if not rabbitmq_is_installed():
            raise ServerFailed("RabbitMQ is not installed: apt-get install rabbitmq-server")
        self._write_files()
        self.epmd.start()
        self.process.start()
        try:
            self.process.wait_ready(self.answers, seconds)
        except ServerFailed:
            self.stop()
            raise

    def _write_files(self) -> None:
        (self.folder / "home").mkdir(parents=True, exist_ok=True)
        management = self.management_port
        lines = f"management.tcp.ip = 127.0.0.1\nmanagement.tcp.port = {management}" if management else ""
        (self.folder / "rabbitmq.conf").write_text(_CONFIG.format(port=self.port, management=lines))
        (self.folder / "enabled_plugins").write_text("[rabbitmq_management]." if management else "[].")

    def answers(self) -> bool:
        """Whether it speaks AMQP now; the node opens its port as the last step of booting."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=2) as client:
                client.sendall(b"AMQP\x00\x00\x09\x01")
                return client.recv(1) == b"\x01"
        except OSError:
            return False

    def remembers(self, vhost: str, queue: str) -> bool:
        """Whether the node has written to disk that this quorum queue exists.

        RabbitMQ 3.10 does so up to a second after it confirmed the declaration; `kill` before leaves the queue dead.
        """
        known = self.folder.glob("data/*/quorum/*/names.dets")
        return any(f"{vhost}_{queue}".encode() in file.read_bytes() for file in known)

    def stop(self) -> None:
        """Shut the node down, then the epmd that we started for it."""
        self.process.stop(seconds=30)
        self.epmd.stop()

    def kill(self) -> None:
        """`kill -9`; `start` brings it back with all it had confirmed."""
        self.process.kill()
        # The dead node is still registered for a moment; a fresh epmd knows nobody.
        self.epmd.kill()

    def add_vhost(self, name: str) -> str:
        """Make an empty vhost and return its AMQP URL."""
        self._manage("PUT", f"/api/vhosts/{name}")
        return f"{self.url}{name}"

    def remove_vhost(self, name: str) -> None:
        """Remove a vhost with all its queues; its clients are thrown out."""
        self._manage("DELETE", f"/api/vhosts/{name}")

    def add_user(self, name: str, vhost: str, configure: str = "", write: str = "", read: str = "") -> str:
        """Make a user who may do in a vhost what these patterns match, and nothing else; return its AMQP URL there."""
        self._manage("PUT", f"/api/users/{name}", {"password": name, "tags": ""})
        self._manage("PUT", f"/api/permissions/{vhost}/{name}", {"configure": configure, "write": write, "read": read})
        return f"amqp://{name}:{name}@127.0.0.1:{self.port}/{vhost}"

    def queues(self, vhost: str) -> list[dict[str, Any]]:
        """What the management interface says about the queues of a vhost (figures may be some seconds old)."""
        answer = self._manage("GET", f"/api/queues/{vhost}")
        assert isinstance(answer, list)  # noqa: S101 (narrows the type)
        return answer

    def _manage(self, method: str, path: str, body: object = None) -> Any:
        if self.management_port is None:
            raise ServerFailed("this node runs without its management interface")
        url, data = f"http://127.0.0.1:{self.management_port}{path}", json.dumps(body).encode() if body else None
        request = urllib.request.Request(url, data, method=method)
        request.add_header("Authorization", "Basic " + b64encode(b"guest:guest").decode())
        request.add_header("Content-Type", "application/json")
        with urllib.request.urlopen(request, timeout=30) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
