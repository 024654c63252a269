"""`make tour`: go through every face of the running demo in a browser, and write docs/tour.md with what was seen.

So the pictures stay true. What the demo's town hall does meanwhile is left as it is, but for the visits of the tour.
"""

import base64
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import requests
from playwright.sync_api import BrowserContext, Page, expect, sync_playwright
from rich.console import Console

from deploy.commands.demo import staff as accounts
from deploy.home import Home
from deploy.town.calls import Calls, NotUp
from deploy.town.people import Person, employ
from tests.browser.conftest import CHROMIUM
from tests.browser.guest import Guest

DOCS = Path(__file__).parents[2] / "docs"
PICTURES = DOCS / "tour"
WIDE, NARROW = {"width": 1100, "height": 800}, {"width": 360, "height": 740}
TALLEST = 1500
"""Pixels of a page that are shown at most."""
HEAVIEST = 100_000
"""Bytes of a picture."""
TOWN = "?concern=reisepass&answer=child:no&party=1&step_free=no&seen=concerns&seen=documents"


@dataclass
class Tour:
    """Addresses of the running services, and the pages of the document so far."""

    at: dict[str, str]
    lines: list[str] = field(default_factory=list)
    number: int = 0

    def chapter(self, title: str, text: str) -> None:
        """A heading and what is to be seen."""
        self.lines += [f"## {title}", "", text, ""]

    def picture(self, page: Page, name: str, text: str) -> None:
        """Take one, and say what it shows."""
        self.number += 1
        file = PICTURES / f"{self.number:02}-{name}.webp"
        page.wait_for_load_state()
        height = min(page.evaluate("document.documentElement.scrollHeight"), TALLEST)
        width = page.viewport_size["width"] if page.viewport_size else WIDE["width"]
        session = page.context.new_cdp_session(page)
        for scale, quality in ((1, 85), (1, 60), (0.75, 70), (0.5, 70)):
            clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": scale}
            how = {"format": "webp", "quality": quality, "captureBeyondViewport": True, "clip": clip}
            taken = base64.b64decode(session.send("Page.captureScreenshot", how)["data"])
            if len(taken) < HEAVIEST:
                break
        file.write_bytes(taken)
        shown = f' width="{width // 2}"' if width < WIDE["width"] else ""
        image = f'<img src="tour/{file.name}" alt="{text}"{shown}>' if shown else f"![{text}](tour/{file.name})"
        self.lines += [f"**{self.number}.** {text}", "", image, ""]
        print(f"  {file.name}  {len(taken) // 1000} kB")

    def url(self, service: str, path: str) -> str:
        """An address of a service."""
        return f"http://{self.at[service]}{path}"


# ------------------------------------------------------------------------------------------------------------ citizens


def citizens(tour: Tour, opened: Callable[..., BrowserContext]) -> None:
    """From a word to a pass."""
    tour.chapter("A citizen books", "No account, one question each, no JavaScript needed. Served by booking at `/`.")
    page = opened(WIDE).new_page()
    guest = Guest(page)
    page.goto(tour.url("booking", "/?lang=de"))
    tour.picture(page, "start", "What is it about? In one's own words, by topic, or in the list of all.")
    page.fill("#q", "Pass abgelaufn")
    guest.on()
    tour.picture(page, "search", "Found in spite of the slip of the keys.")
    page.locator("main .ways a").first.click()
    guest.on()
    tour.picture(page, "question", "A yes/no question decides what to bring and how long it takes.")
    page.check("#answer-2")
    guest.on()
    page.check("#party-1")
    guest.on()
    page.check("#step_free-2")
    guest.on()
    tour.picture(page, "documents", "What to bring, before a time is chosen.")
    guest.on()
    tour.picture(page, "times", "Every free time of the next days, by day and site; earlier, later, narrowed down.")
    page.locator("input[name=proposal]").nth(-3).check(force=True)
    guest.on()
    guest.on()
    tour.picture(page, "wrong", "What is wrong stands beside its field, which has the focus; what was typed stays.")
    guest.tell("Ada Größe", "ada.groesse@example.org")
    tour.picture(page, "check", "Everything once more; each answer can be changed without losing the others.")
    guest.book()
    guest.is_confirmed()
    tour.picture(page, "confirmed", "Confirmed within moments, without reloading: number and code for the entrance.")
    page.get_by_role("link", name="Termin verschieben").click()
    tour.picture(page, "move", "Moved by link: the old time stays until the new one is certain.")
    narrow = opened(NARROW, locale="en-GB").new_page()
    narrow.goto(tour.url("booking", f"/times{TOWN}&lang=en"))
    tour.picture(narrow, "phone", "The same on a telephone, in English.")


# --------------------------------------------------------------------------------------------------------------- staff


def signed_in(tour: Tour, page: Page, person: Person, service: str, path: str) -> bool:
    """Sign in as one of the demo's people and go to their page; False where that is not there."""
    page.goto(tour.url("booking", "/sign-in?lang=de"))
    page.fill("[name=name]", person.account)
    page.fill("[name=password]", person.password)
    page.locator("main form button").last.click()
    answer = page.goto(tour.url(service, path))
    return answer is not None and answer.ok


def staff(tour: Tour, opened: Callable[..., BrowserContext], people: dict[str, Person]) -> None:
    """The faces of those who work there."""
    page = opened(WIDE).new_page()
    page.goto(tour.url("booking", "/sign-in?lang=de"))
    tour.chapter("Signing in", "Accounts with roles; the demo prints them. Roles are checked at every call, too.")
    tour.picture(page, "sign-in", "One sign-in for all services.")

    tour.chapter("The info desk", "Guests without an appointment, in under a minute by keyboard. Booking, `/desk`.")
    if signed_in(tour, page, people["infotheke"], "booking", "/desk"):
        page.fill("#q", "Fundsache")
        page.fill("#name", "Karl Voß")
        page.locator("main form button").last.click()
        tour.picture(page, "desk", "Concern, people, name: the next possible time, now, today or later.")
        page.goto(tour.url("booking", "/desk/find"))
        page.locator("main form input:not([type=hidden])").first.fill("Größe")
        page.locator("main form button").last.click()
        tour.picture(page, "desk-find", "Find an appointment to move or cancel it.")

    tour.chapter("The clerk", "One's own day and week. Staff calendar, `/staff`.")
    page = opened(WIDE).new_page()
    if signed_in(tour, page, people["brinkmann"], "staff_calendar", f"/staff?date={_busiest('c-01')}"):
        tour.picture(page, "staff", "Who comes, with what, and who has arrived.")
        page.goto(tour.url("staff_calendar", f"/staff/dates?date={_busiest('c-01')}"))
        tour.picture(page, "staff-dates", "A week: hours, who comes, and what is different on a date.")
        page.goto(tour.url("staff_calendar", "/staff/week"))
        tour.picture(page, "staff-week", "The hours of each week that are kept for appointments.")
        page.goto(tour.url("staff_calendar", "/staff/absences"))
        tour.picture(page, "staff-absences", "Away: which appointments that touches, and what will become of them.")

    tour.chapter("The security desk", "Today's list, live, also when the line is gone. Visitor access, `/entrance`.")
    page = opened(WIDE).new_page()
    if signed_in(tour, page, people["sicherheit"], "visitor_access", "/entrance"):
        tour.picture(page, "entrance", "A scanner types the number into the field; big type shows name and room.")
        page.goto(tour.url("visitor_access", "/entrance/house"))
        tour.picture(page, "in-the-house", "Who is in the house right now: the list for an emergency.")

    tour.chapter("Catalogue and rooms", "What a change would affect is shown before it is saved. `/admin/...`")
    page = opened(WIDE).new_page()
    if signed_in(tour, page, people["verwaltung"], "booking", "/admin/concerns"):
        tour.picture(page, "concerns", "All concerns, with documents, minutes and who is responsible.")
        page.goto(tour.url("booking", "/admin/concerns/reisepass"))
        tour.picture(page, "concern", "One of them, to be changed.")
        page.goto(tour.url("rooms", "/admin/rooms"))
        tour.picture(page, "rooms", "Rooms, hours and days of closure.")


def mails(tour: Tour, opened: Callable[..., BrowserContext]) -> None:
    """What came by mail, where the demo's own sink took it."""
    port = _saved("MAIL_PAGE_PORT")
    if port:
        page = opened(WIDE).new_page()
        page.goto(f"http://127.0.0.1:{port}/")
        tour.chapter("The mails", "Confirmation with calendar entry and pass, in the guest's language.")
        tour.picture(page, "mails", "The demo keeps them instead of sending them.")


def _busiest(clerk: str) -> date:
    """The day of the next two weeks on which most guests come to that clerk."""
    calls, today = Calls(), date.today()  # noqa: DTZ011  (the pictures are made where the demo runs)
    days = [today + timedelta(days=number) for number in range(14)]
    return max(days, key=lambda day: len(calls.get("staff_calendar", f"/api/staff/{clerk}/days/{day}")["reservations"]))


def _saved(name: str) -> str:
    return str(Home.here().saved().get(name, ""))


def main() -> int:
    """Returns the exit status."""
    calls = Calls()
    try:
        people = {person.account: person for person in employ(calls)}
    except (NotUp, requests.RequestException) as error:
        print(f"{error} `make demo` starts what the tour goes through.", file=sys.stderr)
        return 2
    PICTURES.mkdir(parents=True, exist_ok=True)
    for old in PICTURES.glob("*.webp"):
        old.unlink()
    tour = Tour(dict(calls.at))
    with _browser() as opened:
        citizens(tour, opened)
        staff(tour, opened, people)
        mails(tour, opened)
    text = "\n".join(["# A tour of the demo", "", INTRODUCTION, "", *tour.lines]).rstrip() + "\n"
    (DOCS / "tour.md").write_text(text, encoding="utf-8")
    print(f"docs/tour.md, {tour.number} pictures")
    # The passwords that `foyer demo` had shown are no longer theirs.
    Console().print(accounts(list(people.values()), calls.at["booking"]))
    return 0


INTRODUCTION = (
    "Made by `make tour` from the running demo, so that the pictures stay true: a town of Gütersloh's size after a "
    "busy day."
)


@contextmanager
def _browser() -> Iterator[Callable[..., BrowserContext]]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])

        def opened(size: dict[str, int], locale: str = "de-DE") -> BrowserContext:
            context = browser.new_context(viewport=size, locale=locale)  # type: ignore[arg-type]
            context.set_default_timeout(60_000)
            return context

        expect.set_options(timeout=60_000)
        yield opened
        browser.close()


if __name__ == "__main__":
    sys.exit(main())
