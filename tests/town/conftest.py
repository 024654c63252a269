"""A stand-in for the services' HTTP side, for tests of the command line."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

Answer = tuple[int, Any]
Route = Callable[[str, str, Any, dict[str, str]], Answer]
"""Answers (method, path, body, headers)."""


class _Server(ThreadingHTTPServer):
    route: Route
    daemon_threads = True


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"

    def _answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length)) if length else None
        status, answer = self.server.route(self.command, self.path, body, dict(self.headers))
        content = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json" if status < 400 else "application/problem+json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_PUT = do_POST = _answer

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Route], None]]:
    """Let all five services be one server that answers by the given function."""
    server = _Server(("127.0.0.1", 0), _Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    for service in ("BOOKING", "ROOMS", "STAFF_CALENDAR", "VISITOR_ACCESS", "NOTIFICATIONS"):
        monkeypatch.setenv(f"FOYER_HTTP_{service}", f"127.0.0.1:{server.server_port}")

    def start(route: Route) -> None:
        server.route = route

    yield start
    server.shutdown()
    thread.join()
    server.server_close()
