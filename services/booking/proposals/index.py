"""The index: what rooms and staff_calendar have said, in a shape that answers "when?" in milliseconds.

Every method may be called again with the same values and changes nothing then. A resource may be taken before it is
defined or opened, since the two facts come from different streams.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, tzinfo
from heapq import heappop, heappush
from sys import intern
from typing import NamedTuple

from services.booking.proposals.busy import Hold
from services.booking.proposals.resources import (
    Clerk,
    Room,
    clerk_fits,
    letters_of,
    room_fits,
    rule_of,
    streets_of,
)
from services.booking.proposals.timetable import Hours, Timetable
from services.booking.proposals.wish import Need


class Asked(NamedTuple):
    """A stop asked for; None = no room or clerk is named, no buffer before, and all of it is the visit."""

    room: str | None
    clerk: str | None
    starts_at: datetime
    blocked_until: datetime
    ends_at: datetime | None = None
    blocked_from: datetime | None = None


class Index(Timetable):
    """Mutable and in memory. `zone`: the town's time zone, a name or a tzinfo.

    `minutes`: how long a tick is. Rooms and staff_calendar hold in ticks of five minutes; so should the index.
    """

    def __init__(self, zone: str | tzinfo = "Europe/Berlin", minutes: int = 5) -> None:
        super().__init__(zone, minutes)
        self.rooms: dict[str, Room] = {}
        self.clerks: dict[str, Clerk] = {}
        self.holds: dict[str, tuple[Hold, ...]] = {}  # by appointment
        self.resting: list[tuple[int, Hold]] = []  # a heap: until which tick, what
        self.fits: dict[object, dict[str, tuple[str, ...]]] = {}  # who fits what is needed, by site
        self.rarity: dict[str, int] = {}  # by competence: how many clerks have it

    # --- who and what there is

    def define_room(
        self,
        room: str,
        *,
        name: str,
        site: str,
        seats: int,
        equipment: Iterable[str] = (),
        step_free: bool = False,
        parties: int = 1,
    ) -> None:
        """`seats` for each party, `parties` at once: a large room with several desks."""
        self.rooms[room] = Room(room, name, site, seats, frozenset(equipment), step_free)
        self.calendar("room", room).share(parties)
        self.fits.clear()

    def define_clerk(
        self,
        clerk: str,
        *,
        name: str,
        departments: Iterable[str],
        competences: Iterable[str] = (),
        responsibility: Iterable[Mapping[str, object]] = (),
        languages: Iterable[str] = (),
    ) -> None:
        """`responsibility`: mappings with "department", "kind" (anyone, surname, district), "key", "first", "last";
        "streets" of a district, each with "street", "first", "last", "side", "postcode"; and "fallback": for the rest.
        """
        told = tuple(responsibility)
        rules = frozenset(rule_of(one) for one in told)
        letters = frozenset(found for one in told for found in letters_of(one))
        before = self.clerks[clerk].competences if clerk in self.clerks else frozenset()
        defined = self.clerks[clerk] = Clerk(
            clerk,
            name,
            frozenset(departments),
            frozenset(competences),
            rules,
            frozenset(languages),
            letters,
            streets=frozenset(found for one in told for found in streets_of(one)),
            fallbacks=frozenset(rule_of(one) for one in told if one.get("fallback")),
        )
        self.fits.clear()
        for competence in before ^ defined.competences:
            self.rarity[competence] = self.rarity.get(competence, 0) + (1 if competence in defined.competences else -1)

    def open_room(
        self, room: str, from_date: date, until_date: date, days: Mapping[date, Sequence[tuple[datetime, datetime]]]
    ) -> None:
        """Replaces the open times of all days from_date..until_date (inclusive); a day not in `days` is closed."""
        opened: dict[date, list[Hours]] = {
            day: [("", begins, until) for begins, until in times] for day, times in days.items()
        }
        self.open("room", room, from_date, until_date, opened)

    def open_clerk(
        self,
        clerk: str,
        from_date: date,
        until_date: date,
        days: Mapping[date, Sequence[Hours]],
    ) -> None:
        """Replaces the quotas of all days from_date..until_date (inclusive), each with the site it is worked at.

        A quota may be kept for some: (site, from, until, class, minutes): so many minutes before, it is for everybody.
        """
        self.open("clerk", clerk, from_date, until_date, days)

    def open(self, kind: str, resource: str, first: date, last: date, days: Mapping[date, Sequence[Hours]]) -> None:
        """Replaces what is open from first to last (inclusive)."""
        super().open(kind, resource, first, last, days)
        self.fits.clear()

    def copy_openings(self, kind: str, one: str, other: str) -> None:
        """Opens another resource whenever one is open."""
        super().copy_openings(kind, one, other)
        self.fits.clear()

    # --- what is held

    def take(
        self,
        appointment: str,
        attempt: int,
        kind: str,
        resource: str,
        starts_at: datetime,
        blocked_until: datetime,
        *,
        ends_at: datetime | None = None,
        blocked_from: datetime | None = None,
    ) -> None:
        """A "room" or "clerk" is held; replaces what was pending of that kind for the appointment's attempt."""
        held = self.holds.get(appointment, ())
        self._drop(appointment, [one for one in held if one[0] == kind and one[6] == attempt and one[7]])
        times = (starts_at, ends_at or blocked_until, blocked_until)
        self._add(appointment, self._hold(kind, resource, blocked_from or starts_at, *times, attempt, False))

    def pend(self, appointment: str, attempt: int, stops: Iterable[Asked]) -> None:
        """Places asked for and not answered yet are not proposed to others meanwhile."""
        held = self.holds.get(appointment, ())
        answered = {one[0] for one in held if one[6] == attempt and not one[7]}
        for stop in stops:
            starts_at, until = stop.starts_at, stop.blocked_until
            times = (stop.blocked_from or starts_at, starts_at, stop.ends_at or until, until)
            for kind, resource in (("room", stop.room), ("clerk", stop.clerk)):
                if resource is not None and kind not in answered:
                    self._add(appointment, self._hold(kind, resource, *times, attempt, True))

    def free(
        self,
        appointment: str,
        attempt: int | None = None,
        kind: str | None = None,
        *,
        rest_until: datetime | None = None,
    ) -> None:
        """Lets go what is held or pending: of one attempt or all (None), of one kind or both (None).

        `rest_until`: what was held is offered to others only from then on, so that cancelled places can't be traded.
        """
        held = self.holds.get(appointment, ())
        gone = [one for one in held if attempt in (None, one[6]) and kind in (None, one[0])]
        self._drop(appointment, gone)
        for hold in gone:
            if rest_until is not None and not hold[7]:
                heappush(self.resting, (self.scale.ceil(rest_until), hold))
                self.calendar(hold[0], hold[1]).hold(hold)

    def wake(self, now: datetime) -> None:
        """Offers again what has rested long enough. The search does so by itself."""
        while self.resting and self.resting[0][0] <= self.scale.floor(now):
            hold = heappop(self.resting)[1]
            if hold[5] > self.floor:
                self.calendar(hold[0], hold[1]).let_go(hold)

    def forget_before(self, day: date) -> None:
        """Drops everything that ended before a local day; call it once a day, so that memory stays level."""
        self.drop_before(day)
        for appointment, held in list(self.holds.items()):
            self._keep(appointment, tuple(one for one in held if one[5] > self.floor))

    def _add(self, appointment: str, hold: Hold) -> None:
        held = self.holds.get(appointment, ())
        if hold not in held and hold[5] > self.floor:
            self.holds[appointment] = (*held, hold)
            self.reach_back(hold[2])
            self.calendar(hold[0], hold[1]).hold(hold)

    def _drop(self, appointment: str, gone: list[Hold]) -> None:
        if gone:
            self._keep(appointment, tuple(one for one in self.holds[appointment] if one not in gone))
        for hold in gone:
            self.calendar(hold[0], hold[1]).let_go(hold)

    def _keep(self, appointment: str, held: tuple[Hold, ...]) -> None:
        if held:
            self.holds[appointment] = held
        else:
            self.holds.pop(appointment, None)

    def _hold(
        self,
        kind: str,
        resource: str,
        blocked_from: datetime,
        starts_at: datetime,
        ends_at: datetime,
        blocked_until: datetime,
        attempt: int,
        pending: bool,
    ) -> Hold:
        floor, ceil = self.scale.floor, self.scale.ceil
        starts, until = floor(starts_at), ceil(blocked_until)
        ends = until if ends_at is blocked_until else ceil(ends_at)
        first = starts if blocked_from is starts_at else floor(blocked_from)
        return intern(kind), intern(resource), first, starts, ends, until, attempt, pending

    # --- who fits

    def sites(self) -> tuple[str, ...]:
        return tuple(sorted({room.site for room in self.rooms.values()}))

    def fitting_rooms(self, need: Need, site: str) -> tuple[str, ...]:
        """Rooms of a site with seats, equipment and access enough; the smallest first, then by id."""
        key = (need.seats, need.equipment, need.step_free)
        if key not in self.fits:
            fit = [room for room in self.rooms.values() if room_fits(room, need)]
            ordered = sorted(fit, key=lambda room: (room.seats, room.id))
            self.fits[key] = _by_site((room.site, room.id) for room in ordered)
        return self.fits[key].get(site, ())

    def fitting_clerks(self, need: Need, site: str, language: str | None = None) -> tuple[str, ...]:
        """Clerks who ever work at a site, of the department with every competence, responsible and speaking the
        language; by id.
        """
        key = (need.department, need.competences, need.responsibility, language)
        if key not in self.fits:
            fit = sorted(clerk.id for clerk in self.clerks.values() if clerk_fits(clerk, need, language))
            worked = {clerk: {lane.site for lane in self.calendar("clerk", clerk).lanes} for clerk in fit}
            self.fits[key] = _by_site((at, clerk) for clerk in fit for at in worked[clerk])
        return self.fits[key].get(site, ())


def _by_site(found: Iterable[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    there: dict[str, list[str]] = {}
    for site, resource in found:
        there.setdefault(site, []).append(resource)
    return {site: tuple(resources) for site, resources in there.items()}
