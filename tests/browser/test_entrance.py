"""The security desk in a real browser: scan, live list, no line for a while, both widths, both languages, keyboard."""

import re
import time
from collections.abc import Iterator
from datetime import UTC, timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from deploy.servers import wait_until
from services.visitor_access import passes
from shared.tables import events
from tests.browser.entrance_server import cookie, served
from tests.browser.tabs import Lend
from tests.visitor_access.conftest import settings
from tests.visitor_access.entrance import Entrance
from tests.visitor_access.facts import at

database_kind = pytest.fixture(lambda: "sqlite")
__all__ = ["settings"]


@pytest.fixture
def entrance(settings) -> Entrance:
    """Two guests are expected, at 8:55 of their day."""
    entrance = Entrance(settings)
    entrance.register("a1", name="Ada Größe", clock="09:00", party_size=1)
    entrance.register("a2", name="<script>alert(1)</script>", clock="09:20", party_size=3)
    entrance.now, began = at("08:55"), time.monotonic()
    # A clock that stands still would leave the browser's ahead of it.
    entrance.app.clock = lambda: (entrance.now + timedelta(seconds=time.monotonic() - began)).astimezone(UTC)
    return entrance


@pytest.fixture
def address(entrance) -> Iterator[str]:
    """Where its pages are."""
    with served(entrance) as url:
        yield url


@pytest.fixture
def look(lend: Lend, entrance, address):
    """`look(path, width=320, language="en", script=False)` opens a page as the signed-in desk."""

    def look(path="/entrance", **how) -> Page:
        page = lend(**how, cookies=[cookie(entrance, address)])
        page.goto(address + path)
        if (field := page.locator("[autofocus]")).count():
            expect(field).to_be_focused()  # only then it can be typed into
        return page

    return look


def arrivals(entrance, who="a1"):
    """The arrivals in the log."""
    with entrance.app.read() as connection:
        found = select(events.c.id).where(events.c.stream == f"visit-{who}", events.c.type == "GuestArrived")
        return len(connection.execute(found).all())


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
@pytest.mark.parametrize(("width", "language"), [(320, "en"), (1280, "de")])
def test_a_scan_by_keyboard_alone(look, entrance, script, width, language):
    """A scanner types the number and presses Enter; the name and the way are read in big type."""
    page = look(width=width, language=language, script=script)
    expect(page.locator("#wanted")).to_be_focused()
    page.keyboard.type(entrance.guest()["pass"])
    page.keyboard.press("Enter")
    expect(page.locator("#told .told__name")).to_have_text("Ada Größe")
    expect(page.locator("#told")).to_contain_text("Raum 101")
    assert arrivals(entrance) == 1
    page.get_by_role("link", name=re.compile("Im Haus|In the house")).first.click()
    expect(page.locator("#board")).to_contain_text("Ada Größe")
    page.go_back()
    button = page.locator("#told button") if script else page.get_by_role("button", name=re.compile("Rückgängig|Undo"))
    if button.count():
        button.first.focus()
        page.keyboard.press("Enter")
        expect(page.locator("#told")).to_contain_text(re.compile("Zurückgenommen|Taken back"))


def test_the_list_is_live(look, entrance):
    """What another desk enters is seen without doing anything."""
    page = look("/entrance?view=house")
    expect(page.locator("#board")).to_contain_text("Niemand ist im Haus.")
    with page.expect_response("**/entrance?view=house"):
        entrance.post("/api/visits/a1/arrival")
    expect(page.locator("#board")).to_contain_text("Ada Größe")


def test_without_a_line_the_desk_goes_on(look, entrance):
    """The last list stays, entries are kept over a reload, and come in once, with the time at which they were made."""
    page = look("/entrance?view=all")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.reload()
    page.wait_for_function("async () => !!(await (await caches.open('foyer-entrance')).match(location.href))")
    page.context.set_offline(True)
    page.locator("tr[data-of=a1] button").click()
    expect(page.locator("#line")).to_contain_text("Keine Verbindung")
    expect(page.locator("tr[data-of=a1]")).to_contain_text("wird nachgetragen")
    assert "Ada" not in page.evaluate("localStorage.getItem('foyer-entrance-kept')")
    page.reload()
    expect(page.locator("tr[data-of=a2]")).to_be_visible()
    expect(page.locator("#line .kept")).to_contain_text("Ada Größe")
    assert arrivals(entrance) == 0
    page.context.set_offline(False)
    expect(page.locator("tr[data-of=a1]")).to_contain_text("da seit", timeout=30_000)
    expect(page.locator("#line")).to_be_hidden()
    assert arrivals(entrance) == 1
    assert page.evaluate("localStorage.getItem('foyer-entrance-kept')") == "[]"


@pytest.mark.parametrize(("width", "language"), [(320, "en"), (1280, "de")])
def test_what_is_refused_later_stays_until_somebody_has_dealt_with_it(look, entrance, axe, fits, width, language):
    """With reason and time, over reloads; no name is kept with it."""
    number = entrance.guest("a2")["pass"]
    page = look("/entrance?view=all", width=width, language=language)
    page.context.set_offline(True)
    page.keyboard.type("12345678")
    page.keyboard.press("Enter")
    for who in ("a2", "a1"):
        page.locator(f"tr[data-of={who}] button").click()
    expect(page.locator("#line .kept li")).to_have_count(3)
    entrance.hear("AppointmentCancelled", "a2")
    page.context.set_offline(False)
    expect(page.locator("#told")).to_contain_text(re.compile("Angekommen|Arrived"), timeout=30_000)
    items = page.locator("#refused li")
    expect(items).to_have_count(2)
    expect(items.last).to_contain_text("<script>alert(1)</script>")
    assert "script" not in page.evaluate("JSON.stringify(localStorage)")
    for _ in range(2):
        expect(items.first).to_contain_text("12345678")
        expect(items.first).to_contain_text(re.compile("Nicht auf der Liste|Not on the list"))
        expect(items.first).to_contain_text(re.compile(r"24.*\d:5\d"))
        expect(items.last).to_contain_text(re.compile("gilt nicht mehr|does not stand"))
        axe(page)
        fits(page)
        page.reload()
    expect(items.last).to_contain_text(number)
    page.goto(page.url + ("&lang=de" if language == "en" else "&lang=en"))
    expect(items.first.locator("[lang]")).to_have_attribute("lang", language)
    items.first.locator("button").press("Enter")
    expect(items).to_have_count(1)
    expect(items.first.locator("button")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#refused")).to_be_hidden()
    expect(page.locator("#wanted")).to_be_focused()
    page.reload()
    expect(page.locator("#refused")).to_be_hidden()
    assert (arrivals(entrance), arrivals(entrance, "a2")) == (1, 0)


def test_what_is_refused_at_once_is_told_at_once(look):
    """And only there: whoever has typed it is looking."""
    page = look()
    page.keyboard.type("12345678")
    page.keyboard.press("Enter")
    expect(page.locator("#told")).to_contain_text("Nicht auf der Liste: 12345678")
    expect(page.locator("#refused")).to_be_hidden()
    assert page.evaluate("localStorage.getItem('foyer-entrance-kept')") == "[]"


@pytest.mark.parametrize("status", [200, 404, 422])
def test_an_answer_that_is_not_the_entrance_takes_no_entry(look, entrance, status):
    """A proxy's page is no line: the entry waits until the entrance has answered."""
    page = look("/entrance?view=all")
    strange = "<!doctype html><title>Proxy</title><p>Nothing here"
    page.route("**/entrance?*", lambda route: route.fulfill(status=status, body=strange, content_type="text/html"))
    page.locator("tr[data-of=a1] button").click()
    expect(page.locator("#line")).to_contain_text("Keine Verbindung")
    expect(page.locator("#line .kept")).to_contain_text("Ada Größe")
    assert arrivals(entrance) == 0
    page.unroute("**/entrance?*")
    expect(page.locator("tr[data-of=a1]")).to_contain_text("da seit", timeout=30_000)
    expect(page.locator("#line")).to_be_hidden()
    assert arrivals(entrance) == 1


def test_a_name_narrows_the_list_while_it_is_typed(look):
    """Names that look like markup are names."""
    page = look()
    expect(page.locator("#wanted")).to_be_focused()
    page.keyboard.type("script")
    expect(page.locator("tr[data-of=a1]")).to_be_hidden()
    expect(page.locator("tr[data-of=a2] bdi")).to_have_text("<script>alert(1)</script>")


def test_a_name_that_could_be_a_number_is_looked_for(look, entrance):
    """Eight letters narrow the list and find the guest; without a line they are not kept, for they are a name."""
    entrance.register("a3", name="Petra Hoffmann", clock="10:00")
    page = look()
    expect(page.locator("#wanted")).to_be_focused()
    page.keyboard.type("Hoffmann")
    expect(page.locator("tr[data-of=a1]")).to_be_hidden()
    expect(page.locator("tr[data-of=a3]")).to_be_visible()
    page.context.set_offline(True)
    page.keyboard.press("Enter")
    expect(page.locator("#line")).to_contain_text("Keine Verbindung")
    assert page.evaluate("localStorage.getItem('foyer-entrance-kept')") is None
    page.context.set_offline(False)
    page.keyboard.press("Enter")
    expect(page.locator("#board [role=status]")).to_contain_text("1 Gast gefunden für")
    expect(page.locator("tr[data-of=a3]")).to_be_visible()


def test_a_number_of_letters_alone_is_an_arrival(look, entrance, monkeypatch):
    """Also where the list that is shown does not have it; the field is empty for the next."""
    monkeypatch.setattr(passes, "candidates", lambda token: iter(["HXFFMANN"]))
    entrance.register("a3", name="Petra Weiß", clock="10:00")
    page = look("/entrance?view=house")
    expect(page.locator("#wanted")).to_be_focused()
    page.keyboard.type("HXFFMANN")
    page.keyboard.press("Enter")
    expect(page.locator("#told")).to_contain_text("Angekommen")
    expect(page.locator("#wanted")).to_have_value("")
    expect(page.locator("tr[data-of=a3]")).to_be_visible()


@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize("path", ["/entrance", "/entrance?view=gone", "/entrance/house", "/entrance/print", "told"])
def test_everybody_can_use_it(look, axe, fits, path, width):
    """axe finds nothing, and nothing is scrolled sideways at 320 px, which is a zoom of 400 %."""
    page = look("/entrance" if path == "told" else path, width=width)
    if path == "told":
        expect(page.locator("#wanted")).to_be_focused()
        page.keyboard.type("ZZZZZZZZ")
        page.keyboard.press("Enter")
        expect(page.locator("#told")).to_contain_text("Infotheke")
    axe(page)
    fits(page)


@pytest.mark.parametrize(("width", "script"), [(320, True), (1280, True), (320, False)])
def test_every_answer_of_the_desk_can_be_used(look, entrance, axe, fits, width, script):
    """Arrived, gone, gone already, taken back, expected on another day; with names that are long or odd."""
    number = entrance.register("a3", name="x" * 200, clock="10:00")
    other_day = entrance.register("a4", name="محمد العربي O'Brien Müller-Lüdenscheidt", clock="10:30", day=25)
    entrance.request("a5", name="Noch Nicht", clock="11:00")
    entrance.register("a6", name="محمد العربي O'Brien Müller-Lüdenscheidt", clock="11:00")
    page = look("/entrance?view=all", width=width, script=script)

    def judged() -> None:
        if script:
            axe(page)
            fits(page)

    def said(text: str) -> None:
        expect(page.locator("#told")).to_contain_text(text)
        judged()

    def typed(code: str) -> None:
        page.locator("#wanted").fill(code)
        page.keyboard.press("Enter")

    judged()
    typed(number)
    said("Angekommen")
    page.locator("tr[data-of=a3] button").click()
    said("Gegangen")
    second = entrance.app.clock() + timedelta(seconds=1)  # times are entered to the second
    wait_until(lambda: entrance.app.clock() > second, 10, "an arrival now is another one")
    typed(number)
    said("Schon gegangen")
    page.locator(".views a").last.click()
    page.locator("tr[data-of=a6] button").click()
    said("محمد العربي O'Brien Müller-Lüdenscheidt")
    page.locator("#told button").click()
    said("Zurückgenommen")
    typed(other_day)
    said("Anderer Tag")
    for path in ("/entrance/house", "/entrance/print"):
        page.goto(page.url.partition("/entrance")[0] + path)
        judged()
    expect(page.locator("main")).to_contain_text("x" * 200)
