"""The citizens' pages: one question each, nothing typed twice, every wrong turn with a page of its own."""

import re
from dataclasses import replace
from datetime import datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from babel.messages.pofile import read_po
from icalendar import Calendar
from werkzeug.http import parse_cookie
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request, Response

from services.booking.commands import ExpireHold, ForgetGuest, HearNoWish, HearWish, Note, NotePass, SetCatalogue
from services.booking.events import (
    ClerkHoursNoted,
    ClerkNoted,
    Concern,
    Document,
    Effect,
    OpenDay,
    Opening,
    RoomHoursNoted,
    RoomNoted,
    Text,
    YesNo,
)
from services.booking.http import GuestBody
from services.booking.service import Booking
from services.booking.web import asking, details, finding, managing, times
from shared.messages import Cause
from shared.pages import Sorry
from tests.booking.facts import HOLD_UNTIL, NINE, NOW, TOWN, declines, holds, plan

WEB = Path(times.__file__).parent
SHARED = WEB.parents[2] / "shared" / "pages"
ODD_NAME = "<script>alert(1)</script> O'Brien Müller-Lüdenscheidt שלום"
CHILD = YesNo("child", Text("Für ein Kind?", "For a child?"))
PASS = Concern(
    "pass",
    Text("Reisepass <b>", "Passport <b>"),
    "buergerbuero",
    10,
    topic="Ausweise",
    keywords=("Pass abgelaufen",),
    competences=("pass",),
    documents=(Document("photo", "Foto", "Photo"), Document("consent", "Zustimmung", "Consent")),
    max_party=4,
    questions=(CHILD,),
    effects=(Effect("child+", document="consent"),),
    topic_en="Identity <cards>",
)
DOG = Concern("dog", Text("Hundesteuer", "Dog tax"), "buergerbuero", 5, competences=("pass",), max_party=2)
ANSWERED = "concern=pass&seen=concerns&answer=child:no&party=1&step_free=no&seen=documents"


@pytest.fixture
def town(booking: Booking) -> Booking:
    """With two concerns, two rooms and a clerk."""
    for fact in TOWN:
        booking.handle(Note("c", NOW, fact))
    booking.handle(SetCatalogue("c", NOW, (PASS, DOG)))
    return booking


class Browser:
    """Keeps cookies, unless told not to, and sends what a form holds."""

    def __init__(self, cookies: bool = True) -> None:
        self.takes, self.jar = cookies, dict[str, str]()

    def ask(self, url: str, form: dict[str, Any] | None = None) -> Request:
        jar = "; ".join(f"{name}={value}" for name, value in self.jar.items())
        headers = {"Cookie": jar} if jar else {}
        method = "GET" if form is None else "POST"
        path, _, query = url.partition("?")
        builder = EnvironBuilder(path=path, query_string=query, method=method, data=form, headers=headers)
        request = Request(builder.get_environ())
        request.cause = Cause("test", "")  # type: ignore[attr-defined]
        return request

    def got(self, response: Response) -> Response:
        for cookie in response.headers.getlist("Set-Cookie") if self.takes else ():
            self.jar |= parse_cookie(cookie.split(";")[0])
        return response


def _text(response: Response) -> str:
    return unescape(response.get_data(as_text=True))


def _ids(response: Response) -> list[str]:
    return re.findall(r'name="proposal" id="[^"]+" value="([^"]+)"', response.get_data(as_text=True))


def _starts(town: Booking, response: Response) -> list[datetime]:
    return [town.reads.tokens.offer(proposal).stops[0].starts_at for proposal in _ids(response)]


def _hidden(response: Response) -> dict[str, Any]:
    found = re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', response.get_data(as_text=True))
    fields: dict[str, Any] = {}
    for name, value in found:
        fields.setdefault(name, []).append(unescape(value))
    return fields


def _wrong(response: Response) -> list[str]:
    return [
        unescape(one)
        for one in re.findall(r'id="[\w-]+-wrong">.*?kern-body">([^<]*)<', response.get_data(as_text=True))
    ]


def _title(response: Response) -> str:
    return unescape(re.findall(r"<title>([^<]*)</title>", response.get_data(as_text=True))[0])


def _leads(response: Response) -> str:
    assert response.status_code == 303, _text(response)
    return response.headers["Location"]


def _details(town: Booking, browser: Browser, proposal: str, **typed: str) -> Response:
    form = {"name": ODD_NAME, "email": "a@example.org", "phone": "", "proposal": proposal}
    return browser.got(times.take_details(town, browser.ask(f"/details?{ANSWERED}", form | typed)))


def _book(town: Booking, browser: Browser | None = None, number: int = 0) -> tuple[str, str]:
    """The whole way; returns appointment and token."""
    browser = browser or Browser()
    shown = times.times(town, browser.ask(f"/times?{ANSWERED}"))
    url = f"/details?{ANSWERED}&proposal={_ids(shown)[number]}"
    browser.got(times.ask_details(town, browser.ask(url)))
    checked = browser.got(times.check(town, browser.ask(_leads(_details(town, browser, _ids(shown)[number])))))
    assert ODD_NAME in _text(checked)
    where = urlsplit(_leads(browser.got(times.send(town, browser.ask("/requests", _hidden(checked))))))
    return where.path.rsplit("/", 1)[1], dict(parse_qsl(where.query))["token"]


def _decide(town: Booking, appointment: str, *answers: Any) -> None:
    for answer in answers:
        town.handle(replace(answer, appointment=appointment))


def _confirm(town: Booking, appointment: str) -> None:
    pending = town.life(appointment).pending
    assert pending is not None
    at = plan(pending.plan.starts_at)
    _decide(town, appointment, *(holds(who, pending.attempt, at) for who in ("rooms", "staff")))


def _mine(town: Booking, what: Any, appointment: str, token: str, **form: str) -> Response:
    request = Browser().ask(f"/appointments/{appointment}?token={token}", {"token": token, **form} if form else None)
    return what(town, request, appointment)  # type: ignore[no-any-return]


# ------------------------------------------------------------------------------------------------------ to the times


def test_the_concern_is_found_by_what_one_would_say(town: Booking) -> None:
    """And the way into the booking bears no more than its key."""
    found = finding.search(town, Browser().ask("/search?q=Pass+abgelaufn"))
    assert "Reisepass <b>" in _text(found)
    assert 'href="/visit?concern=pass"' in _text(found)
    nothing = finding.search(town, Browser().ask("/search?q=<script>"))
    assert "<script>" not in nothing.get_data(as_text=True).split("<main")[1].split("</main")[0]
    assert finding.search(town, Browser().ask("/search?q=++")).status_code == 422


def test_topics_are_in_the_readers_language_and_nothing_is_left_out(town: Booking) -> None:
    """What has no topic comes last; a topic without an English name is shown as it is."""
    town.handle(SetCatalogue("c", NOW, (PASS, DOG, replace(DOG, key="cat", topic="Zoo"))))
    shown = {"de": ["Ausweise", "Zoo", "Weitere Anliegen"], "en": ["Identity <cards>", "Zoo", "Other concerns"]}
    for language, topics in shown.items():
        page = finding.start(town, Browser().ask(f"/?lang={language}")).get_data(as_text=True)
        assert [unescape(one) for one in re.findall(r'accordion__header"><span[^>]*>([^<]*)<', page)] == topics
    assert "Reisepass <b>" in _text(finding.search(town, Browser().ask("/search?q=identity")))


def test_one_question_after_the_other_leads_to_the_times(town: Booking) -> None:
    """Each page carries what was answered before."""
    browser, url = Browser(), "/visit?concern=pass"
    titles = []
    for answer in ("seen=concerns", "answer=child:yes", "party=2", "step_free=no", "seen=documents"):
        shown = asking.visit(town, browser.ask(url))
        titles.append(_title(shown).partition(" –")[0])
        url += f"&{answer}"
    assert titles == [
        "Ihr Anliegen",
        "Für ein Kind?",
        "Wie viele Personen kommen?",
        "Brauchen Sie einen stufenlosen Zugang?",
        "Das bringen Sie bitte mit",
    ]
    assert "Zustimmung" in _text(shown), "the documents are shown before the time is chosen"
    where = _leads(asking.visit(town, browser.ask(url)))
    assert _ids(times.times(town, browser.ask(where)))


@pytest.mark.parametrize(
    ("query", "sent", "wrong"),
    [
        ("concern=pass&seen=concerns", "question-child", "answer"),
        ("concern=pass&seen=concerns&answer=child:no&party=0", "party", "party"),
        ("concern=pass&seen=concerns&answer=child:no&party=5", "party", "party"),
        ("concern=pass&seen=concerns&answer=child:no&party=1", "access", "step_free"),
    ],
)
def test_a_page_left_empty_says_what_would_be_right(town: Booking, query: str, sent: str, wrong: str) -> None:
    """Beside the field, and not before the page was sent."""
    page = asking.visit(town, Browser().ask(f"/visit?{query}&sent={sent}"))
    assert (page.status_code, _wrong(page)) == (422, [asking.WRONG[wrong]])
    assert _title(page).startswith("Fehler: ")
    assert asking.visit(town, Browser().ask(f"/visit?{query}")).status_code == 200


def test_a_second_concern_comes_along(town: Booking) -> None:
    """And one that is no more is left out without a word."""
    shown = asking.visit(town, Browser().ask("/visit?concern=pass&concern=dog&concern=gone"))
    assert "Ihre Anliegen" in _title(shown)
    assert "Hundesteuer" in _text(shown)
    assert _leads(asking.visit(town, Browser().ask("/visit?concern=gone"))) == "/"


def test_an_answer_can_be_changed_without_losing_the_others(town: Booking) -> None:
    """The page comes up again with what was chosen."""
    shown = asking.visit(town, Browser().ask(f"/visit?{ANSWERED}&change=party"))
    assert "Wie viele Personen" in _title(shown)
    assert re.search(r'value="1" checked', _text(shown))
    assert _hidden(shown)["step_free"] == ["no"]


def test_where_nothing_is_free_the_page_says_why_and_what_would_help(town: Booking) -> None:
    """Saturdays are not worked."""
    shown = times.times(town, Browser().ask(f"/times?{ANSWERED}&weekday=sat"))
    assert "Zurzeit ist kein Termin frei" in _title(shown)
    assert "Ohne Wunsch nach Wochentag oder Tageszeit" in _text(shown)


def test_it_works_without_answers_that_are_asked_for(town: Booking) -> None:
    """Whoever guesses an address is led to the question."""
    assert _leads(times.times(town, Browser().ask("/times?concern=pass"))).startswith("/visit?concern=pass")
    assert _leads(times.times(town, Browser().ask("/times"))) == "/"
    assert times.ask_details(town, Browser().ask(f"/details?{ANSWERED}")).status_code == 422
    assert times.ask_details(town, Browser().ask(f"/details?{ANSWERED}&proposal=x")).status_code == 409


# ------------------------------------------------------------------------------------------------------ to the request


@pytest.mark.parametrize("cookies", [True, False], ids=["with cookies", "without"])
def test_a_guest_books(town: Booking, cookies: bool) -> None:
    """The page then shows that it is being reserved."""
    appointment, token = _book(town, Browser(cookies)) if cookies else _book_without_cookies(town)
    shown = _mine(town, managing.see, appointment, token)
    assert "Ihr Termin wird reserviert" in _text(shown)
    assert '<noscript><meta http-equiv="refresh"' in _text(shown)
    assert ODD_NAME in _text(shown)


def _book_without_cookies(town: Booking) -> tuple[str, str]:
    browser = Browser(cookies=False)
    proposal = _ids(times.times(town, browser.ask(f"/times?{ANSWERED}")))[0]
    checked = _details(town, browser, proposal)
    assert "Bitte prüfen Sie Ihre Angaben" in _title(checked)
    where = urlsplit(_leads(times.send(town, browser.ask("/requests", _hidden(checked)))))
    return where.path.rsplit("/", 1)[1], dict(parse_qsl(where.query))["token"]


def test_nothing_personal_stands_in_an_address(town: Booking) -> None:
    """Nor readable in a cookie."""
    browser = Browser()
    proposal = _ids(times.times(town, browser.ask(f"/times?{ANSWERED}")))[0]
    browser.got(times.ask_details(town, browser.ask(f"/details?{ANSWERED}&proposal={proposal}")))
    where = _leads(_details(town, browser, proposal))
    for text in (where, *browser.jar.values()):
        assert "example.org" not in text
        assert "Brien" not in text


def test_pressing_twice_books_once(town: Booking) -> None:
    """Back and again leads to the same appointment, and says so."""
    browser = Browser()
    appointment, _ = _book(town, browser)
    shown = times.times(town, browser.ask(f"/times?{ANSWERED}"))
    assert _ids(shown)
    kept = details.of_cookie(browser.ask("/"), town.settings.secret)
    assert kept is not None
    assert kept.booked is not None
    assert kept.booked[1] == appointment
    assert not any(kept.guest().values()), "nothing personal is kept once it is sent"


def test_booking_in_one_tab_keeps_what_was_typed_in_another(town: Booking) -> None:
    """The other goes on with it; the way back in the first still says that it is booked."""
    browser = Browser()
    first, second = _ids(times.times(town, browser.ask(f"/times?{ANSWERED}")))[:2]
    browser.got(times.ask_details(town, browser.ask(f"/details?{ANSWERED}&proposal={first}")))
    sent = _hidden(times.check(town, browser.ask(_leads(_details(town, browser, first)))))
    other = _leads(_details(town, browser, second, name="Grace Hopper"))
    _leads(browser.got(times.send(town, browser.ask("/requests", sent))))
    assert "Grace Hopper" in _text(times.check(town, browser.ask(other)))
    again = times.check(town, browser.ask(f"/check?{ANSWERED}&proposal={first}"))
    assert "Diesen Termin haben Sie schon gebucht" in _title(again)


def test_a_form_sent_again_leads_to_the_same_appointment(town: Booking) -> None:
    """However often; with other details it is refused on a page of its own."""
    browser = Browser(cookies=False)
    proposal = _ids(times.times(town, browser.ask(f"/times?{ANSWERED}")))[0]
    form = _hidden(_details(town, browser, proposal))
    first, second = (_leads(times.send(town, browser.ask("/requests", form))) for _ in range(2))
    assert first == second
    with pytest.raises(Sorry) as refused:
        times.send(town, browser.ask("/requests", form | {"name": "Somebody Else"}))
    assert refused.value.status == 409


def test_what_was_typed_is_kept_and_shown_as_typed(town: Booking) -> None:
    """An error stands beside its field; names are never markup."""
    browser = Browser()
    proposal = _ids(times.times(town, browser.ask(f"/times?{ANSWERED}")))[0]
    browser.got(times.ask_details(town, browser.ask(f"/details?{ANSWERED}&proposal={proposal}")))
    back = _leads(_details(town, browser, proposal, email="nowhere", phone="1" * 41))
    again = times.ask_details(town, browser.ask(back))
    assert (again.status_code, _wrong(again)) == (422, [details.WRONG["email"], details.WRONG["phone"]])
    assert "<script>alert" not in again.get_data(as_text=True)
    assert ODD_NAME in _text(again)
    assert 'value="nowhere"' in _text(again)
    direct = _details(town, Browser(cookies=False), proposal, name="")
    assert (direct.status_code, _wrong(direct)) == (422, [details.WRONG["name"]])


@pytest.mark.parametrize(("local", "fits"), [("ü" * 32, True), ("ü" * 33, False), ("a" * 64, True), ("a" * 65, False)])
def test_an_address_to_which_no_mail_can_go_is_not_taken(local: str, fits: bool) -> None:
    """What stands before the @ has at most 64 bytes: who comes must get the mail."""
    typed = details.Details(name="Ada", email=f"{local}@example.org")
    assert details.wrong(typed) == ({} if fits else {"email": details.WRONG["email"]})
    assert bool(GuestBody().validate(typed.guest())) != fits


def test_two_hundred_letters_fit(town: Booking) -> None:
    """Also those that take four bytes each."""
    browser = Browser()
    proposal = _ids(times.times(town, browser.ask(f"/times?{ANSWERED}")))[0]
    browser.got(times.ask_details(town, browser.ask(f"/details?{ANSWERED}&proposal={proposal}")))
    shown = times.check(town, browser.ask(_leads(_details(town, browser, proposal, name="𝔐" * 200))))
    assert "𝔐" * 200 in _text(shown)
    assert len(browser.jar[details.COOKIE]) < 4000


@pytest.mark.parametrize(
    "typed", [{}, {"email": "nowhere"}, {"proposal": "old"}], ids=["well typed", "a slip", "a time that is over"]
)
def test_what_was_typed_for_too_long_is_kept_again(town: Booking, typed: dict[str, str]) -> None:
    """The cookie had ended: the answer to the form gives it anew, so that the way back finds everything."""
    browser = Browser()
    proposal = _ids(times.times(town, browser.ask(f"/times?{ANSWERED}")))[0]
    _details(town, browser, **{"proposal": proposal} | typed)
    back = browser.got(times.ask_details(town, browser.ask(f"/details?{ANSWERED}&proposal={proposal}")))
    assert ODD_NAME in _text(back)


def test_what_was_checked_for_too_long_is_kept_again(town: Booking) -> None:
    """The cookie had ended, and the time was taken: others are chosen without typing, also after turning a page."""
    browser = Browser()
    proposal = _ids(times.times(town, browser.ask(f"/times?{ANSWERED}")))[0]
    form = _hidden(_details(town, browser, proposal))
    browser.jar.clear()
    appointment, _ = _book(town)
    _confirm(town, appointment)
    others = browser.got(times.send(town, browser.ask("/requests", form)))
    assert times.GONE in _text(others)
    fresh = f"/check?{ANSWERED}&proposal={_ids(others)[0]}"
    assert ODD_NAME in _text(times.check(town, browser.ask(fresh)))


def test_a_time_taken_meanwhile_is_answered_with_others(town: Booking) -> None:
    """The one clerk is held by then; nothing has to be typed again."""
    browser = Browser()
    proposal = _ids(times.times(town, browser.ask(f"/times?{ANSWERED}")))[0]
    browser.got(times.ask_details(town, browser.ask(f"/details?{ANSWERED}&proposal={proposal}")))
    checked = times.check(town, browser.ask(_leads(_details(town, browser, proposal))))
    appointment, _ = _book(town)
    _confirm(town, appointment)
    where = _leads(browser.got(times.send(town, browser.ask("/requests", _hidden(checked)))))
    others = times.times(town, browser.ask(where))
    assert others.status_code == 409
    assert times.GONE in _text(others)
    assert 'action="/check"' in _text(others), "the details are there already"
    fresh = f"/check?{ANSWERED}&proposal={_ids(others)[0]}"
    assert ODD_NAME in _text(times.check(town, browser.ask(fresh)))


def test_the_page_says_how_long_the_details_are_kept(town: Booking) -> None:
    """As long as the setting says, whatever that is."""
    town.settings = replace(town.settings, retention_days=7)
    proposal = _ids(times.times(town, Browser().ask(f"/times?{ANSWERED}")))[0]
    shown = times.ask_details(town, Browser().ask(f"/details?{ANSWERED}&proposal={proposal}"))
    assert "Ihre Angaben löschen wir 7 Tage nach dem Termin." in _text(shown)


# ------------------------------------------------------------------------------------------------- the own appointment


def test_a_confirmed_visit_has_number_code_and_calendar_file(town: Booking) -> None:
    """With the name as it was typed."""
    appointment, token = _book(town)
    with pytest.raises(Sorry):
        _mine(town, managing.pass_picture, appointment, token)
    _confirm(town, appointment)
    town.handle(NotePass("n", NOW, appointment, "7KQ4M2XD"))
    shown = _text(_mine(town, managing.see, appointment, token))
    assert "7KQ4 M2XD" in shown
    assert "Alles bereit" in shown
    assert _mine(town, managing.pass_picture, appointment, token).data.startswith(b"\x89PNG")
    [entry] = Calendar.from_ical(_mine(town, managing.calendar, appointment, token).data).walk("VEVENT")
    assert ODD_NAME in entry["description"]
    assert "7KQ4M2XD" in entry["description"]
    assert entry["uid"].startswith(appointment)


def test_the_calendar_file_says_the_time_in_the_towns_zone(town: Booking) -> None:
    """As the mail does, and explains the zone: a program that does not know its name is right, too."""
    appointment, token = _book(town)
    _confirm(town, appointment)
    file = Calendar.from_ical(_mine(town, managing.calendar, appointment, token).data)
    [zone], [entry] = file.walk("VTIMEZONE"), file.walk("VEVENT")
    assert {entry[name].params["TZID"] for name in ("dtstart", "dtend")} == {str(zone["tzid"])} == {"Europe/Berlin"}
    assert entry.decoded("dtstart") == town.life(appointment).plan.starts_at


def test_the_calendar_file_is_as_new_as_the_mail(town: Booking) -> None:
    """Moved and cancelled it has a higher SEQUENCE each time, the one of the mail that says so."""
    appointment, token = _book(town)

    def sequence() -> int:
        [entry] = Calendar.from_ical(_mine(town, managing.calendar, appointment, token).data).walk("VEVENT")
        return int(entry["sequence"])

    _confirm(town, appointment)
    told = [sequence()]
    choice = _mine(town, managing.choose_move, appointment, token)
    _leads(_mine(town, managing.move, appointment, token, proposal=_ids(choice)[-1]))
    told.append(sequence())
    _confirm(town, appointment)
    told.append(sequence())
    _leads(_mine(town, managing.cancel, appointment, token, sure="yes"))
    assert [*told, sequence()] == [0, 0, 2, 3]


def test_a_confirmed_visit_can_be_moved_and_cancelled(town: Booking) -> None:
    """By the link, without an account."""
    appointment, token = _book(town)
    _confirm(town, appointment)
    choice = _mine(town, managing.choose_move, appointment, token)
    empty = _leads(_mine(town, managing.move, appointment, token, proposal=""))
    assert _wrong(managing.choose_move(town, Browser().ask(empty), appointment)) == [times.NO_TIME]
    _leads(_mine(town, managing.move, appointment, token, proposal=_ids(choice)[-1]))
    assert "Wir reservieren gerade" in _text(_mine(town, managing.see, appointment, token))
    with pytest.raises(Sorry):
        _mine(town, managing.choose_move, appointment, token)
    assert "absagen?" in _title(_mine(town, managing.cancel, appointment, token))
    _leads(_mine(town, managing.cancel, appointment, token, sure="yes"))
    assert town.life(appointment).status == "cancelled"
    assert "Ihr Termin ist abgesagt" in _title(_mine(town, managing.see, appointment, token))
    with pytest.raises(Sorry):
        _mine(town, managing.move, appointment, token, proposal=_ids(choice)[-1])


@pytest.mark.parametrize(
    ("ends", "told"),
    [
        (declines("rooms", 2), "Der gewünschte neue Termin war nicht mehr frei."),
        (ExpireHold("c", HOLD_UNTIL, ""), "Den gewünschten neuen Termin konnten wir nicht rechtzeitig bestätigen."),
    ],
    ids=["declined", "expired"],
)
def test_why_a_visit_stays_where_it_was_is_told(town: Booking, ends: Any, told: str) -> None:
    """Nobody knows whether a time is taken where the answers did not come."""
    appointment, token = _book(town)
    _confirm(town, appointment)
    choice = _mine(town, managing.choose_move, appointment, token)
    _leads(_mine(town, managing.move, appointment, token, proposal=_ids(choice)[-1]))
    _decide(town, appointment, ends)
    shown = _text(_mine(town, managing.see, appointment, token))
    assert told in shown
    assert "Ihr Termin bleibt, wie er ist." in shown


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("de", "Buchen können Sie ihn ab Montag, 23. November 2026."),
        ("en", "You can book it from Monday, 23 November 2026."),
    ],
)
def test_it_is_told_when_a_later_time_can_be_booked(town: Booking, language: str, told: str) -> None:
    """Not to come back on the day of the visit, when the place may have gone."""
    town.handle(SetCatalogue("c", NOW, (replace(PASS, horizon_days=1), DOG)))
    shown = _text(times.times(town, Browser().ask(f"/times?{ANSWERED}&lang={language}")))
    assert told in shown


def test_a_day_on_which_only_the_present_time_is_free_is_no_dead_end(town: Booking) -> None:
    """Another clerk could have it; the page shows the last days before."""
    last = NINE + timedelta(days=2)

    def hours(site: str) -> tuple[OpenDay, ...]:
        return (OpenDay(last.date(), (Opening(last, last + timedelta(minutes=10), site),)),)

    for fact in TOWN:
        if isinstance(fact, ClerkNoted):
            town.handle(Note("c", NOW, replace(fact, clerk="c-18")))
    for room in ("r-101", "r-102"):
        town.handle(Note("c", NOW, RoomHoursNoted(room, last.date(), last.date(), hours(""))))
    for clerk in ("c-17", "c-18"):
        town.handle(Note("c", NOW, ClerkHoursNoted(clerk, last.date(), last.date(), hours("rathaus"))))
    free = _starts(town, times.times(town, Browser().ask(f"/times?{ANSWERED}")))
    appointment, token = _book(town, number=len(free) - 1)
    pending = town.life(appointment).pending
    assert pending is not None
    assert pending.plan.starts_at == last
    for who in ("rooms", "staff"):
        town.handle(replace(holds(who, pending.attempt, pending.plan), appointment=appointment))
    assert _starts(town, _mine(town, managing.choose_move, appointment, token)) == free[:-1]


def test_who_moves_to_the_present_time_is_asked_for_another(town: Booking) -> None:
    """Nothing would come of it, and nothing is said to be reserved."""
    present = _ids(times.times(town, Browser().ask(f"/times?{ANSWERED}")))[0]
    appointment, token = _book(town)
    _confirm(town, appointment)
    asked = _leads(_mine(town, managing.move, appointment, token, proposal=present))
    assert _wrong(managing.choose_move(town, Browser().ask(asked), appointment)) == [managing.SAME]
    english = managing.choose_move(town, Browser().ask(f"{asked}&lang=en"), appointment)
    assert (english.status_code, _wrong(english)) == (
        422,
        ["This is when your appointment is. Please choose another time."],
    )


def test_other_times_are_not_the_present_one(town: Booking) -> None:
    """Although another clerk and room are free then: to move there would be no move."""
    for fact in TOWN:
        if isinstance(fact, ClerkNoted | ClerkHoursNoted):
            town.handle(Note("c", NOW, replace(fact, clerk="c-18")))
    number = _starts(town, times.times(town, Browser().ask(f"/times?{ANSWERED}"))).index(NINE)
    appointment, token = _book(town, number=number)
    _confirm(town, appointment)
    shown = _starts(town, _mine(town, managing.choose_move, appointment, token))
    assert shown
    assert NINE not in shown
    assert NINE in _starts(town, times.times(town, Browser().ask(f"/times?{ANSWERED}"))), "others may have it"


@pytest.mark.parametrize("rather", [None, NINE + timedelta(hours=2)], ids=["any time", "a certain time"])
def test_a_clerk_who_asks_for_another_time_is_heard_on_the_page(town: Booking, rather: datetime | None) -> None:
    """With the way to another time; to keep the appointment nothing has to be done. Once it is moved, all is well."""
    appointment, token = _book(town)
    _confirm(town, appointment)
    assert "Passt Ihnen eine andere Zeit?" not in _text(_mine(town, managing.see, appointment, token))
    town.handle(HearWish("w", NOW, appointment, 1, 1, rather))
    shown = _text(_mine(town, managing.see, appointment, token))
    assert "Passt Ihnen eine andere Zeit?" in shown
    assert ("Dienstag, 24. November 2026, 11:00 Uhr" in shown) is (rather is not None)
    assert "Möchten Sie Ihren Termin behalten, brauchen Sie nichts zu tun." in shown
    assert "Alles bereit" not in shown
    [way] = re.findall(r'href="([^"]+)">Eine andere Zeit wählen', shown)
    choice = managing.choose_move(town, Browser().ask(way), appointment)
    asked = managing.see(town, Browser().ask(f"/appointments/{appointment}?token={token}&lang=en"), appointment)
    assert "if you would like to keep your appointment, there is nothing to do" in _text(asked)
    _leads(_mine(town, managing.move, appointment, token, proposal=_ids(choice)[-1]))
    assert "Passt Ihnen" not in _text(_mine(town, managing.see, appointment, token)), "it is being moved"
    _confirm(town, appointment)
    shown = _text(_mine(town, managing.see, appointment, token))
    assert "Passt Ihnen" not in shown
    assert "Alles bereit" in shown


def test_a_question_taken_back_is_not_on_the_page(town: Booking) -> None:
    """The clerk has put the entry back: the page looks as it did before."""
    appointment, token = _book(town)
    _confirm(town, appointment)
    before = _text(_mine(town, managing.see, appointment, token))
    town.handle(HearWish("w", NOW, appointment, 1, 1, None))
    assert _text(_mine(town, managing.see, appointment, token)) != before
    town.handle(HearNoWish("n", NOW, appointment, 1, 1))
    assert _text(_mine(town, managing.see, appointment, token)) == before


def test_where_the_town_wants_it_the_guest_says_yes_by_mail(town: Booking) -> None:
    """The page says until when; the mail's link asks once more, so that nobody's link checker confirms."""
    town.confirm_within = timedelta(minutes=30)
    appointment, token = _book(town)
    _confirm(town, appointment)
    shown = _text(_mine(town, managing.see, appointment, token))
    assert "Ihr Platz ist festgehalten, bis 10:30 Uhr." in shown
    secret = town.reads.tokens.confirm(appointment)
    with pytest.raises(Sorry):
        _mine(town, managing.confirm, appointment, token)
    assert "Möchten Sie diesen Termin?" in _title(_mine(town, managing.confirm, appointment, secret))
    assert town.life(appointment).status == "requested"
    _leads(_mine(town, managing.confirm, appointment, secret, sure="yes"))
    assert town.life(appointment).status == "confirmed"
    assert "/appointments/" in _leads(_mine(town, managing.confirm, appointment, secret))


def test_the_guest_says_yes_before_the_visit_begins(town: Booking) -> None:
    """However long the town waits for it."""
    town.confirm_within = timedelta(days=30)
    appointment, _ = _book(town)
    pending = town.life(appointment).pending
    assert pending is not None
    assert pending.confirm_by == pending.plan.starts_at


@pytest.mark.parametrize("ends", [declines("rooms"), ExpireHold("c", HOLD_UNTIL, "")], ids=["declined", "expired"])
def test_what_could_not_be_had_is_chosen_anew_without_typing(town: Booking, ends: Any) -> None:
    """Fresh times on the same page; name and address go along, once."""
    appointment, token = _book(town)
    _decide(town, appointment, ends)
    shown = _mine(town, managing.see, appointment, token)
    assert "Ihre Angaben haben wir behalten" in _text(shown)
    empty = _leads(_mine(town, managing.again, appointment, token, proposal=""))
    assert _wrong(managing.see(town, Browser().ask(empty), appointment)) == [times.NO_TIME]
    first, second = (_leads(_mine(town, managing.again, appointment, token, proposal=_ids(shown)[2])) for _ in "12")
    assert first == second
    other = urlsplit(first).path.rsplit("/", 1)[1]
    assert other != appointment
    assert town.life(other).status == "requested"
    new_token = dict(parse_qsl(urlsplit(first).query))["token"]
    assert ODD_NAME in _text(_mine(town, managing.see, other, new_token))


@pytest.mark.parametrize("query", ["", "?token=", "?token=0123", "?token=ä"])
def test_a_foreign_token_opens_nothing(town: Booking, query: str) -> None:
    """The page says so plainly, and not whether there is such an appointment."""
    appointment, _ = _book(town)
    acts = (managing.see, managing.cancel, managing.choose_move, managing.move, managing.again, managing.news)
    for act in (*acts, managing.calendar, managing.pass_picture):
        for name in (appointment, "nobody"):
            with pytest.raises(Sorry) as said:
                act(town, Browser().ask(f"/appointments/{name}{query}"), name)
            assert said.value.status == 404


def test_the_link_of_a_forgotten_visit_says_that_it_is_over(town: Booking) -> None:
    """Nothing of it is shown any more."""
    appointment, token = _book(town)
    town.handle(ForgetGuest("f", NOW + timedelta(days=60), appointment))
    with pytest.raises(Sorry) as said:
        _mine(town, managing.see, appointment, token)
    assert said.value.status == 410


def test_a_room_that_is_not_step_free_is_not_proposed_to_whoever_needs_that(town: Booking) -> None:
    """The answer reaches the engine."""
    town.handle(Note("c", NOW, RoomNoted("r-101", "Raum 101", "rathaus", 3, (), False)))
    shown = times.times(town, Browser().ask(f"/times?{ANSWERED.replace('step_free=no', 'step_free=yes')}"))
    assert "Zurzeit ist kein Termin frei" in _title(shown)


# -------------------------------------------------------------------------------------------------------------- words


def _catalogue(folder: Path) -> dict[str, str]:
    said: dict[str, Any] = {}
    for path in (folder / "locale" / "en" / "LC_MESSAGES").glob("*.po"):
        with path.open("rb") as file:
            said |= {one.id if isinstance(one.id, str) else one.id[0]: one.string for one in read_po(file) if one.id}
    assert all(text if isinstance(text, str) else all(text) for text in said.values())
    return {key: str(text) for key, text in said.items()}


def test_every_german_text_has_its_english_one() -> None:
    """And the catalogue holds no text that no page says."""
    own, kit = _catalogue(WEB.parent), _catalogue(SHARED)
    pages = {path: path.read_text() for path in (*WEB.rglob("*.html"), *WEB.rglob("*.py"))}
    said = {text for source in pages.values() for text in re.findall(r'w\.(?:text|say|count)\(\s*"([^"]+)"', source)}
    said |= {*times.BECAUSE.values(), *times.SAID.values(), *(text for text, _ in times.OPENS.values()), times.NO_TIME}
    said |= {*asking.WRONG.values(), *asking.UNCLEAR.values(), *details.WRONG.values(), finding.NOTHING_TYPED}
    said |= {
        *managing.NO_SUCH,
        *managing.OVER,
        *managing.TOO_LATE,
        *managing.UNCONFIRMED,
        *times.SENT_ALREADY,
        managing.SAME,
    }
    help_page = (WEB / "templates" / "citizen" / "help.html").read_text()
    said |= {text for pair in re.findall(r'^\("([^"]+)", "([^"]+)"\),', help_page, re.MULTILINE) for text in pair}
    assert said - own.keys() - kit.keys() == set()
    everything = "\n".join(pages.values())
    assert [text for text in own if text not in everything] == []
