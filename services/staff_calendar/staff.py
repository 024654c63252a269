"""The registry of clerks: who can do what, and when each is open for appointments."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from types import MappingProxyType
from zoneinfo import ZoneInfo

from services.staff_calendar.calendar import clashing, fixed, open_days, overlapping, seen, with_own
from services.staff_calendar.commands import DefineClerk, ExtendHorizon, OpenFromCalendar, RenewAddress, SetQuotas
from services.staff_calendar.events import (
    PUBLIC,
    AbsenceEnded,
    AbsenceRecorded,
    CalendarAddressRenewed,
    CalendarHoursSet,
    ClerkDefined,
    HoursOpened,
    OpenDay,
    Opening,
    Pattern,
    QuotasSet,
    Responsibility,
)

_ANY_TIME = datetime(1970, 1, 2, tzinfo=UTC)
HORIZON_DAYS = 190
"""So many days are open from today on, today included."""


class Refused(Exception):
    """A caller's order can't be carried out; `field` is the path of the value at fault."""

    def __init__(self, reason: str, field: str | None = None, detail: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.field = field
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Clerk:
    """A clerk as defined, the pattern last set, and the days opened up to `opened_until` (inclusive) in `zone`."""

    definition: ClerkDefined
    pattern: Pattern | None = None
    zone: str | None = None
    opened_until: date | None = None
    days: Mapping[date, tuple[Opening, ...]] = field(default_factory=lambda: MappingProxyType({}))
    absences: Mapping[str, AbsenceRecorded] = field(default_factory=lambda: MappingProxyType({}))
    own: tuple[OpenDay, ...] = ()
    """The hours that the clerk's own calendar opens."""

    def can(self, department: str, competences: tuple[str, ...], responsibility: str | None) -> bool:
        """Competent and responsible: all competences, in the department, and the rule that the request names."""
        known = self.definition
        return (
            department in known.departments
            and all(competence in known.competences for competence in competences)
            and (responsibility is None or any(_matches(r, department, responsibility) for r in known.responsibility))
        )

    def day_of(self, moment: datetime) -> date:
        """The clerk's local date of a moment; without hours, the date as the moment says it."""
        return _local_date(moment, self.zone) if self.zone else moment.date()

    def openings(self, day: date, site: str, audience: tuple[str, ...], now: datetime) -> tuple[Opening, ...]:
        """What is open on a local date at a site to an audience, besides what is open to everybody by now."""
        here = tuple(opening for opening in self.days.get(day, ()) if opening.site == site)
        return here if all(opening.quota_class == PUBLIC for opening in here) else seen(here, audience, now)

    def all_openings(self, day: date, site: str) -> tuple[Opening, ...]:
        """What is open on a local date at a site, whomever it is kept for; what touches is one."""
        here = tuple(opening for opening in self.days.get(day, ()) if opening.site == site)
        everybody = tuple({opening.quota_class for opening in here})
        return seen(here, everybody, _ANY_TIME)


@dataclass(frozen=True, slots=True)
class Staff:
    """All clerks by id."""

    clerks: Mapping[str, Clerk] = field(default_factory=lambda: MappingProxyType({}))


RegistryEvent = (
    ClerkDefined | QuotasSet | HoursOpened | AbsenceRecorded | AbsenceEnded | CalendarAddressRenewed | CalendarHoursSet
)


def evolve(staff: Staff, event: RegistryEvent) -> Staff:
    match event:
        case ClerkDefined():
            known = staff.clerks.get(event.clerk)
            clerk = Clerk(event) if known is None else replace(known, definition=event)
        case QuotasSet():
            clerk = replace(staff.clerks[event.clerk], pattern=event.pattern)
        case HoursOpened():
            clerk = _opened(staff.clerks[event.clerk], event)
        case AbsenceRecorded() | AbsenceEnded():
            clerk = _absent(staff.clerks[event.clerk], event)
        case CalendarHoursSet():
            clerk = replace(staff.clerks[event.clerk], own=event.days)
        case CalendarAddressRenewed():
            return staff
    return Staff(MappingProxyType({**staff.clerks, event.clerk: clerk}))


def define(command: DefineClerk, staff: Staff) -> tuple[ClerkDefined, ...]:
    """ClerkDefined unless all of it is known already."""
    event = ClerkDefined(
        clerk=command.clerk,
        name=command.name,
        departments=command.departments,
        competences=command.competences,
        responsibility=command.responsibility,
        languages=command.languages,
    )
    known = staff.clerks.get(command.clerk)
    return () if known is not None and known.definition == event else (event,)


def set_quotas(command: SetQuotas, staff: Staff) -> tuple[QuotasSet | HoursOpened, ...]:
    """The pattern if it is new, and the open days if they differ. Raises Refused."""
    clerk = staff.clerks.get(command.clerk)
    if clerk is None:
        raise Refused("unknown_clerk", "clerk", f"there is no clerk {command.clerk}")
    _check(command.pattern, _horizon(command)[0])
    same = clerk.pattern == command.pattern
    first, last = _horizon(command)
    until = last if not same or clerk.opened_until is None else min(last, clerk.opened_until)
    days = _open(replace(clerk, pattern=command.pattern), first, until, command.zone, command.closed)
    news: tuple[QuotasSet | HoursOpened, ...] = () if same else (QuotasSet(command.clerk, command.pattern),)
    if not same or days != _known(clerk, first, until):
        news += (HoursOpened(command.clerk, first, until, command.zone, days),)
    return news


def open_from_calendar(command: OpenFromCalendar, staff: Staff) -> tuple[CalendarHoursSet | HoursOpened, ...]:
    """The hours of the clerk's own calendar, and the open days if they differ; nothing for a clerk who is not known."""
    clerk = staff.clerks.get(command.clerk)
    first, last = _horizon(command)
    if clerk is None or tuple(day for day in clerk.own if day.date >= first) == command.days:
        return ()
    news = CalendarHoursSet(command.clerk, command.days)
    clerk = replace(clerk, own=command.days)
    if clerk.opened_until is not None:
        return (news, *reopened(clerk, first, last, command.zone, command.closed))
    return (
        news,
        HoursOpened(command.clerk, first, last, command.zone, _open(clerk, first, last, command.zone, command.closed)),
    )


def renew_address(command: RenewAddress, staff: Staff) -> tuple[CalendarAddressRenewed, ...]:
    """Another address of the feed. Raises Refused."""
    if command.clerk not in staff.clerks:
        raise Refused("unknown_clerk", "clerk", f"there is no clerk {command.clerk}")
    return (CalendarAddressRenewed(command.clerk),)


def reopened(clerk: Clerk, first: date, last: date, zone: str, closed: Collection[date]) -> tuple[HoursOpened, ...]:
    """The days from `first` to `last` (both inclusive) as they follow from all that is known now; () if unchanged."""
    if clerk.opened_until is None or (until := min(last, clerk.opened_until)) < first:
        return ()
    days = _open(clerk, first, until, zone, closed)
    if days == _known(clerk, first, until):
        return ()
    return (HoursOpened(clerk.definition.clerk, first, until, zone, days),)


def extend(command: ExtendHorizon, staff: Staff) -> tuple[HoursOpened, ...]:
    """The days that have come within the horizon, per clerk; nothing for a clerk who opens nothing on them."""
    return tuple(event for name in sorted(staff.clerks) for event in _extended(command, staff.clerks[name]))


@lru_cache(maxsize=4096)
def _local_date(moment: datetime, zone: str) -> date:
    return fixed(moment, ZoneInfo(zone)).date()


def _extended(command: ExtendHorizon, clerk: Clerk) -> Iterator[HoursOpened]:
    today, last = _horizon(command)
    if clerk.opened_until is None or clerk.opened_until >= last:
        return
    first = max(today, clerk.opened_until + timedelta(days=1))
    days = _open(clerk, first, last, command.zone, command.closed)
    if days:
        yield HoursOpened(clerk.definition.clerk, first, last, command.zone, days)


def _horizon(command: SetQuotas | ExtendHorizon | OpenFromCalendar) -> tuple[date, date]:
    today = command.now.astimezone(ZoneInfo(command.zone)).date()
    return today, today + timedelta(days=HORIZON_DAYS - 1)


def _open(clerk: Clerk, first: date, until: date, zone: str, closed: Collection[date]) -> tuple[OpenDay, ...]:
    """What the pattern and the clerk's own calendar open, without the clerk's absences."""
    days = open_days(clerk.pattern or Pattern(), first, until, zone, closed)
    own = (day for day in clerk.own if first <= day.date <= until and day.date not in closed)
    days = with_own(days, own)
    for absence in clerk.absences.values():
        days = tuple(OpenDay(day.date, tuple(_without(day.open, absence))) for day in days)
    return tuple(day for day in days if day.open)


def _without(openings: Iterable[Opening], absence: AbsenceRecorded) -> Iterator[Opening]:
    for opening in openings:
        before = min(opening.until, absence.from_.astimezone(opening.from_.tzinfo))
        after = max(opening.from_, absence.until.astimezone(opening.until.tzinfo))
        if opening.from_ < before:
            yield replace(opening, until=before)
        if after < opening.until:
            yield replace(opening, from_=after)


def _absent(clerk: Clerk, event: AbsenceRecorded | AbsenceEnded) -> Clerk:
    absences = {name: one for name, one in clerk.absences.items() if name != event.absence}
    if isinstance(event, AbsenceRecorded):
        absences[event.absence] = event
    return replace(clerk, absences=MappingProxyType(absences))


def _known(clerk: Clerk, first: date, last: date) -> tuple[OpenDay, ...]:
    return tuple(OpenDay(day, clerk.days[day]) for day in sorted(clerk.days) if first <= day <= last)


def _opened(clerk: Clerk, event: HoursOpened) -> Clerk:
    """Replace the days of the event's range; days too long ago to be extended are dropped, so the state stays small."""
    until = max(event.until, clerk.opened_until or event.until)
    oldest = until - timedelta(days=HORIZON_DAYS)
    kept = {day: o for day, o in clerk.days.items() if oldest <= day and not event.from_ <= day <= event.until}
    kept.update((day.date, day.open) for day in event.days)
    return replace(clerk, days=MappingProxyType(kept), opened_until=until, zone=event.zone)


def _check(pattern: Pattern, today: date) -> None:
    for n, quota in enumerate(pattern.weekly):
        _ends_after_start(f"weekly.{n}.until", quota.from_, quota.until)
        if quota.valid_from and quota.valid_until and quota.valid_until < quota.valid_from:
            path = f"weekly.{n}.valid_until"
            raise Refused("until_before_from", path, f"{quota.valid_until} is before {quota.valid_from}")
        if quota.every_weeks > 1 and quota.anchor is None:
            raise Refused(
                "anchor_missing", f"weekly.{n}.anchor", "a quota of every n-th week needs a date of such a week"
            )
    _no_overlap("weekly", overlapping(pattern.weekly, today))
    for n, exception in enumerate(pattern.exceptions):
        if exception.date in (other.date for other in pattern.exceptions[:n]):
            raise Refused("date_twice", f"exceptions.{n}.date", f"{exception.date} has an exception already")
        for m, hours in enumerate(exception.open):
            _ends_after_start(f"exceptions.{n}.open.{m}.until", hours.from_, hours.until)
        _no_overlap(f"exceptions.{n}.open", clashing(exception.open))


def _ends_after_start(path: str, from_: str, until: str) -> None:
    if until <= from_:
        raise Refused("until_not_after_from", path, f"{until} is not after {from_}")


def _no_overlap(path: str, pair: tuple[int, int] | None) -> None:
    if pair is not None:
        raise Refused("overlap", f"{path}.{pair[1]}", f"overlaps with {path}.{pair[0]}")


def _matches(rule: Responsibility, department: str, key: str) -> bool:
    """Whoever is there for anyone in the department is there for every key; else the rule must have this key."""
    return rule.department == department and (rule.kind == "anyone" or rule.key == key)
