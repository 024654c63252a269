"""What became of a day of demand, as tables for a terminal."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from rich.table import Table

from deploy.town.play import Outcome


def requests_of(outcomes: Iterable[Outcome]) -> list[Outcome]:
    """Every request of the day: also those of guests who had to ask again; without cancellations."""
    return [
        request
        for outcome in outcomes
        if outcome.wanted.action == "book"
        for request in (*outcome.before, outcome)
    ]  # fmt: skip


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that so many of them (0 to 1) do not exceed; 0 of none."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else 0.0


def summary(outcomes: Sequence[Outcome], times: Mapping[str, float]) -> Table:
    """Asked, confirmed, declined and why, expired, cancelled; and how long it took, by the streams of booking's log."""
    requests = requests_of(outcomes)
    statuses = Counter(request.status for request in requests)
    seconds = [times[f"appointment-{r.appointment}"] for r in requests if r.status == "confirmed"]
    table = Table(title="The day", show_header=False, title_justify="left")
    table.add_column(style="bold")
    table.add_column(justify="right")
    table.add_column()
    table.add_row("asked", str(len(requests)), "")
    for status, words in (
        ("confirmed", "confirmed"),
        ("asked", "wait for a click in their mail"),
        ("declined", "declined"),
        ("expired", "expired"),
        ("nothing", "nothing offered"),
        ("refused", "refused at once"),
        ("requested", "still open"),
    ):
        if statuses[status] or status in {"confirmed", "declined", "expired"}:
            table.add_row(words, str(statuses[status]), reasons(requests, status))
    cancelled = sum(outcome.status == "cancelled" for outcome in outcomes)
    void = sum(outcome.wanted.action == "cancel" for outcome in outcomes) - cancelled
    table.add_row("cancelled later", str(cancelled), f"{void} had nothing to cancel" if void else "")
    for words, share in (("time to confirmation p50", 0.5), ("time to confirmation p95", 0.95)) if seconds else ():
        table.add_row(words, f"{percentile(seconds, share) * 1000:.0f} ms", "")
    return table


def reasons(requests: Iterable[Outcome], status: str) -> str:
    """Why requests ended so, most frequent first."""
    if status in {"confirmed", "asked"}:
        return ""
    counted = Counter(" and ".join(request.because) for request in requests if request.status == status)
    return ", ".join(f"{because or 'no reason given'} {count}" for because, count in counted.most_common())


def standing(outcomes: Iterable[Outcome]) -> list[Mapping[str, Any]]:
    """The confirmed visits that nobody cancelled."""
    outcomes = list(outcomes)
    cancelled = {outcome.appointment for outcome in outcomes if outcome.status == "cancelled"}
    return [
        outcome.visit
        for outcome in outcomes
        if outcome.wanted.action == "book" and outcome.status == "confirmed" and outcome.appointment not in cancelled
    ]


def hours(visits: Sequence[Mapping[str, Any]], rooms_there: int) -> Table:
    """Guests expected and rooms in use by hour: over all days, and on the day with most guests."""
    guests: Counter[int] = Counter()
    by_day: dict[str, Counter[int]] = defaultdict(Counter)
    rooms: dict[str, dict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
    for visit in visits:
        starts_at = datetime.fromisoformat(visit["starts_at"])
        guests[starts_at.hour] += visit["party_size"]
        by_day[str(starts_at.date())][starts_at.hour] += visit["party_size"]
        for stop in visit["stops"]:
            for day, hour in hours_of(stop):
                rooms[day][hour].add(str(room_of(stop)))
    fullest = max(by_day, key=lambda day: (by_day[day].total(), day), default="")
    table = Table(title=f"Expected at the entrance on {len(by_day)} days", title_justify="left")
    for name in ("hour", "guests, all days", f"guests on {fullest}", f"rooms in use on {fullest}"):
        table.add_column(name, justify="right")
    for hour in range(min(guests, default=0), max(guests, default=-1) + 1):
        on_day, in_use = by_day[fullest][hour], rooms[fullest][hour]
        table.add_row(f"{hour:02}:00", str(guests[hour]), str(on_day), f"{len(in_use)} of {rooms_there}")
    return table


def hours_of(stop: Mapping[str, Any]) -> list[tuple[str, int]]:
    """The days and hours that a stop touches."""
    begin, end = datetime.fromisoformat(stop["starts_at"]), datetime.fromisoformat(stop["ends_at"])
    first = begin.replace(minute=0, second=0, microsecond=0)
    count = math.ceil((end - first) / timedelta(hours=1))
    return [(str(at.date()), at.hour) for at in (first + timedelta(hours=n) for n in range(count))]


def room_of(stop: Mapping[str, Any]) -> str:
    """The room's name; booking may give it with its id."""
    room = stop.get("room")
    return str(room.get("name", room.get("id"))) if isinstance(room, Mapping) else str(room)
