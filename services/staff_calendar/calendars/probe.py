"""Trying a calendar: what can this server do, can it be read, can it be written?"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from uuid import uuid4

from icalendar import Calendar as Icalendar
from icalendar import Event

from services.staff_calendar.calendars.port import Calendar, Trouble


@dataclass(frozen=True, slots=True)
class Report:
    """None: not tried. `because`: what went wrong, a port.Because."""

    name: str = ""
    steps: bool | None = None
    entries: int | None = None
    read: bool | None = None
    may_write: bool | None = None
    written: bool | None = None
    because: str | None = None
    detail: str = ""


def probe(calendar: Calendar, write: bool = False) -> Report:
    """Ask, list, read one entry; with `write` also put one entry, change it, refuse a second one, delete it."""
    report = Report()
    try:
        able = calendar.abilities()
        report = replace(report, name=able.name, steps=able.steps, may_write=able.writes)
        changes = calendar.changes(None)
        report = replace(report, entries=len(changes.changed))
        for _resource in calendar.read(one.href for one in islice(changes.changed, 1)):
            pass
        report = replace(report, read=True)
        if write:
            _write(calendar)
            report = replace(report, written=True)
    except Trouble as trouble:
        return replace(report, because=trouble.because, detail=trouble.detail)
    return report


def lines(report: Report) -> Iterator[str]:
    """In words."""
    if report.may_write is not None:
        steps = "what has changed" if report.steps else "everything each time"
        yield f"{report.name or 'The calendar'} answers: it tells {steps}."
    if report.entries is not None:
        yield f"It lists {report.entries:,} entries{'; they can be read.' if report.read else '.'}"
    if report.written:
        yield "An entry was written, changed, guarded against a second one, and deleted."
    elif report.may_write is not None:
        yield f"It says that it {'can' if report.may_write else 'can not'} be written."


def _write(calendar: Calendar) -> None:
    uid = f"foyer-test-{uuid4()}"
    href = calendar.href(f"{uid}.ics")
    etag = calendar.put(href, _entry(uid, "1"), None)
    try:
        calendar.put(href, _entry(uid, "2"), None)
    except Trouble as trouble:
        if trouble.because != "changed_meanwhile":
            raise
    else:
        calendar.delete(href, None)
        raise Trouble("server_error", "the server lets one entry be written over another (If-None-Match)")
    if etag is not None:
        etag = calendar.put(href, _entry(uid, "2"), etag)
    calendar.delete(href, etag)


def _entry(uid: str, title: str) -> bytes:
    """Long ago and free, so that nobody is disturbed by it."""
    begins = datetime(2000, 1, 3, 8, tzinfo=UTC)
    event = Event()
    event.add("uid", uid)
    event.add("dtstamp", begins)
    event.add("dtstart", begins)
    event.add("dtend", begins + timedelta(minutes=5))
    event.add("summary", f"Foyer {title}")
    event.add("transp", "TRANSPARENT")
    whole = Icalendar()
    whole.add("prodid", "-//Foyer//staff_calendar//DE")
    whole.add("version", "2.0")
    whole.add_component(event)
    return bytes(whole.to_ical())
