"""Small random towns and wishes, for comparing the engine with an exhaustive search."""

from datetime import date, datetime, time, timedelta
from typing import Any

from hypothesis import strategies as st

from services.booking.proposals.index import Index
from services.booking.proposals.wish import Need, Wish
from tests.proposals.town import ZONE

COMPETENCES = ("pass", "melde", "kfz")
SITES = ("rathaus", "rathaus", "rathaus", "avenwedde")
FIRST_DAYS = (date(2026, 11, 23), date(2026, 10, 24), date(2026, 3, 28))  # an ordinary Monday; before both changes
Event = tuple[str, tuple[Any, ...], dict[str, Any]]
Opened = list[tuple[int, int, int]]  # which day, tick it opens, ticks it is open


def moment(day: date, ticks: int) -> datetime:
    """So many five minutes after local midnight, by the clock on the wall."""
    return datetime.combine(day + timedelta(ticks // 288), time(ticks % 288 // 12, ticks % 12 * 5), ZONE)


def rooms(first: date, hours: st.SearchStrategy[Opened] | None = None) -> st.SearchStrategy[list[Event]]:
    open_ = openings if hours is None else hours
    one = st.builds(room_of, st.just(first), st.integers(0, 2), st.integers(1, 5), sites, equipment, open_)
    return st.lists(one, min_size=1, max_size=4).map(_flat)


def clerks(first: date, hours: st.SearchStrategy[Opened] | None = None) -> st.SearchStrategy[list[Event]]:
    open_ = openings if hours is None else hours
    keys = st.sets(st.sampled_from(("a-k", "l-z")), max_size=1)
    can = st.sets(st.sampled_from(COMPETENCES), min_size=1)
    one = st.builds(clerk_of, st.just(first), st.integers(0, 2), can, keys, sites, open_)
    return st.lists(one, min_size=1, max_size=4).map(_flat)


def takes(first: date) -> st.SearchStrategy[list[Event]]:
    one = st.builds(_take, st.just(first), st.integers(0, 3), st.booleans(), st.integers(0, 2), slots)
    return st.lists(one, max_size=6)


seats = st.sampled_from((1, 1, 2, 4))
sites = st.sampled_from(SITES)
equipment = st.sets(st.sampled_from(("fingerprint",)), max_size=1)
slots = st.tuples(st.integers(20, 44), st.integers(1, 4), st.integers(0, 2), st.integers(0, 2))
# Between one and four in the morning, where clocks change.
openings = st.lists(st.tuples(st.integers(0, 1), st.integers(18, 36), st.integers(6, 16)), min_size=1, max_size=3)
needs = st.builds(
    Need,
    concern=st.sampled_from(("x", "y")),
    minutes=st.sampled_from((5, 10, 12, 20)),
    buffer=st.sampled_from((0, 5, 10)),
    buffer_before=st.sampled_from((0, 0, 10)),
    competences=st.sets(st.sampled_from(COMPETENCES), max_size=1).map(lambda some: tuple(sorted(some))),
    department=st.just("amt"),
    responsibility=st.sampled_from((None, None, "a-k")),
    seats=seats,
    equipment=st.sampled_from(((), (), ("fingerprint",))),
    grid=st.sampled_from((5, 10, 15)),
)
wishes = st.builds(
    Wish,
    stops=st.lists(needs, min_size=1, max_size=3).map(tuple),
    site=st.sampled_from((None, "rathaus")),
    max_wait=st.sampled_from((0, 15)),
    limit=st.just(3),
    past_midnight=st.booleans(),
)


def build(events: list[Event]) -> Index:
    index = Index(ZONE)
    apply(index, events)
    return index


def apply(index: Index, events: list[Event]) -> None:
    for method, values, named in events:
        getattr(index, method)(*values, **named)


def room_of(first: date, number: int, places: int, site: str, has: set[str], opened: Opened) -> list[Event]:
    name = f"r{number}"
    days: dict[date, list[tuple[datetime, datetime]]] = {}
    for day, begins, length in opened:
        date_ = first + timedelta(day)
        days.setdefault(date_, []).append((moment(date_, begins), moment(date_, begins + length)))
    return [
        ("define_room", (name,), {"name": name, "site": site, "seats": places, "equipment": has, "step_free": False}),
        ("open_room", (name, first, first + timedelta(1), days), {}),
    ]


def clerk_of(first: date, number: int, can: set[str], keys: set[str], site: str, opened: Opened) -> list[Event]:
    name = f"c{number}"
    rules: list[dict[str, str | None]] = [{"department": "amt", "kind": "surname", "key": key} for key in keys] or [
        {"department": "amt", "kind": "anyone", "key": None}
    ]
    days: dict[date, list[tuple[str, datetime, datetime]]] = {}
    for day, begins, length in opened:
        date_ = first + timedelta(day)
        days.setdefault(date_, []).append((site, moment(date_, begins), moment(date_, begins + length)))
    return [
        ("define_clerk", (name,), {"name": name, "departments": ("amt",), "competences": can, "responsibility": rules}),
        ("open_clerk", (name, first, first + timedelta(1), days), {}),
    ]


def _take(first: date, appointment: int, is_room: bool, number: int, slot: tuple[int, int, int, int]) -> Event:
    begins, length, before, after = slot
    kind = "room" if is_room else "clerk"
    named = {"ends_at": moment(first, begins + length), "blocked_from": moment(first, begins - before)}
    until = moment(first, begins + length + after)
    return ("take", (f"a{appointment}", 1, kind, kind[0] + str(number), moment(first, begins), until), named)


def _flat(lists: list[list[Event]]) -> list[Event]:
    return [event for events in lists for event in events]
