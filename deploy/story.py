"""One appointment's whole story: the events of all services that are about it, in order of cause."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Row, select

from deploy.parts import SERVICES, place
from shared.config import url_of
from shared.database import connect, reading
from shared.tables import events

_STORED = select(*(events.c[name] for name in ("stream", "version", "type", "said", "recorded_at", "meta", "data")))


@dataclass(slots=True)
class Told:
    """One event of the story. `said` is the message it became, None for what stayed private."""

    service: str
    stream: str
    version: int
    id: str
    type: str
    said: str | None
    recorded_at: str
    correlation: str
    causation: str
    data: dict[str, Any]
    effects: list["Told"] = field(default_factory=list)

    @property
    def at(self) -> datetime:
        """When it was recorded."""
        return datetime.fromisoformat(self.recorded_at)


def story(database_url_pattern: str, appointment: str, until: datetime | None = None) -> list[Told]:
    """All events about an appointment recorded until then, in order of cause.

    Raises what the database says when it can't be read.
    """
    with ThreadPoolExecutor(len(SERVICES)) as together:  # to connect takes longest, and each waits for its own server
        found = together.map(lambda service: _of(service, database_url_pattern, appointment), SERVICES)
        return in_order([told for log in found for told in log if until is None or told.at <= until])


def in_order(told: Sequence[Told]) -> list[Told]:
    """By time, but never an effect before its cause, nor a version before the one it follows: clocks may differ."""
    by_id = {event.id: event for event in told}
    by_place = {(event.service, event.stream, event.version): event for event in told}
    ordered: dict[str, Told] = {}

    def place(event: Told) -> None:
        before = (by_id.get(event.causation), by_place.get((event.service, event.stream, event.version - 1)))
        for earlier in before:
            if earlier is not None and earlier is not event and earlier.id not in ordered:
                place(earlier)
        ordered.setdefault(event.id, event)

    for event in sorted(told, key=lambda told: (told.recorded_at, told.stream, told.version)):
        place(event)
    return list(ordered.values())


def by_cause(told: Sequence[Told]) -> list[Told]:
    """The events that nothing in the story caused; each with its effects below it."""
    by_id = {event.id: event for event in told}
    roots: list[Told] = []
    for event in told:
        cause = by_id.get(event.causation)
        (roots if cause is None else cause.effects).append(event)
    return roots


def _of(service: str, database_url_pattern: str, appointment: str) -> list[Told]:
    streams = [f"{prefix}-{appointment}" for prefix in place(service).stories]
    engine = connect(url_of(service, database_url_pattern))
    try:
        with reading(engine) as connection:
            rows = connection.execute(_STORED.where(events.c.stream.in_(streams))).all()
    finally:
        engine.dispose()
    return [_told(service, row) for row in rows]


def _told(service: str, row: Row[Any]) -> Told:
    meta = orjson.loads(row.meta)
    return Told(
        service=service,
        stream=row.stream,
        version=row.version,
        id=meta["id"],
        type=row.type,
        said=row.said,
        recorded_at=row.recorded_at,
        correlation=meta["correlation"],
        causation=meta["causation"],
        data=orjson.loads(row.data),
    )
