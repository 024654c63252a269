"""Cases of Helsinki's booking system: the first free start of one room, with openings, buffers, bookings and filters.

The room is asked for together with a clerk who is there whenever it may be booked; bookings are the clerk's, closures
the room's. One-minute ticks, since the cases have such times.
"""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from services.booking.proposals.checks import faults
from services.booking.proposals.index import Index
from services.booking.proposals.ranking import Objective
from services.booking.proposals.search import possible, search
from services.booking.proposals.wish import Need, Wish
from tests.conformance.verdicts import Case, NotOurs, OtherPolicy

EARLY_ONLY = Objective(1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
ERRORS = {
    "wish_date_from_in_past": "from_date_in_past",
    "wish_date_to_in_past": "until_date_in_past",
    "wish_date_order": "until_before_from",
    "wish_time_order": "part_ends_before_it_begins",
}
Span = tuple[datetime, datetime]


def answer(case: Case) -> dict[str, Any]:
    zone = ZoneInfo(case["timezone"])
    now = _moment(case["now"], zone)
    wish = _wish(case, zone, now)
    if "error" in case["expected"]:
        return {"error": _error(case, wish, now, zone)}
    if faults(wish, now, zone):
        raise OtherPolicy(f"refused: {faults(wish, now, zone)}")
    index = _town(case, zone)
    times = [start for start, _ in possible(index, wish, now)] if _possible_at_all(case) else []
    found = search(index, wish, now, EARLY_ONLY) if _possible_at_all(case) else None
    if found is not None and [p.starts_at for p in found.proposals] != times[:1]:
        raise AssertionError(f"search finds {found.proposals} first, not {times[:1]}")
    starts = [start.strftime("%Y-%m-%dT%H:%M") for start in times]
    answer_: dict[str, Any] = {"first_start": starts[0] if starts else None}
    if found is not None and found.nothing_because is not None:
        answer_["closed"] = found.nothing_because.because not in ("full", "too_long")
    elif starts:
        answer_["closed"] = False
    derived = case.get("derived", {}).get("starts")
    if derived is not None and derived != starts[:60]:
        raise AssertionError(f"expected starts {derived[:4]}..., found {starts[:4]}...")
    return answer_


def _error(case: Case, wish: Wish, now: datetime, zone: ZoneInfo) -> str | None:
    wanted = case["expected"]["error"]
    if wanted == "wish_duration_too_short":
        raise NotOurs("a guest does not choose the minutes; they come from the concern")
    codes = [code for _, code in faults(wish, now, zone)]
    return wanted if ERRORS.get(wanted) in codes else None


def _used(case: Case) -> int:
    least = case.get("wish", {}).get("min_duration_min"), case["duration"]["min_min"]
    return int(max([case["start_grid"]["step_min"], *(one for one in least if one)]))


def _possible_at_all(case: Case) -> bool:
    most, step = case["duration"]["max_min"], case["start_grid"]["step_min"]
    return most is None or most // step * step >= _used(case)


def _wish(case: Case, zone: ZoneInfo, now: datetime) -> Wish:
    asked, window = case.get("wish", {}), case.get("window", {})
    buffers = case["own_buffer"]
    need = Need(
        "room",
        _used(case),
        buffer=buffers["after_min"] or 0,
        buffer_before=buffers["before_min"] or 0,
        grid=case["start_grid"]["step_min"],
        lead_days=window.get("earliest_days_ahead") or 0,
    )
    until = [_moment(window[name], zone) for name in ("bookable_until", "published_until") if window.get(name)]
    if window.get("latest_days_ahead"):
        until.append(now + timedelta(days=window["latest_days_ahead"]))
    part = tuple(time.fromisoformat(asked.get(name) or "00:00") for name in ("time_from", "time_to"))
    return Wish(
        stops=(need,),
        not_before=_moment(window["bookable_from"], zone) if window.get("bookable_from") else None,
        not_after=min(until, default=None),
        from_date=_date(asked.get("date_from")),
        until_date=_date(asked.get("date_to")),
        parts=((part[0], part[1]),) if asked.get("time_from") or asked.get("time_to") else (),
        limit=1,
        past_midnight=True,
    )


def _town(case: Case, zone: ZoneInfo) -> Index:
    index = Index(zone, minutes=1)
    open_ = [(_moment(one["start"], zone), _moment(one["end"], zone)) for one in case["open"]]
    busy = [one for one in case.get("busy", ()) if one["counts"]]
    shut = [_span(one, zone) for one in busy if one.get("why") == "closure"]
    for dates in case.get("blocked_dates", ()):
        if dates["blocks"]:
            last = date.fromisoformat(dates["to_date"]) + timedelta(1)
            shut.append((_moment(dates["from_date"], zone), _moment(last.isoformat(), zone)))
    index.define_room("unit", name="unit", site="site", seats=1)
    index.define_clerk("clerk", name="clerk", departments=())
    _open(index, list(_without(open_, shut)), open_)
    for number, one in enumerate(busy):
        if one.get("why") != "closure":
            begins, ends = _span(one, zone)
            before, after = (timedelta(minutes=one.get(f"buffer_{side}_min") or 0) for side in ("before", "after"))
            index.take(
                str(number), 1, "clerk", "clerk", begins, ends + after, ends_at=ends, blocked_from=begins - before
            )
    return index


def _open(index: Index, of_room: list[Span], of_clerk: list[Span]) -> None:
    for begins, ends in of_room:
        index.open_room("unit", begins.date(), begins.date(), _days(of_room)) if ends > begins else None
    for begins, _ in of_clerk:
        days = {day: [("site", *span) for span in spans] for day, spans in _days(of_clerk).items()}
        index.open_clerk("clerk", begins.date(), begins.date(), days)


def _days(spans: list[Span]) -> dict[date, list[Span]]:
    days: dict[date, list[Span]] = {}
    for span in spans:
        days.setdefault(span[0].date(), []).append(span)
    return days


def _without(spans: list[Span], shut: list[Span]) -> Iterator[Span]:
    for begins, ends in spans:
        for gone_from, gone_until in sorted(shut):
            if gone_from < ends and begins < gone_until:
                if begins < gone_from:
                    yield begins, gone_from
                begins = max(begins, gone_until)
        if begins < ends:
            yield begins, ends


def _span(one: dict[str, Any], zone: ZoneInfo) -> Span:
    return _moment(one["start"], zone), _moment(one["end"], zone)


def _moment(text: str, zone: ZoneInfo) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


def _date(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
