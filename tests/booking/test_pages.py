"""The plain pages: find a time, ask, see, move, cancel, with nothing typed twice."""

import re
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from babel.messages.pofile import read_po
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request, Response

from services.booking.commands import Note, SetCatalogue
from services.booking.events import Concern, Text
from services.booking.service import Booking
from services.booking.web import visits
from services.booking.web.pages import KIT
from shared.messages import Cause
from tests.booking.facts import NOW, TOWN, holds, plan

WEB = Path(visits.__file__).parent
CATALOGUE = WEB.parent / "locale" / "en" / "LC_MESSAGES" / "messages.po"
ODD_NAME = "<script>alert(1)</script> O'Brien Müller-Lüdenscheidt"


@pytest.fixture
def town(booking: Booking) -> Booking:
    """With a concern, two rooms and a clerk."""
    for fact in TOWN:
        booking.handle(Note("c", NOW, fact))
    concern = Concern("pass", Text("Reisepass <b>", "Passport <b>"), "buergerbuero", 10, competences=("pass",))
    booking.handle(SetCatalogue("c", NOW, (concern,)))
    return booking


def _request(path: str, form: dict[str, str] | None = None) -> Request:
    method = "GET" if form is None else "POST"
    request = Request(EnvironBuilder(path=path, method=method, data=form).get_environ())
    request.cause = Cause("test", "")  # type: ignore[attr-defined]
    return request


def _ids(response: Response) -> list[str]:
    return re.findall(r'name="proposal" value="([^"]+)"', response.get_data(as_text=True))


def _wrong(response: Response) -> list[str]:
    return [unescape(text) for text in re.findall(r'class="wrong"[^>]*>([^<]*)<', response.get_data(as_text=True))]


def _ask(town: Booking, **changed: str) -> Response:
    shown = visits.times(town, _request("/times?concern=pass&party_size=1"))
    key = re.findall(r'name="key" value="([^"]+)"', shown.get_data(as_text=True))[0]
    typed = {"guest.name": ODD_NAME, "guest.email": "a@example.org", "proposal": _ids(shown)[0], "key": key}
    return visits.ask(town, _request("/requests", typed | changed))


def _where(response: Response) -> tuple[str, str]:
    """Appointment and token of a redirect."""
    assert response.status_code == 303
    url = urlsplit(response.headers["Location"])
    return url.path.rsplit("/", 1)[1], parse_qs(url.query)["token"][0]


def test_a_guest_finds_a_time_and_asks_for_it(town: Booking):
    """Pressing twice asks once; the page then shows that it is being reserved."""
    first = _where(_ask(town))
    shown = visits.see(town, _request(f"/appointments/{first[0]}?token={first[1]}"), first[0])
    assert "Ihr Termin wird reserviert" in shown.get_data(as_text=True)
    assert 'http-equiv="refresh"' in shown.get_data(as_text=True)


def test_what_was_typed_is_kept_and_shown_as_typed(town: Booking):
    """An error stands beside its field; names are never markup."""
    again = _ask(town, **{"guest.email": "nowhere"})
    text = again.get_data(as_text=True)
    assert again.status_code == 422
    assert _wrong(again) == [visits.WRONG["guest.email"]]
    assert "<script>" not in text
    assert ODD_NAME in unescape(text)
    assert 'value="nowhere"' in text
    assert "checked" in text, "the chosen time is still chosen"


def test_the_page_says_how_long_the_details_are_kept(town: Booking):
    """As long as the setting says, whatever that is."""
    town.settings = replace(town.settings, retention_days=7)
    shown = visits.times(town, _request("/times?concern=pass&party_size=1"))
    assert "Wir löschen Ihre Angaben 7 Tage nach dem Termin." in shown.get_data(as_text=True)


def test_every_missing_field_is_named(town: Booking):
    """All at once, not one after the other."""
    again = _ask(town, **{"guest.name": "", "guest.email": ""})
    assert _wrong(again) == [visits.WRONG["guest.name"], visits.WRONG["guest.email"]]


def _answered(town: Booking, appointment: str, at: Any) -> None:
    for who in ("rooms", "staff"):
        answer = holds(who, 1, plan(at))
        town.handle(type(answer)("c", NOW, appointment, 1, who, answer.held))


def test_a_taken_time_is_answered_with_others(town: Booking):
    """The one clerk is held by then; nothing has to be typed again."""
    shown = visits.times(town, _request("/times?concern=pass&party_size=1"))
    appointment, _ = _where(_ask(town, proposal=_ids(shown)[0]))
    pending = town.life(appointment).pending
    assert pending is not None
    _answered(town, appointment, pending.plan.starts_at)
    other = _ask(town, proposal=_ids(shown)[0], key="another")
    assert other.status_code == 409
    assert _wrong(other) == [visits.GONE]
    assert ODD_NAME in unescape(other.get_data(as_text=True))
    assert _ids(other)


def test_a_confirmed_visit_can_be_moved_and_cancelled(town: Booking):
    """By the link, without an account."""
    appointment, token = _where(_ask(town))
    pending = town.life(appointment).pending
    assert pending is not None
    _answered(town, appointment, pending.plan.starts_at)
    choice = visits.choose_move(town, _request(f"/appointments/{appointment}/times?token={token}"), appointment)
    form = {"token": token, "proposal": _ids(choice)[-1]}
    assert visits.move(town, _request(f"/appointments/{appointment}/move", form), appointment).status_code == 303
    assert town.life(appointment).pending is not None
    assert visits.cancel(town, _request("/x", {"token": token}), appointment).status_code == 303
    assert town.life(appointment).status == "cancelled"
    again = visits.move(town, _request("/x", form), appointment)
    assert again.status_code == 409


@pytest.mark.parametrize("query", ["", "?token=", "?token=0123", "?token=ä"])
def test_a_foreign_token_opens_nothing(town: Booking, query: str):
    """The page says so plainly, and not whether there is such an appointment."""
    appointment, _ = _where(_ask(town))
    for act in (visits.see, visits.cancel, visits.choose_move, visits.move):
        assert act(town, _request(f"/appointments/{appointment}{query}"), appointment).status_code == 404


@pytest.mark.parametrize("query", ["concern=nope", "concern=pass&party_size=0", "concern=pass&party_size=11", ""])
def test_a_question_that_makes_no_sense_leads_back(town: Booking, query: str):
    """With the field named."""
    back = visits.times(town, _request(f"/times?{query}"))
    assert back.status_code == 422
    assert _wrong(back)


def test_every_german_text_has_its_english_one():
    """And the catalogue holds no text that no page says."""
    with CATALOGUE.open("rb") as file:
        known = {message.id for message in read_po(file) if message.id}
        assert all(message.string for message in read_po(CATALOGUE.open("rb")) if message.id)
    said: set[str] = set()
    for path in (WEB / "templates").glob("*.html"):
        said |= set(re.findall(r'w\.(?:text|say)\("([^"]+)"', path.read_text()))
        said |= set(re.findall(r'": "([A-ZÄÖÜ][^"]+)"', path.read_text()))
    said |= {KIT.title, *visits.WRONG.values(), visits.GONE, *visits._TOO_LATE, *visits._NO_SUCH}
    assert said == known
