"""What is parked, read from the services' databases."""

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Connection, func, select

from deploy.home import BadInput
from deploy.operations import databases
from shared.tables import held, orders

SHORT = 10
"""Hexadecimal digits of an id."""


@dataclass(frozen=True, slots=True)
class Parked:
    """One row. `successors`: how many messages of its stream wait behind it."""

    service: str
    source: str
    stream: str
    sequence: int
    type: str
    reason: str
    error: str
    tries: int
    held_at: str
    successors: int
    body: bytes

    @property
    def id(self) -> str:
        """Short, and the same as long as it is parked."""
        return _digest(self.service, self.source, self.stream, str(self.sequence), self.held_at)

    @property
    def group(self) -> str:
        """That of all with the same trouble."""
        return _digest(self.service, self.source, self.type, self.trouble)

    @property
    def trouble(self) -> str:
        """The error without what differs from message to message: digits."""
        return "".join("#" if c.isdigit() else c for c in self.error or self.reason)[:120]

    @property
    def message(self) -> Any:
        """The message, opened; personal data in it stays sealed. Text where it is no JSON."""
        try:
            return orjson.loads(self.body)
        except ValueError:
            return self.body.decode(errors="replace")

    def as_data(self) -> dict[str, Any]:
        """For programs."""
        names = ("id", "group", "service", "source", "stream", "sequence", "type", "reason", "error", "tries")
        return {name: getattr(self, name) for name in (*names, "held_at", "successors")}


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:SHORT]


def parked(services: Sequence[str]) -> list[Parked]:
    """All that is parked, the longest first. Raises BadInput where a database can't be read."""
    found = [row for service in services for row in _of(service)]
    return sorted(found, key=lambda row: row.held_at)


def _of(service: str) -> Iterator[Parked]:
    with databases.opened(service) as connection:
        waiting = _waiting(connection)
        for row in connection.execute(select(held).where(held.c.reason.is_not(None))):
            successors = waiting.get((row.source, row.stream), 0)
            texts = (row.type, row.reason, row.error or "", row.tries, row.held_at)
            yield Parked(service, row.source, row.stream, row.sequence, *texts, successors, bytes(row.body))


def _waiting(connection: Connection) -> dict[tuple[str, str], int]:
    gate = (held.c.source, held.c.stream)
    query = select(*gate, func.count()).where(held.c.reason.is_(None)).group_by(*gate)
    return {(source, stream): number for source, stream, number in connection.execute(query)}


def gaps(services: Sequence[str]) -> dict[tuple[str, str], int]:
    """By service and source: how many messages wait, not behind a parked one but for one that has never come."""
    found: dict[tuple[str, str], int] = {}
    for service in services:
        with databases.opened(service) as connection:
            blocked = {
                tuple(row)
                for row in connection.execute(select(held.c.source, held.c.stream).where(held.c.reason.is_not(None)))
            }
            for (source, stream), number in _waiting(connection).items():
                if (source, stream) not in blocked:
                    found[service, source] = found.get((service, source), 0) + number
    return found


def groups(rows: Sequence[Parked]) -> Mapping[str, list[Parked]]:
    """By trouble."""
    grouped: dict[str, list[Parked]] = defaultdict(list)
    for row in rows:
        grouped[row.group].append(row)
    return grouped


def chosen(rows: Sequence[Parked], ids: Sequence[str], group: str, everything: bool) -> list[Parked]:
    """Those that are meant. Raises BadInput where there are none of that name, or nothing is named."""
    if sum((bool(ids), bool(group), everything)) != 1:
        raise BadInput("Name ids, or --group GROUP, or --all; `foyer parked` shows them.")
    if everything:
        return list(rows)
    if group:
        if found := [row for row in rows if row.group == group]:
            return found
        raise BadInput(f"There is no group {group!r}; `foyer parked` shows them.")
    known = {row.id: row for row in rows}
    if missing := [one for one in ids if one not in known]:
        raise BadInput(f"Nothing is parked under {', '.join(missing)}; `foyer parked list --rows` shows what is.")
    return [known[one] for one in dict.fromkeys(ids)]


def one(rows: Sequence[Parked], name: str) -> Parked:
    """The one of that id. Raises BadInput."""
    return chosen(rows, [name], "", everything=False)[0]


def successors(row: Parked) -> list[dict[str, Any]]:
    """What waits behind it, in order."""
    columns = (held.c.sequence, held.c.type, held.c.held_at)
    mine = (held.c.source == row.source, held.c.stream == row.stream, held.c.reason.is_(None))
    with databases.opened(row.service) as connection:
        query = select(*columns).where(*mine).order_by(held.c.sequence)
        return [dict(found) for found in connection.execute(query).mappings()]


def history(row: Parked) -> list[dict[str, Any]]:
    """What was ordered for it before, in order."""
    columns = (orders.c.at, orders.c.kind, orders.c.who, orders.c.reason, orders.c.result, orders.c.detail)
    same = (orders.c.source == row.source, orders.c.stream == row.stream, orders.c.sequence == row.sequence)
    with databases.opened(row.service) as connection:
        query = select(*columns).where(*same).order_by(orders.c.at)
        return [dict(found) for found in connection.execute(query).mappings()]
