"""When can I come? Everything that may be asked for, and what is said when there is nothing."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from services.booking import http
from services.booking.commands import Note, SetCatalogue
from services.booking.events import (
    ClerkHoursNoted,
    ClerkNoted,
    Concern,
    OpenDay,
    Opening,
    RoomHoursNoted,
    RoomNoted,
    Rule,
    Text,
)
from services.booking.planning import NotPossible
from services.booking.service import Booking, BookingService
from tests.booking.facts import NOW
from tests.over_http import over_http

DAYS = [datetime.fromisoformat(f"2026-11-{day}T00:00:00+01:00") for day in (24, 25, 26)]  # Tuesday to Thursday


def _open(first: int, last: int, site: str = "") -> tuple[OpenDay, ...]:
    hours = [(day + timedelta(hours=first), day + timedelta(hours=last)) for day in DAYS]
    return tuple(OpenDay(begins.date(), (Opening(begins, ends, site),)) for begins, ends in hours)


def _hours(kind: Any, name: str, first: int, last: int, site: str = "") -> Any:
    return kind(name, DAYS[0].date(), DAYS[-1].date(), _open(first, last, site))


TOWN = (
    RoomNoted("r-1", "Raum 1", "rathaus", 3, (), False),
    RoomNoted("r-2", "Raum 2", "avenwedde", 3, (), True),
    ClerkNoted("c-1", "A", ("office",), ("pass",), (Rule("office", "anyone"),), ("de",)),
    ClerkNoted("c-2", "B", ("office",), ("pass", "car"), (Rule("office", "anyone"),), ("de", "tr")),
    _hours(RoomHoursNoted, "r-1", 8, 16),
    _hours(RoomHoursNoted, "r-2", 8, 16),
    _hours(ClerkHoursNoted, "c-1", 8, 14, "rathaus"),
    _hours(ClerkHoursNoted, "c-2", 9, 15, "avenwedde"),
)
CONCERNS = (
    Concern("pass", Text("Pass", "Passport"), "office", 20, competences=("pass",)),
    Concern("car", Text("Auto", "Car"), "office", 15, competences=("car",)),
)


@pytest.fixture
def town(booking: Booking) -> Booking:
    """Two sites, two clerks, three days."""
    for fact in TOWN:
        booking.handle(Note("c", NOW, fact))
    booking.handle(SetCatalogue("c", NOW, CONCERNS))
    return booking


@pytest.fixture
def ask(town: Booking) -> Callable[..., dict[str, Any]]:
    """The answer to a query, as JSON."""

    def asked(**query: Any) -> dict[str, Any]:
        loaded = http.ProposalsQuery().load({"concern": ["pass"], "limit": "50"} | query)
        answer: dict[str, Any] = http.ProposalsAnswer().dump(town.reads.proposals(loaded, NOW))
        return answer

    return asked


def _starts(answer: dict[str, Any]) -> list[datetime]:
    assert answer["proposals"]
    return [datetime.fromisoformat(one["starts_at"]) for one in answer["proposals"]]


def test_mornings_or_afternoons(ask: Callable[..., dict[str, Any]]):
    """The whole visit lies in them; both together are the whole day."""
    assert all(start.hour >= 12 for start in _starts(ask(part=["afternoon"])))
    ends = [datetime.fromisoformat(one["ends_at"]) for one in ask(part=["morning"])["proposals"]]
    assert max((end.hour, end.minute) for end in ends) <= (12, 0)
    assert _unsigned(ask(part=["morning", "afternoon"])) == _unsigned(ask())


def _unsigned(answer: dict[str, Any]) -> dict[str, Any]:
    """All but the proposals' ids, which hold the second at which they were signed."""
    return answer | {"proposals": [{**one, "id": ""} for one in answer["proposals"]]}


def test_weekdays_and_not_before(ask: Callable[..., dict[str, Any]]):
    """A plus sign that was not escaped is understood."""
    assert {start.weekday() for start in _starts(ask(weekday=["wed", "thu"]))} == {2, 3}
    moment = datetime.fromisoformat("2026-11-25T10:10:00+01:00")
    assert min(_starts(ask(not_before="2026-11-25T10:10:00 01:00"))) == moment


def test_language_step_free_and_site(ask: Callable[..., dict[str, Any]]):
    """Only the second clerk speaks Turkish; only the second room is step-free."""
    for query in ({"language": "tr"}, {"step_free": "1"}, {"site": "avenwedde"}):
        assert {one["site"] for one in ask(**query)["proposals"]} == {"avenwedde"}


def test_several_concerns_in_the_order_that_fits(ask: Callable[..., dict[str, Any]], town: Booking):
    """In one visit with one clerk, without waiting; documents once; the parts of the score are shown."""
    first = ask(concern=["car", "pass"])["proposals"][0]
    assert {stop["concern"] for stop in first["stops"]} == {"car", "pass"}
    assert (first["minutes"], first["site"]) == (35, "avenwedde")
    assert set(first["score"]) == {"early", "waiting", "walking", "room", "load", "scarce", "crumbs"}
    assert first["cost"] == pytest.approx(sum(first["score"].values()), abs=0.01)
    assert town.reads.free(town.plan(first["id"], "de"), NOW)


def test_the_order_of_concerns_does_not_hinder_a_move(town: Booking):
    """The same visit in another order is the same visit."""
    loaded = http.ProposalsQuery().load({"concern": ["pass", "car"]})
    plan = town.plan(town.reads.proposals(loaded, NOW)["proposals"][0]["id"], "de")
    others = town.reads.instead(plan, NOW)
    assert {tuple(sorted(stop["concern"] for stop in one["stops"])) for one in others} == {("car", "pass")}


def test_nothing_says_which_requirement_and_what_would_open_it(ask: Callable[..., dict[str, Any]]):
    """The clerk for cars is never at the town hall."""
    nothing = ask(concern=["car"], site="rathaus")["nothing_because"]
    assert (nothing["because"], nothing["concern"], nothing["opens"]) == ("clerk_absent", "car", "other_site")
    assert nothing["next_chance"] == "2026-11-24T09:00:00+01:00"
    assert nothing["detail"]["site"] == "avenwedde"
    two = ask(concern=["pass", "car"], site="rathaus", language="tr")["nothing_because"]
    assert {chance["opens"] for chance in two["chances"]} >= {"other_site"}
    seats = ask(party_size="3")["nothing_because"]
    assert (seats["because"], seats["detail"]) == ("too_few_seats", {"seats": 4, "largest": 3})


@pytest.mark.parametrize(
    "query",
    [{"part": ["night"]}, {"weekday": ["monday"]}, {"not_before": "tomorrow"}, {"language": "T R"}],
    ids=lambda query: next(iter(query)),
)
def test_what_can_not_be_meant_is_refused(ask: Callable[..., dict[str, Any]], query: dict[str, Any]):
    """Naming the field."""
    with pytest.raises(http.ValidationError) as error:
        ask(**query)
    assert set(error.value.messages_dict) == set(query)


def test_what_a_form_leaves_empty_is_not_asked_for(town: Booking):
    """As the call is written: a field without a value is one that was not given."""
    http_of, day = over_http(BookingService, town, roles=()), DAYS[0].date()
    empty = "&site=&surname=&street=&language=&not_before=&part=&weekday=&answer=&audience=&party_size="
    answer = http_of.get(f"/api/proposals?concern=pass&from={day}&until={day}&step_free=1&limit=5{empty}")
    assert answer.status_code == 200
    assert {one["site"] for one in answer.get_json()["proposals"]} == {"avenwedde"}
    assert (
        http_of.get("/api/proposals?concern=pass&from=&until=&limit=&step_free=&part=&part=morning").status_code == 200
    )
    refused = http_of.get("/api/proposals?concern=&surname=").get_json()
    assert [error["field"] for error in refused["errors"]] == ["concern"]


EXTREMES = [
    "not_before=9999-12-31T23:59:59-14:00",
    "not_before=9999-12-31T23:59:59%2B14:00",
    "not_before=9998-01-01T00:00:00Z&until=9999-12-31",
    "from=9999-12-31&until=9999-12-31",
    "not_before=2026-11-24T09:00:00Z&until=2026-11-23",
]


@pytest.mark.parametrize("wishes", ["", "&weekday=mon", "&part=morning", "&part=afternoon&weekday=sun"])
@pytest.mark.parametrize("extreme", EXTREMES)
def test_beyond_all_days_there_is_nothing(town: Booking, extreme: str, wishes: str):
    """However far away, and whatever else is wished."""
    answer = over_http(BookingService, town, roles=()).get(f"/api/proposals?concern=pass&{extreme}{wishes}")
    assert answer.status_code == 200
    assert answer.get_json()["nothing_because"]["because"] == "outside_horizon"


@pytest.mark.parametrize("wishes", ["", "&weekday=tue", "&part=morning", "&until=9999-12-31"])
@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00Z", "0001-01-01T00:00:00%2B14:00", "0001-01-01T00:00:00-14:00"])
def test_before_all_days_is_from_now_on(town: Booking, moment: str, wishes: str):
    """Nothing is kept from whoever asks from the first day of the calendar on."""
    answer = over_http(BookingService, town, roles=()).get(f"/api/proposals?concern=pass&not_before={moment}{wishes}")
    assert answer.status_code == 200
    assert answer.get_json()["proposals"]


def test_a_day_is_over_when_it_is_over_in_the_town(town: Booking):
    """Not in Greenwich: late in the evening west of it today can still be asked for."""
    query = http.ProposalsQuery().load({"concern": ["pass"], "until": "2026-11-22"})
    town.reads.zone = ZoneInfo("America/Lima")
    late, over = datetime(2026, 11, 23, 4, 59, tzinfo=UTC), datetime(2026, 11, 23, 5, tzinfo=UTC)
    assert town.reads.proposals(query, late)["nothing_because"] is not None
    for zone, now in (("America/Lima", over), ("Europe/Berlin", datetime(2026, 11, 22, 23, tzinfo=UTC))):
        town.reads.zone = ZoneInfo(zone)
        with pytest.raises(NotPossible) as refused:
            town.reads.proposals(query, now)
        assert (refused.value.field, refused.value.detail) == ("until", "This day is over.")


@pytest.mark.parametrize("address", ["ada@example.test", "ada@rathaus.local", "ada@example.org"])
def test_the_towns_own_mail_server_decides_whom_it_reaches(address: str) -> None:
    """Names of the town's own network, and those that testers use, are addresses, too."""
    assert http.GuestBody().load({"name": "Ada", "email": address})["email"] == address
