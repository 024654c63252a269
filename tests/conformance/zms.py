"""Cases of Munich's booking system (ZMS): opening patterns, closed days, booking windows, slots, quantities.

Patterns go through staff_calendar's calendar, and what it says into the index, as in the ensemble.
"""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from services.booking.proposals import quantities
from services.booking.proposals.search import possible, search
from services.booking.proposals.ticks import Scale
from services.booking.proposals.wish import Need, Wish
from services.staff_calendar.calendar import falls_on, open_days
from services.staff_calendar.events import Pattern, Quota
from tests.conformance.verdicts import NotOurs, OtherPolicy
from tests.conformance.zms_town import LAST, WEEKDAYS, ZONE, Given, at, hours_of, index_of, moment, pattern

DAY = date(2026, 11, 23)  # for cases without a date


def answer(case: dict[str, Any]) -> dict[str, Any]:
    adapter = ADAPTERS.get(case["kind"])
    if adapter is None:
        raise NotOurs(REASONS.get(case["kind"], f"no adapter for the kind {case['kind']!r}"))
    return adapter(case["given"])


def _offered(given: Given) -> dict[str, Any]:
    return {"offered": bool(_starts(given, date.fromisoformat(given["date"])))}


def _bookable(given: Given) -> dict[str, Any]:
    days = given["opening"]["bookable_days"]
    if None in days:
        raise OtherPolicy("a window without an end or a beginning is none, not an error")
    opening = {"weekdays": list(WEEKDAYS), "every_n_weeks": 1, "closed_days": []} | given["opening"]
    return {"bookable": bool(_starts(given | {"opening": opening}, date.fromisoformat(given["date"])))}


def _any_day(given: Given) -> dict[str, Any]:
    return {"any": bool(given["opening"].get("counters", 1) and _starts(given, None))}


def _starts(given: Given, day: date | None) -> list[datetime]:
    """The starts of five-minute visits on a day, or on any."""
    opening = given["opening"]
    first, last = opening["bookable_days"]
    need = Need("visit", 5, lead_days=first, horizon_days=last)
    wish = Wish(stops=(need,), from_date=day, until_date=day)
    return [start for start, _ in possible(index_of(hours_of(opening)), wish, moment(given["now"]))]


def _closed(given: Given) -> dict[str, Any]:
    pattern = Pattern(tuple(Quota(day, "00:00", "23:59", "site") for day in WEEKDAYS.values()))
    day = date.fromisoformat(given["date"])
    closed = [date.fromisoformat(one) for one in given["closed_days"] or ()]
    return {"closed": not open_days(pattern, day, day, str(ZONE), closed)}


def _one_day(given: Given) -> dict[str, Any]:
    closed = given["closed_days"] or ()
    day = date.fromisoformat(given["opening"]["from_date"])
    opened = bool(hours_of(given["opening"] | {"closed_days": closed}))
    if str(day) in closed and not opened and hours_of(given["opening"] | {"closed_days": []}):
        raise OtherPolicy("on a closed day nothing is open; who wants to open takes it off the closed days")
    return {"overrides_closed_day": opened and str(day) in closed}


def _open_at(given: Given) -> dict[str, Any]:
    at, opening = moment(given["at"]), given["opening"]
    calendar = index_of(hours_of(opening)).calendars.get(("clerk", "c0"))
    tick = Scale(ZONE, 1).floor(at)
    is_open = calendar is not None and tick >= calendar.base and calendar.bits("site") >> tick - calendar.base & 1
    inside = opening["from_date"] <= str(at.date()) <= opening["to_date"]
    that_day = inside and any(falls_on(quota, at.date()) for quota in pattern(opening).weekly)
    return {"open_at_time": bool(is_open), "open_that_day": that_day}


def _week_of_month(given: Given) -> dict[str, Any]:
    """Is this the last such weekday of its month?"""
    day = date.fromisoformat(given["date"])
    quota = Quota(tuple(WEEKDAYS.values())[day.weekday()], "08:00", "09:00", "site", of_month=LAST)
    return {"last_week_of_month": falls_on(quota, day)}


def _window_end(given: Given) -> dict[str, Any]:
    """The last day with a start when every day is open."""
    now = moment(given["now"])
    dates = [now.date() + timedelta(number) for number in range(given["days"] + 9)]
    index = index_of({day: [(at(day, "08:00"), at(day, "09:00"))] for day in dates})
    starts = possible(index, Wish(stops=(Need("visit", 5, horizon_days=given["days"]),)), now)
    return {"last_date": str(starts[-1][0].date())}


def _slots(given: Given) -> dict[str, Any]:
    starts = _slots_of(given)
    return {"starts": starts, "count": len(starts), "first": starts[:2]}


def _capacity(given: Given) -> dict[str, Any]:
    return {"capacity": len(_slots_of(given)) * given["counters"]}


def _slots_of(given: Given) -> list[str]:
    index = index_of({DAY: [(at(DAY, given["from_time"]), at(DAY, given["to_time"]))]})
    wish = Wish(stops=(Need("visit", given["slot_min"], grid=given["slot_min"]),))
    return [start.strftime("%H:%M") for start, _ in possible(index, wish, at(DAY, "00:00"))]


def _starts_for_n(given: Given) -> dict[str, Any]:
    """A counter for each unit of capacity; how many of them have enough slots in a row."""
    slots, day = given["capacity_per_slot"], DAY
    if not given["slots_needed"]:
        raise OtherPolicy("a visit of no minutes has no place")
    found = [0] * len(slots)
    for counter in range(max(slots)):
        times = [(_slot(day, n), _slot(day, n + 1)) for n, capacity in enumerate(slots) if capacity > counter]
        wish = Wish(stops=(Need("visit", 5 * given["slots_needed"]),))
        for start, _ in possible(index_of({day: times}), wish, at(day, "00:00")):
            found[(start - _slot(day, 0)) // timedelta(minutes=5)] += 1
    return {"capacity_per_start": found}


def _slot(day: date, number: int) -> datetime:
    return at(day, "08:00") + timedelta(minutes=5 * number)


def _overlap(given: Given) -> dict[str, Any]:
    """Whether a second visit can be held beside the first; ends are exclusive, as in everything we keep."""
    (a, b), (c, d) = ([at(DAY, clock) for clock in given[name]] for name in ("a", "b"))
    index = index_of({DAY: [(at(DAY, "00:00"), at(DAY, "23:59"))]})
    index.take("a", 1, "clerk", "c0", a, b)
    wish = Wish(stops=(Need("visit", (d - c) // timedelta(minutes=1)),))
    return {"open_interval": c not in [start for start, _ in possible(index, wish, at(DAY, "00:00"))]}


def _bookings(given: Given) -> dict[str, Any]:
    """Each booking in turn: inside the hours, and does a counter have room for it?"""
    opening = given["opening"]
    day = date.fromisoformat(opening["date"])
    hours = {day: [(at(day, opening["from_time"]), at(day, opening["to_time"]))]}
    index, empty = index_of(hours, opening["counters"]), index_of(hours)
    outside: list[int] = []
    over: list[int] = []
    fits: list[int] = []
    for booking in given["bookings"]:
        starts, minutes = at(day, booking["start"]), opening["slot_min"] * booking["slots"]
        ends = starts + timedelta(minutes=minutes)
        wish = Wish(stops=(Need("visit", minutes),), not_before=starts, not_after=ends, limit=1)
        found = search(index, wish, at(day, "00:00")).proposals
        if found:
            index.take(str(booking["id"]), 1, "clerk", found[0].stops[0].clerk, starts, ends)
        inside = bool(possible(empty, wish, at(day, "00:00")))
        (fits if found else over if inside else outside).append(booking["id"])
    answer = {"fits_capacity": fits, "outside_hours": outside, "overbooked": over, "conflicts": sorted(outside + over)}
    return answer | {"inside_hours": sorted(fits + over)}


def _dst(given: Given) -> dict[str, Any]:
    """The wall clock at both changes, found from the lengths of the days in ticks."""
    scale, found = Scale(ZoneInfo(given["zone"])), {}
    for number in range(365):
        day = date(given["year"], 1, 1) + timedelta(number)
        ticks = range(scale.midnight(day), scale.midnight(day + timedelta(1)))
        if len(ticks) != 288:
            times = [scale.moment(tick) for tick in ticks]
            change = next(n for n, time in enumerate(times) if time.utcoffset() != times[0].utcoffset())
            shown = (times[change], times[change - 1] + timedelta(minutes=5))  # by the new offset and by the old one
            name = "summer_begins_local" if len(ticks) < 288 else "summer_ends_local"
            found[name] = max(time.replace(tzinfo=None) for time in shown).isoformat()
    return found


def _duration(given: Given) -> dict[str, Any]:
    """One visit for all pieces, one after the other; None where the office does not offer one of them."""
    pieces = [one for one in (given["main"], *given["additional"]) if one["count"]]
    index = index_of({DAY: [(at(DAY, "00:00"), at(DAY, "23:59"))]})
    offered = [str(number) for number, one in enumerate(pieces) if one.get("at_this_office", True)]
    index.define_clerk("c0", name="c", departments=(), competences=offered)
    stops = [
        Need(str(number), one["slots"] * one["slot_min"], competences=(str(number),))
        for number, one in enumerate(pieces)
        for _ in range(one["count"])
    ]
    if not given["main"]["count"]:
        return {"minutes": None}
    found = search(index, Wish(tuple(stops), limit=1), at(DAY, "00:00")).proposals
    return {"minutes": (found[0].ends_at - found[0].starts_at) // timedelta(minutes=1) if found else None}


def _total(given: Given) -> dict[str, Any]:
    main = {"count": given["main_count"], "slots_by_office": given["main_slots_by_office"]}
    pieces = [one for one in (main, *given["additional"]) if one["count"]]
    return {"slots": sum(one["count"] * max(one["slots_by_office"], default=1) for one in pieces)}


def _most(given: Given) -> dict[str, Any]:
    limit, used = given["slots_allowed_per_appointment"], given["slots_used_by_others"]
    return {"max_quantity": quantities.most(given["slots_per_piece"], given["own_max_quantity"], limit, used)}


def _limit(given: Given) -> dict[str, Any]:
    return {"limit": quantities.limit(given["limit_per_office"], given["hard_maximum"])}


def _reduced(given: Given) -> dict[str, Any]:
    each, used = given["slots_per_piece"], given["slots_used_by_others"]
    quantity = quantities.reduced(given["wanted"], each, given["limit"], used, given["minimum"])
    return {"quantity": quantity, "total_slots": used + quantity * each}


ADAPTERS: dict[str, Callable[[Given], dict[str, Any]]] = {
    "offered": _offered,
    "in_booking_window": _bookable,
    "any_bookable_day": _any_day,
    "closed_day": _closed,
    "one_day_opening_on_closed_day": _one_day,
    "open_at": _open_at,
    "week_of_month": _week_of_month,
    "booking_window_end": _window_end,
    "slots_of_day": _slots,
    "capacity_of_day": _capacity,
    "starts_for_n_slots": _starts_for_n,
    "overlap": _overlap,
    "bookings_vs_opening": _bookings,
    "dst": _dst,
    "total_duration": _duration,
    "total_slots": _total,
    "max_quantity": _most,
    "slots_allowed_per_appointment": _limit,
    "reduce_quantity": _reduced,
}
REASONS = {
    "opening_validation": "quotas are checked by staff_calendar, which names every field at fault in its own words",
}
