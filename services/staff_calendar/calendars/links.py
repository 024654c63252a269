"""The calendars that are connected: kept as rows, told as values."""

import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, and_, bindparam, delete, func, or_, select, update

from services.staff_calendar.calendars.tables import entries, links, states, written
from services.staff_calendar.calendars.vault import Access, seal
from shared.tables import Write, instant, upsert
from shared.words import SOURCE

Kind = Literal["caldav", "address", "upload", "mail"]
_LINK = upsert(links, ["calendar"])
_STATE = upsert(states, ["calendar"])
_HURRY = update(states).where(states.c.calendar == bindparam("b_calendar"))
_UNREAD = delete(entries).where(entries.c.calendar == bindparam("b_calendar"))
_GONE = tuple(
    delete(table).where(table.c.calendar == bindparam("b_calendar")) for table in (links, states, entries, written)
)


@dataclass(frozen=True, slots=True)
class Link:
    """A calendar of a clerk. `zone`: of its floating times and days; `mail`: the clerk's address in invitations.

    `blocks`: its entries make the clerk busy. `writes`: appointments are written into it. `opens`: entries of this
    category (all: "*") open hours at `site`. Of kind `mail`: a mailbox that gets invitations in `language`.
    """

    calendar: str
    clerk: str
    kind: Kind
    host: str
    zone: str
    mail: str | None = None
    blocks: bool = True
    writes: bool = False
    opens: str | None = None
    site: str | None = None
    language: str = SOURCE


@dataclass(frozen=True, slots=True)
class State:
    """How it stands with a calendar. Times are RFC 3339 in UTC; `because` is a port.Because, None: all is well."""

    token: str | None = None
    due_at: str = ""
    tried_at: str | None = None
    good_at: str | None = None
    failures: int = 0
    because: str | None = None
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Connected:
    """A link, its state, and what opens it."""

    link: Link
    state: State
    sealed: bytes


def connect(link: Link, access: Access, master_key: bytes, now: datetime) -> list[Write]:
    """Connect a calendar, or connect it anew: all of it is read again, for it may be meant in another way now."""
    row = {name.name: getattr(link, name.name) for name in fields(link)}
    sealed = seal(master_key, link.calendar, access)
    return [
        (_UNREAD, {"b_calendar": link.calendar}),
        (_LINK, row | {"sealed": sealed, "connected_at": instant(now)}),
        keep(link.calendar, State(due_at=instant(now))),
    ]


def disconnect(calendar: str) -> list[Write]:
    """Forget a calendar and all that was seen of it; busy times end with the next look at the clerk."""
    return [(statement, {"b_calendar": calendar}) for statement in _GONE]


def keep(calendar: str, state: State) -> Write:
    """How it stands now."""
    return _STATE, {"calendar": calendar, **{name.name: getattr(state, name.name) for name in fields(state)}}


def hurry(calendar: str, now: datetime) -> Write:
    """Look at it at once."""
    return _HURRY, {"b_calendar": calendar, "due_at": instant(now)}


def connected(connection: Connection, *where: Any) -> list[Connected]:
    """All of them that fit, by clerk and name."""
    query = (
        select(links, states)
        .join(states, states.c.calendar == links.c.calendar)
        .where(*where)
        .order_by(links.c.clerk, links.c.calendar)
    )
    return [_connected(row) for row in connection.execute(query).mappings()]


def one(connection: Connection, calendar: str) -> Connected | None:
    """The calendar of that name."""
    return next(iter(connected(connection, links.c.calendar == calendar)), None)


def of_clerk(connection: Connection, clerk: str) -> list[Link]:
    """A clerk's calendars."""
    return [found.link for found in connected(connection, links.c.clerk == clerk)]


def due(connection: Connection, now: datetime, behind: Collection[str] = ()) -> list[Connected]:
    """Those to be looked at, the longest waiting first. Files that were uploaded are never due.

    `behind`: those that don't show what is held; they are due at once, unless they are left alone for some trouble.
    """
    well = and_(states.c.failures == 0, links.c.calendar.in_(behind))
    found = connected(connection, or_(states.c.due_at <= instant(now), well), links.c.kind != "upload")
    return sorted(found, key=lambda one: one.state.due_at)


def troubles(connection: Connection) -> list[str]:
    """How many calendars are in which trouble."""
    query = (
        select(states.c.because, func.count())
        .join(links, links.c.calendar == states.c.calendar)
        .where(states.c.because.is_not(None))
        .group_by(states.c.because)
        .order_by(states.c.because)
    )
    return [f"calendars that can't be read ({row[0]}): {row[1]}" for row in connection.execute(query)]


def new_name(clerk: str, known: Iterable[str]) -> str:
    """A name for a clerk's next calendar."""
    taken = set(known)
    return next((name for n in range(1, 1000) if (name := f"{clerk}-{n}") not in taken), str(uuid.uuid4()))


def _connected(row: Any) -> Connected:
    link = Link(**{name.name: row[links.c[name.name]] for name in fields(Link)})
    state = State(**{name.name: row[states.c[name.name]] for name in fields(State)})
    return Connected(
        replace(link, blocks=bool(link.blocks), writes=bool(link.writes)), state, bytes(row[links.c.sealed])
    )
