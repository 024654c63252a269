"""One calendar, once: what has changed there becomes what is kept of it, and what follows for the clerk.

What is kept, and the events that follow, are written in one transaction. What can't be read changes nothing: the last
known busy times stay in force.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, bindparam, delete, select

from services.staff_calendar.calendars import links
from services.staff_calendar.calendars.links import Connected, Link, State
from services.staff_calendar.calendars.port import Calendar, Changes, Trouble
from services.staff_calendar.calendars.reader import NoCalendar, Reader, TooCostly
from services.staff_calendar.calendars.settings import CalendarSettings
from services.staff_calendar.calendars.tables import entries
from services.staff_calendar.calendars.uids import Uids
from services.staff_calendar.commands import NoteBusy, OpenFromCalendar
from services.staff_calendar.events import BusyDay, OpenDay, Opening, Span
from services.staff_calendar.projections import busy_days
from services.staff_calendar.spans import by_day
from services.staff_calendar.staff import HORIZON_DAYS
from services.staff_calendar.web.hours import closed_dates
from shared.app import App
from shared.definition import Command
from shared.messages import Cause
from shared.session import Session
from shared.tables import Write, instant, upsert

AHEAD = timedelta(days=HORIZON_DAYS + 35)
"""A calendar is worked out so far, so that what goes on must be read again every five weeks only."""
AHEAD_OF_FILE = timedelta(days=400)
"""One that was handed in can't be read again."""
MOST_READ_AGAIN = 200
_KEEP = upsert(entries, ["calendar", "href", "uid"])
_DROP = delete(entries).where(
    entries.c.calendar == bindparam("b_calendar"),
    entries.c.href == bindparam("b_href"),
    entries.c.uid == bindparam("b_uid"),
)

Known = dict[tuple[str, str], "Row"]
"""What is kept of a calendar, by href and UID."""


@dataclass(frozen=True, slots=True)
class Row:
    """What is kept of one UID. `busy` and `opens`: Unix seconds; `reaches`: worked out up to this date."""

    href: str
    uid: str
    etag: str | None
    busy: tuple[tuple[int, int], ...] = ()
    opens: tuple[tuple[int, int], ...] = ()
    reaches: str | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """One of our own entries as it is in the clerk's calendar; `times` None: the clerk has deleted it."""

    uid: str
    href: str
    etag: str | None
    times: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class Keep:
    """A job for the writer: what is kept of a calendar, and what follows from it, together."""

    wanted: tuple[Command, ...]
    writes: tuple[Write, ...]

    def commands(self) -> Sequence[Command]:
        """What is decided."""
        return self.wanted

    def run(self, session: Session) -> list[Any]:
        """Decide and write."""
        decided: list[Any] = []
        for command in self.wanted:
            decided += session.decide(command, cause=Cause(correlation=command.id, causation=command.id))
        session.write(*self.writes)
        return decided


@dataclass(frozen=True, slots=True)
class Looked:
    """What a look at a calendar led to."""

    state: State
    changed: int = 0
    own: tuple[Seen, ...] = ()


def look(
    app: App,
    found: Connected,
    calendar: Calendar,
    reader: Reader,
    settings: CalendarSettings,
    lock: AbstractContextManager[Any],
) -> Looked:
    """Look at a calendar and keep what is new. Never raises for what the calendar's server does.

    `lock`: the clerk's, so that two calendars of one clerk don't overlook each other's news.
    """
    try:
        changes = calendar.changes(found.state.token)
        return _take(app, found, calendar, changes, reader, settings, lock)
    except Trouble as trouble:
        return Looked(failed(found.state, trouble, app.clock(), settings))


def failed(state: State, trouble: Trouble, now: datetime, settings: CalendarSettings) -> State:
    """Once more; the pause grows with every time, and is as long as the server asks for."""
    failures = state.failures + 1
    pause = max(trouble.wait, min(settings.longest_pause, settings.poll * 2.0 ** min(failures, 16)))
    return replace(
        state,
        tried_at=instant(now),
        failures=failures,
        because=trouble.because,
        detail=trouble.detail[:500] or None,
        due_at=instant(now + timedelta(seconds=pause)),
    )


def _take(
    app: App,
    found: Connected,
    calendar: Calendar,
    changes: Changes,
    reader: Reader,
    settings: CalendarSettings,
    lock: AbstractContextManager[Any],
) -> Looked:
    link, now = found.link, app.clock()
    good = State(
        token=changes.token,
        due_at=instant(now + timedelta(seconds=settings.poll)),
        tried_at=instant(now),
        good_at=instant(now),
    )
    today = now.astimezone(ZoneInfo(app.settings.timezone)).date()
    with app.read() as connection:
        if not changes.changed and not changes.deleted and not changes.whole:
            again = _to_read_again(connection, link.calendar, today)
            if not again and found.state.token == changes.token:
                return Looked(replace(good, because=found.state.because and _remains(connection, link.calendar)))
        known = kept(connection, link.calendar)
        again = _to_read_again(connection, link.calendar, today)
    look = _Look(link, today, known, Uids(app.settings.secret), reader, settings)
    look.take(changes, again, calendar)
    bad = look.problems()
    state = replace(good, because="unreadable" if bad else None, detail=f"entries: {bad}" if bad else None)
    with lock:
        count = keep_clerk(app, link, look.rows, (links.keep(link.calendar, state), *look.writes()))
    return Looked(state, count, tuple(look.own))


class _Look:
    """One calendar while it is being looked at: `known` is what was kept before, `rows` what will be kept."""

    def __init__(
        self, link: Link, today: date, known: Known, uids: Uids, reader: Reader, settings: CalendarSettings
    ) -> None:
        self.link, self.known, self.rows = link, known, dict(known)
        self.own: list[Seen] = []
        self._costly = 0
        self._uids, self._reader = uids, reader
        zone = ZoneInfo(link.zone)
        self._until = today + (AHEAD_OF_FILE if link.kind == "upload" else AHEAD)
        self._question: dict[str, Any] = {
            "from_": int(datetime.combine(today - timedelta(days=1), time.min, zone).timestamp()),
            "until": int(datetime.combine(self._until, time.min, zone).timestamp()),
            "zone": link.zone,
            "opens": link.opens,
            "mail": link.mail,
            "most": settings.limits.entries,
        }

    def take(self, changes: Changes, again: Iterable[str], calendar: Calendar) -> None:
        """Read what is new, drop what is gone."""
        etags = {key[0]: row.etag for key, row in self.known.items()}
        listed = {one.href for one in changes.changed}
        gone = set(changes.deleted) | (etags.keys() - listed if changes.whole else set())
        for href in gone:
            self._drop(href)
        new = [one.href for one in changes.changed if one.etag is None or etags.get(one.href) != one.etag]
        wanted = dict.fromkeys([*new, *(href for href in again if href not in gone)])
        for resource in calendar.read(wanted):
            if resource.ics is None:
                self._drop(resource.href)
            else:
                # A file is only read when it is another one; with its ETag every row would be another one, too.
                self._read(resource.href, resource.etag if self.link.kind == "caldav" else None, resource.ics)

    def _drop(self, href: str) -> None:
        for key in [key for key in self.rows if key[0] == href]:
            del self.rows[key]
            if self._uids.appointment(key[1]) is not None:
                self.own.append(Seen(key[1], href, None, None))

    def _read(self, href: str, etag: str | None, ics: bytes) -> None:
        before = {key: row for key, row in self.rows.items() if key[0] == href}
        try:
            found = self._reader.entries(ics, self._question)
        except TooCostly as error:
            # Everybody waits meanwhile: a file that is new each time, or a second such entry, is tried again later.
            self._costly += 1
            if self._costly > 1 or self.link.kind != "caldav":
                raise Trouble("unreadable", str(error)) from error
            self._keep_problem(href, etag, before, error)
            return
        except NoCalendar as error:
            self._keep_problem(href, etag, before, error)
            return
        for key in before:
            del self.rows[key]
        for entry in found:
            self._entry(href, etag, entry, before)

    def _keep_problem(self, href: str, etag: str | None, before: Known, error: Exception) -> None:
        """The last known times stay in force, and the same bytes are not tried again."""
        stay = before or {(href, ""): Row(href, "", etag)}
        self.rows |= {key: replace(row, etag=etag, problem=str(error)[:200]) for key, row in stay.items()}

    def _entry(self, href: str, etag: str | None, entry: Mapping[str, Any], before: Known) -> None:
        uid = entry["uid"]
        busy = tuple((a, b) for a, b in entry["busy"])
        if entry["problem"] is not None:
            # What was known stays in force, and what could be understood counts, too.
            old = before.get((href, uid), Row(href, uid, etag))
            row = replace(old, etag=etag, busy=tuple(sorted({*old.busy, *busy})), problem=entry["problem"])
        elif self._uids.appointment(uid) is not None:
            # What we have written ourselves never makes busy; where the clerk has put it is a wish.
            begins, ends = entry["stands"] or (0, 0)
            self.own.append(Seen(uid, href, etag, (begins, ends) if ends > self._question["from_"] else None))
            row = Row(href, uid, etag)
        else:
            opens = tuple((a, b) for a, b in entry["opens"])
            row = Row(href, uid, etag, busy, opens, self._until.isoformat() if entry["lasting"] else None)
            if self.link.kind != "caldav" and row == Row(href, uid, etag):
                return  # over, or far away: of a file that is read whole nothing need be known of it
        self.rows[href, uid] = row

    def problems(self) -> int:
        """How many entries could not be understood."""
        return sum(row.problem is not None for row in self.rows.values())

    def writes(self) -> Iterator[Write]:
        """What is different in the table."""
        for key, row in self.rows.items():
            if self.known.get(key) != row:
                yield _KEEP, {"calendar": self.link.calendar, **_stored(row)}
        for href, uid in self.known.keys() - self.rows.keys():
            yield _DROP, {"b_calendar": self.link.calendar, "b_href": href, "b_uid": uid}


def keep_clerk(app: App, link: Link, rows: Known | None, writes: Sequence[Write]) -> int:
    """Write, and let follow what all calendars of the clerk together say. `rows`: what this calendar says now; None:
    it is not there any more. Returns the number of days that changed. To be called for one clerk at a time.
    """
    now, zone = app.clock(), app.settings.timezone
    with app.read() as connection:
        blocking = [one.calendar for one in links.of_clerk(connection, link.clerk) if one.blocks]
        known = {name: kept(connection, name) for name in blocking if name != link.calendar}
        if rows is not None and link.calendar in blocking:
            known[link.calendar] = rows
        times = [time for found in known.values() for time in _busy(found)]
        days = changed_days(connection, link.clerk, times, now, zone)
        hours = _hours(connection, link, rows)
    orders: tuple[Command, ...] = (NoteBusy(str(uuid4()), now, link.clerk, days),) if days else ()
    if hours is not None:
        today = now.astimezone(ZoneInfo(zone)).date()
        open_ = tuple(day for day in hours_by_day(hours, zone) if day.date >= today)
        orders += (OpenFromCalendar(str(uuid4()), now, link.clerk, open_, zone, closed_dates(app)),)
    app.writer.submit(Keep(orders, tuple(writes)))
    return len(days)


def _hours(connection: Connection, link: Link, rows: Known | None) -> list[tuple[str, tuple[int, int]]] | None:
    """What the clerk's calendars open, each with its site; None where none of them opens hours."""
    opening = [one for one in links.of_clerk(connection, link.clerk) if one.site is not None]
    if not opening and link.site is None:
        return None
    found: list[tuple[str, tuple[int, int]]] = []
    for one in opening:
        known = rows if one.calendar == link.calendar else kept(connection, one.calendar)
        found += [(one.site or "", times) for row in (known or {}).values() for times in row.opens]
    return found


def hours_by_day(hours: Iterable[tuple[str, tuple[int, int]]], zone: str) -> tuple[OpenDay, ...]:
    """Hours cut at local midnights, by site, in order; what overlaps at one site is one."""
    sites: dict[str, list[Span]] = {}
    for site, (begins, ends) in hours:
        sites.setdefault(site, []).append(Span(datetime.fromtimestamp(begins, UTC), datetime.fromtimestamp(ends, UTC)))
    days: dict[date, list[Opening]] = {}
    for site in sorted(sites):
        for day in by_day(sites[site], zone):
            days.setdefault(day.date, []).extend(Opening(site, span.from_, span.until) for span in day.busy)
    in_order = (OpenDay(day, tuple(sorted(days[day], key=lambda one: (one.from_, one.site)))) for day in sorted(days))
    return tuple(in_order)


def changed_days(
    connection: Connection, clerk: str, times: Iterable[tuple[int, int]], now: datetime, zone: str
) -> tuple[BusyDay, ...]:
    """The days from today on at which these times are not what is known.

    Also those beyond the horizon, as far as calendars are worked out: nobody looks again on the day that opens them.
    """
    today = now.astimezone(ZoneInfo(zone)).date()
    spans = (Span(datetime.fromtimestamp(a, UTC), datetime.fromtimestamp(b, UTC)) for a, b in times)
    wanted = {day.date: day.busy for day in by_day(spans, zone) if today <= day.date}
    query = select(busy_days).where(busy_days.c.clerk == clerk, busy_days.c.date >= today.isoformat())
    known = {
        date.fromisoformat(row.date): tuple(Span(*map(datetime.fromisoformat, times)) for times in row.busy)
        for row in connection.execute(query)
    }
    dates = sorted(day for day in wanted.keys() | known.keys() if wanted.get(day, ()) != known.get(day, ()))
    return tuple(BusyDay(day, wanted.get(day, ())) for day in dates)


def kept(connection: Connection, calendar: str) -> Known:
    """All that is kept of a calendar."""
    query = select(entries).where(entries.c.calendar == calendar)
    return {(row.href, row.uid): _row(row) for row in connection.execute(query)}


def _busy(rows: Known) -> Iterator[tuple[int, int]]:
    return (time for row in rows.values() for time in row.busy)


def _to_read_again(connection: Connection, calendar: str, today: date) -> list[str]:
    needed = (today + timedelta(days=HORIZON_DAYS + 1)).isoformat()
    query = (
        select(entries.c.href)
        .where(entries.c.calendar == calendar, entries.c.reaches < needed)
        .distinct()
        .limit(MOST_READ_AGAIN)
    )
    return list(connection.execute(query).scalars())


def _remains(connection: Connection, calendar: str) -> str | None:
    """What was unreadable and has not changed is unreadable."""
    query = select(entries.c.href).where(entries.c.calendar == calendar, entries.c.problem.is_not(None)).limit(1)
    return "unreadable" if connection.execute(query).first() else None


def _row(row: Any) -> Row:
    busy, opens = (tuple((a, b) for a, b in times) for times in (row.busy, row.opens))
    return Row(row.href, row.uid, row.etag, busy, opens, row.reaches, row.problem)


def _stored(row: Row) -> dict[str, Any]:
    return {
        "href": row.href,
        "uid": row.uid,
        "etag": row.etag,
        "busy": [list(times) for times in row.busy],
        "opens": [list(times) for times in row.opens],
        "reaches": row.reaches,
        "problem": row.problem,
    }
