"""Why nothing is offered, and what would help."""

from datetime import datetime, time, timedelta
from typing import Any

import pytest

from services.booking.proposals.release import Release, Weekly
from services.booking.proposals.search import search
from services.booking.proposals.wish import Nothing, Wish
from tests.proposals.town import MONDAY, NOW, at, clerk, hours, need, room, town, week, wish

ANYONE = ({"department": "buergerbuero", "kind": "anyone", "key": None},)


def nothing(asked: Wish, index: Any = None, now: datetime = NOW) -> Nothing:
    found = search(index or town(), asked, now)
    assert found.nothing_because is not None, found.proposals
    return found.nothing_because


@pytest.mark.parametrize(
    ("asked", "because"),
    [
        (Wish(stops=()), "no_concern"),
        (wish(site="nowhere"), "no_site"),
        (wish(need(department="bauamt")), "no_clerk"),
        (wish(need(competences=("trauung",))), "no_clerk"),
        (wish(need(responsibility="a-k")), "not_responsible"),
        (wish(language="fr"), "no_language"),
        (wish(need(equipment=("screen",))), "no_equipment"),
        (wish(need(equipment=("fingerprint",), step_free=True)), "not_step_free"),
        (wish(need(seats=8)), "too_few_seats"),
        (wish(until_date=NOW.date() - timedelta(1)), "outside_horizon"),
        (wish(need(lead_minutes=60 * 24 * 300)), "outside_horizon"),
        (wish(from_date=MONDAY + timedelta(4), weekdays=(0,)), "outside_horizon"),
        (wish(parts=((time(18), time(20)),)), "clerk_absent"),
        (wish(need(minutes=500)), "too_long"),
    ],
)
def test_the_first_requirement_that_leaves_nothing_is_named(asked: Wish, because: str) -> None:
    """From who and where to when."""
    assert nothing(asked).because == because


def test_the_largest_room_is_named() -> None:
    """Eight seats, and the largest room has seven."""
    assert nothing(wish(need(seats=8))).detail == {"seats": 8, "largest": 7}


def test_full_until_tuesday() -> None:
    """The next chance is the next day, if the guest would come later."""
    index = town()
    for name in ("anna", "bert"):
        index.take(name, 1, "clerk", name, at("08:00"), at("18:00"))
    because = nothing(wish(until_date=MONDAY), index)
    assert (because.because, because.opens) == ("full", "later")
    assert because.next_chance == at("08:00", MONDAY + timedelta(1))


def test_an_absent_clerk_is_there_at_another_time_or_site() -> None:
    """Nobody is in the town hall in the evening, but on Monday morning, or at Avenwedde."""
    index = town()
    room(index, "r9", site="avenwedde", opened="08:00-20:00")
    clerk(index, "cem", "16:00-20:00", site="avenwedde")
    because = nothing(wish(site="rathaus", parts=((time(17), time(20)),)), index)
    assert because.because == "clerk_absent"
    assert {chance.opens: chance.starts_at for chance in because.chances} == {
        "other_times": at("08:00"),
        "other_site": at("17:00"),
    }
    assert because.detail == {"site": "rathaus"}


def test_a_room_that_is_closed_when_the_clerk_is_there() -> None:
    """Anna works in the morning, the only large room opens at one."""
    index = town()
    room(index, "r3", 7, "17:00-18:00")
    assert nothing(wish(need(seats=5)), index).because == "closed"
    index.open_room("r3", MONDAY, MONDAY + timedelta(9), {})
    assert nothing(wish(need(seats=5)), index).because == "room_closed"


def test_clerks_who_work_where_no_room_is() -> None:
    """Cem works in Avenwedde only, which has no room, later one that is too small; the town hall's rooms don't help."""
    index = town()
    clerk(index, "cem", site="avenwedde", competences=("trauung",))
    married = need("trauung", competences=("trauung",), seats=4)
    assert (nothing(wish(married), index).because, nothing(wish(married), index).concern) == ("no_room", "trauung")
    there = nothing(wish(site="avenwedde"), index)
    assert (there.because, there.opens) == ("no_room", "other_site")
    assert nothing(wish(married, until_date=NOW.date()), index).because == "clerk_absent"
    room(index, "r9", 3, site="avenwedde")
    assert nothing(wish(married), index).because == "too_few_seats"
    assert nothing(wish(married), index).detail == {"seats": 4, "largest": 3}
    room(index, "r9", 4, site="avenwedde", opened="13:00-18:00")
    assert nothing(wish(married), index).because == "closed"


def test_two_concerns_that_fit_only_in_two_visits() -> None:
    """One clerk comes in the morning, the other three hours after she has left."""
    index = town()
    clerk(index, "bert", "15:00-16:00", competences=("meldewesen",))
    because = nothing(wish(need("a"), need("b", competences=("meldewesen",))), index)
    assert (because.because, because.opens, because.next_chance) == ("not_together", "separate_visits", at("15:00"))


def test_behind_the_horizon_it_says_when_booking_opens() -> None:
    """Monday is full, Tuesday can be booked from Monday on."""
    index = town()
    for name in ("anna", "bert"):
        index.take(name, 1, "clerk", name, at("08:00"), at("18:00"))
    because = nothing(wish(need(horizon_days=1)), index)
    assert (because.because, because.opens) == ("not_released", "released")
    assert because.detail["bookable_from"] == "2026-11-23"
    weekly = Release(weekly=Weekly(0, time(9), 1))
    assert search(index, wish(need(release=weekly)), at("09:00")).proposals
    week_before = datetime(2026, 11, 16, 8, 59, tzinfo=NOW.tzinfo)
    assert nothing(wish(need(release=weekly)), index, week_before).detail["bookable_from"] == "2026-11-16"


@pytest.mark.parametrize(
    ("release", "bookable_from"),
    [(Release(shares=((1, 100),)), "2026-11-29"), (Release(weekly=Weekly(0, time(9), 1)), "2026-11-23")],
)
def test_days_that_are_not_released_are_not_called_full(release: Release, bookable_from: str) -> None:
    """Everything is free in a week; that one could come earlier does not change why nothing can be had then."""
    index, week_later = town(), MONDAY + timedelta(7)
    room(index, "r1", days=8)
    clerk(index, "anna", days=8)
    asked = wish(need(horizon_days=60, release=release), from_date=week_later, until_date=week_later)
    because = nothing(asked, index, at("08:30"))
    assert [chance.opens for chance in because.chances] == ["earlier", "released"]
    assert (because.because, because.opens) == ("not_released", "released")
    assert (because.next_chance, because.detail["bookable_from"]) == (at("08:00", week_later), bookable_from)


def test_days_that_are_full_are_called_so_whatever_is_released_later() -> None:
    """Monday is full; Tuesday, which was not asked for, can be booked from Monday on."""
    index = town()
    for name in ("anna", "bert"):
        index.take(name, 1, "clerk", name, at("08:00"), at("18:00"))
    because = nothing(wish(need(horizon_days=1), until_date=MONDAY), index, at("00:00", NOW.date()))
    assert (because.because, because.opens) == ("full", "released")
    assert because.next_chance == at("08:00", MONDAY + timedelta(1))


def test_days_behind_the_horizon_say_when_they_open() -> None:
    """They are outside the horizon also where one could come earlier."""
    thursday = MONDAY + timedelta(3)
    because = nothing(wish(need(horizon_days=2), from_date=thursday), now=at("07:00"))
    assert because.because == "outside_horizon"
    assert [chance.opens for chance in because.chances] == ["earlier", "released"]
    assert because.chances[1].detail["bookable_from"] == "2026-11-24"


def test_hours_that_are_kept_for_others_open_in_time() -> None:
    """All of Anna's hours are for urgent cases until a day before; Bert's are never for everybody."""
    index = town()
    urgent, never = [
        {day: [("rathaus", *hours("08:00-12:00", day), *kept)] for day in week(5)}
        for kept in (("urgent", 60 * 24), ("internal", None))
    ]
    index.open_clerk("anna", MONDAY, MONDAY + timedelta(4), urgent)
    index.open_clerk("bert", MONDAY, MONDAY + timedelta(4), never)
    because = nothing(wish(), index, at("19:00", MONDAY - timedelta(3)))
    assert (because.because, because.opens, because.next_chance) == ("not_released", "released", at("08:00"))
    assert because.detail == {"site": "rathaus", "bookable_from": "2026-11-22"}
    assert search(index, wish(), at("08:15", MONDAY - timedelta(1))).proposals[0].starts_at == at("08:00")
    for too_late in ({"lead_minutes": 60 * 24}, {"lead_days": 1}):
        because = nothing(wish(need(**too_late)), index, at("19:00", MONDAY - timedelta(3)))
        assert (because.because, because.chances) == ("clerk_absent", ())
    index.open_clerk("anna", MONDAY, MONDAY + timedelta(4), never)
    assert nothing(wish(), index).because == "clerk_absent"


def test_what_is_over_before_its_week_opens_is_no_chance() -> None:
    """On Tuesdays at nine for the same week: on Sunday the next chance is on Tuesday, not on Monday."""
    index, asked = town(), wish(need(release=Release(weekly=Weekly(1, time(9), 0))))
    because = nothing(asked, index)
    assert (because.next_chance, because.detail["bookable_from"]) == (at("09:00", MONDAY + timedelta(1)), "2026-11-24")
    tuesday = at("09:00", MONDAY + timedelta(1))
    assert search(index, asked, tuesday).proposals[0].starts_at == tuesday
    for name in ("anna", "bert"):
        index.open_clerk(name, MONDAY, MONDAY + timedelta(4), {MONDAY: [("rathaus", *hours("08:00-12:00", MONDAY))]})
    assert nothing(asked, index).chances == ()
