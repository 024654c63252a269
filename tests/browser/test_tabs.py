"""A tab that is lent again is as one of somebody else's machine."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.office_server import serving
from tests.browser.tabs import Tabs

KEPT = """async () => [document.cookie, localStorage.length, sessionStorage.length, (await caches.keys()).length,
    (await navigator.serviceWorker.getRegistrations()).length, navigator.onLine, navigator.language,
    innerWidth, matchMedia("(prefers-color-scheme: dark)").matches, matchMedia("print").matches,
    document.querySelectorAll(":hover").length]"""
LEFT = """async () => {
    document.cookie = "session=ada";
    localStorage.name = sessionStorage.name = "Ada";
    await caches.open("list");
    await navigator.serviceWorker.register("/worker.js");
    open("/other");
}"""


def _page(environ: Any, start_response: Any) -> list[bytes]:
    kind = "text/javascript" if environ["PATH_INFO"].endswith(".js") else "text/html"
    policy = "img-src 'none'" if environ["PATH_INFO"] == "/strict" else "img-src *"
    start_response("200 OK", [("Content-Type", kind), ("Content-Security-Policy", policy)])
    return [b"<p>there<img src=/picture>" if kind == "text/html" else b""]


@pytest.fixture
def address() -> Iterator[str]:
    with serving(_page) as url:  # type: ignore[arg-type]
        yield url


def _leave_things(page: Page) -> None:
    page.route("**/*", lambda route: route.fulfill(body="somebody else's"))
    with page.context.expect_page():  # else it might come only after the tab was emptied
        page.evaluate(LEFT)
    page.context.add_cookies([{"name": "hidden", "value": "ada", "url": page.url, "httpOnly": True}])
    page.emulate_media(media="print", color_scheme="dark")
    page.mouse.move(20, 20)
    page.context.set_offline(True)


def test_nothing_is_left_of_the_one_before(browser: Browser, address: str) -> None:
    """Neither what was stored, nor how it was set, nor where the mouse stood."""
    tabs, seen = Tabs(browser), list[Any]()
    for width in (320, 1280):
        with tabs.lending() as lend:
            page = lend(width)
            page.goto(address)
            assert page.text_content("p") == "there"
            assert (len(page.context.pages), page.context.cookies()) == (1, [])
            seen.append((page, page.evaluate(KEPT)))
            _leave_things(page)
    (first, before), (second, after) = seen
    assert first is second, "it is the same tab"
    assert before == ["", 0, 0, 0, 0, True, "de-DE", 320, False, False, 0]
    assert after == ["", 0, 0, 0, 0, True, "de-DE", 1280, False, False, 0]


def test_two_at_once_share_nothing(browser: Browser, address: str) -> None:
    """They are two guests."""
    with Tabs(browser).lending() as lend:
        one, other = lend(), lend()
        for page in (one, other):
            page.goto(address)
        one.evaluate(LEFT)
        assert other.evaluate(KEPT)[:4] == ["", 0, 0, 0]
        assert lend(fresh=True) not in (one, other)


def test_what_a_page_forbids_itself_is_an_error(browser: Browser, address: str) -> None:
    """Of the test that has looked at it, and of no later one."""
    tabs = Tabs(browser)
    with pytest.raises(AssertionError, match="Security Policy"), tabs.lending() as lend:
        lend().goto(address + "/strict")
    with tabs.lending() as lend:
        lend().goto(address)
