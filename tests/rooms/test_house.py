"""Rooms are defined and changed; the days they are open follow, 190 of them, and a day more every day."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from services.rooms import decider
from services.rooms.commands import DefineRoom, ExtendHorizon, SetClosures
from services.rooms.events import (
    WEEKDAYS,
    Closure,
    Hours,
    HoursOpened,
    HoursSet,
    Pattern,
    RoomDefined,
    SiteClosuresSet,
    Weekday,
)
from tests.given_when_then import Scenario
from tests.rooms.words import NOW, ZONE, room

house = Scenario(decider)
TODAY, LAST = date(2026, 11, 22), date(2027, 5, 30)
DAILY = Pattern(tuple(Hours(day, "08:00", "16:00") for day in WEEKDAYS))
R1 = room("r1")


def weekly(day: Weekday, *hours: tuple[str, str]) -> Pattern:
    return Pattern(tuple(Hours(day, from_, until) for from_, until in hours))


def define(
    pattern: Pattern = DAILY, *, now: datetime = NOW, closed: tuple[date, ...] = (), **changes: Any
) -> DefineRoom:
    """Define r1."""
    known = replace(R1, **changes)
    return DefineRoom(
        "define", now, known.room, known.name, known.site, known.seats, known.equipment, known.step_free, pattern,
        ZONE, closed,
    )  # fmt: skip


def extend(days: int, closed: tuple[date, ...] = ()) -> ExtendHorizon:
    return ExtendHorizon("extend", NOW + timedelta(days=days), ZONE, closed)


def opened(event: object) -> HoursOpened:
    assert isinstance(event, HoursOpened)
    return event


def defined(pattern: Pattern = DAILY) -> Scenario:
    return house.given(*house.when(define(pattern)).decided)


def test_a_new_room_is_defined_and_opened_for_190_days() -> None:
    """Today included; booking hears on which days it is open, and from when to when."""
    definition, hours, days = house.when(define()).decided
    assert definition == R1
    assert hours == HoursSet("r1", DAILY)
    assert (opened(days).from_, opened(days).until) == (TODAY, LAST)
    assert [day.date for day in opened(days).days] == [TODAY + timedelta(days=n) for n in range(190)]


def test_today_is_the_local_date() -> None:
    """Half an hour after midnight in Gütersloh it is still yesterday in UTC."""
    night = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)
    *_, days = house.when(define(now=night)).decided
    assert opened(days).from_ == date(2026, 11, 23)


def test_the_same_definition_again_changes_nothing() -> None:
    """On the same day, and on a later one."""
    defined().when(define()).then()
    defined().when(define(now=NOW + timedelta(days=3))).then()


def test_another_name_is_said_without_the_hours() -> None:
    """Only what is new."""
    defined().when(define(name="Trauzimmer")).then(replace(R1, name="Trauzimmer"))


def test_other_hours_are_opened_at_once() -> None:
    """From today on, for the whole horizon; what was said before is replaced."""
    tuesdays = weekly("tue", ("08:00", "12:00"), ("14:00", "18:00"))
    hours, days = defined().when(define(tuesdays)).decided
    known = defined().given(hours, days).states["house"].rooms["r1"].days
    assert set(known) == {day.date for day in opened(days).days}
    assert hours == HoursSet("r1", tuesdays)
    assert (opened(days).from_, opened(days).until) == (TODAY, LAST)
    assert {day.date.weekday() for day in opened(days).days} == {1}
    assert {len(day.open) for day in opened(days).days} == {2}


def test_a_room_without_hours_is_closed_every_day() -> None:
    """That, too, is said."""
    hours, days = defined().when(define(Pattern())).decided
    assert hours == HoursSet("r1", Pattern())
    assert opened(days).days == ()


def test_closures_and_public_holidays_are_closed() -> None:
    """Closures are inclusive on both sides."""
    closure = Closure(date(2026, 12, 1), date(2026, 12, 3), "Umbau")
    christmas = (date(2026, 12, 25), date(2026, 12, 26))
    *_, days = house.when(define(replace(DAILY, closures=(closure,)), closed=christmas)).decided
    missing = {TODAY + timedelta(days=n) for n in range(190)} - {day.date for day in opened(days).days}
    assert missing == {date(2026, 12, 1), date(2026, 12, 2), date(2026, 12, 3), *christmas}


def test_a_new_public_holiday_is_said_when_the_room_is_defined_again() -> None:
    """The pattern is the same, the days are not."""
    [days] = defined().when(define(closed=(date(2026, 12, 25),))).decided
    assert date(2026, 12, 25) not in {day.date for day in opened(days).days}


def test_the_horizon_is_extended_by_the_days_that_have_come() -> None:
    """After three days, three; the second time that day, none."""
    [days] = defined().when(extend(3)).decided
    assert (opened(days).from_, opened(days).until) == (LAST + timedelta(days=1), LAST + timedelta(days=3))
    assert len(opened(days).days) == 3
    defined().given(days).when(extend(3)).then()
    defined().when(extend(0)).then()
    house.when(extend(3)).then()


def test_after_a_long_sleep_the_horizon_begins_today() -> None:
    """Nobody opens days that are over."""
    [days] = defined().when(extend(300)).decided
    assert opened(days).from_ == TODAY + timedelta(days=300)
    assert len(opened(days).days) == 190


def test_days_on_which_nothing_opens_are_not_said() -> None:
    """A room open on Tuesdays says something new once a week."""
    tuesdays = defined(weekly("tue", ("08:00", "12:00")))  # the last day opened is a Sunday
    tuesdays.when(extend(1)).then()
    [days] = tuesdays.when(extend(2)).decided
    assert [day.date for day in opened(days).days] == [date(2027, 6, 1)]


@pytest.mark.parametrize(
    ("pattern", "reason", "field"),
    [
        (weekly("tue", ("08:00", "08:00")), "until_not_after_from", "weekly.tue.0"),
        (weekly("tue", ("08:00", "12:00"), ("14:00", "13:00")), "until_not_after_from", "weekly.tue.1"),
        (weekly("wed", ("08:00", "12:00"), ("11:59", "13:00")), "overlap", "weekly.wed.1"),
        (Pattern((), (Closure(date(2026, 12, 2), date(2026, 12, 1)),)), "until_before_from", "closures.0.until"),
    ],
)
def test_hours_that_make_no_sense_are_refused(pattern: Pattern, reason: str, field: str) -> None:
    """With the field named; nothing is stored."""
    house.when(define(pattern)).then_refused(reason, field)
    defined().when(define(pattern)).then_refused(reason, field)


def test_the_state_stays_small() -> None:
    """Days long over are dropped; a year of daily extensions leaves about two horizons."""
    after = defined()
    for n in range(1, 366):
        after = after.given(*after.when(extend(n)).decided)
    known = after.states["house"].rooms["r1"].days
    assert len(known) <= 2 * 190
    assert max(known) == TODAY + timedelta(days=365 + 189)


def test_a_room_is_open_after_an_extension_as_before() -> None:
    """The new days join the old ones."""
    [days] = defined().when(extend(1)).decided
    known = defined().given(days).states["house"].rooms["r1"].days
    assert {TODAY + timedelta(days=n) for n in range(191)} == set(known)


def test_rooms_are_told_apart() -> None:
    """A second room leaves the first as it is."""
    both = defined().given(*house.when(define(room="r2", seats=8)).decided)
    assert {name: one.definition.seats for name, one in both.states["house"].rooms.items()} == {"r1": 3, "r2": 8}
    assert [e.room for e in both.when(extend(1)).decided] == ["r1", "r2"]
    assert isinstance(both.states["house"].rooms["r2"].definition, RoomDefined)


BRIDGE = Closure(date(2027, 5, 7), date(2027, 5, 7), "Brückentag")
HOLIDAYS = Closure(date(2026, 12, 24), date(2026, 12, 31), "Betriebsferien")


def close(*closures: Closure, site: str = "rathaus", now: datetime = NOW) -> SetClosures:
    return SetClosures("close", now, site, closures, ZONE)


def open_on(scenario: Scenario, day: date, room: str = "r1") -> bool:
    return day in scenario.states["house"].rooms[room].days


def test_a_whole_site_is_closed_on_bridge_days() -> None:
    """Each of its rooms is closed then, also one that is defined later; those of other sites are not."""
    elsewhere = replace(define(), room="r9", site="spexard")
    town = defined()
    town = town.given(*town.when(elsewhere).decided)
    set_, opened_ = town.when(close(BRIDGE, HOLIDAYS)).decided
    assert set_ == SiteClosuresSet("rathaus", (BRIDGE, HOLIDAYS))
    assert len(opened(opened_).days) == 190 - 9
    town = town.given(set_, opened_)
    town = town.given(*town.when(replace(define(), room="r2")).decided)
    assert [open_on(town, BRIDGE.from_, room) for room in ("r1", "r2", "r9")] == [False, False, True]
    town.when(close(BRIDGE, HOLIDAYS)).then()
    town.when(define()).then()


def test_a_closure_taken_back_opens_the_site_again() -> None:
    """What was set before is replaced."""
    town = defined()
    town = town.given(*town.when(close(BRIDGE, HOLIDAYS)).decided)
    town = town.given(*town.when(close(HOLIDAYS)).decided)
    assert open_on(town, BRIDGE.from_)
    assert not open_on(town, HOLIDAYS.until)


def test_a_closure_beyond_the_horizon_holds_when_its_day_comes() -> None:
    """The rooms say nothing new until then."""
    far = Closure(LAST + timedelta(days=2), LAST + timedelta(days=3))
    town = defined()
    (set_,) = town.when(close(far)).decided
    (later,) = town.given(set_).when(extend(4)).decided
    assert [day.date for day in opened(later).days] == [LAST + timedelta(days=1), LAST + timedelta(days=4)]


def test_a_room_that_moves_follows_the_closures_of_its_new_site() -> None:
    """Its own hours stay as they are."""
    town = defined()
    town = town.given(*town.when(replace(define(), room="r9", site="spexard")).decided)
    town = town.given(*town.when(close(BRIDGE, site="spexard")).decided)
    town = town.given(*town.when(define(site="spexard")).decided)
    assert not open_on(town, BRIDGE.from_)


def test_closures_that_make_no_sense_are_refused() -> None:
    """A site without rooms, most likely a slip of the pen; and an end before the beginning."""
    defined().when(close(BRIDGE, site="rathau")).then_refused("unknown_site")
    defined().when(close(replace(BRIDGE, until=TODAY))).then_refused("until_before_from")
