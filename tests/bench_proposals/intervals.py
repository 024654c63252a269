"""The straightforward search to compare with: lists of free intervals, day by day, resource by resource."""

from datetime import date, datetime, timedelta

from services.booking.proposals.wish import Need, Wish
from tests.bench_proposals.town import Booking, Size, days, empty, hours_of_clerk, hours_of_room

GRID = timedelta(minutes=5)
Interval = tuple[datetime, datetime]


class Intervals:
    """The same town and bookings as the index has."""

    def __init__(self, size: Size, bookings: list[Booking]) -> None:
        index = empty(size)
        self.days, self.rooms, self.clerks = days(size), index.rooms, index.clerks
        self.taken: dict[tuple[str, date], list[Interval]] = {}
        for _, _, _, resource, begins, until in bookings:
            self.taken.setdefault((resource, begins.date()), []).append((begins, until))
        for some in self.taken.values():
            some.sort()

    def starts(self, wish: Wish, now: datetime) -> list[datetime]:
        """Every start at which some clerk and some room are free for a visit of one stop."""
        (need,) = wish.stops
        clerks = [one for one, clerk in self.clerks.items() if set(need.competences) <= clerk.competences]
        rooms = [one for one, room in self.rooms.items() if room.seats >= need.seats]
        found = []
        for day in self.days:
            if wish.until_date is None or day <= wish.until_date:
                hours = [(begins, until) for _, begins, until in hours_of_clerk(day, "rathaus")]
                free = self._of(clerks, day, hours, need) & self._of(rooms, day, hours_of_room(day), need)
                found += sorted(start for start in free if start >= now)
        return found

    def _of(self, resources: list[str], day: date, hours: list[Interval], need: Need) -> set[datetime]:
        starts: set[datetime] = set()
        for resource in resources:
            for begins, until in self._free(resource, day, hours):
                last = until - timedelta(minutes=need.minutes)
                while begins <= last:
                    starts.add(begins)
                    begins += GRID
        return starts

    def _free(self, resource: str, day: date, hours: list[Interval]) -> list[Interval]:
        free = []
        for begins, until in hours:
            for taken_from, taken_until in self.taken.get((resource, day), ()):
                if taken_from < until and begins < taken_until:
                    if begins < taken_from:
                        free.append((begins, taken_from))
                    begins = max(begins, taken_until)
            if begins < until:
                free.append((begins, until))
        return free
