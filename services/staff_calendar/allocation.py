"""Which clerk takes which stop of a visit: competent, responsible, on duty, free; the wished one first, then fair load.

All stops or none. One clerk may take several stops; between two stops of the same guest with the same clerk there is
no buffer, so the first one's is cut where the next one starts, and that before the next one where the first one ends.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta

from services.staff_calendar.commands import HoldStaff, StopWanted
from services.staff_calendar.day import ClerkDay, ticks
from services.staff_calendar.events import Because, Needs, StopHeld
from services.staff_calendar.staff import Clerk, Staff

_INSTANT = timedelta(microseconds=1)

Days = Mapping[str, ClerkDay]
"""The resource-days loaded so far, by stream name."""


def day_stream(clerk: str, day: date) -> str:
    """The stream that guards one clerk's day."""
    return f"clerk-{clerk}-{day.isoformat()}"


def wanted_days(order: HoldStaff, staff: Staff, days: Days) -> set[str]:
    """The streams to load before allocating: first the days of the clerks wished for (of all who fit, where none is
    wished for or the one who is does not fit); when these don't do, the days of everyone who might serve the visit."""
    wished = {stream for stop in order.stops for stream in _first_choice(order, stop, staff)}
    if not wished <= days.keys() or allocate(order, staff, {name: days[name] for name in wished}) is not None:
        return wished
    return {stream for stop in order.stops for stream in _on_the_day(order, stop, staff)}


def allocate(order: HoldStaff, staff: Staff, days: Days) -> tuple[StopHeld, ...] | None:
    """A clerk for every stop, in order of the stops' start, or None. Looks only at the days given."""
    stops = sorted(order.stops, key=lambda stop: (stop.starts_at, stop.stop))
    return _place(order, stops, staff, days, ())


def reason(order: HoldStaff, staff: Staff) -> Because:
    """Why a visit that could not be allocated could not."""
    able = [[clerk for clerk in staff.clerks.values() if _able(order, stop, clerk)] for stop in order.stops]
    if not all(able):
        return "no_competent_clerk"
    if not all(any(on_duty(order, stop, c) for c in clerks) for clerks, stop in zip(able, order.stops, strict=True)):
        return "not_on_duty"
    return "taken"


def able_on(order: HoldStaff, stop: StopWanted, staff: Staff) -> Iterator[tuple[Clerk, date]]:
    """The competent clerks who are at the site at some time of the stop's day, and that day."""
    for clerk in staff.clerks.values():
        day = clerk.day_of(stop.starts_at)
        if _able(order, stop, clerk) and clerk.openings(day, order.site, order.audience, order.now):
            yield clerk, day


def on_duty(order: HoldStaff, stop: StopWanted, clerk: Clerk) -> bool:
    """Does one opening at the site hold [starts_at, ends_at)? The buffers may reach beyond it, not beyond the day."""
    day = clerk.day_of(stop.starts_at)
    within = clerk.day_of(stop.reach_from) == day == clerk.day_of(stop.blocked_until - _INSTANT)
    return within and any(
        opening.from_ <= stop.starts_at and stop.ends_at <= opening.until
        for opening in clerk.openings(day, order.site, order.audience, order.now)
    )


def _able(order: HoldStaff, stop: StopWanted, clerk: Clerk) -> bool:
    speaks = order.spoken is None or order.spoken in clerk.definition.languages
    return speaks and clerk.can(stop.department, stop.competences, stop.responsibility)


def _fitting(order: HoldStaff, stop: StopWanted, staff: Staff) -> Iterator[Clerk]:
    return (clerk for clerk in staff.clerks.values() if _fits(order, stop, clerk))


def _fits(order: HoldStaff, stop: StopWanted, clerk: Clerk) -> bool:
    return _able(order, stop, clerk) and on_duty(order, stop, clerk)


def _first_choice(order: HoldStaff, stop: StopWanted, staff: Staff) -> set[str]:
    wish = staff.clerks.get(stop.clerk or "")
    if wish is not None and _fits(order, stop, wish):
        return {_stream(wish, stop)}
    return {_stream(clerk, stop) for clerk in _fitting(order, stop, staff)}


def _on_the_day(order: HoldStaff, stop: StopWanted, staff: Staff) -> set[str]:
    return {day_stream(clerk.definition.clerk, day) for clerk, day in able_on(order, stop, staff)}


def _place(
    order: HoldStaff, stops: list[StopWanted], staff: Staff, days: Days, placed: tuple[StopHeld, ...]
) -> tuple[StopHeld, ...] | None:
    """Depth first: the first clerk in order of preference whose choice lets all later stops be placed too."""
    if not stops:
        return placed
    stop, later = stops[0], stops[1:]
    for clerk in _preferred(order, stop, staff, days):
        if (fitted := _fit(placed, _held(order, stop, clerk))) is not None:
            whole = _place(order, later, staff, days, fitted)
            if whole is not None:
                return whole
    return None


def _preferred(order: HoldStaff, stop: StopWanted, staff: Staff, days: Days) -> Iterator[Clerk]:
    """Who fits and is free: the wished one first, then who has the fewest minutes that day, then by id."""
    wish = staff.clerks.get(stop.clerk or "")
    if wish is not None and _load(wish, stop, days) is not None and _fits(order, stop, wish):
        yield wish
    loads = ((_load(clerk, stop, days), name, clerk) for name, clerk in staff.clerks.items() if clerk is not wish)
    free = [(load, name, clerk) for load, name, clerk in loads if load is not None and _fits(order, stop, clerk)]
    yield from (clerk for *_, clerk in sorted(free, key=lambda entry: entry[:2]))


def _load(clerk: Clerk, stop: StopWanted, days: Days) -> int | None:
    """Minutes that the clerk has on the stop's day; None when the day is not given or the time is not free."""
    day = days.get(_stream(clerk, stop))
    return day.minutes if day is not None and day.free(stop) else None


def _fit(placed: tuple[StopHeld, ...], new: StopHeld) -> tuple[StopHeld, ...] | None:
    """The stops placed so far and one more; None when the clerk would sit with two of them at once."""
    cut = tuple(_cut(old, new.starts_at) if _precedes(old, new) else old for old in placed)
    busy = any(old.clerk == new.clerk and _share_a_tick(old, new) for old in cut)
    before = max((old.ends_at for old in placed if _precedes(old, new)), default=None)
    return None if busy else (*cut, _begun(new, before))


def _precedes(a: StopHeld, b: StopHeld) -> bool:
    return a.clerk == b.clerk and a.ends_at <= b.starts_at


def _cut(stop: StopHeld, until: datetime) -> StopHeld:
    return replace(stop, blocked_until=min(stop.blocked_until, until))


def _begun(stop: StopHeld, earliest: datetime | None) -> StopHeld:
    """Its buffer before begins where the guest's stop before it ended, if there is one."""
    if earliest is None or stop.blocked_from is None or stop.blocked_from >= earliest:
        return stop
    return replace(stop, blocked_from=earliest if earliest < stop.starts_at else None)


def _share_a_tick(a: StopHeld, b: StopHeld) -> bool:
    first, second = ticks(a.starts_at, a.blocked_until), ticks(b.starts_at, b.blocked_until)
    return first.start < second.stop and second.start < first.stop


def _stream(clerk: Clerk, stop: StopWanted) -> str:
    return day_stream(clerk.definition.clerk, clerk.day_of(stop.starts_at))


def _held(order: HoldStaff, stop: StopWanted, clerk: Clerk) -> StopHeld:
    return StopHeld(
        stop=stop.stop,
        clerk=clerk.definition.clerk,
        name=clerk.definition.name,
        date=clerk.day_of(stop.starts_at),
        site=order.site,
        starts_at=stop.starts_at,
        ends_at=stop.ends_at,
        blocked_until=stop.blocked_until,
        concern=stop.concern,
        title=stop.title,
        blocked_from=stop.blocked_from,
        needs=Needs(stop.department, stop.competences, stop.responsibility, order.spoken),
    )
