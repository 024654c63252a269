"""HTTP as calendars need it, for the package requests: limits for addresses, redirects, size and time.

The package caldav would use niquests, whose pool resolves names by itself, reads answers of any size, and times single
reads only: a server that sends a byte a second would hold us for hours. So caldav gets a session of requests whose only
adapter is this one: the standard library's HTTP over a socket to the address that the guard has checked, with one
deadline for the whole exchange.
"""

import io
import socket
import ssl
import threading
import time
from collections import defaultdict
from http.client import HTTPConnection, HTTPException, HTTPResponse
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
from requests.adapters import BaseAdapter
from requests.auth import HTTPDigestAuth
from requests.structures import CaseInsensitiveDict

from services.staff_calendar.calendars.guard import Guard, Place, parts_of
from services.staff_calendar.calendars.port import Trouble
from services.staff_calendar.calendars.settings import Limits

MOST_REDIRECTS = 5
MOST_IDLE = 4
"""Connections kept open to one place."""
_CHUNK = 64 * 1024
_PROLOG = 4096
_REDIRECTS = (301, 302, 307, 308)
_MOST_TAGS = 300_000
"""A list of 20,000 entries has 280,000 at most; of nothing but tags 8 MB would be 300 MB once they are understood."""


class Session(requests.Session):
    """A session that asks nobody but our adapter, which follows redirects itself: no proxies, no .netrc."""

    def __init__(self, adapter: "GuardedAdapter") -> None:
        super().__init__()
        self.trust_env = False
        self.adapters.clear()
        self.mount("https://", adapter)
        self.mount("http://", adapter)


class PasswordAuth(HTTPDigestAuth):
    """Basic at once (there is always TLS, or a network that was allowed), Digest where the server asks for it.

    Not where it has sent us to: what is worked out of a password is no business of others.
    """

    def __call__(self, r: requests.PreparedRequest) -> requests.PreparedRequest:
        """Sign a request."""
        self._place = parts_of(str(r.url))
        prepared: Any = super().__call__(r)  # type: ignore[no-untyped-call]
        if "Authorization" not in prepared.headers:
            basic = requests.auth._basic_auth_str(self.username, self.password)
            prepared.headers["Authorization"] = basic
        return prepared  # type: ignore[no-any-return]

    def handle_401(self, r: requests.Response, **kwargs: Any) -> requests.Response:
        """Once more with Digest, if that is what it wants."""
        if parts_of(str(r.request.url)) != self._place:
            return r
        answer: requests.Response = super().handle_401(r, **kwargs)  # type: ignore[no-untyped-call]
        return answer


class Pool:
    """Connections that are open and idle, shared by all calendars. Safe for threads."""

    def __init__(self) -> None:
        self._idle: dict[Place, list[_Connection]] = defaultdict(list)
        self._lock = threading.Lock()
        self.tls = ssl.create_default_context()

    def take(self, place: Place, limits: Limits) -> "_Connection":
        """An idle connection to that place, or a new one that is not open yet."""
        with self._lock:
            idle = self._idle[place]
            return idle.pop() if idle else _Connection(place, self.tls, limits.connect_seconds)

    def give_back(self, connection: "_Connection") -> None:
        """For the next one who asks there."""
        with self._lock:
            idle = self._idle[connection.place]
            if len(idle) < MOST_IDLE:
                idle.append(connection)
                return
        connection.close()

    def close(self) -> None:
        """Close what is idle."""
        with self._lock:
            for idle in self._idle.values():
                for connection in idle:
                    connection.close()
            self._idle.clear()


class GuardedAdapter(BaseAdapter):
    """Sends what requests has prepared. `hosts`: those that this calendar may ask.

    It is made for one look at a calendar, and all the answers together have `look_seconds`: a server could be asked for
    ever by sending us from page to page.
    """

    def __init__(self, guard: Guard, limits: Limits, pool: Pool, hosts: frozenset[str]) -> None:
        super().__init__()
        self.guard, self.limits, self.pool, self.hosts = guard, limits, pool, hosts
        self._ends = time.monotonic() + limits.look_seconds

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        """The answer, read whole, from wherever the server sends us with the same request. Raises Trouble."""
        deadline = min(time.monotonic() + self.limits.seconds, self._ends)
        for _hop in range(MOST_REDIRECTS + 1):
            response = self._ask(request, deadline)
            to = response.headers.get("Location")
            if response.status_code not in _REDIRECTS or not to:
                return response
            request = _sent_on(request, to)
        raise Trouble("server_error", "it sends us from one place to another")

    def _ask(self, request: requests.PreparedRequest, deadline: float) -> requests.Response:
        place = self.guard.place(str(request.url), self.hosts)
        while True:
            connection = self.pool.take(place, self.limits)
            reused = connection.sock is not None
            try:
                return self._exchange(connection, request, deadline)
            except TimeoutError:
                connection.close()
                raise Trouble("too_slow", self._too_slow(deadline)) from None
            except (OSError, HTTPException) as error:
                connection.close()
                # An idle connection may have been closed by the server meanwhile; a new one has not.
                if not reused:
                    raise Trouble("unreachable", type(error).__name__) from error
            except BaseException:
                connection.close()
                raise

    def _too_slow(self, deadline: float) -> str:
        if deadline == self._ends:
            return f"not all of it within {self.limits.look_seconds:g} seconds"
        return f"no whole answer within {self.limits.seconds:g} seconds"

    def close(self) -> None:
        """Nothing of its own to close."""

    def _exchange(
        self, connection: "_Connection", request: requests.PreparedRequest, deadline: float
    ) -> requests.Response:
        connection.deadline = deadline
        url = urlsplit(str(request.url))
        target = (url.path or "/") + (f"?{url.query}" if url.query else "")
        # What is compressed could be a bomb; calendars are small enough without.
        headers = dict(request.headers) | {"Accept-Encoding": "identity"}
        connection.request(str(request.method), target, body=request.body, headers=headers)
        answer = connection.getresponse()
        with answer:
            body = _read(answer, self.limits.bytes)
        if answer.will_close:
            connection.close()
        else:
            self.pool.give_back(connection)
        return self._response(request, answer, body)

    def _response(self, request: requests.PreparedRequest, answer: HTTPResponse, body: bytes) -> requests.Response:
        if answer.getheader("Content-Encoding", "identity") != "identity":
            raise Trouble("unreadable", "the answer is compressed though we asked for a plain one")
        if b"<!ENTITY" in body[:_PROLOG]:
            raise Trouble("unreadable", "XML that defines entities of its own")
        if body.count(b"<") > _MOST_TAGS:
            raise Trouble("too_large", f"more than {_MOST_TAGS} tags in one answer")
        response: Any = requests.Response()
        response.status_code = answer.status
        response.reason = answer.reason
        response.headers = CaseInsensitiveDict(answer.getheaders())
        response.url, response.request, response.connection = request.url, request, self
        response.encoding = "utf-8"
        response.raw = io.BytesIO()
        response._content, response._content_consumed = body, True
        return response  # type: ignore[no-any-return]


def _sent_on(request: requests.PreparedRequest, to: str) -> requests.PreparedRequest:
    """The same request for another place; the password stays where it belongs."""
    sent = request.copy()
    sent.url = requests.utils.requote_uri(urljoin(str(request.url), to))
    if parts_of(sent.url) != parts_of(str(request.url)):
        sent.headers.pop("Authorization", None)
    return sent


def _read(answer: HTTPResponse, most: int) -> bytes:
    """The whole body, if it is small enough and all of it comes."""
    told = answer.length
    if told is not None and told > most:
        raise Trouble("too_large", f"{told // 1_000_000} MB, allowed are {most // 1_000_000}")
    parts: list[bytes] = []
    size = 0
    while part := answer.read1(_CHUNK):
        size += len(part)
        if size > most:
            raise Trouble("too_large", f"more than {most // 1_000_000} MB")
        parts.append(part)
    if told is not None and size < told:
        raise Trouble("unreachable", "only half an answer came")
    return b"".join(parts)


class _Connection(HTTPConnection):
    """HTTP to a place that was checked; every wait on it ends at `deadline` (monotonic seconds)."""

    def __init__(self, place: Place, tls: ssl.SSLContext, connect_seconds: float) -> None:
        super().__init__(place.host, place.port, timeout=connect_seconds)
        self.place, self.deadline, self._tls = place, 0.0, tls
        self._connect_seconds = connect_seconds

    def connect(self) -> None:
        """To the address, not to the name."""
        seconds = min(self._connect_seconds, self.left())
        sock = socket.create_connection((self.place.address, self.place.port), seconds)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.place.scheme == "https":
            sock = self._tls.wrap_socket(sock, server_hostname=self.place.host)
        self.sock = _Timed(sock, self)

    def left(self) -> float:
        """Seconds until the deadline. Raises TimeoutError."""
        seconds = self.deadline - time.monotonic()
        if seconds <= 0:
            raise TimeoutError
        return seconds

    @property
    def default_port(self) -> int:  # type: ignore[override]
        """The host is named without the port where the scheme says it."""
        return 443 if self.place.scheme == "https" else 80


class _Timed:
    """A socket as http.client uses one; each sending and reading waits no longer than the connection's deadline.

    Like a real one it stays open after `close` for as long as an answer is being read from it.
    """

    def __init__(self, sock: socket.socket, connection: _Connection) -> None:
        self._sock, self._connection = sock, connection
        self._readers, self._closed = 0, False

    def sendall(self, data: Any) -> None:
        self._sock.settimeout(self._connection.left())
        self._sock.sendall(data)

    def receive(self, buffer: Any) -> int:
        self._sock.settimeout(self._connection.left())
        return self._sock.recv_into(buffer)

    def makefile(self, _mode: str) -> io.BufferedReader:
        self._readers += 1
        return io.BufferedReader(_Reader(self), _CHUNK)

    def has_been_read(self) -> None:
        self._readers -= 1
        self._close_unused()

    def close(self) -> None:
        self._closed = True
        self._close_unused()

    def _close_unused(self) -> None:
        if self._closed and not self._readers:
            self._sock.close()


class _Reader(io.RawIOBase):
    def __init__(self, sock: _Timed) -> None:
        self._sock = sock

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._sock.receive(buffer)

    def close(self) -> None:
        if not self.closed:
            super().close()
            self._sock.has_been_read()
