"""What booking knew at some moment: its log up to then, folded into a fresh catalogue and index."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from environs import Env
from sqlalchemy import Connection, select

from deploy.home import CannotDo
from services.booking import catalogue, feed
from services.booking.catalogue import Catalogue
from services.booking.events import BookingEvent, ConcernDefined, ConcernWithdrawn
from services.booking.proposals.index import Index
from services.booking.queries import ReadSide
from services.booking.sites import objective
from services.booking.tokens import Tokens
from services.booking.upcasts import UPCASTS
from shared import sequencer
from shared.codec import Codec
from shared.config import Settings
from shared.database import connect, reading
from shared.tables import events

# The events that neither catalogue nor index learn from.
_IDLE = ("AppointmentHeld", "AppointmentConfirmed", "AnswerCameLate", "GuestForgotten")


@dataclass(frozen=True, slots=True)
class Known:
    """`reads` as of `now`, after `events` of them; `position`: the last that was published by then."""

    reads: ReadSide
    now: datetime
    events: int
    position: int | None


def known(settings: Settings, as_of: datetime | int | None, clock: datetime) -> Known:
    """As of a moment, of a position in booking's log, or (None) of now. Raises CannotDo for an unknown position."""
    zone = ZoneInfo(settings.timezone)
    reads = ReadSide(Index(zone), Tokens(b""), zone, Catalogue(), objective=objective())
    rest = timedelta(seconds=Env().int("FOYER_REST", 0))
    engine, codec = connect(settings.database_url), Codec(BookingEvent, UPCASTS)
    with reading(engine) as connection:
        now = _moment(connection, as_of, clock)
        count, position = 0, None
        for row in _rows(connection, as_of, now):
            count, position = count + 1, row.position or position
            if row.type not in _IDLE:
                _learn(reads, codec.load(row.type, row.schema_version, row.data), row.recorded_at, rest)
    engine.dispose()
    return Known(reads, now.astimezone(zone), count, position)


def _learn(reads: ReadSide, event: Any, recorded_at: str, rest: timedelta) -> None:
    if isinstance(event, ConcernDefined | ConcernWithdrawn):
        reads.catalogue = catalogue.evolve(reads.catalogue, event)
    else:
        feed.learn(reads.index, event, datetime.fromisoformat(recorded_at) + rest if rest else None)


def _moment(connection: Connection, as_of: datetime | int | None, clock: datetime) -> datetime:
    if not isinstance(as_of, int):
        return as_of or clock
    recorded = None
    if as_of <= sequencer.last(connection):  # SQLite takes no number beyond 64 bits
        recorded = connection.execute(select(events.c.recorded_at).where(events.c.position == as_of)).scalar()
    if recorded is None:
        raise CannotDo(f"booking's log has no event at position {as_of}.")
    return datetime.fromisoformat(recorded)


def _rows(connection: Connection, as_of: datetime | int | None, now: datetime) -> Iterator[Any]:
    """In the order in which they were committed."""
    columns = (events.c.type, events.c.schema_version, events.c.data, events.c.recorded_at, events.c.position)
    query = select(*columns).order_by(events.c.id)
    if isinstance(as_of, int):
        last = select(events.c.id).where(events.c.position == as_of).scalar_subquery()
        query = query.where(events.c.id <= last)
    for row in connection.execute(query.execution_options(yield_per=5000)):
        if isinstance(as_of, int) or datetime.fromisoformat(row.recorded_at) <= now:
            yield row
