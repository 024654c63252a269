"""What can't be taken is refused with a problem that names the field; nothing is stored, no log names anybody."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import pytest
import requests

from tests.journeys.town import HOUSING_BENEFIT, ID_CARD, MOVED_HERE
from tests.journeys.town_hall import TownHall

PROBLEM = "application/problem+json"
CANARY = "Kanarienvogel"
GUEST = {"name": CANARY, "email": "canary@example.org"}
MEGABYTE = "x" * 1_000_000
CAUSED = """SELECT type FROM events WHERE meta LIKE '%"correlation":"' || :call || '"%'"""


@pytest.fixture
def offered(town_hall: TownHall) -> str:
    """The id of a proposal that is free."""
    town_hall.names |= {CANARY, "canary@example.org"}
    return str(town_hall.proposals(ID_CARD, days=8)[0]["id"])


def asserted_problem(answer: requests.Response, status: int, field: str | None = None) -> dict[str, Any]:
    """A problem of that status about that field."""
    problem: dict[str, Any] = answer.json()
    assert answer.status_code == status, problem
    assert answer.headers["Content-Type"] == PROBLEM
    assert problem["status"] == status
    assert problem["title"]
    if field is not None:
        assert field in {error["field"] for error in problem["errors"]}, problem
    return problem


def caused(town_hall: TownHall, service: str, answer: requests.Response) -> list[str]:
    """The events that a call has led to; what is still on its way from earlier ones does not count."""
    return [row.type for row in town_hall.rows(service, CAUSED, call=answer.headers["X-Correlation-ID"])]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"party_size": 0}, "party_size"),
        ({"party_size": 10_000}, "party_size"),
        ({"party_size": 2}, "party_size"),  # the proposal is for one
        ({"party_size": "two"}, "party_size"),
        ({"party_size": 1.5}, "party_size"),
        ({"party_size": True}, "party_size"),
        ({"language": "fr"}, "language"),
        ({"language": ["de"]}, "language"),
        ({"guest": None}, "guest"),
        ({"guest": [CANARY]}, "guest"),
        ({"guest": {"email": "canary@example.org"}}, "guest.name"),
        ({"guest": GUEST | {"name": MEGABYTE}}, "guest.name"),
        ({"guest": GUEST | {"name": f"{CANARY}\r\nBcc: all@example.org"}}, "guest.name"),
        ({"guest": GUEST | {"name": f"{CANARY}\x00"}}, "guest.name"),
        ({"guest": GUEST | {"name": "\u2028" + CANARY + "\u2028x"}}, "guest.name"),
        ({"guest": GUEST | {"name": " "}}, "guest.name"),
        ({"guest": GUEST | {"name": 7}}, "guest.name"),
        ({"guest": GUEST | {"email": "canary"}}, "guest.email"),
        ({"guest": GUEST | {"email": "canary@example.org\nBcc: all@example.org"}}, "guest.email"),
        ({"guest": GUEST | {"email": "canary@example.org, all@example.org"}}, "guest.email"),
        ({"guest": GUEST | {"email": f"{'ü' * 40}@example.org"}}, "guest.email"),
        ({"guest": GUEST | {"phone": "0" * 41}}, "guest.phone"),
        ({"guest": GUEST | {"birthday": "1990-01-01"}}, "guest.birthday"),
        ({"proposal": ""}, "proposal"),
        ({"proposal": 5}, "proposal"),
        ({"proposal": MEGABYTE}, "proposal"),
        ({"proposal": "WyJyYXRoYXVzIl0.ak1Z8g.bm9uc2Vuc2U"}, "proposal"),
        ({"surprise": CANARY}, "surprise"),
    ],
    ids=lambda value: str(value)[:60].encode("ascii", "replace").decode() if isinstance(value, dict) else value,
)
def test_a_bad_request_names_its_field(
    town_hall: TownHall, offered: str, change: Mapping[str, Any], field: str
) -> None:
    """And stores nothing."""
    body = {"proposal": offered, "guest": GUEST, "party_size": 1, "language": "de"} | dict(change)
    answer = town_hall.ask(body)
    assert CANARY not in json.dumps(asserted_problem(answer, 422, field))
    assert caused(town_hall, "booking", answer) == []


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b'{"guest": {"name": "Kanarienvogel"', 400),
        (b"[]", 400),
        (b'"Kanarienvogel"', 400),
        (b"\xff\xfe\x00", 400),
        (b'{"party_size": NaN}', 400),
        (b"", 422),
        (b'{"guest": "' + b"x" * 5_000_000 + b'"}', 413),
        (b"[" * 100_000, 400),
    ],
    ids=["cut off", "cut off in a name", "a list", "a text", "not UTF-8", "NaN", "nothing", "5 MB", "deep"],
)
def test_a_body_that_is_no_request_is_refused(town_hall: TownHall, body: bytes, status: int) -> None:
    """With a problem that does not quote it."""
    answer = town_hall.call("POST", "booking", "/api/appointments", data=body)
    assert CANARY not in json.dumps(asserted_problem(answer, status))
    assert caused(town_hall, "booking", answer) == []


def test_a_proposal_can_not_be_tampered_with(town_hall: TownHall, offered: str) -> None:
    """Neither its content nor its signature; and what somebody else has signed is not ours."""
    content, time, signature = offered.rsplit(".", 2)
    for forged in (
        f"{content[:-2]}AA.{time}.{signature}",
        f"{content}.{time}.{signature[:-3]}abc",
        f"{content}.{time}",
    ):
        asserted_problem(town_hall.ask({"proposal": forged, "guest": GUEST}), 422, "proposal")


def test_a_past_time_and_a_place_that_is_gone_are_refused(town_hall: TownHall) -> None:
    """The one is not right any more; instead of the other there are fresh proposals."""
    place = town_hall.proposals(ID_CARD, days=8)[0]
    others = [town_hall.confirmed(place), town_hall.confirmed(place)]  # as many as there are clerks
    problem = asserted_problem(town_hall.ask(town_hall.body(place)), 409, "proposal")
    assert problem["type"] == "/problems/place_taken"
    assert town_hall.confirmed(problem["proposals"][0])
    assert all(town_hall.seen(booked)["status"] == "confirmed" for booked in others)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("concern=no-such-concern", "concern"),
        ("", "concern"),
        ("concern=%00", "concern.0"),
        (f"concern={ID_CARD}&party_size=0", "party_size"),
        (f"concern={ID_CARD}&party_size=10000", "party_size"),
        (f"concern={ID_CARD}&party_size=many", "party_size"),
        (f"concern={ID_CARD}&party_size=1_0", "party_size"),
        (f"concern={ID_CARD}&from=2026-02-30", "from"),
        (f"concern={ID_CARD}&until=2020-01-01", "until"),
        (f"concern={ID_CARD}&from=2026-12-24&until=2026-12-01", "until"),
        (f"concern={ID_CARD}&limit=0", "limit"),
        (f"concern={ID_CARD}&limit=100000", "limit"),
        (f"concern={ID_CARD}&step_free=perhaps", "step_free"),
        ("&".join([f"concern={ID_CARD}"] * 50), "concern"),
        (f"concern={HOUSING_BENEFIT}", "surname"),
    ],
)
def test_a_bad_question_names_its_field(town_hall: TownHall, query: str, field: str) -> None:
    """For proposals, too."""
    asserted_problem(town_hall.call("GET", "booking", f"/api/proposals?{query}"), 422, field)


def test_only_the_holder_of_the_token_may_see_and_change(town_hall: TownHall) -> None:
    """No token, a wrong one, somebody else's: refused, and nothing is told."""
    mine, other = (town_hall.confirmed(town_hall.proposals(MOVED_HERE, days=9)[0]) for _ in range(2))
    path = f"/api/appointments/{mine.appointment}"
    for what, body in (("", None), ("/cancellation", {}), ("/move", {"proposal": "x"})):
        method = "GET" if body is None else "POST"
        asserted_problem(town_hall.call(method, "booking", path + what, json=body), 401, "token")
        for token in (other.token, mine.token[:-1], "ü", f"{mine.token}0"):
            headers = {"Authorization": f"Bearer {token}".encode()}
            problem = asserted_problem(
                town_hall.call(method, "booking", path + what, json=body, headers=headers), 403, "token"
            )
            assert mine.token not in json.dumps(problem)
    unknown = f"/api/appointments/{uuid4()}"
    headers = {"Authorization": f"Bearer {mine.token}"}
    asserted_problem(town_hall.call("GET", "booking", unknown, headers=headers), 403, "token")
    assert town_hall.seen(mine)["status"] == "confirmed"


def test_a_move_to_nowhere_changes_nothing(town_hall: TownHall) -> None:
    """Nonsense, another concern, a place that is gone: refused, and the visit stands."""
    booked = town_hall.confirmed(town_hall.proposals(MOVED_HERE, days=9)[0])
    before = town_hall.seen(booked)
    other = town_hall.proposals(ID_CARD, days=9)[0]["id"]
    for proposal, field in (("nonsense", "proposal"), (other, "proposal"), (None, "proposal")):
        asserted_problem(town_hall.manage(booked, "move", {"proposal": proposal}), 422, field)
    assert town_hall.seen(booked) == before


def test_unknown_paths_and_methods_are_problems_too(town_hall: TownHall) -> None:
    """In every service."""
    for service in town_hall.ensemble.urls:
        asserted_problem(town_hall.call("GET", service, "/api/no-such-thing"), 404)
        asserted_problem(town_hall.call("DELETE", service, "/openapi.json"), 405)


@pytest.mark.parametrize(
    ("service", "path", "body", "field"),
    [
        ("rooms", "/api/rooms/r-9", {"name": "R", "site": "rathaus", "seats": 0}, "seats"),
        ("rooms", "/api/rooms/R%20%209", {"name": "R", "site": "rathaus", "seats": 1}, "room"),
        ("rooms", "/api/rooms/r-9", {"name": "R", "site": "rathaus", "seats": 1, "weekly": {"mon": [["9", 1]]}}, None),
        ("staff_calendar", "/api/staff/c-9", {"name": "C", "departments": [], "competences": []}, "departments"),
        ("staff_calendar", "/api/staff/c-1/quotas", {"weekly": [{"weekday": "mon"}]}, None),
        ("booking", "/api/concerns", {"concerns": [{"key": "half"}]}, "concerns.0.name"),
    ],
)
def test_the_town_is_not_changed_by_half(
    town_hall: TownHall, service: str, path: str, body: Mapping[str, Any], field: str | None
) -> None:
    """A bad room, clerk or catalogue is refused as a whole."""
    stranger, keeper = (
        town_hall.call("PUT", service, path, json=body),
        town_hall.operate("PUT", service, path, json=body),
    )
    asserted_problem(stranger, 401)
    asserted_problem(keeper, 422, field)
    assert caused(town_hall, service, stranger) == caused(town_hall, service, keeper) == []


def test_a_good_request_would_have_been_seen(town_hall: TownHall, offered: str) -> None:
    """By what the tests above look for."""
    answer = town_hall.ask(town_hall.body({"id": offered}))
    assert answer.status_code == 202
    assert "AppointmentRequested" in caused(town_hall, "booking", answer)


def test_neither_a_log_nor_a_database_names_a_guest(town_hall: TownHall) -> None:
    """Name, address and phone number of everybody who ever asked: in plain in no log line, event, message or table."""
    booked = town_hall.confirmed(town_hall.proposals(ID_CARD, days=9)[0])
    town_hall.mail(booked)
    town_hall.sink.behave("permanent", times=1)  # servers quote the address when they refuse it
    refused = town_hall.confirmed(town_hall.proposals(ID_CARD, days=9)[0])
    query = {"appointment": refused.appointment}
    town_hall.wait(lambda: town_hall.calls.get("notifications", "/api/messages", query)["messages"], "a letter")
    town_hall.wait(
        lambda: town_hall.calls.get("notifications", "/api/messages", query)["messages"][0]["status"] == "failed",
        "refused",
    )
    town_hall.manage(refused, "cancellation")
    town_hall.mail(refused)
    assert len(town_hall.names) > 5
    for process, log in town_hall.logs().items():
        assert [name for name in town_hall.names if name in log] == [], process
    for service in town_hall.ensemble.urls:
        stored = "\n".join(f"{row.data}{row.meta}{row.message}" for row in town_hall.rows(service, STORED))
        assert [name for name in town_hall.names if name in stored] == [], service
        assert town_hall.rows(service, "SELECT 1 FROM held") == []


STORED = "SELECT data, meta, message FROM events"
