"""Tabs of a browser, each with cookies and a memory of its own, as if each were somebody else's machine."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, Page

PATIENCE = 60_000.0
"""Milliseconds after which what is waited for counts as not coming."""
HEIGHT = 900
"""Pixels."""
_LOCALES = {"de": "de-DE", "en": "en-GB"}
_AS_IT_IS: Any = "null"
"""Playwright's word for: as the machine has it."""


class Tabs:
    """Lends tabs. They are emptied and lent again: to make one takes as long as to look at three pages."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._free: dict[tuple[str, bool], list[Page]] = {}
        self._forbidden: list[str] = []

    @contextmanager
    def lending(self) -> Iterator["Lend"]:
        """Raises AssertionError in the end if a page was forbidden by its own policy to load or run something."""
        self._forbidden.clear()
        lend = Lend(self)
        yield lend
        for page, kind in lend.lent:
            _empty(page)
            self._free.setdefault(kind, []).append(page)
        if self._forbidden:
            raise AssertionError(self._forbidden)

    def take(self, language: str, script: bool) -> Page:
        """One that is empty."""
        free = self._free.get((language, script))
        return free.pop() if free else self.new(language, script)

    def new(self, language: str, script: bool) -> Page:
        """One that has never shown anything."""
        context = self._browser.new_context(locale=_LOCALES[language], java_script_enabled=script)
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        page.on("console", self._listen)
        return page

    def _listen(self, said: Any) -> None:
        if "Security Policy" in said.text:
            self._forbidden.append(said.text)


class Lend:
    """`lend(width=320, language="en", script=False)` is a tab that nobody else uses until the test is over."""

    def __init__(self, tabs: Tabs) -> None:
        self._tabs = tabs
        self.lent: list[tuple[Page, tuple[str, bool]]] = []

    def __call__(
        self,
        width: int = 1280,
        language: str = "de",
        script: bool = True,
        cookies: Sequence[Any] = (),
        fresh: bool = False,
    ) -> Page:
        """`fresh`: of a browser that has kept no file of any page."""
        page = (self._tabs.new if fresh else self._tabs.take)(language, script)
        self.lent.append((page, (language, script)))
        page.set_viewport_size({"width": width, "height": HEIGHT})
        page.context.add_cookies(cookies)
        return page


def _empty(page: Page) -> None:
    """Of all that a test could have left there, but for the files that a browser keeps of pages it has seen."""
    context = page.context
    for other in context.pages:
        if other is not page:
            other.close()
    page.unroute_all(behavior="ignoreErrors")
    context.set_offline(False)
    session = context.new_cdp_session(page)
    session.send("Storage.clearDataForOrigin", {"origin": "*", "storageTypes": "all"})
    session.detach()
    page.emulate_media(media=_AS_IT_IS, color_scheme=_AS_IT_IS)
    page.goto("about:blank")
