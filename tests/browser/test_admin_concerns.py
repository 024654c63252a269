"""Those who keep the catalogue, in a real browser: a change is seen before it is so, and then the citizens see it."""

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Look
from tests.browser.staff import IDS, KINDS, account, judged, signed_in
from tests.journeys.town import QUESTION
from tests.journeys.town_hall import TownHall

ODD = 'Auskunft & "Rat" <b>für alle</b>'


@pytest.fixture(scope="module")
def keeper(pages_hall: TownHall) -> str:
    """The account of who keeps the catalogue."""
    account(pages_hall, "keeper-1", "catalogue")
    return "keeper-1"


@pytest.mark.parametrize(("script", "width", "language"), KINDS[:1] + KINDS[2:3], ids=IDS[:1] + IDS[2:3])
def test_a_change_is_seen_before_it_is_saved(
    look: Look, keeper: str, pages_hall: TownHall, axe: Any, fits: Any, script: bool, width: int, language: str
) -> None:
    """A mistake is said beside its field; then old and new side by side; then it is so."""
    before = next(one for one in pages_hall.calls.get("booking", "/api/concerns")["concerns"] if one["key"] == QUESTION)
    page = signed_in(look, keeper, "/admin/concerns", width=width, language=language, script=script)
    judged(page, axe, fits, script=script)
    page.locator(f"a[href='/admin/concerns/{QUESTION}']").click()
    judged(page, axe, fits, script=script)
    page.locator("[name='name.de']").fill(ODD)
    page.locator("#department").fill("Bürgerbüro")
    page.locator("main form button").click()
    expect(page.locator("#department-wrong")).to_be_visible()
    expect(page.locator("#department")).to_be_focused()
    judged(page, axe, fits, script=script)
    page.locator("#department").fill(before["department"])
    page.locator("main form button").click()
    expect(page.locator("ins").first).to_have_text(ODD)
    judged(page, axe, fits, script=script)
    page.locator("main form button[name=edit]").click()
    expect(page.locator("[name='name.de']")).to_have_value(ODD)
    page.locator("main form button").click()
    page.locator("main form button[name=save]").click()
    expect(page.locator(f"a[href='/admin/concerns/{QUESTION}']")).to_have_text(ODD)
    judged(page, axe, fits, script=script)
    page.goto(f"{pages_hall.ensemble.urls['booking']}/concerns")
    expect(page.locator("main")).to_contain_text(ODD)
    concerns = pages_hall.calls.get("booking", "/api/concerns")["concerns"]
    pages_hall.calls.put(
        "booking", "/api/concerns", {"concerns": [before if one["key"] == QUESTION else one for one in concerns]}
    )


def test_a_file_is_looked_at_first(look: Look, keeper: str, pages_hall: TownHall, axe: Any, fits: Any) -> None:
    """What is downloaded can be read back, and changes nothing; what is no catalogue is refused."""
    page = signed_in(look, keeper, "/admin/concerns")
    with page.expect_download() as download:
        page.locator("a[href$='export.json']").click()
    page.locator("a[href$='/import']").click()
    judged(page, axe, fits, script=True)
    page.locator("#text").fill("{")
    page.locator("main form button").click()
    expect(page.locator("#text-wrong")).to_be_visible()
    judged(page, axe, fits, script=True)
    page.locator("#text").fill("")
    page.locator("#file").set_input_files(download.value.path())
    page.locator("main form button").click()
    expect(page.locator("main")).to_contain_text("Es ändert sich nichts.")
    judged(page, axe, fits, script=True)
