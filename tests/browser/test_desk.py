"""The info desk in a real browser: from "what is it about" to the pass, by keyboard alone."""

import os
import re
import signal
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Look
from tests.browser.staff import IDS, KINDS, account, judged, signed_in
from tests.journeys.town_hall import TownHall

ODD = "<script>alert(1)</script> O'Brien Müller-Lüdenscheidt שלום עולם"
LONG = "Wolfeschlegelsteinhausenbergerdorff-" * 5 + "x" * 20
"""Two hundred letters."""
NOW = {"de": "Jetzt", "en": "Now"}


@pytest.fixture(scope="module")
def desk(pages_hall: TownHall) -> str:
    """The account of the info desk."""
    account(pages_hall, "desk-3", "info_desk")
    return "desk-3"


def _typed(page: Page, said: str, name: str) -> None:
    """What the guest wants, and who it is; the focus is where one begins."""
    expect(page.locator("#q")).to_be_focused()
    page.keyboard.type(said)
    page.keyboard.press("Tab")
    page.keyboard.type(name)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def _entered(page: Page) -> None:
    """Enter where the page puts the focus, which a browser does only when it next draws: not with its load event."""
    expect(page.locator("#time-1")).to_be_focused()
    with page.expect_navigation():
        page.keyboard.press("Enter")


def _first_time(page: Page) -> None:
    """By Enter; and the next one where that has begun since it was shown."""
    _entered(page)
    while page.locator("[role=alert]", has_text=re.compile("inzwischen begonnen|begun meanwhile")).count():
        _entered(page)


@pytest.mark.parametrize(("script", "width", "language"), KINDS, ids=IDS)
def test_a_guest_without_an_appointment(
    look: Look, desk: str, axe: Any, fits: Any, script: bool, width: int, language: str
) -> None:
    """A word, a name, Enter; Enter; the pass. Found again by a part of the name, and cancelled."""
    page = signed_in(look, desk, "/desk", width=width, language=language, script=script)
    judged(page, axe, fits, script=script)
    _typed(page, {"de": "Auskunft", "en": "Question"}[language], ODD)
    expect(page.locator("label[for=time-1]")).to_contain_text(NOW[language])
    expect(page.locator("#time-1")).to_be_focused()
    judged(page, axe, fits, script=script)
    _first_time(page)
    number = page.locator("p.number")
    expect(number).to_have_text(re.compile(r"^[0-9A-Z]{4} [0-9A-Z]{4}$"))
    expect(page.locator("main bdi").first).to_have_text(ODD)
    expect(page.locator("main img")).to_be_visible()
    if script:
        expect(page.locator("[data-print]")).to_be_focused()
    judged(page, axe, fits, script=script)
    mine = page.url
    page.locator("header a[href='/desk/find']").click()
    judged(page, axe, fits, script=script)
    expect(page.locator("#said")).to_be_focused()
    page.keyboard.type("o'brien lüdenscheidt")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.locator(f"main a[href='{mine[mine.index('/desk') :]}']")).to_be_visible()
    judged(page, axe, fits, script=script)
    page.goto(mine)
    if page.locator("main details").count():  # it may have begun by now
        page.locator("main summary").click()
        page.locator("main details button").click()
        expect(page.locator("h1")).to_have_text(re.compile("abgesagt|cancelled|geht nicht mehr|no longer possible"))
        judged(page, axe, fits, script=script)
        page.goto(mine)
        expect(page.locator("main details")).to_have_count(0)  # there is nothing more to cancel: it is, or has begun


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_a_second_concern_of_the_same_guest(look: Look, desk: str, axe: Any, fits: Any, script: bool) -> None:
    """Typed into its field on the way to Enter; one visit for both, with one pass."""
    page = signed_in(look, desk, "/desk", width=320, script=script)
    expect(page.locator("#q")).to_be_focused()
    page.keyboard.type("Auskunft")
    page.keyboard.press("Tab")
    page.keyboard.type("Ada Zweimal")
    for _ in "12":
        page.keyboard.press("Tab")
    expect(page.locator("#q2")).to_be_focused()
    page.keyboard.type("Urkunde")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.locator("#time-1")).to_be_focused()
    judged(page, axe, fits, script=script)
    both = page.locator("form[action='/desk/visits'] p", has_text="Ada Zweimal").inner_text().split(", ")[1:]
    assert len(both) == 2
    _first_time(page)
    expect(page.locator("p.number")).to_be_visible()
    for concern in both:
        expect(page.locator(".pass__text")).to_contain_text(concern)
    judged(page, axe, fits, script=script)


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_the_page_follows_a_reservation_by_itself(
    look: Look, desk: str, pages_hall: TownHall, axe: Any, fits: Any, script: bool
) -> None:
    """What is read meanwhile is not loaded anew under one's hands; then the focus is on what comes next."""
    page = signed_in(look, desk, "/desk", script=script)
    _typed(page, "Urkunde", ODD)
    publisher = pages_hall.ensemble.processes["staff_calendar-publisher"].pid
    os.kill(publisher, signal.SIGSTOP)
    try:
        _first_time(page)
        expect(page.locator("h1")).to_have_text("Der Termin wird reserviert")
        judged(page, axe, fits, script=script)
    finally:
        os.kill(publisher, signal.SIGCONT)
    expect(page.locator("p.number")).to_be_visible()
    expect(page).to_have_title(re.compile("^Besuch "))
    if script:
        expect(page.locator("[data-print]")).to_be_focused()
    judged(page, axe, fits, script=script)


def test_a_wrong_word_is_said_beside_its_field(look: Look, desk: str, axe: Any, fits: Any) -> None:
    """With the focus there, and the longest of names still typed."""
    page = signed_in(look, desk, "/desk", width=320)
    _typed(page, "xyzzy", LONG)
    expect(page.locator("#q")).to_be_focused()
    expect(page.locator("#q-wrong")).to_be_visible()
    expect(page.locator("#name")).to_have_value(LONG)
    judged(page, axe, fits, script=True)


def test_another_time_for_a_visit(look: Look, desk: str, axe: Any, fits: Any) -> None:
    """The first of many is chosen already; the old one stays until the new one is held."""
    page = signed_in(look, desk, "/desk")
    _typed(page, "Urkunde", LONG)
    _first_time(page)
    expect(page.locator("p.number")).to_be_visible()
    before = page.locator(".pass__text p").nth(3).inner_text()
    page.locator("main a[href$='/times']").click()
    judged(page, axe, fits, script=True)
    expect(page.locator("#time-1")).to_be_focused()
    page.keyboard.press("ArrowDown")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.locator(".pass__text p").nth(3)).not_to_have_text(before)
    expect(page.locator("p.number")).to_be_visible()
