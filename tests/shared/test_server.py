"""A service's connections: what is not HTTP, what never ends, and more than there is room for."""

import errno
import json
import select
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from deploy.servers import Process, RabbitMQ, wait_until
from shared.server import Server
from tests.nursery import Nursery
from tests.shared.wire import Wire

NAME = "Kanarienvogel"
PATIENCE = 30.0
HOST = b"Host: toy\r\n"
GET = b"GET /api/tallies/a HTTP/1.1\r\n" + HOST
POST = b"POST /api/tallies HTTP/1.1\r\n" + HOST
Start = Callable[..., Any]


class Line:
    """A connection to the service, as bare as it can be."""

    def __init__(self, port: int, sent: bytes = b"") -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self.socket.sendall(sent)

    def rest(self) -> bytes:
        """What comes until the other side closes. Raises TimeoutError."""
        found = b""
        try:
            while piece := self.socket.recv(65536):
                found += piece
        except ConnectionResetError:
            pass  # there was more that the other side did not want to read
        return found

    def problem(self) -> tuple[int, str]:
        """Status and title of what comes; nothing may come after it, and the connection ends."""
        head, _, body = self.rest().partition(b"\r\n\r\n")
        first, *headers = head.decode().split("\r\n")
        told = json.loads(body)
        assert "Content-Type: application/problem+json" in headers
        assert first.split(" ")[1] == str(told["status"])
        return told["status"], told["title"]

    def close(self) -> None:
        """Say no more, and hear no more."""
        self.socket.close()


@pytest.fixture(scope="module")
def start(rabbitmq: RabbitMQ, servers_folder: Path, nursery: Nursery) -> Start:
    """Runs the toy with an environment."""
    rabbitmq.start()

    @contextmanager
    def running(name: str, **environment: str) -> Iterator[tuple[int, Process]]:
        home = servers_folder / name
        home.mkdir()
        wire = Wire(home, rabbitmq.add_vhost(name), lambda base: f"sqlite:///{home}/{base}.db", nursery)
        with wire.running("service", **environment) as process:
            wait_until(lambda: ready(wire.http_port), 40, "the service answers")
            yield wire.http_port, process
        rabbitmq.remove_vhost(name)

    return running


@pytest.fixture(scope="module")
def hasty(start: Start) -> Iterator[tuple[int, Process]]:
    """Port and process of one that waits a second for clients."""
    with start("hasty", TOY_PATIENCE="1") as service:
        yield service


@pytest.fixture
def port(hasty: tuple[int, Process]) -> Iterator[int]:
    """Whatever came, the service goes on, and has written nothing of it anywhere."""
    port, process = hasty
    yield port
    assert ready(port)
    assert NAME not in process.last_lines(10_000)
    assert all(line.startswith("{") for line in process.last_lines(10_000).splitlines())


def _get(path: str, *headers: str) -> bytes:
    return "\r\n".join([f"GET {path} HTTP/1.1", "Host: toy", *headers, "\r\n"]).encode()


def ready(port: int) -> bool:
    try:
        with closing(Line(port, _get("/health", "Connection: close"))) as line:
            return line.rest().startswith(b"HTTP/1.1 200")
    except OSError:
        return False


NO_HTTP: dict[str, tuple[bytes, int, str]] = {
    "a blank": (f"GET /api/tallies/a?limit=Erika {NAME} HTTP/1.1\r\n\r\n".encode(), 400, "This is not HTTP/1.1"),
    "no version": (f"GET /{NAME} HTTP/one\r\n\r\n".encode(), 400, "This is not HTTP/1.1"),
    "another version": (f"GET /{NAME} HTTP/2.0\r\n\r\n".encode(), 400, "This is not HTTP/1.1"),
    "an old one": (f"POST /{NAME}\r\n\r\n".encode(), 400, "This is not HTTP/1.1"),
    "one word": (f"{NAME}\r\n\r\n".encode(), 400, "This is not HTTP/1.1"),
    "no text": (b"\x16\x03\x01\x02\x00\x01\xff" + f"{NAME}\r\n\r\n".encode(), 400, "This is not HTTP/1.1"),
    "many headers": (GET + f"X-Name: {NAME}\r\n".encode() * 150 + b"\r\n", 431, "The headers are too many"),
    "a long header": (GET + b"X-Name: " + NAME.encode() * 900 + b"\r\n\r\n", 431, "The headers are too long"),
    "a negative length": (POST + b"Content-Length: -5\r\n\r\n", 400, "The body has no length"),
    "a length in words": (POST + f"Content-Length: {NAME}\r\n\r\n".encode(), 400, "The body has no length"),
    "a huge length": (POST + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n", 400, "The body has no length"),
    "two lengths": (POST + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{} ", 400, "The body has two lengths"),
    "a length of chunks": (
        POST + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}",
        400,
        "The body has two lengths",
    ),
    "another coding": (
        POST + f"Transfer-Encoding: {NAME}\r\n\r\n".encode() + GET + b"\r\n",
        400,
        "The body can't be decoded",
    ),
    "no chunks": (
        POST + f"Transfer-Encoding: chunked\r\n\r\n{NAME}\r\n".encode() + GET + b"\r\n",
        400,
        "Bad Request",
    ),
    "half a body": (POST + b"Content-Length: 5\r\n\r\n{", 408, "The body did not come in time"),
    "half a chunk": (
        POST + b"Transfer-Encoding: chunked\r\n\r\n5\r\n{",
        408,
        "The body did not come in time",
    ),
    "no host": (b"GET /api/tallies/a HTTP/1.1\r\n\r\n", 400, "The header Host is missing, or there twice"),
    "two hosts": (GET + HOST + b"\r\n", 400, "The header Host is missing, or there twice"),
    "half of the headers": (GET + f"X-Name: {NAME}\r\n".encode(), 408, "The headers did not come in time"),
}


@pytest.mark.parametrize("what", NO_HTTP)
def test_what_is_not_http_is_said_so(port: int, what: str) -> None:
    """With a problem; then the connection ends, and nothing of it is taken for another request."""
    sent, status, title = NO_HTTP[what]
    with closing(Line(port, sent)) as line:
        assert line.problem() == (status, title)


@pytest.mark.parametrize(
    "wrong",
    [
        "X-Büro: 1",
        "X-Foo : 1",
        "X-Foo",
        ": 1",
        " X-Foo: 1",
        "X-Foo: 1\r\n 2",
        "X-Foo: 1\rX-Bar: 2",
        "X-\0: 1",
        "From me",
    ],
)
def test_a_line_that_is_no_header_hides_none_of_those_behind_it(port: int, wrong: str) -> None:
    """Without its length the body would be another request, and without its key a repetition would count twice."""
    hidden = b"POST /api/tallies HTTP/1.1\r\n" + HOST + b"Content-Length: 2\r\n\r\n{}"
    length = f"Content-Length: {len(hidden)}\r\n".encode()
    with closing(Line(port, POST + wrong.encode() + b"\r\n" + length + b"\r\n" + hidden)) as line:
        assert line.problem() == (400, "A header can't be read")


@pytest.mark.parametrize("sent", [b"", b"GET /api", GET + b"\r\n"], ids=["nothing", "half a line", "no second one"])
def test_who_says_nothing_is_not_waited_for(port: int, sent: bytes) -> None:
    """The connection ends, with no other answer than to what was asked before."""
    with closing(Line(port, sent)) as line:
        assert line.rest().count(b"HTTP/1.1") == sent.count(b"\r\n\r\n")


def test_who_says_too_little_at_a_time_is_not_waited_for(port: int) -> None:
    """Each letter comes in time, all of them do not."""
    with closing(Line(port, GET + b"X-Name: ")) as line:
        for _ in range(200):
            if select.select([line.socket], [], [], 0.1)[0]:
                break
            line.socket.sendall(b"x")
        assert line.problem() == (408, "The headers did not come in time")


def test_a_body_that_nobody_asked_for_is_not_waited_for(hasty: tuple[int, Process]) -> None:
    """The answer is there already, the connection ends, and nothing is wrong here."""
    port, process = hasty
    with closing(Line(port, GET + b"Content-Length: 5\r\n\r\n{")) as line:
        assert line.rest().startswith(b"HTTP/1.1 200")
    assert "connection_failed" not in process.last_lines(10_000)


def test_who_waits_for_an_answer_is_not_cut_off(port: int) -> None:
    """A stream that says nothing for a while, and work that takes longer than any client may."""
    with ExitStack() as lines:
        stream, answer, silent = (
            lines.enter_context(closing(Line(port, sent))) for sent in (_get("/slow/stream"), _get("/slow/answer"), b"")
        )
        assert silent.rest() == b""  # as long as clients are waited for has passed
        assert Line(port, _get("/go-on", "Connection: close")).rest().startswith(b"HTTP/1.1 200")
        assert b"last" in stream.rest()
        assert b"at last" in answer.rest()


@pytest.mark.parametrize("error", [OSError(errno.EHOSTUNREACH, NAME), ValueError(NAME)], ids=["gone", "unforeseen"])
def test_no_connection_ends_the_service(error: Exception, capfd: pytest.CaptureFixture[str]) -> None:
    """Whatever goes wrong in it, it is closed, and no word of it is logged."""

    def fail(_state: object) -> None:
        raise error

    ours, theirs = socket.socketpair()
    server = Server()
    server._serv = SimpleNamespace(process_request=fail)
    with theirs:
        server.process_request(ours, ("127.0.0.1", 1))
        assert theirs.recv(1) == b""
    assert NAME not in "".join(capfd.readouterr())


def test_more_connections_than_there_is_room_for(start: Start) -> None:
    """The service waits until there is, says so once, and goes on."""
    with start("narrow", TOY_FILES="80") as (port, process), ExitStack() as lines:
        for _ in range(100):
            lines.enter_context(closing(Line(port)))
        wait_until(lambda: "no_connection_taken" in process.last_lines(), PATIENCE, "no room")
        lines.close()
        wait_until(lambda: ready(port), PATIENCE, "the service answers")
        assert process.last_lines(10_000).count("no_connection_taken") == 1
