"""One appointment's whole story: the events of all services that are about it, in order of cause, from their logs."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from sqlalchemy import select

from deploy.parts import SERVICES, place
from shared.database import connect, reading
from shared.tables import events


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


def story(database_url_pattern: str, appointment: str) -> list[Told]:
    """All events about an appointment, by time. Raises what the database says when it can't be read."""
    found = [told for service in SERVICES for told in _of(service, database_url_pattern, appointment)]
    return sorted(found, key=lambda told: (told.recorded_at, told.stream, told.version))


def by_cause(told: Sequence[Told]) -> list[Told]:
    """The events that nothing in the story caused; each with its effects below it."""
    by_id = {event.id: event for event in told}
    roots: list[Told] = []
    for event in told:
        cause = by_id.get(event.causation)
        (roots if cause is None else cause.effects).append(event)
    return roots


def _of(service: str, database_url_pattern: str, appointment: str) -> Iterable[Told]:
    engine = connect(database_url_pattern.format(service=service))
    streams = [f"{prefix}-{appointment}" for prefix in place(service).stories]
    with reading(engine) as connection:
        rows = connection.execute(select(events).where(events.c.stream.in_(streams))).all()
    engine.dispose()
    for row in rows:
        meta = orjson.loads(row.meta)
        yield Told(
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
