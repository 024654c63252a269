"""Those who work at the town hall, at their browsers."""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page

from deploy import accounts
from tests.browser.conftest import Look
from tests.journeys.town_hall import TownHall

KINDS = [(True, 1280, "de"), (True, 320, "en"), (False, 320, "de"), (False, 1280, "en")]
IDS = ["script, wide, German", "script, narrow, English", "no script, narrow, German", "no script, wide, English"]
PASSWORD = "correct horse battery"


def account(hall: TownHall, name: str, *roles: str, person: str | None = None) -> None:
    """Open an account with PASSWORD; its sessions end."""
    accounts.put(hall.calls, name, roles, person, PASSWORD)


def signed_in(look: Look, name: str, path: str, **how: Any) -> Page:
    """A browser of this account, at that page."""
    page = look(path, **how)
    type_in(page, name)
    page.wait_for_url(f"**{path}")
    return page


def type_in(page: Page, name: str, password: str = PASSWORD) -> None:
    """Name and password, by keyboard alone."""
    page.locator("#name").fill(name)
    page.locator("#password").press_sequentially(password)
    with page.expect_navigation():
        page.keyboard.press("Enter")


def judged(page: Page, axe: Callable[[Page], None], fits: Callable[[Page], None], *, script: bool) -> None:
    """No barrier, nothing too wide; both need a script."""
    if script:
        fits(page)
        axe(page)
