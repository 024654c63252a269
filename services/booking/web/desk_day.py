"""How full today is, per site and department; and finding an appointment by number, name or mail."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import Connection, select

from services.booking.projections import holds, open_days, resources
from services.booking.standing import OPEN, appointments, keys
from shared.tables import instant

SEARCHED = 5_000
"""Appointments whose guests are looked at for a name, those of today first."""
SHOWN = 20


@dataclass(frozen=True, slots=True)
class Fullness:
    """Minutes of the clerks of a department at a site: open today, of those taken, and still free from now on."""

    site: str
    department: str
    guests: int
    open: int
    taken: int
    free: int

    @property
    def percent(self) -> int:
        """How much of what is open is taken."""
        return round(100 * self.taken / self.open) if self.open else 0


@dataclass(frozen=True, slots=True)
class Found:
    """An appointment, with its guest opened for this page only."""

    appointment: str
    starts_at: datetime
    status: str
    number: str
    name: str
    site: str


def today(app: Any) -> date:
    """The town's date."""
    found: date = app.clock().astimezone(app.reads.zone).date()
    return found


def fullness(app: Any) -> list[Fullness]:
    """Of today, by site and department; a clerk of two departments counts for both."""
    day, now = today(app), app.clock()
    with app.read() as connection:
        return list(_fullness(connection, day, now, app.reads.zone))


def _fullness(connection: Connection, day: date, now: datetime, zone: Any) -> Iterable[Fullness]:
    stored = connection.execute(select(resources).where(resources.c.kind == "clerk"))
    departments = {row.resource: orjson.loads(row.definition)["departments"] for row in stored}
    midnight = datetime.combine(day, datetime.min.time(), zone)
    taken = _taken(connection, midnight)
    sums: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    query = select(open_days).where(open_days.c.kind == "clerk", open_days.c.date == day)
    for row in connection.execute(query):
        for site, begins, ends, *_ in orjson.loads(row.open):
            span = datetime.fromisoformat(begins), datetime.fromisoformat(ends)
            held = [_both(span, one) for one in taken.get(row.resource, ())]
            ahead = (max(span[0], now), span[1])
            free = _minutes(ahead) - sum(_minutes(_both(ahead, one)) for one in taken.get(row.resource, ()))
            for department in departments.get(row.resource, ()):
                for at, more in enumerate((_minutes(span), sum(map(_minutes, held)), max(free, 0))):
                    sums[site, department][at] += more
    guests = _guests(connection, day)
    for (site, department), (open_, used, free) in sorted(sums.items()):
        yield Fullness(site, department, guests.get((site, department), 0), open_, used, free)


Span = tuple[datetime, datetime]


def _taken(connection: Connection, midnight: datetime) -> Mapping[str, list[Span]]:
    found: dict[str, list[Span]] = defaultdict(list)
    query = select(holds.c.resource, holds.c.starts_at, holds.c.blocked_until).where(
        holds.c.kind == "clerk",
        holds.c.freed_at.is_(None),
        holds.c.blocked_until > instant(midnight),
        holds.c.starts_at < instant(midnight + timedelta(days=1)),
    )
    for row in connection.execute(query):
        found[row.resource].append((datetime.fromisoformat(row.starts_at), datetime.fromisoformat(row.blocked_until)))
    return found


def _guests(connection: Connection, day: date) -> Mapping[tuple[str, str], int]:
    counted: dict[tuple[str, str], int] = defaultdict(int)
    query = select(appointments).where(appointments.c.date == day, appointments.c.status.in_(OPEN))
    for row in connection.execute(query):
        for department in keys(row.departments):
            counted[row.site, department] += 1
    return counted


def find(app: Any, said: str) -> tuple[list[Found], bool]:
    """By number, or by a part of name or mail; and whether there are more than were looked at or shown."""
    number = "".join(said.upper().split()).replace("-", "")
    with app.read() as connection:
        by_number = appointments.c.number == number.replace("O", "0").replace("I", "1").replace("L", "1")
        rows = connection.execute(select(appointments).where(by_number).limit(SHOWN)).all()
        if rows:
            return _opened(app, connection, rows, ""), False
        query = select(appointments).where(appointments.c.date >= today(app), appointments.c.status.in_(OPEN))
        rows = connection.execute(query.order_by(appointments.c.starts_at).limit(SEARCHED + 1)).all()
        found = _opened(app, connection, rows[:SEARCHED], said)
    return found[:SHOWN], len(rows) > SEARCHED or len(found) > SHOWN


def _opened(app: Any, connection: Connection, rows: Any, said: str) -> list[Found]:
    guests = app.vault.open(connection, [row.guest for row in rows if row.guest]) if rows else {}
    wanted = said.casefold().split()
    found = []
    for row in rows:
        guest = guests.get(row.guest) or {}
        text = f"{guest.get('name', '')} {guest.get('email', '')}".casefold()
        if all(word in text for word in wanted):
            starts_at = datetime.fromisoformat(row.starts_at).astimezone(app.reads.zone)
            name = guest.get("name", "")
            found.append(Found(row.appointment, starts_at, row.status, row.number or "", name, row.site))
    return found


def _both(one: Span, other: Span) -> Span:
    return max(one[0], other[0]), min(one[1], other[1])


def _minutes(span: Span) -> int:
    return max(0, (span[1] - span[0]) // timedelta(minutes=1))
