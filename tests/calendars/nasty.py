"""A web server that serves a calendar, or passes requests on to a real server, until a test tells it to be nasty."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import requests

Behaviour = Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    """Every method goes to the behaviour of the moment."""

    protocol_version = "HTTP/1.1"
    server: "Nasty"

    def handle_one_request(self) -> None:
        self.raw_requestline = self.rfile.readline(65537)
        if not self.raw_requestline:
            self.close_connection = True
            return
        if self.parse_request():
            self.body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.server.asked.append((self.command, self.path))
            self.server.behaviour(self)
            self.wfile.flush()

    def answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        """Answer in order. Underscores in names of headers are dashes."""
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Quiet."""


class Nasty(ThreadingHTTPServer):
    """`behaviour` answers; `asked` is what was asked so far."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.behaviour: Behaviour = status(404)
        self.asked: list[tuple[str, str]] = []
        self.url = f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that has had enough is no news."""


@contextmanager
def running() -> Iterator[Nasty]:
    """A server for one test."""
    server = Nasty()
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def serves(body: bytes, content_type: str = "text/calendar", etag: str = "") -> Behaviour:
    """This file, with or without an ETag."""

    def answer(handler: Handler) -> None:
        if etag and handler.headers.get("If-None-Match") == etag:
            handler.answer(304, ETag=etag)
        else:
            handler.answer(200, body, Content_Type=content_type, **({"ETag": etag} if etag else {}))

    return answer


def passes_on(url: str, auth: tuple[str, str] | None) -> Behaviour:
    """To a real server, as a reverse proxy does."""

    def answer(handler: Handler) -> None:
        headers = {
            name: value for name, value in handler.headers.items() if name.lower() not in ("host", "authorization")
        }
        told = requests.request(
            handler.command, url + handler.path, data=handler.body, headers=headers, auth=auth, timeout=10
        )
        kept = {name: value for name in ("Content-Type", "ETag") if (value := told.headers.get(name))}
        handler.answer(told.status_code, told.content, **kept)

    return answer


def status(code: int, **headers: str) -> Behaviour:
    """Nothing but a status."""
    return lambda handler: handler.answer(code, b"<html>no</html>", Content_Type="text/html", **headers)


def redirects(url: str, code: int = 301) -> Behaviour:
    """To another place, with the same path."""
    return lambda handler: handler.answer(code, Location=url + handler.path)


def hangs(handler: Handler) -> None:
    """No answer, for longer than anybody waits."""
    handler.close_connection = True
    time.sleep(4)


def drips(handler: Handler) -> None:
    """A byte now and then: each comes in time, the whole never does."""
    handler.close_connection = True
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    for _ in range(20):
        handler.wfile.write(b"B")
        handler.wfile.flush()
        time.sleep(0.2)


def half(handler: Handler) -> None:
    """The connection breaks off in the middle."""
    handler.close_connection = True
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b"BEGIN:VCALENDAR\r\n")


def endless(handler: Handler) -> None:
    """Megabyte after megabyte, of a length that nobody told."""
    handler.close_connection = True
    handler.send_response(200)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    piece = b"X" * 1_000_000
    for _ in range(60):
        handler.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
    handler.wfile.write(b"0\r\n\r\n")


def compressed(handler: Handler) -> None:
    """What nobody asked for: it could be small here and huge there."""
    handler.answer(200, b"\x1f\x8b\x08", Content_Type="text/calendar", Content_Encoding="gzip")


def closes(handler: Handler) -> None:
    """No answer at all."""
    handler.close_connection = True
