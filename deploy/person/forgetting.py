"""Forgetting guests in every service, seeing that it is done, and a receipt that names nobody."""

import hashlib
import hmac
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from email import message_from_bytes
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Engine, func, select, text
from sqlalchemy.exc import SQLAlchemyError

from deploy.operations.databases import database, looking, settings_of
from deploy.parts import SERVICES, place
from deploy.servers.process import wait_until
from deploy.town.calls import Calls
from services.visitor_access.projections import visits
from shared.tables import events, subject_keys

PATIENCE = 60.0
"""Seconds in which every service has heard of it, unless something is wrong."""
AT_ONCE = 200
HOLDERS = tuple(service for service in SERVICES if place(service).shares_keys or place(service).reads_keys)
"""The services that can read a guest."""


def keys(appointments: Sequence[str]) -> dict[str, list[str]]:
    """Fingerprints of the keys that each service still has for these guests."""
    found = {}
    for service in HOLDERS:
        with database(service) as engine, looking(service, engine) as connection:
            rows = [row for part in _parts(appointments) for row in connection.execute(_keys(part))]
        found[service] = sorted(hashlib.sha256(bytes(row.wrapped)).hexdigest()[:16] for row in rows)
    return found


def names_shown(appointments: Sequence[str]) -> int:
    """Rows of read tables through which these guests could still be read."""
    with database("visitor_access") as engine, looking("visitor_access", engine) as connection:
        return sum(connection.execute(_shown(part)).scalar() or 0 for part in _parts(appointments))


def counts() -> dict[str, int]:
    """Events in each service's log: forgetting adds some and takes none away."""
    found = {}
    for service in SERVICES:
        with database(service) as engine, looking(service, engine) as connection:
            found[service] = connection.execute(select(func.count()).select_from(events)).scalar() or 0
    return found


def order(calls: Calls, appointments: Sequence[str]) -> None:
    """Tell booking to forget; it tells the others. Raises NotUp and Refused."""
    for part in _parts(appointments):
        calls.post("booking", "/api/forgettings", {"appointments": list(part)})


def wait_until_gone(appointments: Sequence[str], seconds: float = PATIENCE) -> bool:
    """Whether no service has a key or a readable row of them any more."""
    try:
        wait_until(lambda: not any(keys(appointments).values()) and not names_shown(appointments), seconds, "gone", 0.2)
    except TimeoutError:
        return False
    return True


def mails(appointments: Sequence[str], spool: Path) -> list[Path]:
    """The mails to them that the private mail sink of `foyer up` keeps as files."""
    return [file for file in spool.glob("*/*.eml") if _is_about(file, appointments)]


def scrub(appointments: Sequence[str], spool: Path) -> int:
    """Take what is left of them from places that no service looks after; returns how many mails that were.

    The private sink's mails are deleted. SQLite's write-ahead log and PostgreSQL's dead rows still hold the deleted
    keys, though wrapped: they are rewritten now instead of some time.
    """
    for service in HOLDERS:
        with suppress(SQLAlchemyError), database(service) as engine:
            _rewrite(engine)
    left = mails(appointments, spool)
    for file in left:
        file.unlink(missing_ok=True)
    return len(left)


def receipt(
    action: str, appointments: Sequence[str], gone: Mapping[str, Sequence[str]], rows: int, taken: int, logs: Any
) -> dict[str, Any]:
    """What was done, for the files: ids and counts, no word of the guests; signed with the ensemble's secret."""
    body = {
        "action": action,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "appointments": list(appointments),
        "keys_deleted": {service: list(gone[service]) for service in HOLDERS},
        "rows_blanked": rows,
        "mails_deleted": taken,
        "events_kept": dict(logs),
        "checked": "no service has a key or a readable row of them",
    }
    return body | {"signature": signature(body)}


def signature(body: Mapping[str, Any]) -> str:
    """HMAC-SHA256 over everything in a receipt but the signature itself."""
    signed = {name: value for name, value in body.items() if name != "signature"}
    secret = settings_of("booking").secret
    return hmac.new(secret, orjson.dumps(signed, option=orjson.OPT_SORT_KEYS), "sha256").hexdigest()


def _parts(names: Sequence[str]) -> Iterable[Sequence[str]]:
    return (names[n : n + AT_ONCE] for n in range(0, len(names), AT_ONCE))


def _keys(part: Sequence[str]) -> Any:
    return select(subject_keys.c.wrapped).where(subject_keys.c.subject.in_(part), subject_keys.c.wrapped.is_not(None))


def _shown(part: Sequence[str]) -> Any:
    return select(func.count()).where(visits.c.appointment.in_(part), visits.c.guest.is_not(None))


def _rewrite(engine: Engine) -> None:
    sqlite = engine.dialect.name == "sqlite"
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if sqlite:
            connection.connection.driver_connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # type: ignore[union-attr]
        else:
            connection.execute(text("SET lock_timeout = '5s'"))
            connection.execute(text("VACUUM (FULL) subject_keys"))


def _is_about(file: Path, appointments: Sequence[str]) -> bool:
    # A Message-ID begins with the appointment it is about.
    try:
        about = str(message_from_bytes(file.read_bytes()).get("Message-ID", "")).lstrip("<")
    except OSError:
        return False
    return any(about.startswith(f"{appointment}.") for appointment in appointments)
