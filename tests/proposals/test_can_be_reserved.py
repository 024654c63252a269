"""What the engine proposes, the owners of rooms and calendars reserve: same rules, same data, no declines."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import permutations
from typing import Any

from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from services.booking import events as booking_facts
from services.booking.feed import be_busy
from services.booking.proposals.index import Index
from services.booking.proposals.search import possible, search, still_free
from services.booking.proposals.wish import Need, Proposal, Wish
from services.rooms import commands as room_orders
from services.rooms import decider as rooms_decider
from services.rooms import events as room_facts
from services.staff_calendar import commands as staff_orders
from services.staff_calendar import decider as staff_decider
from services.staff_calendar import events as staff_facts
from services.staff_calendar.spans import by_day
from tests.given_when_then import Scenario
from tests.proposals.random_towns import FIRST_DAYS, Event, apply, clerk_of, clerks, moment, room_of, rooms, wishes
from tests.proposals.town import MONDAY, ZONE

towns = st.sampled_from(FIRST_DAYS).flatmap(lambda first: st.tuples(st.just(first), rooms(first), clerks(first)))
# From before midnight to the small hours.
evenings = st.tuples(st.just(0), st.integers(268, 284), st.integers(2, 4))
mornings = st.tuples(st.just(1), st.sampled_from((0, 1, 2, 3, 12, 24)), st.integers(2, 24))
late = st.lists(evenings | mornings, min_size=1, max_size=3)
nights = st.sampled_from(FIRST_DAYS).flatmap(
    lambda first: st.tuples(st.just(first), rooms(first, late), clerks(first, late))
)
elsewhere = st.lists(st.tuples(st.integers(0, 2), st.integers(264, 320), st.integers(1, 4)), max_size=3)


class Ensemble:
    """The index and both owners, who are told the same and tell each other what they hold."""

    def __init__(self, events: list[Event]) -> None:
        self.index = Index(ZONE)
        self.rooms, self.staff = Scenario(rooms_decider), Scenario(staff_decider)
        for method, values, named in events:
            if method.startswith("open_"):
                name, first, last, days = values
                values = (name, first, last, {day: _joined(times) for day, times in days.items()})
            apply(self.index, [(method, values, named)])
            self._tell_owners(method, values, named)

    def _tell_owners(self, method: str, values: tuple[Any, ...], named: dict[str, Any]) -> None:
        match method:
            case "define_room":
                told = named | {"equipment": tuple(named["equipment"])}
                self.rooms = self.rooms.given(room_facts.RoomDefined(values[0], **told))
            case "define_clerk":
                rules = tuple(staff_facts.Responsibility(**rule) for rule in named["responsibility"])
                told = {"departments": named["departments"], "competences": tuple(named["competences"])}
                clerk = staff_facts.ClerkDefined(values[0], named["name"], **told, responsibility=rules, languages=())
                self.staff = self.staff.given(clerk)
            case "open_room":
                self.rooms = self.rooms.given(_opened(room_facts, *values))
            case "open_clerk":
                self.staff = self.staff.given(_opened(staff_facts, *values))
            case _:
                raise ValueError(method)

    def reserve(self, proposal: Proposal, needs: tuple[Need, ...], appointment: str, now: datetime) -> None:
        """Both owners hold exactly what was proposed."""
        wanted = sorted(zip(proposal.stops, _in_order(proposal, needs), strict=True), key=lambda one: one[0].starts_at)
        both = [
            _wanted(number, need, stop.starts_at, stop.room, stop.clerk)
            for number, (stop, need) in enumerate(wanted, start=1)
        ]
        for_rooms, for_staff = zip(*both, strict=True)
        order = ("order", now, appointment, 1, proposal.site)
        self.rooms, held = _held(self.rooms, room_orders.HoldRooms(*order, for_rooms), room_facts.RoomReserved)
        assert [stop.room for stop in held.stops] == [stop.room for stop in proposal.stops]
        self._take(appointment, "room", [(stop.room, stop) for stop in held.stops])
        order_of_staff = staff_orders.HoldStaff(*order, for_staff)
        self.staff, held = _held(self.staff, order_of_staff, staff_facts.StaffReserved)
        assert [stop.clerk for stop in held.stops] == [stop.clerk for stop in proposal.stops]
        self._take(appointment, "clerk", [(stop.clerk, stop) for stop in held.stops])

    def be_elsewhere(self, clerk: str, spans: list[tuple[datetime, datetime]]) -> None:
        """The clerk's own calendar says so."""
        for one in by_day((staff_facts.Span(*times) for times in spans), str(ZONE)):
            self.staff = self.staff.given(staff_facts.ClerkBecameBusy(clerk, one.date, one.busy))
            told = tuple(booking_facts.Span(span.from_, span.until) for span in one.busy)
            be_busy(self.index, clerk, booking_facts.BusyDay(one.date, told))

    def would_hold(self, need: Need, at: datetime, now: datetime) -> bool:
        """Would both owners hold a visit of one stop, with anybody and anywhere?"""
        room_, clerk_ = _wanted(1, need, at)
        order = ("order", now, "new", 1, "rathaus")
        rooms_ = self.rooms.when(room_orders.HoldRooms(*order, (room_,))).decided
        staff = self.staff.when(staff_orders.HoldStaff(*order, (clerk_,))).decided
        return isinstance(rooms_[-1], room_facts.RoomReserved) and isinstance(staff[-1], staff_facts.StaffReserved)

    def _take(self, appointment: str, kind: str, stops: list[tuple[str, Any]]) -> None:
        for name, stop in stops:
            ends = {"ends_at": stop.ends_at, "blocked_from": stop.blocked_from}
            self.index.take(appointment, 1, kind, name, stop.starts_at, stop.blocked_until, **ends)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(towns, st.lists(wishes, min_size=1, max_size=6), st.integers(0, 2), st.booleans())
def test_every_proposal_is_reserved_as_it_stands(
    town: tuple[date, list[Event], list[Event]], asked: list[Wish], pick: int, easy: bool
) -> None:
    """One guest after the other takes a proposal; neither owner declines or chooses another room or clerk."""
    first, *parts = town
    ensemble, now = Ensemble([one for part in parts for one in part]), moment(first, 17)
    for number, one in enumerate(asked):
        less: dict[str, Any] = {"competences": (), "responsibility": None, "seats": 1, "equipment": ()} if easy else {}
        stops = tuple(replace(need, **less) for need in one.stops)
        wish = replace(one, past_midnight=False, stops=stops)
        proposals = search(ensemble.index, wish, now).proposals
        event(f"{len(wish.stops)} stops, {'proposed' if proposals else 'nothing'}")
        if proposals:
            proposal = proposals[min(pick, len(proposals) - 1)]
            assert still_free(ensemble.index, proposal.stops, _in_order(proposal, wish.stops), site=proposal.site)
            ensemble.reserve(proposal, wish.stops, f"a{number}", now)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(nights, st.lists(wishes, max_size=3), elsewhere, wishes)
def test_a_time_is_possible_exactly_where_both_owners_hold_it(
    town: tuple[date, list[Event], list[Event]], before: list[Wish], away: list[tuple[int, int, int]], wish: Wish
) -> None:
    """Also beside others' visits with buffers on both sides, beside what clerks have elsewhere, and at midnight."""
    first, *parts = town
    ensemble, now = Ensemble([one for part in parts for one in part]), moment(first, 264)
    for clerk in range(3):
        spans = [(moment(first, at), moment(first, at + length)) for who, at, length in away if who == clerk]
        ensemble.be_elsewhere(f"c{clerk}", spans)
    for number, one in enumerate(before):
        stops = tuple(replace(need, competences=(), responsibility=None, equipment=()) for need in one.stops)
        for proposal in search(ensemble.index, Wish(stops), now).proposals[:1]:
            ensemble.reserve(proposal, stops, f"a{number}", now)
    need = replace(wish.stops[0], grid=5)
    found = {at for at, _ in possible(ensemble.index, Wish((need,), site="rathaus"), now)}
    event(f"{len(before)} before, {'possible' if found else 'impossible'}")
    times = [now.astimezone(UTC) + timedelta(minutes=5 * n) for n in range(9 * 12)]
    assert {at for at in times if at in found} == {at for at in times if ensemble.would_hold(need, at, now)}


def test_stops_of_one_concern_go_to_those_who_can() -> None:
    """Two stops of one concern and length need different clerks and rooms; a proposal says which stop is whose."""
    opened = [(0, 18, 12)]
    able = [clerk_of(MONDAY, n, {can}, set(), "rathaus", opened) for n, can in enumerate(("pass", "kfz"))]
    house = [room_of(MONDAY, n, seats, "rathaus", set(), opened) for n, seats in enumerate((1, 4))]
    ensemble, now = Ensemble([one for told in (*house, *able) for one in told]), moment(MONDAY, 17)
    plain = Need("x", 10, department="amt", seats=1, competences=("pass",))
    for stops in permutations((plain, replace(plain, seats=4, competences=("kfz",)))):
        proposal = search(ensemble.index, Wish(stops), now).proposals[0]
        assert {(stops[one.number].competences[0], one.clerk) for one in proposal.stops} == {
            ("pass", "c0"),
            ("kfz", "c1"),
        }
        assert [one.room for one in proposal.stops if stops[one.number].seats == 4] == ["r1"]
        ensemble.reserve(proposal, stops, f"a{stops.index(plain)}", now)


def _in_order(proposal: Proposal, needs: tuple[Need, ...]) -> tuple[Need, ...]:
    """The needs in the order of the stops."""
    return tuple(needs[stop.number] for stop in proposal.stops)


def _wanted(
    number: int, need: Need, at: datetime, room: str | None = None, clerk: str | None = None
) -> tuple[room_orders.StopWanted, staff_orders.StopWanted]:
    """A stop as both owners hear it."""
    marks = (-need.buffer_before, need.minutes, need.minutes + need.buffer)
    begins, ends, until = (at + timedelta(minutes=minutes) for minutes in marks)
    times, kept = (at, ends, until), begins if need.buffer_before else None
    what = (need.department or "", need.competences, need.responsibility)
    return (
        room_orders.StopWanted(number, need.seats, need.equipment, need.step_free, *times, room, kept),
        staff_orders.StopWanted(number, *what, *times, clerk, blocked_from=kept),
    )


def _held(owner: Scenario, order: Any, reserved: type) -> tuple[Scenario, Any]:
    decision = owner.when(order)
    assert isinstance(decision.decided[-1], reserved), decision.decided
    return owner.given(*decision.decided), decision.decided[-1]


def _opened(facts: Any, name: str, first: date, last: date, days: dict[date, list[Any]]) -> Any:
    openings = {day: tuple(facts.Opening(*one) for one in times) for day, times in days.items()}
    opened = tuple(facts.OpenDay(day, times) for day, times in sorted(openings.items()))
    return facts.HoursOpened(name, first, last, "Europe/Berlin", opened)


def _joined(times: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Openings that touch are one, as the owners say them; all of one resource are at one site."""
    joined: list[tuple[Any, ...]] = []
    for *where, begins, until in sorted(times, key=lambda one: one[-2]):
        if joined and joined[-1][-1] >= begins:
            joined[-1] = (*where, joined[-1][-2], max(joined[-1][-1], until))
        else:
            joined.append((*where, begins, until))
    return joined
