"""Towns of a given size for the measurements: weekday hours, eight competences, calendars filled to a share."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from services.booking.proposals.index import Index
from services.booking.proposals.wish import Need, Wish

ZONE = ZoneInfo("Europe/Berlin")
FIRST = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 7, tzinfo=ZONE)
COMPETENCES = tuple(f"k{number}" for number in range(8))
Booking = tuple[str, int, str, str, datetime, datetime]


@dataclass(frozen=True)
class Size:
    days: int
    clerks: int
    rooms: int
    filled: float = 0.6
    sites: int = 1

    def __str__(self) -> str:
        sites = f" at {self.sites} sites" if self.sites > 1 else ""
        return f"{self.days} days x {self.clerks} clerks x {self.rooms} rooms{sites}, {self.filled:.0%} full"

    def site(self, number: int) -> str:
        """Where a room or a clerk is."""
        return f"site-{number % self.sites}" if number % self.sites else "rathaus"


def at(day: date, minutes: int) -> datetime:
    """So many minutes after eight; no change of clocks lies in office hours."""
    return datetime(day.year, day.month, day.day, 8 + minutes // 60, minutes % 60, tzinfo=ZONE)


def days(size: Size) -> list[date]:
    every = (FIRST + timedelta(number) for number in range(size.days))
    return [day for day in every if day.weekday() < 5]


def hours_of_clerk(day: date, site: str) -> list[tuple[str, datetime, datetime]]:
    return [(site, at(day, 0), at(day, 240)), (site, at(day, 300), at(day, 480))]


def hours_of_room(day: date) -> list[tuple[datetime, datetime]]:
    return [(at(day, 0), at(day, 600))]


def empty(size: Size, seed: int = 1) -> Index:
    """A town without bookings."""
    rnd, index, last = random.Random(seed), Index(ZONE), FIRST + timedelta(size.days)
    for number in range(size.rooms):
        name, seats = f"r{number:03}", rnd.choice((2, 3, 3, 4, 8))
        index.define_room(name, name=name, site=size.site(number), seats=seats, equipment=(), step_free=True)
        index.open_room(name, FIRST, last, {day: hours_of_room(day) for day in days(size)})
    for number in range(size.clerks):
        name, can = f"c{number:03}", rnd.sample(COMPETENCES, 5)
        index.define_clerk(name, name=name, departments=("buergerbuero",), competences=can)
        index.open_clerk(name, FIRST, last, {day: hours_of_clerk(day, size.site(number)) for day in days(size)})
    return index


def bookings(size: Size, seed: int = 2) -> Iterator[Booking]:
    """Visits of twenty minutes with five of buffer; each room and clerk is filled by itself to the share."""
    rnd, number = random.Random(seed), 0
    for kind, count in (("room", size.rooms), ("clerk", size.clerks)):
        for resource in range(count):
            for day in days(size):
                for minutes in range(0, 480, 25):
                    if rnd.random() < size.filled:
                        number += 1
                        begins = at(day, minutes)
                        yield f"a{number}", 1, kind, f"{kind[0]}{resource:03}", begins, begins + timedelta(minutes=25)


def full(size: Size) -> Index:
    index = empty(size)
    for booking in bookings(size):
        index.take(*booking)
    return index


def wishes(stops: int, count: int, until: date | None = None, seed: int = 3) -> list[Wish]:
    rnd = random.Random(seed)
    return [
        Wish(
            stops=tuple(
                Need(
                    f"concern-{competence}",
                    rnd.choice((10, 20, 30)),
                    buffer=5,
                    department="buergerbuero",
                    competences=(competence,),
                    seats=rnd.choice((2, 2, 3, 4)),
                )
                for competence in rnd.sample(COMPETENCES, stops)
            ),
            until_date=until,
        )
        for _ in range(count)
    ]
