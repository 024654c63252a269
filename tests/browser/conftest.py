"""A real browser, and a whole ensemble with the small town for it to look at: one for all pages.

`look(...)` opens a page; `axe(page)` and `fits(page)` judge what it shows.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Protocol

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from deploy.servers import RabbitMQ
from tests.browser.tabs import PATIENCE, Lend, Tabs
from tests.browser.town import opened
from tests.journeys.town_hall import TownHall, a_town_hall

CHROMIUM = next(filter(os.path.exists, ("/usr/bin/chromium-headless-shell", "/usr/bin/chromium")), None)
"""Debian's; without what shows windows it takes a quarter less of the machine's time."""
FLAGS = ["--no-sandbox", "--js-flags=--single-threaded", "--renderer-process-limit=1"]
"""Threads that compile and tidy up beside a script take time from the other workers' tests; so does a new process."""
AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
# WCAG 2.2 at level AA, of which EN 301 549 is made for the web; and what axe calls good practice.
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# Only what is wrong leaves the page: to hand over all that is right takes as long as to judge it.
JUDGED = "async tags => (await axe.run(document, {runOnly: tags, resultTypes: ['violations']})).violations"


class Look(Protocol):
    """What the fixture `look` is."""

    def __call__(
        self,
        path: str = "/",
        *,
        width: int = 1280,
        language: str = "de",
        script: bool = True,
        cookies: bool = True,
        fresh: bool = False,
    ) -> Page: ...


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Debian's Chromium; it ends with the tests of this folder, since its loop is in the way of others'."""
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def tabs(browser: Browser) -> Tabs:
    """Its tabs."""
    return Tabs(browser)


@pytest.fixture
def lend(tabs: Tabs) -> Iterator[Lend]:
    """Lends some of them to a test."""
    with tabs.lending() as lend:
        yield lend


@pytest.fixture(scope="package")
def pages_hall(servers_folder: Path, rabbitmq: RabbitMQ, request: pytest.FixtureRequest) -> Iterator[TownHall]:
    """The town hall that all pages are looked at in."""
    on: Any = SimpleNamespace(param="sqlite", getfixturevalue=request.getfixturevalue)
    with a_town_hall(on, "pages", servers_folder, rabbitmq) as hall:
        opened(hall)
        yield hall


@pytest.fixture
def look(lend: Lend, pages_hall: TownHall) -> Look:
    """`look("/", width=320, language="en", script=False)` is a page of booking in a browser of its own."""

    def look(path: str = "/", *, cookies: bool = True, **how: Any) -> Page:
        page = lend(**how)
        if not cookies:
            page.route("**/*", _without_cookies)
        page.goto(pages_hall.ensemble.urls["booking"] + path)
        return page

    return look


def _without_cookies(route: Any) -> None:
    answer = route.fetch(max_redirects=0)
    route.request.frame.page.context.clear_cookies()  # what is fetched fills the browser's jar, too
    headers = {name: value for name, value in answer.headers.items() if name != "set-cookie"}
    route.fulfill(response=answer, headers=headers)


@pytest.fixture(scope="session")
def axe() -> Callable[[Page], None]:
    """`axe(page)`: nothing on the page, as it stands, keeps anybody out as far as a program can tell."""
    script = AXE.read_text(encoding="utf-8")

    def axe(page: Page) -> None:
        page.evaluate(f"() => {{ {script} }}")
        found = page.evaluate(JUDGED, TAGS)
        assert [_said(one) for one in found] == [], page.url

    return axe


def _said(violation: Mapping[str, Any]) -> str:
    where = "; ".join(node["html"][:200] + " " + node["failureSummary"] for node in violation["nodes"][:3])
    return f"{violation['id']}: {violation['help']} {where}"


@pytest.fixture(scope="session")
def fits() -> Callable[[Page], None]:
    """`fits(page)`: nothing has to be scrolled sideways."""

    def fits(page: Page) -> None:
        wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert page.evaluate(wide) <= 0, page.url

    return fits
