"""The clerks' pages over HTTP: who may see and change what, and what is answered to input that makes no sense."""

import re
from zoneinfo import ZoneInfo

import pytest

from services.staff_calendar.commands import NoteBusy
from services.staff_calendar.events import BusyDay, Span
from services.staff_calendar.service import StaffCalendarService
from services.staff_calendar.web.forms import Wrong, moments, quota
from shared.admission import COOKIE
from shared.sessions import Sessions, begin
from tests.over_http import over_http, token
from tests.staff_calendar.office import CLERK, QUOTAS, Office, wanted
from tests.staff_calendar.words import DAY, ZONE, at

GERMAN = {"Accept-Language": "de"}


@pytest.fixture
def busy_office(office: Office) -> Office:
    """Two clerks; J. Brinkmann expects a guest at nine; it is five to nine."""
    for clerk, name in (("c-17", "J. Brinkmann"), ("c-18", "A. Demir")):
        office.put(f"/api/staff/{clerk}", CLERK | {"name": name})
        office.put(f"/api/staff/{clerk}/quotas", QUOTAS)
    office.expect("a1", "09:00", name="<b>Ada</b>", clerk="c-17")
    office.now = at("08:55")
    return office


def visitor(office: Office, *roles: str, person: str | None = "c-17"):
    """`visitor(office)("GET", "/staff")` as a clerk, or whoever."""
    client = over_http(StaffCalendarService, office.app, roles=())
    bearer = token(office.app, *(roles or ("clerk",)), person=person)

    def ask(method: str, path: str, **form: str):
        headers = GERMAN | {"Authorization": f"Bearer {bearer}"}
        return client.open(path, method=method, data=form or None, headers=headers)

    return ask


def test_whoever_is_not_signed_in_is_led_to_sign_in(busy_office: Office) -> None:
    """And back afterwards."""
    response = over_http(StaffCalendarService, busy_office.app, roles=()).get("/staff/week")
    assert response.status_code == 303
    assert "/sign-in?next=" in response.headers["Location"]
    assert "%2Fstaff%2Fweek" in response.headers["Location"]


def test_a_clerk_sees_the_own_day_only(busy_office: Office) -> None:
    """Names stand as they were typed; a colleague's day is not shown."""
    page = visitor(busy_office)("GET", "/staff")
    assert page.status_code == 200
    assert "&lt;b&gt;Ada&lt;/b&gt;" in page.text
    assert page.headers["Cache-Control"] == "no-store"
    assert visitor(busy_office)("GET", "/staff?clerk=c-18").status_code == 403
    assert visitor(busy_office, person=None)("GET", "/staff").status_code == 403
    assert visitor(busy_office, "security_desk")("GET", "/staff").status_code == 403


def test_operations_choose_a_calendar_and_may_change_it(busy_office: Office) -> None:
    """Whoever keeps the catalogue may look, and no more."""
    for role in ("operations", "catalogue"):
        ask = visitor(busy_office, role, person=None)
        assert "J. Brinkmann" in ask("GET", "/staff").text
        page = ask("GET", "/staff?clerk=c-17")
        for path in ("", "/dates", "/week"):
            title = re.findall("<title>(.*)</title>", ask("GET", f"/staff{path}?clerk=c-17").text)[0]
            assert "J. Brinkmann" in title
            assert not title.startswith("Mein")
        assert "&lt;b&gt;Ada&lt;/b&gt;" in page.text
        assert ("formaction" in page.text or 'action="/staff/calls"' in page.text) is (role == "operations")
        answer = ask("POST", "/staff/calls", clerk="c-17", of="a1.1.1")
        assert answer.status_code == (303 if role == "operations" else 403)
        assert ask("GET", "/staff/calendar?clerk=c-17").status_code == (200 if role == "operations" else 403)
        assert ask("GET", "/staff?clerk=c-99").status_code == 404


def test_a_form_of_another_page_is_refused(busy_office: Office) -> None:
    """The cookie alone calls nobody."""
    app = busy_office.app
    session = begin("jb", ["clerk"], app.clock(), person="c-17")
    client = over_http(StaffCalendarService, app, roles=())
    client.set_cookie(COOKIE, Sessions(app.settings.secret).sealed(session))
    response = client.post("/staff/calls", data={"of": "a1.1.1"})
    assert response.status_code == 403
    assert "GuestCalled" not in busy_office.kinds()


@pytest.mark.parametrize("date", ["0001-01-01", "9999-12-31", "2026-02-30", "heute", "<script>"])
def test_a_date_that_nobody_has_is_today(busy_office: Office, date: str) -> None:
    """No day before the first and after the last one is asked for."""
    ask = visitor(busy_office)
    assert "Dienstag, 24. November 2026</h1>" in ask("GET", f"/staff?date={date}").text
    assert "23.–29. Nov. 2026" in ask("GET", f"/staff/dates?date={date}").text


def test_the_dates_of_a_week_show_the_weekend_only_where_it_is_worked_on(busy_office: Office) -> None:
    """An absence of some hours is told with them; a public holiday is named."""
    dates = re.compile(r'class="date__name"><a [^>]*>([^<]+)</a>')
    ask = visitor(busy_office)
    assert dates.findall(ask("GET", "/staff/dates").text)[-1] == "Freitag, 27. November"
    exceptions = [{"date": "2026-11-28", "open": [{"site": "rathaus", "from": "09:00", "until": "12:00"}]}]
    busy_office.put("/api/staff/c-17/quotas", QUOTAS | {"exceptions": exceptions})
    assert dates.findall(ask("GET", "/staff/dates").text)[-1] == "Samstag, 28. November"
    form = {"from_date": "2026-11-27", "from_time": "10:00", "until_date": "2026-11-27", "until_time": "11:30"}
    assert ask("POST", "/staff/absences", **form, step="save").status_code == 303
    assert 'Abwesend <span class="nowrap">10:00–11:30' in ask("GET", "/staff/dates").text
    assert ask("GET", "/staff/dates?date=2026-12-22").text.count("Feiertag") == 1


def test_a_visit_under_way_is_named_before_its_clerk_is_away(busy_office: Office) -> None:
    """It stays where it is: somebody must see to it."""
    busy_office.now = at("09:05")
    form = {"from_date": "2026-11-24", "until_date": "2026-11-24"}
    shown = visitor(busy_office)("POST", "/staff/absences", **form).text
    assert "&lt;b&gt;Ada&lt;/b&gt;" in shown
    assert "Bleibt stehen." in shown


def test_a_stop_under_way_is_named_also_where_the_next_one_is_taken_over(busy_office: Office) -> None:
    """Each stop has a row of its own: one goes to a colleague, the other stays."""
    stops = [wanted(start, 20)["stops"][0] | {"stop": n} for n, start in enumerate(("10:00", "10:30"), 1)]
    busy_office.hear("AppointmentRequested", "b2", stops=stops)
    busy_office.now = at("10:05")
    form = {"from_date": "2026-11-24", "until_date": "2026-11-24"}
    shown = visitor(busy_office)("POST", "/staff/absences", **form).text
    assert shown.count("übernimmt. Zeit") == 1
    assert shown.count("Bleibt stehen.") == 1


@pytest.mark.parametrize("of", ["", "a1", "a1.x.1", "a1.1", "a1.1.99999999999999999999", "a9.1.1", "a1.2.1"])
def test_a_visit_that_is_not_here_has_its_own_page(busy_office: Office, of: str) -> None:
    """Called off meanwhile, or made up."""
    for method, path in (("POST", "/staff/calls"), ("POST", "/staff/finished"), ("GET", "/staff/substitute")):
        ask = visitor(busy_office)
        answer = ask("GET", f"{path}?of={of}") if method == "GET" else ask("POST", path, of=of)
        assert answer.status_code == 409
        assert "Dieser Termin ist nicht mehr hier" in answer.text


def test_two_windows_do_not_overwrite_each_other(busy_office: Office) -> None:
    """The second one is told, keeps what was typed, and may save then."""
    ask = visitor(busy_office)
    form = {"weekday": "fri", "from": "8", "until": "12 Uhr", "site": "rathaus", "was": "old"}
    answer = ask("POST", "/staff/week/hours", **form)
    assert answer.status_code == 422
    assert "in einem anderen Fenster" in answer.text
    was = answer.text.partition('name="was" value="')[2].partition('"')[0]
    assert ask("POST", "/staff/week/hours", **form | {"was": was}).status_code == 303
    weekly = busy_office.get("/api/staff")["staff"][0]["quotas"]["weekly"]
    assert [(one["weekday"], one["from"], one["until"]) for one in weekly] == [
        ("tue", "08:00", "12:30"),
        ("fri", "08:00", "12:00"),
    ]


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"from": "25:00"}, "from"),
        ({"until": ""}, "until"),
        ({"until": "07:00"}, "until"),
        ({"weekday": "sunday"}, "weekday"),
        ({"site": ""}, "site"),
        ({"valid_from": "gestern"}, "valid_from"),
    ],
)
def test_what_is_wrong_is_said_beside_the_field(typed: dict[str, str], field: str) -> None:
    """In German, as the catalogue has it."""
    form = {"weekday": "tue", "from": "08:00", "until": "12:00", "site": "rathaus"}
    with pytest.raises(Wrong) as wrong:
        quota(form | typed)
    assert list(wrong.value.errors) == [field]


def test_a_monthly_quota_is_read() -> None:
    """The last Tuesday, kept for the info desk until the day before."""
    form = {"weekday": "tue", "from": "8.30", "until": "12:00", "site": "rathaus", "rhythm": "m-1"}
    told = quota(form | {"class": "internal", "release": "1440"})
    assert (told["from"], told["of_month"], told["every_weeks"]) == ("08:30", -1, 1)
    assert (told["class"], told["release_minutes"]) == ("internal", 1440)


def test_whole_days_are_away_until_midnight() -> None:
    """And with a time until the minute that is given."""
    zone = ZoneInfo(ZONE)
    begins, until = moments({"from_date": "2026-11-24", "until_date": "2026-11-25"}, zone)
    assert (begins, until) == (at("00:00"), at("00:00", DAY.replace(day=26)))
    _, until = moments({"from_date": "2026-11-24", "until_date": "2026-11-24", "until_time": "12"}, zone)
    assert until == at("12:00")
    with pytest.raises(Wrong):
        moments({"from_date": "2026-11-24", "until_date": ""}, zone)


def test_what_meets_the_own_calendar_is_shown(busy_office: Office) -> None:
    """With who could take over."""
    span = Span(at("09:00"), at("10:00"))
    busy_office.app.handle(NoteBusy("n", busy_office.now, "c-17", (BusyDay(DAY, (span,)),)))
    page = visitor(busy_office)("GET", "/staff").text
    assert "1 Termin liegt in einer belegten Zeit" in page
    assert "A. Demir" in page


def test_a_forgotten_guest_has_no_name(busy_office: Office) -> None:
    """The visit stays, so that the day adds up."""
    busy_office.hear("GuestForgotten", "a1")
    page = visitor(busy_office)("GET", "/staff").text
    assert "Ada" not in page
    assert "Ohne Namen" in page


def test_every_text_has_its_english(busy_office: Office) -> None:
    """No German is left on an English page."""
    client = over_http(StaffCalendarService, busy_office.app, roles=())
    bearer = {"Authorization": f"Bearer {token(busy_office.app, 'clerk', person='c-17')}", "Accept-Language": "en"}
    for path in ("", "/dates", "/week", "/week/hours", "/week/exception", "/absences", "/calendar"):
        page = client.get(f"/staff{path}", headers=bearer)
        assert page.status_code == 200
        for german in ("Termin", "Speichern", "Zeit", "Wochentag", "Abwesen", "Keine", "Adresse", "Tag "):
            assert german not in page.text.replace("Termine J.", ""), (path, german)
