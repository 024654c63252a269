"""The clerks' pages in a real browser: my day, my week, absences; with and without JavaScript, by keyboard alone."""

import re
from collections.abc import Callable, Iterator
from datetime import date as Date

import pytest
from playwright.sync_api import Page, expect

from services.staff_calendar.commands import NoteBusy, RecordAbsence
from services.staff_calendar.events import BusyDay, Span, StaffSubstituted, StaffWithdrawn
from services.staff_calendar.projections import reservations
from tests.browser.office_server import cookie, served
from tests.browser.staff import judged
from tests.browser.tabs import Lend
from tests.staff_calendar.conftest import settings
from tests.staff_calendar.office import CLERK, QUOTAS, Office
from tests.staff_calendar.words import NOW, ZONE, at

NAMES = {"a1": "Ada Größe", "a2": "<script>alert(1)</script>", "a3": "محمد العربي", "a4": "x" * 200}
database_kind = pytest.fixture(lambda: "sqlite")
__all__ = ["settings"]
Judge = Callable[[Page], None]
EVERYWHERE = pytest.mark.parametrize(
    ("width", "language", "script"),
    [(320, "en", True), (1280, "de", False)],
    ids=["narrow-en-script", "wide-de-no-script"],
)


@pytest.fixture
def office(settings) -> Office:
    """Two clerks, and four guests of the one this Tuesday; it is five to nine."""
    office = Office(settings)
    for clerk, name in (("c-17", "J. Brinkmann"), ("c-18", "A. Demir")):
        office.put(f"/api/staff/{clerk}", CLERK | {"name": name})
        office.put(f"/api/staff/{clerk}/quotas", QUOTAS)
    for n, (who, name) in enumerate(NAMES.items()):
        office.expect(who, f"{9 + n // 2:02}:{n % 2 * 3}0", name=name, clerk="c-17")
    office.now = at("08:55")
    return office


@pytest.fixture
def address(office) -> Iterator[str]:
    """Where its pages are."""
    with served(office) as url:
        yield url


@pytest.fixture
def open_page(lend: Lend, office, address):
    """`open_page("/staff", width=320, language="en", script=False)` as the clerk who is signed in."""

    def open_page(path="/staff", *, roles=(), person="c-17", **how) -> Page:
        page = lend(**how, cookies=[cookie(office, address, *roles, person=person)])
        page.goto(address + path)
        return page

    return open_page


def arrive(office, who="a1", clock="08:50"):
    """The entrance has seen the guest."""
    office.hear("GuestArrived", who, "visitor_access", at=at(clock).isoformat())


def holder(office, who="a1"):
    """Who holds the appointment; None: nobody."""
    with office.app.read() as connection:
        found = connection.execute(reservations.select().where(reservations.c.appointment == who)).all()
    return found[0].clerk if found else None


def away(first: Date, last: Date) -> RecordAbsence:
    """The clerk is not there from the one midnight to the other."""
    return RecordAbsence("o1", NOW, "c-17", "x", at("00:00", first), at("00:00", last), None, ZONE)


def busy(date: Date, first: str, last: str) -> NoteBusy:
    """The clerk's own calendar has something."""
    return NoteBusy("o2", NOW, "c-17", (BusyDay(date, (Span(at(first, date), at(last, date)),)),))


def press(page: Page, target) -> None:
    """By keyboard."""
    target.focus()
    page.keyboard.press("Enter")


@EVERYWHERE
def test_a_guest_is_called_and_finished_by_keyboard(open_page, office, width, language, script):
    """Who has arrived is next; documents and room are seen, and what was typed as a name is shown as typed."""
    arrive(office)
    page = open_page(width=width, language=language, script=script)
    row = page.locator("#v-a1\\.1\\.1")
    expect(row).to_contain_text(re.compile("ist da seit 08:50|has arrived since 08:50"))
    expect(row).to_contain_text("Raum 101")
    row.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(row.locator("details li")).to_have_text(re.compile("Bisheriger Reisepass|Your previous passport"))
    assert page.locator(".visit__name").all_inner_texts() == list(NAMES.values())
    press(page, page.locator("#next"))
    expect(row).to_contain_text(re.compile("aufgerufen|called since"))
    press(page, page.locator("#f-a1\\.1\\.1"))
    expect(row.locator(".visit__status")).to_have_text(re.compile("fertig|done"))
    assert [kind for kind in office.kinds() if kind in ("GuestCalled", "VisitFinished")] == [
        "GuestCalled",
        "VisitFinished",
    ]


def test_the_day_is_live(open_page, office):
    """An arrival is seen without doing anything, and what one was reading stays open."""
    page = open_page()
    page.locator("#v-a2\\.1\\.1 summary").click()
    expect(page.locator("#next")).to_have_count(0)
    with page.expect_response("**/staff"):
        arrive(office)
    expect(page.locator("#next")).to_contain_text("Ada Größe")
    expect(page.locator("#v-a2\\.1\\.1 details")).to_have_attribute("open", "")


@EVERYWHERE
def test_a_colleague_takes_over(open_page, office, width, language, script):
    """Only who can is offered; the visit stands on the other one's page afterwards."""
    page = open_page(width=width, language=language, script=script)
    press(page, page.locator("#v-a1\\.1\\.1 a"))
    page.get_by_role("button", name=re.compile("Termin abgeben|Hand over")).click()
    expect(page.locator("#substitute-wrong")).to_be_visible()
    page.get_by_label("A. Demir").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_be_visible()
    expect(page.locator("#v-a1\\.1\\.1")).to_have_count(0)
    assert holder(office) == "c-18"
    other = open_page(person="c-18")
    expect(other.locator(".visit__name")).to_have_text(["Ada Größe"])


@EVERYWHERE
def test_an_absence_is_shown_before_it_is_saved(open_page, office, width, language, script):
    """A colleague takes what is free to take, the rest is called off; then it can be taken back."""
    office.expect("b1", "09:05", name="Zoë", clerk="c-18")
    page = open_page("/staff/absences", width=width, language=language, script=script)
    page.get_by_role("button", name=re.compile("Weiter|Continue")).click()
    expect(page.locator("#from_date")).to_be_focused()
    page.fill("#from_date", "2026-11-24")
    page.fill("#until_date", "2026-11-24")
    page.fill("#reason", NAMES["a2"])
    page.get_by_role("button", name=re.compile("Weiter|Continue")).click()
    expect(page.locator(".outcome")).to_have_count(4)
    expect(page.locator(".outcome").first).to_contain_text(re.compile("Wird abgesagt|Is called off"))
    expect(page.locator(".outcome").nth(1)).to_contain_text("A. Demir")
    assert holder(office) == "c-17"
    page.get_by_role("button", name=re.compile("So speichern|Save it")).click()
    expect(page.locator(".line")).to_contain_text(NAMES["a2"])
    assert [holder(office, who) for who in NAMES] == [None, "c-18", "c-18", "c-18"]
    page.get_by_role("button", name=re.compile("Zurücknehmen|Take back")).click()
    expect(page.get_by_role("status")).to_be_visible()
    assert holder(office, "a2") == "c-18"


def test_nothing_but_what_was_shown_is_saved(open_page, office):
    """A colleague who was free is taken meanwhile: the new list is shown, nothing has happened yet."""
    page = open_page("/staff/absences")
    page.fill("#from_date", "2026-11-24")
    page.fill("#until_date", "2026-11-24")
    page.get_by_role("button", name="Weiter").click()
    expect(page.locator(".outcome").first).to_contain_text("A. Demir")
    office.expect("b1", "09:00", name="Zoë", clerk="c-18")
    page.get_by_role("button", name="So speichern").click()
    expect(page.get_by_role("alert")).to_contain_text("Inzwischen haben sich Termine geändert")
    expect(page.locator(".outcome").first).to_contain_text("Wird abgesagt")
    assert holder(office) == "c-17"
    page.get_by_role("button", name="So speichern").click()
    expect(page.get_by_role("status")).to_be_visible()
    assert {type(event) for event in office.log()} >= {StaffSubstituted, StaffWithdrawn}


@pytest.mark.parametrize(
    ("width", "language", "script"),
    [(320, "en", True), (1280, "de", False), (1280, "en", True), (320, "de", False)],
    ids=["narrow-en-script", "wide-de-no-script", "wide-en-script", "narrow-de-no-script"],
)
def test_the_dates_of_a_week(open_page, office, axe: Judge, fits: Judge, width, language, script):
    """Hours, who comes, what is different on a date; by keyboard a week on and back, and to the guest on that day."""
    office.put("/api/staff/c-17/quotas", QUOTAS | {"exceptions": [{"date": "2026-12-04", "open": []}]})
    office.app.handle(away(Date(2026, 11, 26), Date(2026, 11, 27)), busy(Date(2026, 11, 25), "10:00", "11:30"))
    page = open_page("/staff/dates", width=width, language=language, script=script)
    expect(page).to_have_title(re.compile("Meine Woche: 23.–29. Nov. 2026|My week: 23–29 Nov 2026"))
    monday, tuesday, wednesday, thursday, friday = page.locator(".date").all()
    expect(monday).to_contain_text(re.compile("keine Zeiten|no hours"))
    expect(tuesday).to_contain_text(re.compile("Dienstag, 24. November|Tuesday, 24 November"))
    expect(tuesday).to_contain_text("08:00–12:30")
    assert tuesday.locator("bdi").all_inner_texts() == list(NAMES.values())
    expect(wednesday).to_contain_text("10:00–11:30")
    expect(thursday).to_contain_text(re.compile("Abwesend|Away"))
    expect(friday).to_contain_text(re.compile("keine Zeiten|no hours"))
    judged(page, axe, fits, script=script)
    press(page, page.locator("a[rel=next]"))
    expect(page.locator(".date").nth(1)).to_contain_text(re.compile("noch keine Termine|no appointments yet"))
    expect(page.locator(".date").nth(4)).to_contain_text(re.compile("Ausnahme für diesen Tag|Exception for this day"))
    judged(page, axe, fits, script=script)
    press(page, page.locator("nav a", has_text=re.compile("Diese Woche|This week")))
    press(page, page.locator(".date").nth(1).locator("li a").first)
    expect(page.locator("#v-a1\\.1\\.1 .visit__name")).to_have_text("Ada Größe")


@EVERYWHERE
def test_hours_are_changed_by_a_form(open_page, office, width, language, script):
    """A second quota in every second week; what is wrong is said beside the field, and everything typed stays."""
    page = open_page("/staff/week", width=width, language=language, script=script)
    page.get_by_role("link", name=re.compile("Zeit hinzufügen|Add hours")).click()
    page.select_option("#weekday", "thu")
    page.fill("#from", "16:00")
    page.fill("#until", "14:00")
    page.select_option("#rhythm", "2")
    save = page.get_by_role("button", name=re.compile("Speichern|Save"))
    save.click()
    expect(page.locator("#until-wrong")).to_be_visible()
    expect(page.locator("#until")).to_be_focused()
    expect(page.locator("#rhythm")).to_have_value("2")
    page.fill("#until", "18:00")
    save.click()
    expect(page.locator("#anchor-wrong")).to_be_visible()
    page.fill("#anchor", "2026-11-26")
    save.click()
    expect(page.locator(".week")).to_contain_text(re.compile("Jede zweite Woche|Every second week"))
    assert [q["every_weeks"] for q in office.get("/api/staff")["staff"][0]["quotas"]["weekly"]] == [1, 2]
    page.locator(".block").last.click()
    page.get_by_role("button", name=re.compile("löschen|Delete")).click()
    assert len(office.get("/api/staff")["staff"][0]["quotas"]["weekly"]) == 1


def test_the_week_is_drawn_with_the_mouse(open_page, office):
    """Drawing and moving fill the form; saved is what the form says."""
    page = open_page("/staff/week")
    friday = page.locator("[data-day=fri] .week__hours").bounding_box()
    assert friday is not None
    page.mouse.move(friday["x"] + 60, friday["y"] + 4 * 12 + 3)
    page.mouse.down()
    page.mouse.move(friday["x"] + 60, friday["y"] + 12 * 12 + 3, steps=4)
    page.mouse.up()
    page.wait_for_url("**/staff/week/hours*")
    expect(page.locator("#weekday")).to_have_value("fri")
    drawn = [page.locator(name).input_value() for name in ("#from", "#until")]
    assert drawn == ["08:00", "10:15"]
    page.get_by_role("button", name="Speichern").click()
    block = page.locator("[data-day=fri] .block")
    expect(block).to_contain_text("08:00–10:15")
    box = block.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 40, box["y"] + 30)
    page.mouse.down()
    page.mouse.move(box["x"] + 40, box["y"] + 30 + 4 * 12, steps=4)
    page.mouse.up()
    page.wait_for_url("**/staff/week/hours*")
    assert [page.locator(name).input_value() for name in ("#from", "#until")] == ["09:00", "11:15"]


def test_the_week_is_drawn_by_keyboard(open_page):
    """Arrow keys move, with shift they make longer; Enter leads to the form, a screen reader is told."""
    page = open_page("/staff/week")
    page.locator(".block").first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Shift+ArrowUp")
    expect(page.locator("#moved")).to_have_text("08:15 bis 12:30")
    page.keyboard.press("Enter")
    page.wait_for_url("**/staff/week/hours*")
    assert [page.locator(name).input_value() for name in ("#from", "#until")] == ["08:15", "12:30"]


def test_a_day_without_hours(open_page, office):
    """An exception for one day, and its end."""
    page = open_page("/staff/week/exception", script=False)
    page.fill("#date", "2026-12-01")
    page.get_by_label("Keine Termine").check()
    page.get_by_role("button", name="Speichern").click()
    expect(page.locator(".line")).to_contain_text("Dienstag, 1. Dezember 2026: geschlossen")
    assert office.day(date="2026-12-01")["open"] == []
    page.get_by_role("button", name="Löschen").click()
    expect(page.locator(".line")).to_have_count(0)
    assert office.day(date="2026-12-01")["open"] != []


def test_a_new_address_voids_the_old_one(open_page, office):
    """Whoever has got to know it sees nothing any more."""
    page = open_page("/staff/calendar")
    old = page.locator("#address").input_value()
    assert page.request.get(old).status == 200
    page.get_by_role("button", name="Neue Adresse machen").click()
    expect(page.get_by_role("status")).to_contain_text("Die Adresse ist neu")
    assert page.request.get(old).status == 401
    assert page.request.get(page.locator("#address").input_value()).status == 200


@pytest.mark.parametrize(("width", "language"), [(320, "en"), (1280, "de")])
def test_no_page_keeps_anybody_out(open_page, office, axe: Judge, fits: Judge, width, language):
    """Every page and state, as far as a program can tell; nothing is scrolled sideways, also at 400 %."""
    arrive(office)
    arrive(office, "a2")
    paths = [
        "",
        "/substitute?of=a1.1.1&date=2026-11-24",
        "/week",
        "/week/hours?n=0",
        "/week/exception",
        "/absences",
        "/dates",
        "/dates?date=2030-01-01",
    ]
    page = open_page(width=width, language=language)
    page.locator("#next").click()
    for path in [*paths, "/calendar", "?date=2026-11-25", "?date=2026-11-22"]:
        page.goto(page.url.partition("/staff")[0] + f"/staff{path}")
        axe(page)
        fits(page)
    page.goto(page.url.partition("/staff")[0] + "/staff/absences")
    page.locator("main form .kern-btn--primary").click()
    axe(page)
    page.fill("#from_date", "2026-11-24")
    page.fill("#until_date", "2026-11-25")
    page.locator("main form .kern-btn--primary").click()
    axe(page)
    fits(page)
    chooser = open_page(width=width, language=language, roles=("operations",), person=None)
    axe(chooser)
    chooser.get_by_role("link", name="J. Brinkmann").click()
    axe(chooser)
    fits(chooser)
