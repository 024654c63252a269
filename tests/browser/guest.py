"""What a guest does in a browser, page by page. The words of buttons and links are looked for in both languages."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.town import PASSPORT

Judge = Callable[[Page], None]
NAME = "Ada Größe"


def nothing(_: Page) -> None:
    """Judges no page."""


class Guest:
    """Goes through the pages; `judge` is asked about each of them."""

    def __init__(self, page: Page, judge: Judge = nothing) -> None:
        self.page, self.judge = page, judge

    def on(self) -> None:
        """Press the page's main button."""
        self.judge(self.page)
        self.page.locator("main form button.kern-btn--primary").last.click()

    def to_times(self, said: str = "Pass abgelaufn", people: int = 2) -> None:
        """From the first page to the times, by searching for the passport."""
        page = self.page
        page.fill("#q", said)
        self.on()
        self.judge(page)
        page.locator("main .ways a").first.click()
        self.on()  # the concern
        page.check("#answer-2")
        self.on()  # not lost
        page.check("#answer-1")
        self.on()  # for a child
        page.check(f"#party-{people}")
        self.on()
        page.check("#step_free-1")
        self.on()
        expect(page.locator("main .checklist li")).to_have_count(2)
        self.on()  # what to bring
        self.judge(page)

    def straight_to_times(self, concern: str = PASSPORT) -> None:
        """By an address that somebody has kept."""
        answers = "&answer=lost:no&answer=child:no" if concern == PASSPORT else ""
        asked = f"concern={concern}{answers}&seen=concerns&party=1&step_free=no&seen=documents"
        self.page.goto(self.page.url.partition("?")[0].rstrip("/") + f"/times?{asked}")

    def choose(self, number: int = 0) -> str:
        """Choose a time; returns its proposal."""
        radio = self.page.locator("input[name=proposal]").nth(number)
        radio.check(force=True)
        proposal = radio.get_attribute("value") or ""
        self.on()
        return proposal

    def tell(self, name: str = NAME, email: str = "ada@example.org") -> None:
        """Name and address."""
        self.page.fill("#name", name)
        self.page.fill("#email", email)
        self.on()

    def book(self) -> None:
        """Send it, from the page on which everything is checked."""
        expect(self.page).to_have_url(re.compile("/check"))
        self.on()
        expect(self.page).to_have_url(re.compile("/appointments/"))

    def is_confirmed(self) -> str:
        """Wait until the page says so by itself; returns the number of the pass."""
        number = self.page.locator(".pass .number")
        expect(number).to_be_visible()
        self.judge(self.page)
        return number.inner_text().replace(" ", "")

    def at_check(self, number: int = 0, name: str = NAME, email: str = "ada@example.org") -> str:
        """Up to the last page before it is sent; returns the proposal."""
        self.straight_to_times()
        proposal = self.choose(number)
        self.tell(name, email)
        return proposal
