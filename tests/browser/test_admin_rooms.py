"""Rooms and closures in a real browser: what a change would affect is seen before it is so, and nothing is lost."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from services.rooms.service import DEFINITION, RoomsService
from shared import config
from shared.admission import COOKIE
from shared.app import App, Delivery
from shared.messages import CONTENT_TYPE
from shared.sessions import Sessions, begin
from tests.browser.office_server import serving
from tests.browser.staff import IDS, KINDS, judged
from tests.browser.tabs import Lend
from tests.over_http import Wsgi, over_http
from tests.rooms.heard import body as requested
from tests.rooms.test_pages import NOW, ROOM, save

database_kind = pytest.fixture(lambda: "sqlite")
NAMES = ["<script>alert(1)</script>", "O'Brien-Saal", "غرفة الاجتماعات", "R" * 200]
SITES = '{"rathaus": {"name": {"de": "Rathaus", "en": "Town hall"}}}'
EVERYWHERE = pytest.mark.parametrize(("script", "width", "language"), KINDS, ids=IDS)
Judge = Callable[[Page], None]


@pytest.fixture
def http(make_database: Any, home: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Rooms, and none of them yet."""
    monkeypatch.setenv("FOYER_HOME", str(home))
    monkeypatch.setenv("FOYER_DATABASE_URL", make_database("rooms", migrated=True))
    monkeypatch.setenv("FOYER_SITES", SITES)
    settings = config.load("rooms")
    app = App(DEFINITION, settings, clock=lambda: NOW)
    http: Any = over_http(RoomsService, app, roles=("catalogue",))
    http.app = app
    return http


@pytest.fixture
def busy(http: Any) -> Any:
    """With a room in which somebody is expected on Tuesday at nine."""
    save(http, "/admin/rooms/new", room="r-101", **ROOM)
    http.app.hear([Delivery(CONTENT_TYPE, requested("AppointmentRequested"))])
    return http


@pytest.fixture
def open_page(lend: Lend, http: Any) -> Iterator[Callable[..., Page]]:
    """`open_page("/admin/rooms", width=320, language="en", script=False)` as who keeps the rooms."""
    sealed = Sessions(http.app.settings.secret).sealed(begin("verwaltung", ["catalogue"], NOW))
    with serving(Wsgi(RoomsService, http.app)) as url:

        def open_page(path: str = "/admin/rooms", *, script: bool, width: int, language: str) -> Page:
            cookies = [{"name": COOKIE, "value": sealed, "url": url}]
            page = lend(width, language, script, cookies)
            page.goto(url + path)
            return page

        yield open_page


def press(target: Locator) -> None:
    """By keyboard; it leads to the next page."""
    target.focus()
    with target.page.expect_navigation():
        target.page.keyboard.press("Enter")


@EVERYWHERE
def test_a_room_is_made_by_keyboard(
    open_page: Any, http: Any, axe: Judge, fits: Judge, script: bool, width: int, language: str
) -> None:
    """From the empty house; a mistake is said beside its field, which has the focus, and what was typed stays."""
    page = open_page(script=script, width=width, language=language)
    expect(page.locator("main")).to_contain_text(re.compile("Es gibt noch keinen Raum|There is no room yet"))
    judged(page, axe, fits, script=script)
    press(page.locator("main a.kern-btn--primary"))
    judged(page, axe, fits, script=script)
    for field, typed in {"room": "r-1", "name": NAMES[0], "site": "rathaus", "seats": "0"}.items():
        page.locator(f"#{field}").fill(typed)
    press(page.locator("main form button"))
    expect(page.locator("#seats-wrong")).to_be_visible()
    expect(page.locator("#seats")).to_be_focused()
    expect(page.locator("#name")).to_have_value(NAMES[0])
    expect(page).to_have_title(re.compile("^(Fehler|Error): "))
    judged(page, axe, fits, script=script)
    page.locator("#seats").fill("4")
    press(page.locator("#seats"))
    expect(page.locator("h1")).to_contain_text(NAMES[0])
    judged(page, axe, fits, script=script)
    press(page.locator("[name=edit]"))
    expect(page.locator("#seats")).to_have_value("4")
    press(page.locator("main form button"))
    assert http.get("/api/rooms").json["rooms"] == []
    press(page.locator("[name=save]"))
    expect(page.get_by_role("status")).to_be_visible()
    expect(page.locator("tbody th")).to_have_text(NAMES[0])
    judged(page, axe, fits, script=script)


@EVERYWHERE
def test_what_a_change_affects_is_seen_first(
    open_page: Any, busy: Any, axe: Judge, fits: Judge, script: bool, width: int, language: str
) -> None:
    """The appointment that would lie outside is named; not saving leaves all as it was."""
    page = open_page("/admin/rooms/r-101", script=script, width=width, language=language)
    page.locator("#tue").fill("15-17")
    press(page.locator("main form button"))
    expect(page.locator("main")).to_contain_text(
        re.compile("1 vergebener Termin ist betroffen|1 appointment is affected")
    )
    judged(page, axe, fits, script=script)
    press(page.locator("main form a"))
    expect(page.locator("#tue")).to_have_value("08:00–12:00, 14:00–17:30")
    page.locator("#tue").fill("15-17")
    press(page.locator("main form button"))
    save(busy, "/admin/rooms/new", room="r-102", **ROOM)
    press(page.locator("[name=save]"))
    expect(page.get_by_role("alert")).to_contain_text(re.compile("Inzwischen hat jemand|Meanwhile somebody"))
    judged(page, axe, fits, script=script)
    press(page.locator("[name=save]"))
    expect(page.get_by_role("status")).to_be_visible()
    assert busy.get("/api/rooms/r-101").json["weekly"]["tue"] == [["15:00", "17:00"]]


@EVERYWHERE
def test_a_site_is_closed_for_some_days(
    open_page: Any, busy: Any, axe: Judge, fits: Judge, script: bool, width: int, language: str
) -> None:
    """The site is called as the reader's language has it; the reason stands as typed."""
    page = open_page("/admin/rooms/sites/rathaus", script=script, width=width, language=language)
    expect(page.locator("h1")).to_contain_text({"de": "Rathaus", "en": "Town hall"}[language])
    judged(page, axe, fits, script=script)
    page.locator("#closure-0-from").fill("2026-11-24")
    page.locator("#closure-0-until").fill("2026-11-20")
    page.locator("#closure-0-reason").fill(NAMES[0])
    press(page.locator("main form button"))
    expect(page.locator("#closure-0-until")).to_be_focused()
    judged(page, axe, fits, script=script)
    page.locator("#closure-0-until").fill("2026-11-25")
    press(page.locator("main form button"))
    expect(page.locator("h1")).to_contain_text({"de": "Rathaus", "en": "Town hall"}[language])
    judged(page, axe, fits, script=script)
    press(page.locator("[name=save]"))
    expect(page.locator("main")).to_contain_text(NAMES[0])
    judged(page, axe, fits, script=script)
    assert busy.get("/api/rooms/r-101/days/2026-11-24").json["open"] == []


@pytest.mark.parametrize("width", [320, 1280])
def test_names_stand_as_typed(open_page: Any, http: Any, axe: Judge, fits: Judge, width: int) -> None:
    """In the list, in the form and before saving; and what is not there has a page of its own."""
    for number, name in enumerate(NAMES):
        save(http, "/admin/rooms/new", room=f"r-{number}", **ROOM | {"name": name})
    page = open_page(script=True, width=width, language="de")
    assert page.locator("tbody th bdi").all_inner_texts() == NAMES
    fits(page)
    axe(page)
    for number, name in enumerate(NAMES):
        page.goto(page.url.partition("/admin")[0] + f"/admin/rooms/r-{number}")
        expect(page.locator("h1")).to_have_text(name)
        fits(page)
        page.locator("main form button").click()
        expect(page.locator("main")).to_contain_text("Es ändert sich nichts.")
        fits(page)
    page.goto(page.url.partition("/admin")[0] + "/admin/rooms/r-99")
    expect(page.locator("h1")).to_have_text("Diesen Raum gibt es nicht")
    fits(page)
    axe(page)
