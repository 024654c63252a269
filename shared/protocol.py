"""How a service reads HTTP: what is none is answered with a problem, and nobody is waited for without end.

Nothing of a request is logged here. eventlet and the standard library would quote what they make no sense of.
"""

import io
import re
import time
from contextlib import suppress
from typing import Any

from eventlet.wsgi import ChunkReadError, HeaderLineTooLong, HeadersTooLarge, Input
from nameko.web.server import HttpOnlyProtocol

from shared.problems import Problem

_LENGTH = re.compile(r"[0-9]{1,18}")
# RFC 9112, 5: at a line like none of these the standard library stops to read without a word.
_HEADER = re.compile(rb"(?:[!#$%&'*+.^_`|~0-9A-Za-z-]+:[^\r\n\0]*)?\r?\n")
# Slashes that begin a path count as one, as for the standard library: //name would lead a browser to another host.
_WHOLE = re.compile(r"https?://[^/?]*/*", re.IGNORECASE)
_NO_HTTP = Problem(400, "This is not HTTP/1.1", detail="Begin with a line like GET /path?name=value HTTP/1.1, escaped.")
_MANY = Problem(431, "The headers are too many", detail="Send fewer of them.")
_LONG = Problem(431, "The headers are too long", detail="Send fewer or shorter ones.")
_NO_HEADER = Problem(400, "A header can't be read", detail="Each is one line like Name: value, its name in ASCII.")
_HOST = Problem(400, "The header Host is missing, or there twice", detail="Send it once, with the name of this server.")
_SLOW = Problem(408, "The headers did not come in time", detail="Send all of them at once.")
_TWO_LENGTHS = Problem(
    400, "The body has two lengths", detail="Send either Content-Length or Transfer-Encoding, and only once."
)
_NO_LENGTH = Problem(400, "The body has no length", detail="Content-Length is a whole number from 0.")
_CODING = Problem(400, "The body can't be decoded", detail="The one Transfer-Encoding that is read is chunked.")


class Patient(io.RawIOBase):
    """What a client sends. Every part of a request must have come `patience` seconds after it was first waited for.

    Only reading raises TimeoutError: who works on an answer, or sends one that goes on for hours, may take the time.
    """

    def __init__(self, connection: Any, patience: float) -> None:
        self._connection, self._patience = connection, patience
        self._until: float | None = None

    def next_part(self) -> None:
        """Begin to be patient again."""
        self._until = None

    def readable(self) -> bool:
        """That it is."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Some bytes; 0 at the end. Raises TimeoutError."""
        now = time.monotonic()
        self._until = self._until or now + self._patience
        if self._until <= now:
            raise TimeoutError
        self._connection.settimeout(self._until - now)
        try:
            return int(self._connection.recv_into(buffer))
        finally:
            self._connection.settimeout(None)


class _NoHeader(Exception):
    """A line that is none."""


class _Headers:
    """The lines of the headers. Raises _NoHeader."""

    def __init__(self, lines: Any) -> None:
        self._lines = lines

    def readline(self, size: int = -1) -> bytes:
        """The next line."""
        line: bytes = self._lines.readline(size)
        if not _HEADER.fullmatch(line):
            raise _NoHeader
        return line


class _Body(Input):
    """eventlet's, but where it does not come, or chunks are none, nothing more is read: it could be taken for another
    request. Raises Problem where it does not come in time.
    """

    def _do_read(self, reader: Any, length: int | None = None) -> Any:
        try:
            return super()._do_read(reader, length)
        except TimeoutError:
            self.position = self.content_length
            self.rfile.close()
            raise _late() from None

    def _chunked_read(self, rfile: Any, length: int | None = None, use_readline: bool = False) -> Any:
        try:
            return super()._chunked_read(rfile, length, use_readline)
        except (ChunkReadError, OSError) as error:
            self.chunk_length = 0
            self.rfile.close()
            if isinstance(error, TimeoutError):
                raise _late() from None
            raise

    def discard(self, *args: Any) -> None:
        """Read what nobody wanted, after the answer."""
        with suppress(Problem):
            super().discard(*args)


def _late() -> Problem:
    end = {"Connection": "close"}
    return Problem(408, "The body did not come in time", detail="Send all of it at once.", headers=end)


class Protocol(HttpOnlyProtocol):
    """nameko's, but whatever can't be read is answered with a problem, too, and ends the connection."""

    patience = 90.0
    """Seconds that may pass between two requests, until all headers are there, and until all of the body is; more than
    the minute after which proxies let go of a connection, so that none sends a request into one that just ends.
    """
    rfile: Any
    path: str

    def setup(self) -> None:
        """Called once per connection."""
        super().setup()
        self.rfile.close()
        self.heard = Patient(self.connection, self.patience)
        self.rfile = io.BufferedReader(self.heard)

    def _read_request_line(self) -> bytes:
        self.heard.next_part()
        line: bytes = super()._read_request_line() or b""
        if len(line) < self.server.url_length_limit:
            return line
        return self._refuse(Problem(414, "The address is too long", detail=f"At most {len(line)} bytes are read."))

    def parse_request(self) -> bool:
        """Whether there is a request to be answered."""
        self.heard.next_part()
        self.rfile = _Headers(self.rfile)
        try:
            if not super().parse_request():
                return False
        except _NoHeader:
            return bool(self._refuse(_NO_HEADER))
        except (HeaderLineTooLong, HeadersTooLarge):
            return bool(self._refuse(_LONG))
        except TimeoutError:
            return bool(self._refuse(_SLOW))
        # The application looks for a path; before it, scheme and host may stand (RFC 9112, 3.2.2).
        if whole := _WHOLE.match(self.path):
            self.path = "/" + self.path[whole.end() :]
        self.heard.next_part()
        wrong = self._wrong_host() or self._wrong_length()
        return not wrong or bool(self._refuse(wrong))

    def _wrong_host(self) -> Problem | None:
        hosts = len(self.headers.get_all("Host", []))
        return None if hosts == 1 or (not hosts and self.request_version < "HTTP/1.1") else _HOST

    def _wrong_length(self) -> Problem | None:
        lengths = self.headers.get_all("Content-Length", [])
        codings = self.headers.get_all("Transfer-Encoding", [])
        if len(lengths) + len(codings) > 1:
            return _TWO_LENGTHS
        if not all(_LENGTH.fullmatch(length) for length in lengths):
            return _NO_LENGTH
        return None if all(coding.lower() == "chunked" for coding in codings) else _CODING

    def get_environ(self) -> Any:
        """What the application is told of a request."""
        told = super().get_environ()
        body = told["wsgi.input"]
        told["wsgi.input"] = told["eventlet.input"] = _Body(
            body.rfile, body.content_length, self.connection, body.wfile, body.wfile_line, body.chunked_input
        )
        return told

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """What the standard library calls when it makes no sense of a request; `message` quotes from it."""
        self._refuse(_MANY if code == _MANY.status else _NO_HTTP)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """The standard library logs whole requests."""

    def _refuse(self, problem: Problem) -> bytes:
        answer = problem.response()
        answer.headers["Connection"] = "close"
        head = f"HTTP/1.1 {answer.status}\r\n{answer.headers}".encode()
        self.wfile.write(head + answer.get_data())
        self.close_connection = 1
        return b""
