"""A day is played as guests would: every row once, a cancellation finds its booking, a lost race is not the end."""

import itertools
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from deploy.home import BadInput
from deploy.town.calls import Calls, NotUp, Refused
from deploy.town.facts import Town, Wanted, load
from deploy.town.furnish import NothingOffered, furnish, steps, wait_until_offered
from deploy.town.play import Outcome, Player, paired, play

Serve = Callable[[Callable[..., Any]], None]
TOWN = load()
TODAY = date(2026, 11, 22)


class Booking:
    """Booking's side: offers one place after the other and decides at the second look."""

    def __init__(self, decide: Callable[[int], str] = lambda n: "confirmed") -> None:
        self.decide = decide
        self.numbers = itertools.count()
        self.looks: Counter[str] = Counter()
        self.status: dict[str, str] = {}
        self.posted: dict[str, Any] = {}
        self.queries: list[dict[str, list[str]]] = []
        self.nothing: dict[str, Any] | None = None
        self.conflicts = 0
        self.confirm_by: str | None = None
        self.lock = threading.Lock()

    def __call__(self, method: str, path: str, body: Any, headers: dict[str, str]) -> tuple[int, Any]:
        with self.lock:
            match method, urlsplit(path).path.split("/")[2:]:
                case "GET", ["proposals"]:
                    self.queries.append(parse_qs(urlsplit(path).query))
                    return 200, {"proposals": [] if self.nothing else [{"id": "p"}], "nothing_because": self.nothing}
                case "POST", ["appointments"]:
                    return self.requested(body, headers["Idempotency-Key"])
                case "GET", ["appointments", appointment]:
                    return 200, self.shown(appointment, headers)
                case "POST", ["appointments", appointment, "cancellation"]:
                    assert headers["Authorization"] == f"Bearer token-{appointment}"
                    self.status[appointment] = "cancelled"
                    return 202, {}
        return 404, {"title": "Not here"}

    def requested(self, body: Any, key: str) -> tuple[int, Any]:
        assert key not in self.posted
        self.posted[key] = body
        if self.conflicts:
            self.conflicts -= 1
            return 409, {"title": "This time is no longer free", "type": "/problems/place_taken"}
        n = next(self.numbers)
        self.status[f"a{n}"] = self.decide(n)
        return 202, {"appointment": f"a{n}", "status": "requested", "manage_token": f"token-a{n}"}

    def shown(self, appointment: str, headers: dict[str, str]) -> dict[str, Any]:
        assert headers["Authorization"] == f"Bearer token-{appointment}"
        self.looks[appointment] += 1
        status = self.status[appointment] if self.looks[appointment] > 1 else "requested"
        because = ["room_taken"] if status == "declined" else []
        confirm_by = self.confirm_by if self.looks[appointment] > 1 else None
        return {"appointment": appointment, "status": status, "because": because, "confirm_by": confirm_by}


@pytest.fixture
def booking(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> Booking:
    monkeypatch.setattr("deploy.town.play.GLANCE", 0.005)
    side = Booking()
    serve(side)
    return side


def player(town: Town = TOWN) -> Player:
    return Player(Calls(), town, TODAY, "run", threading.Event())


def row(action: Any = "book", minute: int = 600, lead: int = 3, concern: str = "reisepass", party: int = 1) -> Wanted:
    return Wanted(minute, action, lead, concern, party)


def played(*rows: Wanted) -> list[Outcome]:
    return play(player(), rows, 0.05, lambda _: None)


def test_every_row_has_its_outcome_and_a_cancellation_its_booking(booking: Booking) -> None:
    """The first standing booking with the same values is cancelled, and only that one."""
    outcomes = played(row(), row(), row(party=2), row("cancel"), row("cancel", party=2))
    assert [outcome.status for outcome in outcomes] == ["confirmed"] * 3 + ["cancelled"] * 2
    assert [outcome.appointment for outcome in outcomes[3:]] == [outcomes[0].appointment, outcomes[2].appointment]
    assert Counter(booking.status.values()) == {"cancelled": 2, "confirmed": 1}


def test_a_guest_asks_for_the_day_and_says_what_decides_who_is_responsible(booking: Booking) -> None:
    """Lead time, party, surname or street; a surname is the guest's own."""
    played(row(lead=5, party=3), row(concern="wohngeld"), row(concern="bauakten"))
    by_concern = {query["concern"][0]: query for query in booking.queries}
    assert (by_concern["reisepass"]["from"], by_concern["reisepass"]["until"]) == (["2026-11-27"], ["2026-12-11"])
    assert by_concern["reisepass"]["party_size"] == ["3"]
    assert by_concern["bauakten"]["street"][0] in TOWN.guests["districts"]
    names = {body["guest"]["name"].split(" ")[-1] for body in booking.posted.values()}
    assert by_concern["wohngeld"]["surname"][0] in names
    assert all(body["guest"]["email"].endswith("@example.org") for body in booking.posted.values())


def test_a_guest_whose_place_was_taken_takes_another(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both times count as asked: the day's table must not hide a decline."""
    monkeypatch.setattr("deploy.town.play.GLANCE", 0.005)
    side = Booking(lambda n: "confirmed" if n == 1 else "declined")
    serve(side)
    (outcome,) = played(row())
    assert (outcome.status, [before.status for before in outcome.before]) == ("confirmed", ["declined"])
    assert outcome.before[0].because == ("room_taken",)
    assert sorted(side.posted) == ["demo-run-0-0", "demo-run-0-1"]


def test_a_proposal_that_is_gone_at_the_request_is_asked_for_anew(booking: Booking) -> None:
    """A conflict is a lost race; another refusal is not."""
    booking.conflicts = 1
    (outcome,) = played(row())
    assert [o.because for o in outcome.before] == [("place_taken",)]
    assert outcome.status == "confirmed"


def test_who_loses_every_race_gives_up(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """After four times."""
    monkeypatch.setattr("deploy.town.play.GLANCE", 0.005)
    side = Booking(lambda n: "declined")
    serve(side)
    (outcome, cancelled) = played(row(), row("cancel"))
    assert (outcome.status, len(outcome.before), len(side.posted)) == ("declined", 3, 4)
    assert cancelled.status == "declined"


def test_who_must_say_yes_by_mail_is_not_waited_for(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody reads these mails; there is nothing to cancel yet."""
    monkeypatch.setattr("deploy.town.play.GLANCE", 0.005)
    side = Booking(lambda n: "requested")
    side.confirm_by = "2026-11-22T10:30:00+01:00"
    serve(side)
    outcomes = played(row(), row("cancel"))
    assert [outcome.status for outcome in outcomes] == ["asked", "asked"]
    assert side.looks == {"a0": 2}


def test_nothing_offered_is_an_outcome_with_its_reason(booking: Booking) -> None:
    """The guest has looked at the days asked for, and at all."""
    booking.nothing = {"because": "full"}
    (outcome,) = played(row())
    assert (outcome.status, outcome.because, booking.posted) == ("nothing", ("full",), {})
    assert [query["from"] for query in booking.queries] == [["2026-11-25"], ["2026-11-22"]]


def test_a_day_that_is_stopped_ends_soon_and_asks_for_no_more(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """As Ctrl-C does: what was asked for has been answered, the rest is never sent."""
    monkeypatch.setattr("deploy.town.play.GLANCE", 0.005)
    side = Booking(lambda n: "requested")
    serve(side)

    def press_ctrl_c(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("deploy.town.play._raise_first", press_ctrl_c)
    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        play(player(), [row(), row(minute=900)], 60, lambda _: None)
    assert time.monotonic() - started < 5
    assert len(side.posted) <= 1


def test_a_service_that_goes_away_ends_the_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the sentence that says what to do."""
    monkeypatch.setattr("deploy.town.calls.TRIES", 1)
    monkeypatch.setenv("FOYER_HTTP_BOOKING", "127.0.0.1:1")
    with pytest.raises(NotUp, match=r"booking does not answer at 127\.0\.0\.1:1; `foyer up` starts the services"):
        played(row(), row(minute=601))


def test_the_towns_own_day_pairs_every_cancellation_with_an_earlier_booking() -> None:
    """And with a different one each."""
    cancelled = [booked for n, _, booked in paired(TOWN.demand) if booked is not None and booked < n]
    assert len(cancelled) == len(set(cancelled)) == sum(wanted.action == "cancel" for wanted in TOWN.demand)


def test_furnishing_sets_everything_a_clerk_before_the_quotas(serve: Serve) -> None:
    """One call each, and `steps` knows how many."""
    seen: list[str] = []
    serve(lambda method, path, body, headers: (seen.append(f"{method} {path}"), (200, {}))[1])
    done: list[None] = []
    furnish(Calls(), TOWN, lambda: done.append(None))
    assert len(seen) == len(set(seen)) == len(done) == steps(TOWN) == 105
    assert all(seen.index(f"PUT /api/staff/{c}") < seen.index(f"PUT /api/staff/{c}/quotas") for c in TOWN.clerks)


def test_a_refused_room_ends_the_furnishing(serve: Serve) -> None:
    """With the service's own words."""
    serve(lambda method, path, *_: (422, {"title": "Some fields are not right", "detail": "seats: too few"}))
    with pytest.raises(Refused, match="Some fields are not right: seats: too few"):
        furnish(Calls(), TOWN, lambda: None)


def test_the_town_is_open_when_every_department_offers_something(booking: Booking) -> None:
    """Booking has to hear of rooms and clerks first; when it never does, its reason is said."""
    wait_until_offered(Calls(), TOWN, TODAY, 1)
    assert len(booking.queries) == len({c["department"] for c in TOWN.concerns if c["responsibility"] == "anyone"})
    booking.nothing = {"because": "no_room"}
    with pytest.raises(NothingOffered, match=r"booking offers nothing for '.*': no_room"):
        wait_until_offered(Calls(), TOWN, TODAY, 0)


def test_a_service_of_another_ensemble_is_told_from_ours(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """By its not knowing our secret; whoever sits here has no use for the words about signing in."""
    monkeypatch.setenv("FOYER_HOME", str(tmp_path))
    serve(lambda *_: (401, {"title": "Please sign in"}))
    with pytest.raises(BadInput, match=rf"^booking at .* is not of the ensemble in {tmp_path}: has `foyer up`"):
        Calls().get("booking", "/api/accounts")
    with pytest.raises(Refused, match="Please sign in"):
        Calls().get("booking", "/api/appointments/x", token="of-a-guest")


def test_a_busy_service_is_asked_again(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """503 is not an answer; after four times it is."""
    monkeypatch.setattr("deploy.town.calls.PAUSE", 0)
    answers = iter([(503, {}), (200, {"concerns": []}), *[(503, {"title": "Not possible at the moment"})] * 4])
    serve(lambda *_: next(answers))
    assert Calls().get("booking", "/api/concerns") == {"concerns": []}
    with pytest.raises(Refused, match="Not possible at the moment"):
        Calls().get("booking", "/api/concerns")
