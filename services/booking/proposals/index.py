"""The index: what rooms and staff_calendar have said, in a shape that answers "when?" in milliseconds.

Every method may be called again with the same values and changes nothing then. A resource may be taken before it is
defined or opened, since the two facts come from different streams.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, tzinfo
from heapq import heappop, heappush

from services.booking.proposals.busy import Busy, Hold
from services.booking.proposals.resources import Clerk, Room, clerk_fits, letters_of, room_fits, rule_of
from services.booking.proposals.timetable import Hours, Timetable
from services.booking.proposals.wish import Need

Held = tuple[int, bool, Hold]  # attempt, only asked for, what
Asked = tuple[str | None, str | None, datetime, datetime]  # room, clerk (None = none named), starts_at, blocked_until


class Index(Timetable):
    """Mutable and in memory. `zone`: the town's time zone, a name or a tzinfo.

    `minutes`: how long a tick is. Rooms and staff_calendar hold in ticks of five minutes; so should the index.
    """

    def __init__(self, zone: str | tzinfo = "Europe/Berlin", minutes: int = 5) -> None:
        super().__init__(zone, minutes)
        self.rooms: dict[str, Room] = {}
        self.clerks: dict[str, Clerk] = {}
        self.holds: dict[str, tuple[Held, ...]] = {}  # by appointment
        self.resting: list[tuple[int, Hold]] = []  # a heap: until which tick, what
        self.fits: dict[object, tuple[str, ...]] = {}
        self.rarity: dict[str, int] = {}  # by competence: how many clerks have it

    # --- who and what there is

    def define_room(
        self, room: str, *, name: str, site: str, seats: int, equipment: Iterable[str] = (), step_free: bool = False
    ) -> None:
        self.rooms[room] = Room(room, name, site, seats, frozenset(equipment), step_free)
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
        """`responsibility`: mappings with "department", "kind" (anyone, surname, district), "key", "first", "last"."""
        told = tuple(responsibility)
        rules = frozenset(rule_of(one) for one in told)
        letters = frozenset(found for one in told for found in letters_of(one))
        self.clerks[clerk] = Clerk(
            clerk, name, frozenset(departments), frozenset(competences), rules, frozenset(languages), letters
        )
        self.fits.clear()
        self.rarity = {}
        for other in self.clerks.values():
            for competence in other.competences:
                self.rarity[competence] = self.rarity.get(competence, 0) + 1

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
        hold = self._hold(kind, resource, starts_at, blocked_until, ends_at, blocked_from)
        held = self.holds.get(appointment, ())
        self._drop(appointment, [one for one in held if one[0] == attempt and one[1] and one[2][0] == kind])
        self._add(appointment, (attempt, False, hold))

    def pend(self, appointment: str, attempt: int, stops: Iterable[Asked]) -> None:
        """Places asked for and not answered yet are not proposed to others meanwhile."""
        held = self.holds.get(appointment, ())
        answered = {one[2][0] for one in held if one[0] == attempt and not one[1]}
        for room, clerk, starts_at, blocked_until in stops:
            for kind, resource in (("room", room), ("clerk", clerk)):
                if resource is not None and kind not in answered:
                    self._add(appointment, (attempt, True, self._hold(kind, resource, starts_at, blocked_until)))

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
        gone = [one for one in held if attempt in (None, one[0]) and kind in (None, one[2][0])]
        self._drop(appointment, gone)
        for _, pending, hold in gone:
            if rest_until is not None and not pending:
                heappush(self.resting, (self.scale.ceil(rest_until), hold))
                self._layer((0, False, hold)).add(hold)

    def wake(self, now: datetime) -> None:
        """Offers again what has rested long enough. The search does so by itself."""
        while self.resting and self.resting[0][0] <= self.scale.floor(now):
            hold = heappop(self.resting)[1]
            if hold[5] > self.floor:
                self._layer((0, False, hold)).remove(hold)

    def forget_before(self, day: date) -> None:
        """Drops everything that ended before a local day; call it once a day, so that memory stays level."""
        self.drop_before(day)
        for appointment, held in list(self.holds.items()):
            self._keep(appointment, tuple(one for one in held if one[2][5] > self.floor))

    def _add(self, appointment: str, one: Held) -> None:
        held, hold = self.holds.get(appointment, ()), one[2]
        if one in held or hold[5] <= self.floor:
            return
        self.holds[appointment] = (*held, one)
        self.reach_back(hold[2])
        self._layer(one).add(hold)

    def _drop(self, appointment: str, gone: list[Held]) -> None:
        if gone:
            self._keep(appointment, tuple(one for one in self.holds[appointment] if one not in gone))
        for one in gone:
            self._layer(one).remove(one[2])

    def _layer(self, one: Held) -> Busy:
        """The layer of a hold, about to be changed."""
        calendar = self.calendar(one[2][0], one[2][1])
        calendar.kept.clear()
        return calendar.pending if one[1] else calendar.taken

    def _keep(self, appointment: str, held: tuple[Held, ...]) -> None:
        if held:
            self.holds[appointment] = held
        else:
            self.holds.pop(appointment, None)

    def _hold(
        self,
        kind: str,
        resource: str,
        starts_at: datetime,
        blocked_until: datetime,
        ends_at: datetime | None = None,
        blocked_from: datetime | None = None,
    ) -> Hold:
        starts, until = self.scale.floor(starts_at), self.scale.ceil(blocked_until)
        ends = until if ends_at is None else self.scale.ceil(ends_at)
        reach_from = starts if blocked_from is None else self.scale.floor(blocked_from)
        return kind, resource, reach_from, starts, ends, until

    # --- who fits

    def sites(self) -> tuple[str, ...]:
        return tuple(sorted({room.site for room in self.rooms.values()}))

    def fitting_rooms(self, need: Need, site: str) -> tuple[str, ...]:
        """Rooms of a site with seats, equipment and access enough; the smallest first, then by id."""
        key = (site, need.seats, need.equipment, need.step_free)
        if key not in self.fits:
            fit = [room for room in self.rooms.values() if room.site == site and room_fits(room, need)]
            self.fits[key] = tuple(room.id for room in sorted(fit, key=lambda room: (room.seats, room.id)))
        return self.fits[key]

    def fitting_clerks(self, need: Need, language: str | None = None) -> tuple[str, ...]:
        """Clerks of the department with every competence, responsible and speaking the language; by id."""
        key = (need.department, need.competences, need.responsibility, language)
        if key not in self.fits:
            fit = [clerk.id for clerk in self.clerks.values() if clerk_fits(clerk, need, language)]
            self.fits[key] = tuple(sorted(fit))
        return self.fits[key]
