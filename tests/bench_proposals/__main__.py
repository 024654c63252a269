"""Measures the proposal engine: `python -m tests.bench_proposals`. Prints tables; asserts nothing about times."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial

from services.booking.proposals.index import Index
from services.booking.proposals.places import Place
from services.booking.proposals.search import possible, search
from services.booking.proposals.window import window
from services.booking.proposals.wish import Wish
from tests.bench_proposals.intervals import Intervals
from tests.bench_proposals.measure import Times, in_another_process, table, timed, told
from tests.bench_proposals.town import FIRST, NOW, Size, bookings, full, wishes

GOALS = (
    (Size(60, 300, 30), 1, "20 / 50"),
    (Size(30, 20, 10), 1, "2 / -"),
    (Size(30, 60, 20), 3, "50 / -"),
)


def searches(index: Index, asked: list[Wish], cold: bool) -> Times:
    """Between two searches a booking comes in."""
    times = []
    for number, wish in enumerate(asked):
        begins = NOW + timedelta(days=7 + number % 5, hours=2)
        index.take("new", number, "clerk", "c000", begins, begins + timedelta(minutes=20))
        if cold:
            forget(index)
        times.append(timed(partial(search, index, wish, NOW)))
        index.free("new", number)
    return times


def goals() -> None:
    rows = []
    for size, stops, goal in GOALS:
        index = full(size)
        asked = wishes(stops, 200)
        rows.append((size, stops, *told(searches(index, asked, False)), *told(searches(index, asked, True)), goal))
    heads = ("town", "concerns", "p50 ms", "p99 ms", "p50 cold", "p99 cold", "goal p50 / p99")
    table("Search, five proposals (cold: no answer kept from earlier searches)", heads, rows)


def growth() -> None:
    base, rows = Size(30, 30, 10), []
    first = 0.0
    for name, size in (
        ("base", base),
        ("10 x clerks", Size(30, 300, 10)),
        ("10 x bookings", Size(30, 30, 10, 0.6)),
        ("4 x days", Size(120, 30, 10)),
        ("10 x sites, clerks, rooms", Size(30, 300, 100, sites=10)),
        ("100 x sites, 30 x clerks, rooms", Size(30, 1_000, 300, sites=100)),
    ):
        size = size if name == "10 x bookings" else replace(size, filled=0.06)
        times = searches(full(size), wishes(1, 200, FIRST + timedelta(size.days)), True)
        p50 = float(told(times)[0])
        first = first or p50
        rows.append((name, size, f"{p50:.2f}", f"{p50 / first:.1f} x"))
    table("Growth (cold)", ("", "town", "p50 ms", "against base"), rows)


def ratio() -> None:
    size = Size(60, 300, 30)
    plain, index, asked = Intervals(size, list(bookings(size))), full(size), wishes(1, 5)
    ours = ({start for start, _ in possible(index, unbuffered(wish), NOW)} for wish in asked)
    same = all(set(plain.starts(wish, NOW)) == found for wish, found in zip(asked, ours, strict=True))
    print(f"\nBoth searches find the same starts: {same}")
    rows: list[tuple[str, str, str]] = []
    theirs = mean(lambda wish: plain.starts(wish, NOW), asked)
    for name, action, cold in (
        ("bit sets, cold: every start", partial(bits, index), True),
        ("bit sets: every start", partial(bits, index), False),
        ("bit sets, cold: five ranked proposals", lambda one: search(index, one, NOW), True),
        ("bit sets: five ranked proposals", lambda one: search(index, one, NOW), False),
    ):
        if cold:
            forget(index)
        mine = mean(action, asked[:1] if cold else asked)
        rows.append((name, f"{mine * 1e3:.2f}", f"{theirs / mine:.0f} x"))
    table(str(size), ("", "ms", "faster"), [("interval lists: every start", f"{theirs * 1e3:.2f}", "1 x"), *rows])


def bits(index: Index, wish: Wish) -> int:
    return Place(index, wish, window(index, wish, NOW), "rathaus").begins(1, first=True)


def unbuffered(wish: Wish) -> Wish:
    """The plain search knows no buffers."""
    return replace(wish, stops=tuple(replace(need, buffer=0) for need in wish.stops))


def mean(action: Callable[[Wish], object], asked: list[Wish]) -> float:
    return sum(timed(partial(action, wish)) for wish in asked) / len(asked)


def forget(index: Index) -> None:
    """Nothing that was worked out before is used again."""
    for calendar in index.calendars.values():
        calendar.kept.clear()


def events() -> None:
    size = Size(60, 300, 30)
    index, takes, frees = full(size), [], []
    for number in range(2000):
        begins = NOW + timedelta(days=number % 50, minutes=number % 300)
        room, until = f"r{number % 30:03}", begins + timedelta(minutes=25)
        takes.append(timed(partial(index.take, "new", number, "room", room, begins, until)))
        frees.append(timed(partial(index.free, "new", number)))
    rows = [("take", *told(takes, 1e6)), ("free", *told(frees, 1e6))]
    table("One event into the index (goal 50 us)", ("", "p50 us", "p99 us"), rows)


def memory() -> None:
    rows = []
    for reservations in ("0", "100000"):
        values = in_another_process("tests.bench_proposals.memory", "180", "300", "30", reservations).split()
        rows.append((f"{reservations} reservations of a room and a clerk", *values))
    heads = ("180 days x 300 clerks x 30 rooms", "filled in s (goal 5)", "MB opened", "MB after 50 searches (goal 100)")
    table("Cold start and memory", heads, rows)


PARTS = (goals, growth, ratio, events, memory)

if __name__ == "__main__":
    for part in PARTS:
        part()
