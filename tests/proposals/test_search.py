"""One concern: the right clerk, the right room, the first good times."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from services.booking.proposals.calendars import Calendar
from services.booking.proposals.index import Asked, Index
from services.booking.proposals.ranking import Objective
from services.booking.proposals.search import possible, search, still_free
from tests.proposals.town import MONDAY, NOW, ZONE, at, clerk, need, room, town, wish


def starts(found: object) -> list[str]:
    return [proposal.starts_at.strftime("%a %H:%M") for proposal in found.proposals]  # type: ignore[attr-defined]


def test_the_earliest_time_with_the_smallest_fitting_room_comes_first() -> None:
    """Monday 08:00, Anna, the room with two seats."""
    best = search(town(), wish(), NOW).proposals[0]
    stop = best.stops[0]
    assert (best.site, stop.clerk, stop.room) == ("rathaus", "anna", "r1")
    assert (stop.starts_at, stop.ends_at, stop.blocked_until) == (at("08:00"), at("08:20"), at("08:25"))
    assert best.starts_at.utcoffset() == timedelta(hours=1)


def test_proposals_are_spread() -> None:
    """Not five times within ten minutes."""
    times = [proposal.starts_at for proposal in search(town(), wish(), NOW).proposals]
    assert len(times) == 5
    assert all(abs(one - other) >= timedelta(minutes=30) for one in times for other in times if one != other)


def test_a_taken_clerk_is_not_proposed_until_freed() -> None:
    """Taken from eight to ten: Bert at ten is next; freed: Anna at eight."""
    index = town()
    index.take("a1", 1, "clerk", "anna", at("08:00"), at("12:00"))
    assert starts(search(index, wish(limit=1), NOW)) == ["Mon 10:00"]
    index.free("a1", 1)
    assert starts(search(index, wish(limit=1), NOW)) == ["Mon 08:00"]


def test_what_is_asked_for_blocks_until_it_is_answered() -> None:
    """A pending place is not proposed; the holder's answer replaces it, with the clerk it chose."""
    index = town()
    index.pend("a1", 1, [Asked("r1", "anna", at("08:00"), at("08:25"))])
    best = search(index, wish(limit=1), NOW).proposals[0]
    assert best.starts_at == at("08:25")
    index.take("a1", 1, "room", "r2", at("08:00"), at("08:25"))
    index.take("a1", 1, "clerk", "bert", at("08:00"), at("08:25"))
    assert search(index, wish(limit=1), NOW).proposals[0].starts_at == at("08:00")


def test_a_large_party_waits_for_the_large_room() -> None:
    """A family of six needs the room for seven."""
    index = town()
    index.take("a1", 1, "room", "r3", at("08:00"), at("09:00"))
    best = search(index, wish(need(seats=7)), NOW).proposals[0]
    assert (best.starts_at, best.stops[0].room) == (at("09:00"), "r3")


def test_nothing_says_what_is_missing() -> None:
    """No such competence, no such room, and full until Tuesday."""
    index = town()
    assert search(index, wish(need(competences=("trauung",))), NOW).nothing_because.because == "no_clerk"  # type: ignore[union-attr]
    assert search(index, wish(need(seats=20)), NOW).nothing_because.because == "too_few_seats"  # type: ignore[union-attr]
    for name in ("anna", "bert"):
        index.take("a-" + name, 1, "clerk", name, at("08:00"), at("18:00"))
    nothing = search(index, wish(until_date=MONDAY), NOW).nothing_because
    assert nothing is not None
    assert (nothing.because, nothing.next_chance) == ("full", at("08:00", MONDAY + timedelta(1)))


def test_two_concerns_in_one_go_by_one_clerk() -> None:
    """A clerk who can do both does so without a break; her calendar's owner cuts the buffer between."""
    stops = search(town(), wish(need("a"), need("b", 10)), NOW).proposals[0].stops
    assert [(stop.concern, stop.starts_at, stop.blocked_until, stop.clerk) for stop in stops] == [
        ("a", at("08:00"), at("08:25"), "anna"),
        ("b", at("08:20"), at("08:35"), "anna"),
    ]


def test_two_concerns_by_two_clerks_in_the_useful_order() -> None:
    """What only Bert can do comes second if Anna is in earlier."""
    stops = search(town(), wish(need("melden", competences=("meldewesen",)), need("pass", 30)), NOW).proposals[0].stops
    assert [(stop.concern, stop.starts_at, stop.clerk) for stop in stops] == [
        ("pass", at("09:30"), "anna"),
        ("melden", at("10:00"), "bert"),
    ]


def test_a_proposal_stays_free_as_long_as_anybody_fitting_is() -> None:
    """Not only the preferred clerk and room count; pending ones do not stand against it unless asked."""
    index = town()
    proposal = search(index, wish(from_date=MONDAY + timedelta(1)), NOW).proposals[0]
    index.pend("a1", 1, [Asked("r1", "anna", at("08:00", MONDAY + timedelta(1)), at("09:00", MONDAY + timedelta(1)))])
    assert still_free(index, proposal.stops, (need(),))
    assert not still_free(index, proposal.stops, (need(),), ignoring_pending=False)
    clerk(index, "cem", days=5)
    assert still_free(index, proposal.stops, (need(),), ignoring_pending=False)
    for name in ("anna", "cem"):
        index.take("b-" + name, 1, "clerk", name, proposal.starts_at, proposal.ends_at)
    assert not still_free(index, proposal.stops, (need(),))


def test_a_later_definition_and_opening_replace_the_earlier_ones() -> None:
    """A room that grows and opens later is found as it is now."""
    index = town()
    room(index, "r1", 9, "13:00-18:00")
    best = search(index, wish(need(seats=8)), NOW).proposals[0]
    assert (best.starts_at, best.stops[0].clerk) == (at("13:00"), "bert")


def test_a_visit_and_its_buffer_lie_within_one_day() -> None:
    """The owners of rooms and calendars guard days; what crosses midnight could not be held."""
    index, tuesday = town(), MONDAY + timedelta(1)
    index.open_clerk("anna", MONDAY, MONDAY, {MONDAY: [("rathaus", at("22:00"), at("02:00", tuesday))]})
    index.open_room("r1", MONDAY, MONDAY, {MONDAY: [(at("22:00"), at("02:00", tuesday))]})
    late = {"parts": (), "not_before": at("23:00"), "not_after": at("01:00", tuesday), "limit": 99}
    times = [start for start, _ in possible(index, wish(**late), NOW)]
    assert at("23:35") in times
    assert at("23:40") not in times
    assert at("23:55") not in times
    assert at("00:00", tuesday) in times
    assert at("23:55") in [start for start, _ in possible(index, wish(past_midnight=True, **late), NOW)]


def test_a_buffer_before_a_visit_lies_within_its_day() -> None:
    """It may reach into closed time, but not past midnight."""
    index, tuesday = town(), MONDAY + timedelta(1)
    index.open_clerk("anna", MONDAY, tuesday, {tuesday: [("rathaus", at("00:00", tuesday), at("12:00", tuesday))]})
    index.open_room("r1", MONDAY, tuesday, {tuesday: [(at("00:05", tuesday), at("12:00", tuesday))]})
    early = {"not_before": at("23:00"), "not_after": at("01:00", tuesday)}
    times = [start for start, _ in possible(index, wish(need(buffer_before=10), **early), NOW)]
    assert times[0] == at("00:10", tuesday)
    anyway = possible(index, wish(need(buffer_before=10), past_midnight=True, **early), NOW)
    assert anyway[0][0] == at("00:05", tuesday)


def test_only_the_responsible_clerk_is_proposed() -> None:
    """By the key of the rule, or whoever is there for anyone; in the department."""
    index = town()
    for name, department, kind, key in (
        ("c1", "abh", "surname", "a-k"),
        ("c2", "abh", "surname", "l-z"),
        ("c3", "abh", "anyone", None),
        ("c4", "other", "surname", "l-z"),
    ):
        rule = {"department": department, "kind": kind, "key": key}
        clerk(index, name, departments=("abh",), competences=(), responsibility=(rule,))
    asked = need(department="abh", competences=(), responsibility="l-z")
    assert index.fitting_clerks(asked, "rathaus") == ("c2", "c3")
    assert index.fitting_clerks(replace(asked, responsibility=None), "rathaus") == ("c1", "c2", "c3", "c4")


def test_at_each_site_only_its_own_clerks_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """A city of many sites: the work is that of all sites, not that of all sites times all clerks."""
    index, sites = Index(ZONE), [f"s{number}" for number in range(20)]
    for site in sites:
        room(index, f"r-{site}", site=site)
        clerk(index, f"c-{site}", site=site)
    looked: list[str] = []
    starts = Calendar.starts
    monkeypatch.setattr(Calendar, "starts", lambda one, site, *more: looked.append(site) or starts(one, site, *more))
    assert len(search(index, wish(limit=50), NOW).proposals) == 50
    assert sorted(site for site in looked if site) == sorted(sites)


def test_a_clerk_who_comes_to_a_site_is_found_there_at_once() -> None:
    """Whoever asked before asks again."""
    index = town()
    room(index, "r9", site="avenwedde")
    assert search(index, wish(site="avenwedde"), NOW).nothing_because
    index.open_clerk("anna", MONDAY, MONDAY, {MONDAY: [("avenwedde", at("08:00"), at("09:00"))]})
    assert search(index, wish(site="avenwedde"), NOW).proposals[0].stops[0].clerk == "anna"


def test_how_rare_a_competence_is_follows_each_definition() -> None:
    """Said again, changed, and as if it had been so from the beginning."""
    index, afresh = town(), town()
    clerk(index, "anna", competences=("pass", "meldewesen", "kfz"))
    clerk(index, "anna", competences=("kfz",))
    clerk(index, "anna", competences=("kfz",))
    assert {name: many for name, many in index.rarity.items() if many} == {"pass": 1, "meldewesen": 1, "kfz": 1}
    clerk(index, "anna")
    assert {name: many for name, many in index.rarity.items() if many} == afresh.rarity


def test_an_impossible_date_is_no_error() -> None:
    """The year 9999 finds what there is, the year 1 begins now."""
    index = town()
    assert search(index, wish(from_date=date.min, until_date=date.max), NOW).proposals
    assert not search(index, wish(from_date=date.max), NOW).proposals


def test_many_concerns_stay_in_the_order_asked_for() -> None:
    """Six of them, and an hour's gap: better all later than waiting an hour, unless the guest minds less."""
    index = town()
    index.take("a", 1, "clerk", "anna", at("09:00"), at("10:00"))
    asked = wish(*(need(f"c{number}", 20, buffer=0) for number in range(6)), limit=3)
    assert search(index, asked, NOW).proposals[0].starts_at == at("10:00")
    best = search(index, asked, NOW, Objective(waiting=1.0)).proposals[0]
    assert [stop.concern for stop in best.stops] == [f"c{number}" for number in range(6)]
    times = [stop.starts_at.strftime("%H:%M") for stop in best.stops]
    assert times == ["08:00", "08:20", "08:40", "10:00", "10:20", "10:40"]
    assert best.score["waiting"] == 60


def test_nobody_waits_longer_than_wished() -> None:
    """With at most fifty minutes the visit begins when all of it can follow."""
    index = town()
    index.take("a", 1, "clerk", "anna", at("09:00"), at("10:00"))
    asked = wish(*(need(f"c{number}", 20, buffer=0) for number in range(6)), max_wait=50)
    assert search(index, asked, NOW).proposals[0].starts_at == at("10:00")
