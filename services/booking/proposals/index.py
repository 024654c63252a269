"""The index: what rooms and staff_calendar have said, in a shape that answers "when?" in milliseconds.

Every method may be called again with the same values and changes nothing then. A resource may be taken before it is
defined or opened, since the two facts come from different streams.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from services.booking.proposals.busy import DAY, Busy, Hold
from services.booking.proposals.calendars import Calendar, Opening
from services.booking.proposals.ticks import Scale
from services.booking.proposals.wish import Need

Held = tuple[int, bool, Hold]  # attempt, only asked for, what
Asked = tuple[str | None, str | None, datetime, datetime]  # room, clerk (None = none named), starts_at, blocked_until


@dataclass(frozen=True, slots=True)
class Room:
    id: str
    name: str
    site: str
    seats: int
    equipment: frozenset[str]
    step_free: bool


@dataclass(frozen=True, slots=True)
class Clerk:
    """`rules`: (department, kind, key) of every responsibility; kind "anyone" answers for every key."""

    id: str
    name: str
    departments: frozenset[str]
    competences: frozenset[str]
    rules: frozenset[tuple[str | None, str, str | None]]
    languages: frozenset[str]


class Index:
    """Mutable and in memory. `zone`: the town's time zone, a name or a tzinfo.

    `minutes`: how long a tick is. Rooms and staff_calendar hold in ticks of five minutes; so should the index.
    """

    def __init__(self, zone: str | tzinfo = "Europe/Berlin", minutes: int = 5) -> None:
        self.zone: tzinfo = ZoneInfo(zone) if isinstance(zone, str) else zone
        self.scale = Scale(self.zone, minutes)
        self.base: int | None = None
        self.floor = 0  # nothing before this tick is kept
        self.until = 0  # nothing was ever open from this tick on
        self.rooms: dict[str, Room] = {}
        self.clerks: dict[str, Clerk] = {}
        self.calendars: dict[tuple[str, str], Calendar] = {}
        self.holds: dict[str, tuple[Held, ...]] = {}  # by appointment
        self._midnights: tuple[tuple[int | None, int], tuple[int, ...]] | None = None
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
        """`responsibility`: mappings with "department", "kind" ("anyone", "surname", "district") and "key"."""
        rules = frozenset((_text(rule, "department"), str(rule["kind"]), _text(rule, "key")) for rule in responsibility)
        self.clerks[clerk] = Clerk(
            clerk, name, frozenset(departments), frozenset(competences), rules, frozenset(languages)
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
        opened = {day: [("", begins, until) for begins, until in times] for day, times in days.items()}
        self._open("room", room, from_date, until_date, opened)

    def open_clerk(
        self,
        clerk: str,
        from_date: date,
        until_date: date,
        days: Mapping[date, Sequence[tuple[str, datetime, datetime]]],
    ) -> None:
        """Replaces the quotas of all days from_date..until_date (inclusive), each with the site it is worked at."""
        self._open("clerk", clerk, from_date, until_date, days)

    def _open(
        self,
        kind: str,
        resource: str,
        first: date,
        last: date,
        days: Mapping[date, Sequence[tuple[str, datetime, datetime]]],
    ) -> None:
        ticks: dict[date, list[Opening]] = {
            day: [(site, self.scale.ceil(begins), self.scale.floor(until)) for site, begins, until in times]
            for day, times in days.items()
        }
        for openings in ticks.values():
            openings[:] = [opening for opening in openings if self.floor < opening[2] > opening[1]]
            self.until = max(self.until, *(until for _, _, until in openings), 0)
        self._reach_back(min((begins for times in ticks.values() for _, begins, _ in times), default=None))
        self.calendar(kind, resource).open(first, last, ticks, self.scale)

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

    def free(self, appointment: str, attempt: int | None = None, kind: str | None = None) -> None:
        """Lets go what is held or pending: of one attempt or all (None), of one kind or both (None)."""
        held = self.holds.get(appointment, ())
        self._drop(appointment, [one for one in held if attempt in (None, one[0]) and kind in (None, one[2][0])])

    def forget_before(self, day: date) -> None:
        """Drops everything that ended before a local day; call it once a day, so that memory stays level."""
        self.floor = max(self.floor, self.scale.midnight(day))
        for appointment, held in list(self.holds.items()):
            self._keep(appointment, tuple(one for one in held if one[2][5] > self.floor))
        if self.base is not None and self.base < self.floor:
            self._rebase(self.floor)

    def _add(self, appointment: str, one: Held) -> None:
        held, hold = self.holds.get(appointment, ()), one[2]
        if one in held or hold[5] <= self.floor:
            return
        self.holds[appointment] = (*held, one)
        self._reach_back(hold[2])
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

    # --- the first tick of all bit sets

    def _reach_back(self, tick: int | None) -> None:
        """Makes room for a tick before the first one known so far; seldom, since facts come for the time ahead."""
        if tick is None or (self.base is not None and self.base <= max(tick, self.floor)):
            return
        self._rebase(max((tick // DAY - 1) * DAY, self.floor))

    def _rebase(self, base: int) -> None:
        self.base = base
        for calendar in self.calendars.values():
            calendar.rebase(base)

    # --- reading

    def contents(self) -> dict[tuple[str, str], tuple[object, ...]]:
        """Everything known of each calendar, wherever bit 0 lies: for comparing two indexes."""
        found = {}
        for key, calendar in self.calendars.items():
            layers = (calendar.taken.visits, calendar.taken.reach, calendar.pending.visits, calendar.pending.reach)
            sites = {site: _anchored(bits, calendar.base) for site, bits in calendar.sites.items() if bits}
            if sites or any(layers):
                found[key] = (sites, *(_anchored(bits, calendar.base) for bits in layers))
        return found

    def calendar(self, kind: str, resource: str) -> Calendar:
        found = self.calendars.get((kind, resource))
        if found is None:
            found = self.calendars[kind, resource] = Calendar(self.base or 0)
        return found

    def moment(self, position: int) -> datetime:
        """The local time of a bit."""
        return self.scale.moment((self.base or 0) + position)

    def day(self, position: int) -> date:
        """The local day of a bit."""
        return self.scale.date((self.base or 0) + position)

    def position(self, moment: datetime) -> int:
        """The first bit that begins at or after a moment; may be negative."""
        return self.scale.ceil(moment) - (self.base or 0)

    def midnight(self, day: date) -> int:
        """The bit at which a local day begins; may be negative."""
        return self.scale.midnight(day) - (self.base or 0)

    def midnights(self) -> tuple[int, ...]:
        """The bits at which the local days begin that are known."""
        if not self._midnights or self._midnights[0] != (self.base, self.until):
            self._midnights = ((self.base, self.until), self._find_midnights())
        return self._midnights[1]

    def _find_midnights(self) -> tuple[int, ...]:
        first, last = self.scale.date(self.base or 0), self.scale.date(self.until)
        days = (first + timedelta(number) for number in range((last - first).days + 2))
        return tuple(bit for day in days if (bit := self.midnight(day)) >= 0)

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


def _anchored(bits: int, base: int) -> tuple[int, int]:
    """The absolute tick of the lowest bit, and the bits from there on."""
    lowest = (bits & -bits).bit_length() - 1
    return (base + lowest, bits >> lowest) if bits else (0, 0)


def room_fits(room: Room, need: Need) -> bool:
    access = room.step_free or not need.step_free
    return access and room.seats >= need.seats and room.equipment.issuperset(need.equipment)


def clerk_fits(clerk: Clerk, need: Need, language: str | None = None) -> bool:
    return (
        (need.department is None or need.department in clerk.departments)
        and clerk.competences.issuperset(need.competences)
        and (language is None or language in clerk.languages)
        and responsible(clerk, need.department, need.responsibility)
    )


def responsible(clerk: Clerk, department: str | None, key: str | None) -> bool:
    """No key asked for: everybody is. Else the rule of that key, or "anyone", in the department."""
    return key is None or any(
        where in (None, department) and (kind == "anyone" or rule == key) for where, kind, rule in clerk.rules
    )


def _text(rule: Mapping[str, object], name: str) -> str | None:
    value = rule.get(name)
    return None if value is None else str(value)
