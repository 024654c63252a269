"""A citizen books in a real browser: with and without script, wide and narrow, in both languages, by keyboard alone."""

import os
import re
import signal
from email import message_from_bytes, policy
from typing import Any
from uuid import uuid4

import pytest
import zxingcpp
from icalendar import Calendar
from playwright.sync_api import Page, expect

from tests.browser.conftest import Look
from tests.browser.guest import NAME, Guest
from tests.browser.staff import IDS, KINDS
from tests.journeys.town import CERTIFICATE, HOUSING_BENEFIT
from tests.journeys.town_hall import TownHall

ODD = "<script>alert(1)</script> O'Brien Müller-Lüdenscheidt שלום עולם"
LONG = "Wolfeschlegelsteinhausenbergerdorff-" * 5 + "x" * 20
"""Two hundred letters."""


@pytest.mark.parametrize(("script", "width", "language"), KINDS, ids=IDS)
def test_the_whole_way(look: Look, axe: Any, fits: Any, script: bool, width: int, language: str) -> None:
    """Found by what one would say, with a slip; confirmed by itself; no page with a barrier or too wide."""

    def judge(page: Page) -> None:
        if script:
            fits(page)
            axe(page)
        assert page.locator("html").get_attribute("lang") == language

    guest = Guest(look("/", width=width, language=language, script=script), judge)
    guest.to_times()
    guest.choose(1)
    guest.tell()
    guest.book()
    assert len(guest.is_confirmed()) == 8
    said = {"de": "Ihr Termin ist bestätigt", "en": "Your appointment is confirmed"}
    expect(guest.page.locator("h1")).to_have_text(said[language])


def test_by_keyboard_alone(look: Look) -> None:
    """Tab, arrows, space and Enter lead from the first page to the confirmation; where one is can be seen."""
    page = look("/")
    _go(page, "#q", typed="Pass abgelaufen")
    _go(page, "main .ways a")
    _go(page, "main form button")
    _go(page, "input[name=answer]", "ArrowDown")
    _go(page, "input[name=answer]", "Space")
    _go(page, "input[name=party]", "ArrowDown")
    _go(page, "input[name=step_free]", "ArrowDown")
    _go(page, "main form button")
    _go(page, "input[name=proposal]", "ArrowRight")
    _tab_to(page, "#name")
    page.keyboard.type(NAME)
    _go(page, "#email", typed="ada@example.org")
    expect(page).to_have_url(re.compile("/check"))
    _go(page, "main form button")
    Guest(page).is_confirmed()
    expect(page.locator("h1"), "what is new is read out first").to_be_focused()


def _go(page: Page, selector: str, *keys: str, typed: str = "") -> None:
    """Tab to it, press the keys or type, and send it with Enter."""
    _tab_to(page, selector)
    for key in keys:
        page.keyboard.press(key)
    page.keyboard.type(typed)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def _tab_to(page: Page, selector: str) -> None:
    for _ in range(80):
        if page.evaluate("it => document.activeElement.matches(it)", selector):
            return
        page.keyboard.press("Tab")
        shown = page.evaluate(
            """() => [document.activeElement, document.activeElement.nextElementSibling].some(it => {
                const seen = it && getComputedStyle(it);
                return seen && (seen.outlineStyle !== "none" || seen.boxShadow !== "none");
            })"""
        )
        assert shown, "the focus can be seen"
    raise AssertionError(f"{selector} can't be reached by Tab on {page.url}")


def test_every_other_page_and_state_is_without_barriers(look: Look, axe: Any, fits: Any, pages_hall: TownHall) -> None:
    """Errors, empty lists, wrong links, the pages around: at 320 pixels, which is 400 % of 1280."""
    page = look("/", width=320)
    base = pages_hall.ensemble.urls["booking"]
    passed = "concern=passport&seen=concerns&answer=lost:no&answer=child:no&party=1&step_free=no&seen=documents"
    for path, status in {
        "/?concern=passport&answer=lost:no": 200,
        "/search?q=": 422,
        "/search?q=xyzzy": 200,
        "/concerns": 200,
        "/visit?concern=passport&concern=id-card": 200,
        "/visit?concern=passport&seen=concerns&sent=question-lost": 422,
        "/visit?concern=passport&seen=concerns&answer=lost:yes": 200,
        f"/visit?concern={HOUSING_BENEFIT}&seen=concerns&party=1&step_free=no&sent=surname": 422,
        f"/times?{passed}&part=morning&weekday=mon&weekday=tue": 200,
        f"/times?{passed}&said=gone": 409,
        f"/times?{passed}&party=1&site=avenwedde": 200,
        f"/details?{passed}": 422,
        "/appointments/nobody?token=x": 404,
        "/nowhere": 404,
        "/help": 200,
        "/accessibility": 200,
        "/privacy": 200,
        "/accessibility?lang=en": 200,
    }.items():
        answer = page.goto(base + path)
        assert answer is not None
        assert answer.status == status, path
        assert answer.headers["content-type"].startswith("text/html")
        axe(page)
        fits(page)


def test_a_dark_screen_is_read_as_well(look: Look, axe: Any) -> None:
    """The contrasts hold there, too."""
    page = look("/")
    page.emulate_media(color_scheme="dark")
    guest = Guest(page, axe)
    guest.at_check()


def test_what_is_wrong_is_said_beside_the_field_and_gets_the_focus(look: Look, axe: Any) -> None:
    """What was typed stays, also on the way back."""
    guest = Guest(look("/"))
    guest.straight_to_times()
    guest.on()
    expect(guest.page.locator("#proposal-wrong")).to_be_visible()
    guest.choose()
    guest.page.fill("#name", ODD)
    guest.page.fill("#email", "nowhere")
    guest.on()
    page = guest.page
    expect(page.locator("#email-wrong")).to_be_visible()
    expect(page.locator("#email")).to_be_focused()
    expect(page.locator("[role=alert] a")).to_have_attribute("href", "#email")
    expect(page.locator("#name")).to_have_value(ODD)
    axe(page)
    guest.tell(ODD, "ada@example.org")
    expect(page.locator("main")).to_contain_text(ODD)
    page.go_back()
    expect(page.locator("#name")).to_have_value(ODD)
    page.go_forward()
    guest.book()
    page.go_back()
    expect(page.locator("h1")).to_have_text("Diesen Termin haben Sie schon gebucht")
    axe(page)


def test_a_browser_without_cookies_books_as_well(look: Look) -> None:
    """Hidden fields carry what was typed."""
    guest = Guest(look("/", cookies=False))
    guest.straight_to_times()
    guest.choose(2)
    guest.tell()
    guest.page.locator("main form button.kern-btn--primary").click()
    guest.is_confirmed()
    assert guest.page.context.cookies() == []


def test_a_double_click_books_once(look: Look, pages_hall: TownHall) -> None:
    """One appointment, one mail."""
    guest, email = Guest(look("/", script=False)), f"twice.{uuid4().hex[:8]}@example.org"
    guest.at_check(3, email=email)
    guest.page.locator("main form button.kern-btn--primary").dblclick()
    guest.is_confirmed()
    pages_hall.wait_at_rest()
    sent = [mail for mail in _mails(pages_hall) if mail["to"] == email]
    assert len(sent) == 1


def _mails(hall: TownHall) -> list[Any]:
    files = sorted((hall.sink.folder / "new").glob("*.eml"))
    return [message_from_bytes(file.read_bytes(), policy=policy.default) for file in files]


def test_two_want_the_last_place(look: Look, axe: Any) -> None:
    """One is confirmed; the other gets new times, with everything still filled in."""
    first, second = Guest(look("/")), Guest(look("/"))
    for guest in (first, second):
        guest.straight_to_times(CERTIFICATE)
        guest.choose()
        guest.tell(name=f"{NAME} {guest is first}")
    first.book()
    first.is_confirmed()
    second.on()
    expect(second.page.locator("[role=alert]")).to_contain_text("wurde gerade vergeben")
    axe(second.page)
    second.choose()
    expect(second.page.locator("main")).to_contain_text(f"{NAME} False")
    second.book()
    second.is_confirmed()


def test_a_place_lost_while_it_is_reserved_is_replaced_without_typing(
    look: Look, pages_hall: TownHall, axe: Any
) -> None:
    """Both are told by the page itself, as soon as staff_calendar answers."""
    first, second = Guest(look("/")), Guest(look("/"))
    for guest in (first, second):
        guest.straight_to_times(CERTIFICATE)
        guest.choose()
        guest.tell(name=f"{NAME} {guest is first}")
    publisher = pages_hall.ensemble.processes["staff_calendar-publisher"].pid
    os.kill(publisher, signal.SIGSTOP)
    for guest in (first, second):
        guest.book()
        expect(guest.page.locator("h1")).to_have_text("Ihr Termin wird reserviert")
    axe(first.page)
    os.kill(publisher, signal.SIGCONT)
    titles = re.compile("^(Ihr Termin ist bestätigt|Dieser Termin ist leider vergeben)$")
    for guest in (first, second):
        expect(guest.page.locator("h1")).to_have_text(titles)
    lost = [guest for guest in (first, second) if "vergeben" in guest.page.locator("h1").inner_text()]
    assert len(lost) == 1
    axe(lost[0].page)
    lost[0].choose()
    lost[0].is_confirmed()
    expect(lost[0].page.locator("main")).to_contain_text(f"{NAME} {lost[0] is first}")


def test_moved_and_cancelled_by_link(look: Look, axe: Any, fits: Any) -> None:
    """The old time stays until the new one is certain."""

    def judge(page: Page) -> None:
        axe(page)
        fits(page)

    guest = Guest(look("/", width=320))
    guest.at_check(4)
    guest.book()
    guest.is_confirmed()
    page = guest.page
    page.get_by_role("link", name="Termin verschieben").click()
    judge(page)
    before = page.locator("main strong").inner_text()
    guest.choose(-1)
    expect(page.locator(".summary").first).not_to_contain_text(before)
    guest.is_confirmed()
    page.get_by_role("link", name="Termin absagen").click()
    judge(page)
    guest.on()
    expect(page.locator("h1")).to_have_text("Ihr Termin ist abgesagt")
    judge(page)


@pytest.mark.parametrize("name", [ODD, LONG], ids=["odd", "long"])
def test_names_are_shown_as_typed_everywhere(look: Look, pages_hall: TownHall, fits: Any, name: str) -> None:
    """On page, mail, code, print and calendar file."""
    guest, email = Guest(look("/", width=320)), f"odd.{uuid4().hex[:8]}@example.org"
    guest.at_check(5, name=name, email=email)
    expect(guest.page.locator("main")).to_contain_text(name)
    fits(guest.page)
    guest.book()
    number, page = guest.is_confirmed(), guest.page
    expect(page.locator("main")).to_contain_text(name)
    fits(page)
    assert _scanned(page) == number
    with page.expect_download() as download:
        page.get_by_role("link", name="In den Kalender").click()
    [entry] = Calendar.from_ical(download.value.path().read_bytes()).walk("VEVENT")
    assert name in entry["description"]
    page.emulate_media(media="print")
    expect(page.get_by_text(name)).to_be_visible()
    expect(page.locator(".pass img")).to_be_visible()
    expect(page.locator("footer")).to_be_hidden()
    pages_hall.wait(lambda: [mail for mail in _mails(pages_hall) if mail["to"] == email], "the mail")
    [mail] = [mail for mail in _mails(pages_hall) if mail["to"] == email]
    assert name in mail.get_body(("plain",)).get_content().replace("\u2068", "").replace("\u2069", "")


def _scanned(page: Page) -> str:
    """What a scanner reads off the screen."""
    width, height, greys = page.evaluate(
        """async () => {
            const image = document.querySelector(".pass img"), canvas = document.createElement("canvas");
            await image.decode();
            [canvas.width, canvas.height] = [image.width, image.height];
            const pen = canvas.getContext("2d");
            pen.drawImage(image, 0, 0, image.width, image.height);
            const dots = pen.getImageData(0, 0, image.width, image.height).data;
            return [image.width, image.height, Array.from(dots.filter((_, at) => at % 4 === 0))];
        }"""
    )
    [code] = zxingcpp.read_barcodes(memoryview(bytes(greys)).cast("B", (height, width)))
    return str(code.text)


def test_a_page_is_light_and_asks_nobody_else(look: Look, pages_hall: TownHall) -> None:
    """Under 150 kB as transferred, without fonts; after the first page only what is new."""
    page, sizes = look("/help", fresh=True), dict[str, int]()
    own = pages_hall.ensemble.urls["booking"]
    page.on("requestfinished", lambda request: sizes.update({request.url: request.sizes()["responseBodySize"]}))
    page.goto(f"{own}/?first")
    page.wait_for_load_state("networkidle")
    assert all(url.startswith((own, "data:")) for url in sizes)
    weights = {url: size for url, size in sizes.items() if not url.endswith(".woff2")}
    assert sum(weights.values()) < 150_000, weights
