"""Members of the staff sign in and out in a real browser; one sign-in serves the pages of all services."""

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Look
from tests.browser.staff import IDS, KINDS, account, judged, signed_in, type_in
from tests.journeys.town_hall import TownHall

SAID = {
    "de": ("Name oder Passwort stimmt nicht.", "Infotheke", "Sie sind abgemeldet"),
    "en": ("The name or the password is not right.", "Info desk", "You are signed out"),
}


@pytest.mark.parametrize(("script", "width", "language"), KINDS, ids=IDS)
def test_in_and_out(
    look: Look, pages_hall: TownHall, axe: Any, fits: Any, script: bool, width: int, language: str
) -> None:
    """A wrong password is said beside its field, and the name stays; then in; then out, and it is so."""
    account(pages_hall, "desk-1", "info_desk")
    wrong, area, out = SAID[language]
    page = look("/sign-in", width=width, language=language, script=script)
    judged(page, axe, fits, script=script)
    type_in(page, "desk-1", "not the password")
    expect(page.locator("#password-wrong")).to_have_text(wrong)
    expect(page.locator("#name")).to_have_value("desk-1")
    expect(page.locator("#password")).to_be_focused()
    judged(page, axe, fits, script=script)
    page.keyboard.type("correct horse battery")
    page.keyboard.press("Enter")
    expect(page.locator("main li a")).to_have_text([area])
    judged(page, axe, fits, script=script)
    page.locator("header a[href$='/sign-out']").click()
    judged(page, axe, fits, script=script)
    page.locator("main button").first.click()
    expect(page.locator("h1")).to_have_text(out)
    judged(page, axe, fits, script=script)
    page.goto(page.url.replace("/sign-out", "/desk"))
    expect(page.locator("#password")).to_be_visible()


def test_one_sign_in_serves_all_services(look: Look, pages_hall: TownHall) -> None:
    """Asked for a page of another service, on another port, one is led back to it."""
    account(pages_hall, "guard-1", "security_desk", "info_desk")
    page = look("/sign-in")
    there = pages_hall.ensemble.urls["visitor_access"] + "/entrance"
    page.goto(there)
    expect(page.locator("#password")).to_be_visible()
    type_in(page, "guard-1")
    expect(page).to_have_url(there)
    page.goto(pages_hall.ensemble.urls["booking"] + "/desk")
    expect(page.locator("#q")).to_be_focused()


@pytest.mark.parametrize(("script", "width", "language"), KINDS, ids=IDS)
def test_what_was_typed_outlives_the_session(
    look: Look, pages_hall: TownHall, axe: Any, fits: Any, script: bool, width: int, language: str
) -> None:
    """Signed in anew in another window, it is sent once more, and nothing is typed again."""
    account(pages_hall, "desk-4", "info_desk")
    page = signed_in(look, "desk-4", "/desk", script=script, width=width, language=language)
    page.locator("#q").fill("xyzzy")
    page.locator("#name").fill("<b>O'Brien</b>")
    page.context.clear_cookies(name="foyer_session")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    judged(page, axe, fits, script=script)
    with page.expect_popup() as beside:
        page.locator("main a").click()
    type_in(beside.value, "desk-4")
    for _ in ("without a token", "with one"):
        with page.expect_navigation():
            page.locator("main form button").click()
        judged(page, axe, fits, script=script)
    expect(page.locator("#q")).to_have_value("xyzzy")
    expect(page.locator("#q-wrong")).to_be_visible()
    expect(page.locator("#name")).to_have_value("<b>O'Brien</b>")


def test_a_page_of_another_role_is_said_to_be_one(look: Look, pages_hall: TownHall, axe: Any, fits: Any) -> None:
    """Plainly."""
    account(pages_hall, "desk-2", "info_desk")
    page = look("/admin/concerns")
    type_in(page, "desk-2")
    expect(page.locator("h1")).to_have_text("Das dürfen Sie nicht")
    judged(page, axe, fits, script=True)
