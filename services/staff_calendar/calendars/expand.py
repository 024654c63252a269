"""From the bytes of a calendar resource to the times at which somebody is busy, and no more than that.

Recurrence is worked out by recurring-ical-events, parsing and time zones by icalendar. Nothing but UIDs and times
leaves this module. It runs in a child process (reader.py): what is too costly is ended from outside.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import recurring_ical_events
from icalendar.error import InvalidCalendar

Interval = tuple[int, int]
"""Unix seconds [from, until)."""
_TOO_OFTEN = {"SECONDLY", "MINUTELY"}
_FOLD = re.compile(rb"\r?\n[ \t]")
_TIMES = rb"(?:DTSTART|DTEND|RECURRENCE-ID|EXDATE|RDATE)"
_NAME = rb'[^";\r\n]{1,100}:[^";\r\n]{1,100}?'
_BARE_ZONE = re.compile(rb'^(%b[^":\r\n]{0,100};TZID=)(%b)(?=(?:;VALUE=[\w-]+)?:\d{8})' % (_TIMES, _NAME), re.I | re.M)


class Unreadable(ValueError):
    """Bytes that are no calendar, or an entry that can't be understood."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a calendar: the time between two instants (Unix seconds); `zone`: of floating times and days.

    `opens`: entries with this category open hours instead of taking them; "*": all entries do. None: no entry does.
    `mail`: an invitation that this address has declined does not take time.
    `most`: entries, or occurrences of all of them.
    """

    from_: int
    until: int
    zone: str
    opens: str | None = None
    mail: str | None = None
    most: int = 20_000


@dataclass(frozen=True, slots=True)
class Entry:
    """One UID: when it makes busy, when it opens hours. `lasting`: may go on, or come, after the time asked for.

    `stands`: where it is to be seen in the calendar, whether it takes time or not; None where it is cancelled.
    `problem`: some of it could not be understood; nothing follows from times that are missing then.
    """

    uid: str
    busy: tuple[Interval, ...] = ()
    opens: tuple[Interval, ...] = ()
    lasting: bool = False
    stands: Interval | None = None
    problem: str | None = None


def expand(ics: bytes, question: Question) -> list[Entry]:
    """All entries of a resource, one for each UID. Raises Unreadable for what is no calendar."""
    # Forgets what other calendars mean by their names of zones: programs call very different ones the same.
    icalendar.use_zoneinfo()  # type: ignore[no-untyped-call]
    try:
        calendars: Any = icalendar.Calendar.from_ical(_mended(ics), multiple=True)
    except (ValueError, InvalidCalendar, IndexError, KeyError) as error:
        raise Unreadable(f"not a calendar ({type(error).__name__})") from error
    if not calendars or any(calendar.name != "VCALENDAR" for calendar in calendars):
        raise Unreadable("not a calendar")
    found: dict[str, Entry] = {}
    for entry in (entry for calendar in calendars for entry in _entries(calendar, question)):
        found[entry.uid] = _both(found[entry.uid], entry) if entry.uid in found else entry
    if sum(max(len(entry.busy) + len(entry.opens), 1) for entry in found.values()) > question.most:
        raise Unreadable("too many occurrences")
    return list(found.values())


def _mended(ics: bytes) -> bytes:
    """With names of zones that hold a colon in quotation marks: Microsoft leaves these out."""
    return _BARE_ZONE.sub(rb'\1"\2"', _FOLD.sub(b"", ics))


def _both(one: Entry, other: Entry) -> Entry:
    """What stands in a file twice under one UID, as in several calendars put together, counts twice."""
    return Entry(
        one.uid,
        tuple(sorted({*one.busy, *other.busy})),
        tuple(sorted({*one.opens, *other.opens})),
        one.lasting or other.lasting,
        one.stands or other.stands,
        one.problem or other.problem,
    )


def _entries(calendar: Any, question: Question) -> Iterator[Entry]:
    for uid, events in _series(calendar, ("VEVENT",)).items():
        yield _guarded(uid, lambda events=events, uid=uid: _event(uid, events, calendar, question))
    for uid, parts in _series(calendar, ("VFREEBUSY",)).items():
        yield _guarded(uid, lambda parts=parts, uid=uid: _free_busy(uid, parts, question))
    # Several say together what is open, so they are one entry, under the first one's UID.
    if available := [part for part in calendar.subcomponents if part.name == "VAVAILABILITY"]:
        uid = str(available[0].get("UID") or "availability")
        yield _guarded(uid, lambda: _available(uid, available, calendar, question))


def _series(calendar: Any, kinds: Sequence[str]) -> dict[str, list[Any]]:
    """The components of these kinds by UID; one without stands for itself."""
    found: dict[str, list[Any]] = {}
    for n, component in enumerate(part for part in calendar.subcomponents if part.name in kinds):
        found.setdefault(str(component.get("UID") or f"without-{n}"), []).append(component)
    return found


def _guarded(uid: str, work: Any) -> Entry:
    """One bad entry must not hide the others."""
    try:
        entry: Entry = work()
    except MemoryError:
        raise
    except Exception as error:
        # The libraries raise errors of many kinds for what can't be understood; none of them may end the round.
        return Entry(uid[:255], problem=str(error)[:200] if isinstance(error, Unreadable) else type(error).__name__)
    return entry


def _event(uid: str, events: list[Any], calendar: Any, question: Question) -> Entry:
    """A series: what recurs, and the occurrences that were changed."""
    busy: set[Interval] = set()
    opens: set[Interval] = set()
    stands: list[Interval] = []
    for occurrence in _occurrences(events, calendar, question):
        interval = _interval(occurrence, question.zone)
        if not _cancelled(occurrence):
            stands.append(interval)
        if not _counts(occurrence, question.mail):
            continue
        times = opens if _opens(occurrence, question.opens) else busy
        times.update(_clipped(interval, question))
        if len(busy) + len(opens) > question.most:
            raise Unreadable("too many occurrences")
    lasting = _go_on(events, stands, question)
    return Entry(uid[:255], tuple(sorted(busy)), tuple(sorted(opens)), lasting, min(stands, default=None))


def _occurrences(events: list[Any], calendar: Any, question: Question) -> list[Any]:
    if len(events) == 1 and _is_plain(events[0], calendar):
        return events
    own = icalendar.Calendar()
    if (zone := calendar.get("X-WR-TIMEZONE")) is not None:
        own.add("X-WR-TIMEZONE", zone)
    for event in events:
        if (rule := event.get("RRULE")) is not None and _too_often(rule):
            raise Unreadable("repeats too often")
        own.add_component(event)
    # A day more on both sides: floating times are worked out without a zone.
    first = datetime.fromtimestamp(question.from_, UTC) - timedelta(days=1)
    last = datetime.fromtimestamp(question.until, UTC) + timedelta(days=1)
    found: list[Any] = recurring_ical_events.of(own).between(first, last)
    return found


def _too_often(rule: Any) -> bool:
    rules = rule if isinstance(rule, list) else [rule]
    return any(set(one.get("FREQ", ())) & _TOO_OFTEN for one in rules)


def _is_plain(event: Any, calendar: Any) -> bool:
    """It happens once, at the times that it says: nothing to work out. Most entries of most calendars are so."""
    if "X-WR-TIMEZONE" in calendar or "DTEND" not in event or "EXDATE" in event or _recurs(event):
        return False
    return _kind(event["DTSTART"].dt) == _kind(event["DTEND"].dt)


def _kind(moment: date) -> str:
    if not isinstance(moment, datetime):
        return "day"
    return "zoned" if moment.tzinfo else "floating"


def _recurs(event: Any) -> bool:
    return "RRULE" in event or "RDATE" in event


def _go_on(parts: Sequence[Any], intervals: Sequence[Interval], question: Question) -> bool:
    """Is there, or can there be, more of it after the time that was asked for?"""
    if any(map(_recurs, parts)) or any(ends > question.until for _, ends in intervals):
        return True
    return any("DTSTART" in part and _instant(part["DTSTART"].dt, question.zone) >= question.until for part in parts)


def _cancelled(occurrence: Any) -> bool:
    return str(occurrence.get("STATUS", "")).upper() == "CANCELLED"


def _counts(occurrence: Any, mail: str | None) -> bool:
    if _cancelled(occurrence):
        return False
    if str(occurrence.get("TRANSP", "")).upper() == "TRANSPARENT":
        return False
    return mail is None or not any(_declined(attendee, mail) for attendee in _list(occurrence.get("ATTENDEE")))


def _declined(attendee: Any, mail: str) -> bool:
    address = str(attendee).lower().removeprefix("mailto:")
    return address == mail.lower() and str(attendee.params.get("PARTSTAT", "")).upper() == "DECLINED"


def _opens(occurrence: Any, wanted: str | None) -> bool:
    if wanted is None or wanted == "*":
        return wanted == "*"
    cats = [str(cat) for found in _list(occurrence.get("CATEGORIES")) for cat in getattr(found, "cats", ())]
    return any(cat.strip().casefold() == wanted.casefold() for cat in cats)


def _interval(occurrence: Any, zone: str) -> Interval:
    """What ends before it begins is meant the other way round; a day that ends on itself is one day."""
    first, end = occurrence["DTSTART"].dt, occurrence.get("DTEND")
    begins, ends = (_instant(moment, zone) for moment in (first, first if end is None else end.dt))
    if begins == ends and _kind(first) == "day":
        ends = _instant(first + timedelta(days=1), zone)
    return (begins, ends) if begins <= ends else (ends, begins)


def _instant(moment: date, zone: str) -> int:
    """Unix seconds of a moment; a date is its midnight, a floating time one of the zone."""
    if not isinstance(moment, datetime):
        moment = datetime.combine(moment, time.min)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=ZoneInfo(zone))
    return int(moment.timestamp())


def _clipped(interval: Interval, question: Question) -> Iterator[Interval]:
    begins, ends = max(interval[0], question.from_), min(interval[1], question.until)
    if begins < ends:
        yield begins, ends


def _free_busy(uid: str, parts: list[Any], question: Question) -> Entry:
    busy: set[Interval] = set()
    told: list[Interval] = []
    for period in (period for part in parts for some in _list(part.get("FREEBUSY")) for period in _list(some)):
        if str(period.params.get("FBTYPE", "BUSY")).upper() != "FREE":
            told.append((_instant(period.start, question.zone), _instant(period.end, question.zone)))
            busy.update(_clipped(told[-1], question))
            if len(busy) > question.most:
                raise Unreadable("too many occurrences")
    return Entry(uid[:255], tuple(sorted(busy)), lasting=_go_on((), told, question))


def _available(uid: str, parts: list[Any], calendar: Any, question: Question) -> Entry:
    """AVAILABLE parts open hours (RFC 7953); each is worked out like an event, and counts within its VAVAILABILITY.

    Where several say something, the one that comes first by PRIORITY is right: also that nothing is open.
    """
    opens: set[Interval] = set()
    slots = [slot for part in parts for slot in part.subcomponents if slot.name == "AVAILABLE"]
    ends: list[Interval] = []
    for part in sorted(parts, key=_precedence):
        first, last = _window(part, question)
        opens = {piece for one in opens for piece in ((one[0], min(one[1], first)), (max(one[0], last), one[1]))}
        for events in _as_events([slot for slot in part.subcomponents if slot.name == "AVAILABLE"]).values():
            for occurrence in _occurrences(events, calendar, question):
                ends.append(_interval(occurrence, question.zone))
                opens.update(_clipped((max(ends[-1][0], first), min(ends[-1][1], last)), question))
                if len(opens) > question.most:
                    raise Unreadable("too many occurrences")
    opens = {one for one in opens if one[0] < one[1]}
    return Entry(uid[:255], opens=tuple(sorted(opens)), lasting=_go_on(slots, ends, question))


def _precedence(part: Any) -> int:
    """1 goes before 9, and 9 before none or 0."""
    return -(int(part.get("PRIORITY", 0)) or 10)


def _window(part: Any, question: Question) -> Interval:
    """When a VAVAILABILITY counts: from its beginning and to its end, where it has them."""
    first = _instant(part["DTSTART"].dt, question.zone) if "DTSTART" in part else question.from_
    if "DTEND" in part:
        return first, _instant(part["DTEND"].dt, question.zone)
    if "DURATION" in part and "DTSTART" in part:
        return first, _instant(part["DTSTART"].dt + part["DURATION"].dt, question.zone)
    return first, question.until


def _as_events(slots: list[Any]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for n, slot in enumerate(slots):
        event = icalendar.Event()
        for name, value in slot.items():
            event[name] = value
        found.setdefault(str(slot.get("UID") or n), []).append(event)
    return found


def _list(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
