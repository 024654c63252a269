"""What a calendar of a clerk offers to us: the one thing an adapter must fit.

An adapter translates; it decides nothing. All addresses of resources (`href`) are opaque to the rest of us. What goes
wrong is always a Trouble, whose `because` says what it means for us. `tests/calendars/port_contract.py` is what every
adapter must pass, also one for Exchange or Microsoft 365.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, Protocol

Because = Literal[
    "address_refused",  # the administrator did not allow this address, or the encryption is missing
    "unreachable",  # no connection, or it broke off: the server is gone, or half an answer came
    "too_slow",  # more than the time allowed
    "too_large",  # more bytes or entries than allowed
    "not_signed_in",  # 401: name or password are wrong
    "forbidden",  # 403
    "not_found",  # 404, 410: the calendar is not there (any more)
    "changed_meanwhile",  # 409, 412: the resource is not as we knew it
    "too_many_requests",  # 429, 503
    "server_error",  # any other 4xx or 5xx
    "unreadable",  # what came is not what it should be
    "cannot",  # this kind of calendar does not offer that
]


class Trouble(Exception):
    """A calendar can't be used now. `wait`: seconds for which the server asked to be left alone."""

    def __init__(self, because: Because, detail: str = "", wait: float = 0.0) -> None:
        super().__init__(f"{because}: {detail}" if detail else because)
        self.because = because
        self.detail = detail
        self.wait = wait


@dataclass(frozen=True, slots=True)
class Abilities:
    """What this calendar can do for us. `steps`: it tells changes since a token, rather than everything each time."""

    reads: bool
    writes: bool
    steps: bool
    name: str = ""


@dataclass(frozen=True, slots=True)
class Collection:
    """A calendar that was found on a server."""

    address: str
    name: str
    writable: bool


@dataclass(frozen=True, slots=True)
class Changed:
    """A resource that is new or different. No `etag`: it must be read to know."""

    href: str
    etag: str | None = None


@dataclass(frozen=True, slots=True)
class Changes:
    """What happened since a token. `whole`: `changed` is everything there is; what is not in it is gone."""

    token: str | None
    changed: tuple[Changed, ...] = ()
    deleted: tuple[str, ...] = ()
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Resource:
    """A calendar resource as it is now; `ics` None: it is gone."""

    href: str
    etag: str | None
    ics: bytes | None


class Calendar(Protocol):
    """One calendar of one clerk. Every method may raise Trouble, and nothing else. One thread at a time."""

    def abilities(self) -> Abilities:
        """What it can do, seen from the server's answers."""

    def collections(self) -> list[Collection]:
        """The calendars that can be found from this address."""

    def changes(self, token: str | None) -> Changes:
        """What is new, different or gone since `token`; None: from the beginning. A token that the server does not
        know any more leads to everything (`whole`), never to an error."""

    def read(self, hrefs: Iterable[str]) -> Iterator[Resource]:
        """These resources as they are now, in any order. Those that are gone have no `ics`."""

    def put(self, href: str, ics: bytes, etag: str | None) -> str | None:
        """Write a resource: one that must not exist yet (`etag` None), or the one known by `etag`.

        Returns the new etag where the server tells it. Raises Trouble("changed_meanwhile") and leaves it as it is when
        that does not hold.
        """

    def delete(self, href: str, etag: str | None) -> None:
        """Delete a resource as known by `etag` (None: however it is). One that is gone already is no trouble."""

    def href(self, name: str) -> str:
        """Where a resource of that name (letters, digits, dots, dashes) stands or would stand."""

    def close(self) -> None:
        """Let go of connections."""
