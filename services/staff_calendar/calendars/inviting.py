"""Mails to a clerk who has neither a CalDAV calendar nor the feed: each visit that is sure, changed, or gone.

As with calendars nothing depends on memory: what should be known follows from the read tables, what was mailed stands
in the table of what was written. A row is written before its mail is handed over (`etag` None) and again when the mail
was accepted: a crash between the two sends the same mail once more, with the same Message-ID, and loses none.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from email.message import EmailMessage
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import Connection, select

from services.staff_calendar.calendars.entry import Entry, entry_of
from services.staff_calendar.calendars.invitation import Invitation, mail_of
from services.staff_calendar.calendars.links import Link
from services.staff_calendar.calendars.out import Written, drop, keep, written_in
from services.staff_calendar.calendars.post import NotTaken, Post, house_of, opened
from services.staff_calendar.calendars.uids import Uids
from services.staff_calendar.projections import reservations, visits
from shared.app import App

GONE = "gone"
ACCEPTED = "accepted"
log = structlog.get_logger()


def invite(app: App, link: Link, address: str) -> int:
    """Mail what the clerk does not know yet; returns how many mails were accepted. Raises Trouble."""
    now, zone = app.clock(), ZoneInfo(app.settings.timezone)
    with app.read() as connection:
        have = written_in(connection, link.calendar)
        wanted = _wanted(connection, Uids(app.settings.secret), link.clerk, now, zone)
    over = [uid for uid, one in have.items() if uid not in wanted and datetime.fromisoformat(one.ends_at) <= now]
    if over:
        app.write(*(drop(link.calendar, uid) for uid in over))
    due = list(_due(wanted, {uid: one for uid, one in have.items() if uid not in over}))
    if not due:
        return 0
    house = house_of(app.settings)
    with opened(house) as post:
        for one in due:
            mail = mail_of(one, link, address, house, app.clock(), zone)
            _hand_over(app, link.calendar, post, mail, one, have.get(one.uid))
    return len(due)


def _wanted(
    connection: Connection, uids: Uids, clerk: str, now: datetime, zone: ZoneInfo
) -> dict[str, tuple[Invitation, int]]:
    """What is sure and still to come, by UID, each with its attempt."""
    query = (
        select(reservations, visits.c.rooms, visits.c.party_size)
        .join(visits, visits.c.appointment == reservations.c.appointment)
        .where(
            reservations.c.clerk == clerk,
            reservations.c.confirmed_at.is_not(None),
            reservations.c.date >= now.astimezone(zone).date().isoformat(),
        )
        .order_by(reservations.c.starts_at, reservations.c.attempt)
    )
    wanted: dict[str, tuple[Invitation, int]] = {}
    for row in connection.execute(query).mappings():
        if datetime.fromisoformat(row["ends_at"]) > now:
            uid, room = uids.of(row["appointment"], row["stop"]), (row["rooms"] or {}).get(str(row["stop"]), "")
            wanted[uid] = Invitation("new", uid, 0, entry_of(dict(row)), room, row["party_size"] or 1), row["attempt"]
    return wanted


def _due(wanted: Mapping[str, tuple[Invitation, int]], have: Mapping[str, Written]) -> Iterator[Invitation]:
    """The mails that are missing, each with its SEQUENCE: one more for each that says something else."""
    for uid, (one, attempt) in wanted.items():
        before, first = have.get(uid), 2 * (attempt - 1)
        if before is None:
            yield replace(one, sequence=first)
        elif before.digest != one.digest:
            kind = "new" if before.digest == GONE else "changed"
            yield replace(one, kind=kind, sequence=max(before.sequence + 1, first))
        elif before.etag is None:
            yield replace(one, kind=before.href, sequence=before.sequence)
    for uid, before in have.items():
        if uid not in wanted and (before.digest, before.etag) != (GONE, ACCEPTED):
            sequence = before.sequence + (before.digest != GONE)
            times = before.starts_at, before.ends_at
            entry = Entry(before.appointment, before.stop, *times, "Termin", "", confirmed=True, reserved_at="")
            yield Invitation("gone", uid, sequence, entry)


def _hand_over(
    app: App, calendar: str, post: Post, mail: EmailMessage, one: Invitation, before: Written | None
) -> None:
    digest = GONE if one.kind == "gone" else one.digest
    about = one.uid, one.entry.appointment, one.entry.stop, one.kind, None, one.sequence, digest
    row = Written(*about, one.entry.starts_at, one.entry.ends_at)
    app.write(keep(calendar, row))
    try:
        post.hand_over(mail)
    except NotTaken:
        app.write(drop(calendar, one.uid) if before is None else keep(calendar, before))
        raise
    app.write(keep(calendar, replace(row, etag=ACCEPTED)))
    log.info("clerk_invited", calendar=calendar, appointment=one.entry.appointment, method=one.method)
