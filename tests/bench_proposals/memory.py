"""Prints what an index needs: `python -m tests.bench_proposals.memory DAYS CLERKS ROOMS RESERVATIONS`."""

import gc
import sys
from itertools import islice, product

from services.booking.proposals.search import search
from tests.bench_proposals.measure import resident, timed
from tests.bench_proposals.town import NOW, Size, at, days, empty, wishes


def main(days_: int, clerks: int, rooms: int, reservations: int) -> None:
    size = Size(days_, clerks, rooms)
    before = resident()
    index = empty(size)
    opened = resident() - before
    # Each reservation takes a room and a clerk; rooms come round sooner, so some are held twice: it costs the same.
    places = islice(product(days(size), range(0, 480, 25), range(clerks)), reservations)

    def fill() -> None:
        for number, (day, minutes, clerk) in enumerate(places):
            begins, until = at(day, minutes), at(day, minutes + 25)
            index.take(f"a{number}", 1, "room", f"r{clerk % rooms:03}", begins, until)
            index.take(f"a{number}", 1, "clerk", f"c{clerk:03}", begins, until)

    seconds = timed(fill)
    for wish in wishes(1, 50):
        search(index, wish, NOW)
    gc.collect()
    print(f"{seconds:.2f} {opened:.0f} {resident() - before:.0f}")


if __name__ == "__main__":
    main(*(int(one) for one in sys.argv[1:]))
