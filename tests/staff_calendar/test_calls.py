"""The calls over HTTP, on both databases."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from icalendar import Calendar

from services.staff_calendar.calendars.uids import Uids
from services.staff_calendar.web.feed import key_of
from shared.standard import openapi
from shared.web import Api
from tests.staff_calendar.office import CLERK, QUOTAS, Office, wanted


def errors(response: Any) -> dict[str, str]:
    """Field by field, what a problem says."""
    assert response.content_type == "application/problem+json"
    return {error["field"]: error["detail"] for error in response.json.get("errors", [])}


def test_a_clerk_is_defined_and_listed(office: Office) -> None:
    """The answer is the clerk; the same again changes nothing."""
    answer = office.put("/api/staff/c-17", CLERK)
    assert answer.status_code == 200
    assert answer.json == {"clerk": "c-17", "quotas": None, "warnings": []} | CLERK
    assert office.put("/api/staff/c-17", CLERK).json == answer.json
    assert len(office.log()) == 1
    office.employ("c-02")
    assert [clerk["clerk"] for clerk in office.get("/api/staff")["staff"]] == ["c-02", "c-17"]


def test_a_redefined_clerk_keeps_the_quotas(office: Office) -> None:
    """Who learns something new is still there on Tuesdays."""
    office.employ("c-17")
    answer = office.put("/api/staff/c-17", CLERK | {"competences": ["pass"]})
    assert (answer.json["competences"], answer.json["quotas"]) == (["pass"], QUOTAS)
    assert office.day()["open"] != []


def test_what_is_said_twice_in_a_list_counts_once(office: Office) -> None:
    """In the order said first."""
    answer = office.put("/api/staff/c-17", CLERK | {"competences": ["pass", "melde", "pass"]})
    assert answer.json["competences"] == ["pass", "melde"]


def test_quotas_are_set_and_open_the_day(office: Office) -> None:
    """Quotas as set, the day as opened, in local time."""
    office.employ("c-17")
    assert office.get("/api/staff")["staff"][0]["quotas"] == QUOTAS
    day = office.day()
    assert day == {
        "clerk": "c-17",
        "date": "2026-11-24",
        "open": [
            {"site": "rathaus", "from": "2026-11-24T08:00:00+01:00", "until": "2026-11-24T12:30:00+01:00"},
        ],
        "reservations": [],
    }
    assert office.day(date="2026-11-25")["open"] == []


def test_an_exception_and_a_holiday_close_the_day(office: Office) -> None:
    """6 January is none in North Rhine-Westphalia, 25 December is one."""
    office.put("/api/staff/c-17", CLERK)
    fridays = [QUOTAS["weekly"][0] | {"weekday": "fri"}]
    absent = [{"date": "2026-12-04", "open": [], "reason": "Urlaub"}]
    answer = office.put("/api/staff/c-17/quotas", {"weekly": fridays, "exceptions": absent})
    assert answer.json["quotas"] == {"weekly": fridays, "exceptions": absent}
    opened = [
        date for date in ("2026-11-27", "2026-12-04", "2026-12-25", "2027-01-01") if office.day(date=date)["open"]
    ]
    assert opened == ["2026-11-27"]


def test_narrowed_quotas_leave_the_reservations(office: Office) -> None:
    """The day shows them outside of what is open."""
    office.employ("c-17")
    office.hear("AppointmentRequested", **wanted("09:00"))
    office.put("/api/staff/c-17/quotas", {"weekly": []})
    day = office.day()
    assert day["open"] == []
    assert [one["status"] for one in day["reservations"]] == ["held"]


def test_changed_quotas_leave_the_past_as_it_was(office: Office) -> None:
    """What was open last Tuesday can still be looked up."""
    office.employ("c-17")
    before = office.day()
    office.now += timedelta(days=3)
    office.put("/api/staff/c-17/quotas", {"weekly": []})
    assert office.day() == before
    assert office.day(date="2026-12-01")["open"] == []


def test_every_day_new_days_are_opened(office: Office) -> None:
    """The timer opens what has come within the horizon, and nothing twice."""
    office.employ("c-17")
    assert office.day(date="2027-06-01")["open"] == []
    office.now += timedelta(days=2)
    office.extend()
    office.extend()
    assert office.day(date="2027-06-01")["open"] == [
        {"site": "rathaus", "from": "2027-06-01T08:00:00+02:00", "until": "2027-06-01T12:30:00+02:00"}
    ]
    assert [type(event).__name__ for event in office.log()].count("HoursOpened") == 2


def test_the_calendar_needs_its_key(office: Office) -> None:
    """Neither none, nor another clerk's, nor a damaged one opens it."""
    office.employ("c-17", "c-18")
    key = key_of("c-17", office.settings.secret)
    assert office.http.get(f"/api/staff/c-17/calendar.ics?key={key}").status_code == 200
    assert office.get("/api/staff/c-17/calendar-address")["address"].endswith(f"/api/staff/c-17/calendar.ics?key={key}")
    for wrong in ("", "?key=", f"?key={key[:-1]}", f"?key={key_of('c-18', office.settings.secret)}", "?key=%00ä"):
        assert office.http.get(f"/api/staff/c-17/calendar.ics{wrong}").status_code == 401
    assert office.http.get(f"/api/staff/c-17/calendar.ics?key={'x' * 201}").status_code == 422


def test_the_calendar_shows_what_is_held(office: Office) -> None:
    """From thirty days ago on; no guest is named; a copy that is up to date is not sent again."""
    office.employ("c-17")
    office.hear("AppointmentRequested", "a2", **wanted("10:00"))
    office.hear("AppointmentRequested", "a1", **wanted("09:00"))
    path = "/api/staff/c-17/calendar.ics?key=" + key_of("c-17", office.settings.secret)
    answer = office.http.get(path)
    assert answer.content_type == "text/calendar; charset=utf-8"
    feed: Any = Calendar.from_ical(answer.data)
    events = list(feed.walk("VEVENT"))
    assert [event.decoded("dtstart") for event in events] == [
        datetime(2026, 11, 24, 8, 0, tzinfo=UTC),
        datetime(2026, 11, 24, 9, 0, tzinfo=UTC),
    ]
    uids = Uids(office.settings.secret)
    assert [uids.appointment(str(event["uid"])) for event in events] == [("a1", 1), ("a2", 1)]
    assert (str(events[0]["summary"]), str(events[0]["location"])) == ("Reisepass, Ausgabe", "rathaus")
    tag = answer.headers["ETag"]
    again = office.http.get(path, headers={"If-None-Match": tag})
    assert (again.status_code, again.data) == (304, b"")
    office.hear("AppointmentCancelled", "a2")
    assert office.http.get(path, headers={"If-None-Match": tag}).status_code == 200
    office.now += timedelta(days=31)
    assert len(list(Calendar.from_ical(office.http.get(path).data).walk("VEVENT"))) == 1
    office.now += timedelta(days=2)
    assert list(Calendar.from_ical(office.http.get(path).data).walk("VEVENT")) == []


def test_a_clerk_that_is_not_right_is_refused(office: Office) -> None:
    """Every field at fault is named, and nothing is stored."""
    answer = office.put("/api/staff/c-17", CLERK | {"name": "x" * 1_000_000, "shoe_size": 43})
    assert answer.status_code == 422
    assert set(errors(answer)) == {"name", "shoe_size"}
    assert office.log() == []


def test_an_id_that_is_none_is_refused(office: Office) -> None:
    """Ids are for machines: they stand in stream names and addresses."""
    for name in ("C-17", "c 17", "ä", "-c", "c" * 65, "c\x00"):
        answer = office.put(f"/api/staff/{name}", CLERK)
        assert answer.status_code == 422
        assert set(errors(answer)) == {"clerk"}


def test_quotas_that_are_not_right_are_refused(office: Office) -> None:
    """Whether a field is at fault or the rules say no: the field is named, and nothing changes."""
    office.employ("c-17")
    before = len(office.log())
    (quota,) = QUOTAS["weekly"]
    for wrong, field in (
        ([quota | {"weekday": "tuesday"}], "weekly.0.weekday"),
        ([quota | {"until": "07:00"}], "weekly.0.until"),
        ([quota, quota], "weekly.1"),
    ):
        answer = office.put("/api/staff/c-17/quotas", {"weekly": wrong})
        assert answer.status_code == 422
        assert set(errors(answer)) == {field}
    assert len(office.log()) == before


def test_nobody_is_not_found(office: Office) -> None:
    """Whoever is not defined has no quotas, no day and no calendar."""
    assert office.put("/api/staff/c-99/quotas", QUOTAS).status_code == 404
    assert office.http.get("/api/staff/c-99/days/2026-11-24").status_code == 404
    assert office.http.get("/api/staff/c-99/calendar-address").status_code == 404
    key = key_of("c-99", office.settings.secret)
    assert office.http.get(f"/api/staff/c-99/calendar.ics?key={key}").status_code == 404


def test_a_date_that_is_none_is_refused(office: Office) -> None:
    """The field is named."""
    office.employ("c-17")
    answer = office.http.get("/api/staff/c-17/days/2026-02-30")
    assert answer.status_code == 422
    assert set(errors(answer)) == {"date"}


def test_a_body_that_is_no_json_is_refused(office: Office) -> None:
    """Line and column are named."""
    answer = office.put("/api/staff/c-17", b'{"name": ')
    assert answer.status_code == 400
    assert "line 1" in answer.json["detail"]


def test_all_calls_are_documented(office: Office) -> None:
    """OpenAPI can be made of all of them."""
    service = type(office.http.application.container.service)  # type: ignore[union-attr]
    calls = [
        entry
        for name in dir(service)
        for entry in getattr(getattr(service, name), "nameko_entrypoints", ())
        if isinstance(entry, Api)
    ]
    paths = json.loads(json.dumps(openapi(office.app, calls)))["paths"]
    assert set(paths) == {
        "/api/staff",
        "/api/staff/{clerk}",
        "/api/staff/{clerk}/quotas",
        "/api/staff/{clerk}/days/{date}",
        "/api/staff/{clerk}/calendar.ics",
        "/api/staff/{clerk}/calendar-address",
        "/health",
        "/metrics",
        "/openapi.json",
    }
