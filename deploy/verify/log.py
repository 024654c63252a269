"""The logs as they are read for a check, and what a check finds."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Connection, bindparam, make_url, text
from sqlalchemy.exc import DBAPIError

from shared.config import url_of
from shared.database import connect

READ: Mapping[str, Sequence[str]] = {
    "booking": (
        *("AppointmentRequested", "AppointmentHeld", "AppointmentConfirmed", "AppointmentDeclined"),
        *("AppointmentExpired", "AppointmentCancelled", "MoveRequested", "AppointmentMoved", "MoveDeclined"),
        "GuestForgotten",
    ),
    "rooms": ("RoomTaken", "RoomFreed"),
    "staff_calendar": ("ClerkTaken", "ClerkFreed"),
    "visitor_access": ("GuestAnnounced", "GuestRegistered", "GuestRemoved", "GuestArrived", "ArrivalUndone"),
    "notifications": ("MessageSent", "MessageFailed"),
}
"""The event types that the guarantees are about, by service."""
NO_OVERLAP = "never two at once"
ALL_OR_NOTHING = "all or nothing"
AT_REST = "everything has come to rest"
ON_THE_LIST = "everybody confirmed is on the access list, and nobody else"
ONE_MAIL = "one confirmation mail each"
WHOLE_LOG = "every log is whole: versions, sequences and positions without gaps, in order"
HEARD = "every message took effect or is parked, at every listener"
AS_THE_LOG_SAYS = "read models are what the log says"
FORGOTTEN = "nobody keeps the key of a forgotten guest"
_LOG = text("SELECT stream, version, type, data FROM events WHERE type IN :types ORDER BY stream, version").bindparams(
    bindparam("types", expanding=True)
)
ANY = text("SELECT id FROM events LIMIT 1")
_TIMES = text("SELECT stream, type, recorded_at FROM events WHERE type IN :types").bindparams(
    bindparam("types", expanding=True)
)


@dataclass(frozen=True, slots=True)
class Finding:
    """A guarantee that does not hold: in the log of which service, in which stream, and how.

    `note`: it is so, everybody knows why, and nothing is broken by it.
    """

    guarantee: str
    service: str
    stream: str
    detail: str
    remedy: "Remedy | None" = field(default=None, compare=False)
    note: bool = field(default=False, compare=False)

    def __str__(self) -> str:
        return f"{self.guarantee}: {self.service} {self.stream}: {self.detail}"


@dataclass(frozen=True, slots=True)
class Redeliver:
    """Messages `first` to `last` of a speaker's stream again, into the queue of who has not heard them."""

    speaker: str
    stream: str
    first: int
    last: int
    listener: str


@dataclass(frozen=True, slots=True)
class Rebuild:
    """A read model made anew."""

    service: str
    table: str


@dataclass(frozen=True, slots=True)
class Reissue:
    """The commands that follow from what booking said of an appointment, once more; deciders know what is done."""

    service: str
    appointment: str


Remedy = Redeliver | Rebuild | Reissue


class NoLog(Exception):
    """A service's database can't be read or has no event log; the text says which and why."""


class Stored(NamedTuple):
    """One event of a log."""

    stream: str
    version: int
    type: str
    data: dict[str, Any]


def read(database_url_pattern: str, service: str) -> Iterator[Stored]:
    """What matters here of a service's log, stream by stream. Raises NoLog."""
    with connected(database_url_pattern, service) as connection:
        for row in connection.execute(_LOG, {"types": READ[service]}, execution_options={"yield_per": 2000}):
            yield Stored(row.stream, row.version, row.type, orjson.loads(row.data))


def of_forgotten(database_url_pattern: str) -> set[str]:
    """The appointments whose guest booking has forgotten. Raises NoLog."""
    with connected(database_url_pattern, "booking") as connection:
        rows = connection.execute(_TIMES, {"types": ("GuestForgotten",)})
        return {row.stream.removeprefix("appointment-") for row in rows}


def confirmation_times(database_url_pattern: str) -> dict[str, float]:
    """Seconds from the request to the confirmation, as booking recorded them, by stream. Raises NoLog."""
    with connected(database_url_pattern, "booking") as connection:
        rows = connection.execute(_TIMES, {"types": ("AppointmentRequested", "AppointmentConfirmed")}).all()
    asked = {row.stream: row.recorded_at for row in rows if row.type == "AppointmentRequested"}
    return {
        row.stream: (
            datetime.fromisoformat(row.recorded_at) - datetime.fromisoformat(asked[row.stream])
        ).total_seconds()
        for row in rows
        if row.type == "AppointmentConfirmed"
    }


@contextmanager
def connected(database_url_pattern: str, service: str) -> Iterator[Connection]:
    """A look into a service's database. Raises NoLog."""
    url = make_url(url_of(service, database_url_pattern))
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
        raise NoLog(f"{service} has no database at {url.database}")  # connecting would make an empty one
    engine = connect(url_of(service, database_url_pattern))
    try:
        with engine.connect() as connection:
            yield connection
    except DBAPIError as error:
        raise NoLog(f"{service}'s log can't be read: {str(error.orig).splitlines()[0]}") from error
    finally:
        engine.dispose()
