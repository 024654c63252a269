"""Appointments go into the clerk's calendar: written, changed, deleted until it shows what is held.

Nothing depends on memory: what should stand there follows from the read tables, what does stand there from the table of
what was written. An entry that was written and not recorded stands where its UID says; it is found and adopted.
A change that the clerk makes is left as it is and noted as a wish; only news of the appointment itself goes over it.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import structlog
from sqlalchemy import ColumnElement, Connection, bindparam, delete, func, select

from services.staff_calendar.calendars.entry import Entry, calendar_of, entry_of, event_of
from services.staff_calendar.calendars.links import Connected
from services.staff_calendar.calendars.port import Calendar, Trouble
from services.staff_calendar.calendars.sync import Keep, Looked, Seen
from services.staff_calendar.calendars.tables import links, written
from services.staff_calendar.calendars.uids import Uids
from services.staff_calendar.commands import NoteWish
from services.staff_calendar.projections import reservations
from shared.app import App
from shared.tables import Write, events, upsert

LOOKS_BACK = timedelta(days=1)
"""What is over is left as it stands."""
_KEEP = upsert(written, ["calendar", "uid"])
_DROP = delete(written).where(written.c.calendar == bindparam("b_calendar"), written.c.uid == bindparam("b_uid"))
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Written:
    """What was last written under a UID, and what the clerk made of it (`wish`; None: nothing)."""

    uid: str
    appointment: str
    stop: int
    href: str
    etag: str | None
    sequence: int
    digest: str
    starts_at: str
    ends_at: str
    wish: str | None = None

    @property
    def times(self) -> tuple[int, int]:
        """Unix seconds."""
        begins, ends = (datetime.fromisoformat(text).timestamp() for text in (self.starts_at, self.ends_at))
        return int(begins), int(ends)


class Out:
    """Called after each look at a calendar, and asked at each tick of the rounds which calendars are behind."""

    def __init__(self, app: App) -> None:
        self._app, self._uids = app, Uids(app.settings.secret)
        self._seen = -1

    def __call__(self, found: Connected, calendar: Calendar, looked: Looked) -> bool:
        """Note wishes, then bring the calendar to what is held; True if it was changed. Raises Trouble."""
        if not found.link.writes:
            return False
        changed = False
        name = found.link.calendar
        for seen in looked.own:
            self._recognise(name, found.link.clerk, seen)
        with self._app.read() as connection:
            wanted, have = self._wanted(connection, found.link.clerk), written_in(connection, name)
        for uid, entry in wanted.items():
            before = have.get(uid)
            if before is None or before.digest != entry.digest:
                self._put(name, calendar, uid, entry, before)
                changed = True
        for uid, before in have.items():
            if uid not in wanted:
                self._delete(name, calendar, before)
                changed = True
        return changed

    def due(self) -> set[str]:
        """The calendars that do not show what is held; asks in earnest only when something has happened."""
        with self._app.read() as connection:
            newest = connection.execute(select(func.max(events.c.id))).scalar() or 0
            if newest == self._seen:
                return set()
            self._seen = newest
            query = select(links.c.calendar, links.c.clerk).where(links.c.writes.is_(True), links.c.kind != "mail")
            calendars = {row.calendar: row.clerk for row in connection.execute(query)}
            # All at once: a query for each clerk would take a good part of a processor while guests are booking.
            wanted = self._wanted_of(connection, reservations.c.clerk.in_(set(calendars.values())))
            have: defaultdict[str, dict[str, str]] = defaultdict(dict)
            for row in connection.execute(select(written.c.calendar, written.c.uid, written.c.digest)):
                have[row.calendar][row.uid] = row.digest
        shown = {clerk: {uid: entry.digest for uid, entry in held.items()} for clerk, held in wanted.items()}
        return {calendar for calendar, clerk in calendars.items() if shown.get(clerk, {}) != have.get(calendar, {})}

    def _wanted(self, connection: Connection, clerk: str) -> dict[str, Entry]:
        return self._wanted_of(connection, reservations.c.clerk == clerk).get(clerk, {})

    def _wanted_of(self, connection: Connection, whose: ColumnElement[bool]) -> dict[str, dict[str, Entry]]:
        """By clerk and UID. While a visit is being moved, what is confirmed stands there until the new time is."""
        since = (self._app.clock() - LOOKS_BACK).date().isoformat()
        query = (
            select(reservations)
            .where(whose, reservations.c.date >= since)
            .order_by(reservations.c.confirmed_at.is_(None), reservations.c.attempt)
        )
        wanted: defaultdict[str, dict[str, Entry]] = defaultdict(dict)
        for row in connection.execute(query).mappings():
            uid = self._uids.of(row["appointment"], row["stop"])
            wanted[row["clerk"]].setdefault(uid, entry_of(dict(row)))
        return wanted

    def _put(self, name: str, calendar: Calendar, uid: str, entry: Entry, before: Written | None) -> None:
        sequence = 0 if before is None else before.sequence + 1
        href = calendar.href(f"{uid}.ics") if before is None else before.href
        known = None if before is None or before.wish == "deleted" else before.etag
        ics = calendar_of(event_of(entry, uid, sequence, self._app.clock()))
        if known is None:
            # Not recorded is not the same as not there: an entry of ours may stand there since a crash.
            known = self._etag(calendar, href) if before is not None else None
        try:
            etag = calendar.put(href, ics, known)
        except Trouble as trouble:
            if trouble.because not in ("changed_meanwhile", "not_found"):
                raise
            etag = calendar.put(href, ics, self._etag(calendar, href))
        if etag is None:
            etag = self._etag(calendar, href)
        about = uid, entry.appointment, entry.stop, href, etag, sequence, entry.digest
        self._app.write(keep(name, Written(*about, entry.starts_at, entry.ends_at)))
        log.info("calendar_written", calendar=name, appointment=entry.appointment)

    def _delete(self, name: str, calendar: Calendar, before: Written) -> None:
        """What is over stays in the clerk's calendar, as what was."""
        if datetime.fromisoformat(before.ends_at) > self._app.clock():
            try:
                calendar.delete(before.href, before.etag)
            except Trouble as trouble:
                if trouble.because != "changed_meanwhile":
                    raise
                calendar.delete(before.href, None)
            log.info("calendar_deleted", calendar=name, appointment=before.appointment)
        self._app.write(drop(name, before.uid))

    @staticmethod
    def _etag(calendar: Calendar, href: str) -> str | None:
        return next((resource.etag for resource in calendar.read([href]) if resource.ics is not None), None)

    def _recognise(self, name: str, clerk: str, seen: Seen) -> None:
        """Our own entry has come back: as it was, or as the clerk would rather have it."""
        with self._app.read() as connection:
            before = written_in(connection, name).get(seen.uid)
            held = self._wanted(connection, clerk).get(seen.uid)
        if before is None or (seen.etag is not None and seen.etag == before.etag and before.wish is None):
            return
        wish = _wish(before, seen)
        after = replace(before, etag=seen.etag or before.etag, wish=wish)
        if after == before:
            return
        orders: tuple[NoteWish, ...] = ()
        # Of what is not held any more nobody needs to be asked.
        if held is not None and before.digest == held.digest and wish != before.wish:
            times = seen.times if wish is not None and seen.times is not None else None
            begins, ends = (datetime.fromtimestamp(time, UTC) for time in times) if times else (None, None)
            about = before.appointment, before.stop, clerk
            orders = (NoteWish(str(uuid4()), self._app.clock(), *about, _kind(wish), begins, ends),)
        self._app.writer.submit(Keep(orders, (keep(name, after),)))


def _wish(before: Written, seen: Seen) -> str | None:
    if seen.times is None:
        return "deleted"
    if seen.times == before.times:
        return None
    return " ".join(("moved", *(datetime.fromtimestamp(time, UTC).isoformat() for time in seen.times)))


def _kind(wish: str | None) -> Any:
    if wish is None:
        return "none"
    return "cancel" if wish == "deleted" else "move"


def written_in(connection: Connection, calendar: str) -> Mapping[str, Written]:
    """What was written into a calendar, by UID."""
    query = select(written).where(written.c.calendar == calendar)
    return {row.uid: Written(*(getattr(row, name) for name in Written.__slots__)) for row in connection.execute(query)}


def keep(calendar: str, one: Written) -> Write:
    """Record what was written."""
    return _KEEP, {"calendar": calendar, **{name: getattr(one, name) for name in Written.__slots__}}


def drop(calendar: str, uid: str) -> Write:
    """Forget what was written."""
    return _DROP, {"b_calendar": calendar, "b_uid": uid}
