"""Long logs of the five services, made of the log of one day: the same visits again and again, each time others.

A day of `tests.lives` is played once through the services' own code. Its events are then copied with other ids, rooms
and clerks, so that copies of them fit beside each other: logs, gates and cursors are as those of a town that has run
for months. Read tables are not filled here.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, func, insert, select, text

from deploy.parts import SERVICES, definition
from shared import copying, many
from shared.database import connect, writing
from shared.migrate import migrate
from shared.sequencer import ARCHIVED, PUBLISHED
from shared.tables import cursors, events, gates
from tests.journeys.conftest import quietly
from tests.journeys.town import town
from tests.line import Line, furnish, settings
from tests.lives import live

_ID = re.compile(r"\b[0-9a-f]{8}(?=-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})")
_DATE = re.compile(r"\b202\d-\d\d-\d\d(?=\b|T)")
_RESOURCE = re.compile(r"\b([rc]-\d)\b")
_TEXTS = ("stream", "data", "meta", "message")
AT_ONCE = 20_000
DAYS = 60
"""The copies spread over so many days from tomorrow on: what is over would be tidied up as soon as services run."""
_AHEAD = (datetime.now().astimezone().date() - date(2026, 11, 23)).days + 1


def day(folder: Path) -> None:
    """One day's logs, as SQLite files in an empty folder."""
    url = f"sqlite:///{folder}/{{service}}.db"
    for service in SERVICES:
        migrate(definition(service), settings(folder, url, service))
    with quietly():
        line = Line(folder, url)
        furnish(line, town())
        live(line)
        line.close()


def copies(folder: Path, total: int, services: Sequence[str] = SERVICES) -> int:
    """How often a day's logs must be copied until they hold about `total` events together."""
    return max(1, total // sum(len(_visits(folder, service)) for service in services))


def grow(folder: Path, pattern: str, copies: int, services: Sequence[str] = SERVICES) -> int:
    """Fill migrated, empty databases with so many copies of a day's logs; returns how many events there are then."""
    return sum(_grow(folder, pattern.format(service=service), service, copies) for service in services)


def _grow(folder: Path, url: str, service: str, copies: int) -> int:
    source, target = connect(f"sqlite:///{folder}/{service}.db"), connect(url)
    with source.connect() as day, writing(target) as connection:
        first = [dict(row._mapping) for row in day.execute(select(events).order_by(events.c.id))]
        kept_gates = [dict(row._mapping) for row in day.execute(select(gates))]
        batch: list[dict[str, Any]] = []
        count = 0
        for row in _numbered(first, _visits(folder, service), copies):
            batch.append(row)
            count += 1
            if len(batch) == AT_ONCE:
                _insert(connection, batch)
                batch.clear()
        _insert(connection, batch)
        for number in range(copies):
            some = [gate for gate in kept_gates if number == 0 or _ID.search(gate["stream"])]
            moved = [gate | {"stream": _other(gate["stream"], number)} for gate in some]
            many.execute(connection, (insert(gates), moved))
        for name in (PUBLISHED, ARCHIVED):  # or the archive would be filled with all of them first
            connection.execute(insert(cursors), {"name": name, "position": count})
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT setval('events_id_seq', :last)"), {"last": count})
    tidy(target)
    source.dispose()
    target.dispose()
    return count


def _visits(folder: Path, service: str) -> list[dict[str, Any]]:
    """The events of one day that are about visits, and not about the town."""
    engine = connect(f"sqlite:///{folder}/{service}.db")
    with engine.connect() as connection:
        rows = [dict(row._mapping) for row in connection.execute(select(events).order_by(events.c.id))]
    engine.dispose()
    return [row for row in rows if _ID.search(row["data"])]


def _numbered(first: list[dict[str, Any]], visits: list[dict[str, Any]], copies: int) -> Iterator[dict[str, Any]]:
    number = 0
    for row in first:
        number += 1
        yield row | {"id": number, "position": number}
    for copy in range(1, copies):
        for row in visits:
            number += 1
            changed = {name: row[name] and _other(row[name], copy) for name in _TEXTS}
            yield row | changed | {"id": number, "position": number}


def _other(stored: str, copy: int) -> str:
    """The same text with the ids, rooms, clerks, pass numbers and dates of that copy."""
    if not copy:
        return stored
    stored = _DATE.sub(lambda found: str(date.fromisoformat(found[0]) + timedelta(days=_AHEAD + copy % DAYS)), stored)
    stored = _ID.sub(lambda found: f"{int(found[0], 16) ^ copy:08x}", stored)
    stored = _RESOURCE.sub(rf"\1x{copy}", stored)
    return _PASS.sub(lambda found: f"{found[1]}{found[2]}x{copy}", stored)


_PASS = re.compile(r'("(?:number|pass|subject)":"|^pass-)([0-9A-Z]{8})(?![-0-9a-z])')


def _insert(connection: Connection, rows: list[dict[str, Any]]) -> None:
    if rows and connection.dialect.name == "postgresql":
        copying.copy(connection, events, tuple(rows[0]), rows)
    elif rows:
        many.execute(connection, (insert(events), rows))


def tidy(engine: Engine) -> None:
    """As a database is after a while: swept, and with its statistics."""
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))


def count(url: str) -> int:
    """Events of a log."""
    engine = connect(url)
    with engine.connect() as connection:
        found = connection.execute(select(func.count()).select_from(events)).scalar() or 0
    engine.dispose()
    return found


def appointments(pattern: str) -> int:
    """Those that booking's log holds."""
    engine = connect(pattern.format(service="booking"))
    with engine.connect() as connection:
        query = select(func.count()).select_from(events).where(events.c.type == "AppointmentRequested")
        found = connection.execute(query).scalar() or 0
    engine.dispose()
    return found
