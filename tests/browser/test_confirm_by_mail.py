"""Where a town wants a yes by mail: the page says until when, the link asks once, and one day it is too late."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from services.booking.commands import Note, SetCatalogue
from services.booking.service import Booking, BookingService
from tests.booking.conftest import booking
from tests.booking.facts import NOW, TOWN, holds
from tests.booking.test_pages import ANSWERED, PASS
from tests.browser.guest import Guest
from tests.browser.office_server import serving
from tests.browser.staff import judged
from tests.browser.tabs import Lend
from tests.over_http import Wsgi

__all__ = ["booking"]
database_kind = pytest.fixture(lambda: "sqlite")
WITHIN = timedelta(minutes=30)
HELD, SURE = "Bitte bestätigen Sie Ihren Termin.", "Ihr Termin ist bestätigt"
OVER = "Die Zeit zum Bestätigen ist vorbei"


@pytest.fixture
def town(booking: Booking) -> Booking:
    """With one concern; half an hour is given to say yes."""
    for fact in TOWN:
        booking.handle(Note("c", NOW, fact))
    booking.handle(SetCatalogue("c", NOW, (PASS,)))
    booking.confirm_within = WITHIN
    return booking


@pytest.fixture
def address(town: Booking) -> Iterator[str]:
    """Where its pages are."""
    with serving(Wsgi(BookingService, town)) as url:
        yield url


@pytest.fixture
def held(lend: Lend, town: Booking, address: str, script: bool) -> Page:
    """The page of a guest for whom room and clerk are held, and who has looked at it all the while."""
    page = lend(320, script=script)
    page.goto(f"{address}/times?{ANSWERED}")
    guest = Guest(page)
    guest.choose()
    guest.tell()
    guest.book()
    pending = town.life(_appointment(page)).pending
    assert pending is not None
    for who in ("rooms", "staff"):
        answer = holds(who, pending.attempt, pending.plan)
        town.handle(type(answer)("c", NOW, _appointment(page), pending.attempt, who, answer.held))
    return page


KINDS = pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])


def _appointment(page: Page) -> str:
    return page.url.partition("/appointments/")[2].partition("?")[0]


def _link(page: Page, town: Booking, address: str) -> str:
    """What the mail leads to."""
    appointment = _appointment(page)
    return f"{address}/appointments/{appointment}/confirm?token={town.reads.tokens.confirm(appointment)}"


@KINDS
def test_the_link_of_the_mail_confirms(
    held: Page, town: Booking, address: str, axe: Any, fits: Any, script: bool
) -> None:
    """By keyboard; page and link say how long the place is held; opening the link alone does nothing."""
    expect(held.get_by_text(HELD)).to_be_visible()
    expect(held.locator("[role=status]")).to_contain_text("bis 10:30 Uhr")
    judged(held, axe, fits, script=script)
    appointment = _appointment(held)
    held.goto(_link(held, town, address))
    expect(held.locator("main")).to_contain_text("Der Platz ist für Sie festgehalten, bis 10:30 Uhr.")
    assert town.life(appointment).status == "requested"
    judged(held, axe, fits, script=script)
    held.locator("main form button").focus()
    with held.expect_navigation():
        held.keyboard.press("Enter")
    expect(held.locator("h1")).to_have_text(SURE)
    judged(held, axe, fits, script=script)


@KINDS
def test_a_link_that_is_opened_too_late_says_so(
    held: Page, town: Booking, address: str, axe: Any, fits: Any, script: bool
) -> None:
    """On a plain page; once the place is let go, with other times for which nothing is typed again."""
    expect(held.get_by_text(HELD)).to_be_visible()
    link = _link(held, town, address)
    town.clock = lambda: NOW + WITHIN
    answer = held.goto(link)
    assert answer is not None
    assert answer.status == 410
    expect(held.locator("h1")).to_have_text(OVER)
    judged(held, axe, fits, script=script)
    town.expire_holds()
    held.goto(link)
    expect(held.locator("h1")).to_have_text(OVER)
    expect(held.locator("main")).to_contain_text("Ihre Angaben haben wir behalten")
    judged(held, axe, fits, script=script)
    Guest(held).choose()
    expect(held.locator("h1")).to_have_text("Ihr Termin wird reserviert")
