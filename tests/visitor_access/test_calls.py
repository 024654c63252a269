"""The desk's calls over HTTP: answers, problems, bad input."""

import pytest
from sqlalchemy import select

from shared.tables import events
from tests.visitor_access.facts import at

PROBLEM = "application/problem+json"


@pytest.fixture
def number(entrance):
    """The pass of a guest who is expected today."""
    number = entrance.register()
    entrance.now = at("08:55")
    return number


def problem(response):
    assert response.content_type == PROBLEM
    assert response.json["status"] == response.status_code
    return response.status_code, response.json["type"].removeprefix("/problems/")


def test_an_arrival_answers_the_guest(entrance, number):
    """The desk greets by name and shows the way, and sees little else."""
    response = entrance.post(f"/api/visits/{number}/arrival")
    assert response.status_code == 200
    assert response.json == entrance.guest()
    assert response.json["name"] == "Ada Größe"
    assert "example.org" not in response.text


def test_the_same_entry_twice_has_the_same_answer(entrance, number):
    """A double click is no mistake."""
    for path in (f"/api/visits/{number}/arrival", f"/api/visits/{number}/departure"):
        first = entrance.post(path)
        entrance.now = at("09:30")
        second = entrance.post(path)
        assert (first.status_code, first.json) == (second.status_code, second.json)
        assert first.status_code == 200


def test_a_pass_may_be_typed_carelessly(entrance, number):
    """Lower case and a hyphen."""
    assert entrance.post(f"/api/visits/{number[:4].lower()}-{number[4:]}/arrival").status_code == 200


@pytest.mark.parametrize("code", ["ZZZZZZZZ", "a2", "%00", "a1%00", "%C3%A4", "a" * 3000, "7KQ4M2XD%0A"])
@pytest.mark.parametrize("call", ["arrival", "departure"])
def test_an_unknown_pass_is_not_on_the_list(entrance, number, code, call):
    """The problem says where to send the guest."""
    response = entrance.post(f"/api/visits/{code}/{call}")
    assert problem(response) == (404, "unknown")
    assert "info desk" in response.json["detail"]


def test_a_guest_whose_appointment_is_not_confirmed_waits(entrance):
    """The appointment may be confirmed any moment."""
    entrance.request()
    assert problem(entrance.post("/api/visits/a1/arrival")) == (409, "not_confirmed")


def test_a_pass_that_was_never_issued_is_not_on_the_list(entrance):
    """Set aside for a guest who was never expected: there is no arrival to take back, by API or page."""
    entrance.request()
    with entrance.app.read() as connection:
        kept = select(events.c.stream).where(events.c.type == "PassReserved")
        number = connection.execute(kept).scalar_one().removeprefix("pass-")
    entrance.hear("AppointmentExpired")
    response = entrance.http.delete(f"/api/visits/{number}/arrival")
    assert problem(response) == (404, "unknown")
    assert problem(entrance.http.delete("/api/visits/a1/arrival")) == (404, "unknown")
    page = entrance.http.post("/entrance", data={"undo": number})
    assert (page.status_code, "Nicht auf der Liste" in page.text) == (422, True)
    for call in ("arrival", "departure"):
        assert problem(entrance.post(f"/api/visits/{number}/{call}")) == (409, "removed")


def test_a_guest_who_has_left_does_not_arrive_unasked(entrance, number):
    """The detail says when the guest left, and what to do."""
    entrance.post(f"/api/visits/{number}/arrival")
    entrance.now = at("09:20")
    entrance.post(f"/api/visits/{number}/departure")
    response = entrance.post(f"/api/visits/{number}/arrival")
    assert problem(response) == (409, "already_left")
    assert "09:20" in response.json["detail"]
    assert entrance.http.delete(f"/api/visits/{number}/arrival").json["status"] == "registered"
    assert entrance.post(f"/api/visits/{number}/arrival").json["status"] == "arrived"


def test_wrong_day_and_wrong_site_are_told(entrance, number):
    """With the right one."""
    response = entrance.post(f"/api/visits/{number}/arrival", site="nord")
    assert problem(response) == (409, "wrong_site")
    assert "rathaus" in response.json["detail"]
    entrance.now = at("08:55", 25)
    response = entrance.post(f"/api/visits/{number}/arrival")
    assert problem(response) == (409, "wrong_day")
    assert "2026-11-24" in response.json["detail"]


def test_a_departure_needs_an_arrival(entrance, number):
    """Otherwise the list of people in the house could not be trusted."""
    assert problem(entrance.post(f"/api/visits/{number}/departure")) == (409, "not_arrived")


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"at": "2026-11-24T08:55:01+01:00"}, "at"),
        ({"at": "2026-11-23T08:54:59+01:00"}, "at"),
        ({"at": "2026-11-24T08:50:00"}, "at"),
        ({"at": "9 Uhr"}, "at"),
        ({"at": 5}, "at"),
        ({"at": None}, "at"),
        ({"at": "0001-01-01T00:00:00+14:00"}, "at"),
        ({"at": "9999-12-31T23:59:59-12:00"}, "at"),
        ({"site": 1}, "site"),
        ({"site": "Rathaus\n"}, "site"),
        ({"name": "x"}, "name"),
    ],
)
def test_bad_input_is_named(entrance, number, data, field):
    """422, and nothing is changed."""
    response = entrance.post(f"/api/visits/{number}/arrival", **data)
    assert response.status_code == 422
    assert [error["field"] for error in response.json["errors"]] == [field]
    assert entrance.guest()["status"] == "registered"


@pytest.mark.parametrize(("body", "status"), [("{", 400), ("[]", 400), ("\0", 400), ("{}", 200), ("", 200)])
def test_a_body_is_json_or_empty(entrance, number, body, status):
    """Most desks send none."""
    assert entrance.http.post(f"/api/visits/{number}/arrival", data=body).status_code == status


@pytest.mark.parametrize(
    ("query", "field"),
    [("date=24.11.2026", "date"), ("site=%00", "site"), ("include=all", "include"), ("date=0", "date")],
)
def test_a_bad_question_is_named(entrance, query, field):
    """422 with the field."""
    response = entrance.http.get(f"/api/access-list?{query}")
    assert response.status_code == 422
    assert [error["field"] for error in response.json["errors"]] == [field]


def test_what_can_be_asked_is_described(entrance):
    """OpenAPI names all calls."""
    paths = entrance.get("/openapi.json")["paths"]
    assert {path: sorted(calls) for path, calls in paths.items()} == {
        "/api/access-list": ["get"],
        "/api/visits/{code}/arrival": ["delete", "post"],
        "/api/visits/{code}/departure": ["post"],
        "/health": ["get"],
        "/metrics": ["get"],
        "/openapi.json": ["get"],
    }


def test_a_key_makes_an_entry_known_again(entrance, number):
    """A copy of the first arrival that comes after the mis-click was taken back is no second one."""
    key = {"Idempotency-Key": "k1"}
    path = f"/api/visits/{number}/arrival"
    assert entrance.post(path, key).json["status"] == "arrived"
    assert entrance.http.delete(path).json["status"] == "registered"
    again = entrance.post(path, key)
    assert (again.status_code, again.json["status"]) == (200, "registered")
    other = entrance.post(path, key, site="rathaus")
    assert problem(other) == (422, "key_used")
    assert entrance.post(path, {"Idempotency-Key": "k2"}).json["status"] == "arrived"


@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "k2"}])
def test_the_same_entry_twice_has_the_same_answer_when_the_guest_is_removed(entrance, number, headers):
    """The arrival taken back was a cancelled guest's; a copy of the arrival itself is known by its key."""
    path, key = f"/api/visits/{number}/arrival", {"Idempotency-Key": "k1"}
    entrance.post(path, key)
    entrance.hear("AppointmentCancelled")
    answers = [entrance.http.delete(path, headers=headers) for _ in range(2)] + [entrance.post(path, key)]
    assert [(answer.status_code, answer.json["status"]) for answer in answers] == [(200, "removed")] * 3


def test_a_key_is_stored_as_a_digest(entrance, number):
    """Callers put all kinds of things into it."""
    entrance.post(f"/api/visits/{number}/arrival", {"Idempotency-Key": "Ada Groesse 1815"})
    with entrance.app.read() as connection:
        assert "Groesse" not in str(connection.execute(select(events)).all())
