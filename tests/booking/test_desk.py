"""The info desk: a guest without an appointment in a few steps; found again; how full today is."""

import re
from dataclasses import replace
from datetime import timedelta
from html import unescape

import pytest
from sqlalchemy import select
from werkzeug.test import Client, TestResponse

from services.booking.accounts.commands import CloseAccount, SetAccount
from services.booking.commands import ExpireHold, ForgetGuest, HearAnswer, Note, NotePass, SetCatalogue
from services.booking.events import (
    ClerkHoursNoted,
    ClerkNoted,
    Concern,
    OpenDay,
    Opening,
    Rule,
    Text,
    YesNo,
)
from services.booking.projections import accounts
from services.booking.service import Booking, BookingService
from services.booking.standing import appointments
from services.booking.web import desk, desk_day, desk_pages, desk_visit
from shared.rebuild import rebuild
from shared.tables import ended_sessions
from tests.booking.facts import NINE, NOW, TOWN, holds
from tests.over_http import over_http

ODD_NAME = "<script>alert(1)</script> O'Brien Müller-Lüdenscheidt"
AT = NINE + timedelta(minutes=2)
"""Somebody comes to the desk at two past nine."""
CONCERNS = (
    Concern("pass", Text("Reisepass beantragen", "Apply for a passport"), "buergerbuero", 10, competences=("pass",)),
    Concern(
        "collect",
        Text("Reisepass abholen", "Collect a passport"),
        "buergerbuero",
        10,
        competences=("pass",),
        lead_minutes=3 * 24 * 60,
        questions=(YesNo("child", Text("Kommt ein Kind mit?", "Does a child come along?")),),
    ),
)


@pytest.fixture
def database_kind() -> str:
    """What is stored is tried on both elsewhere."""
    return "sqlite"


@pytest.fixture
def town(booking: Booking) -> Booking:
    """Open on two days, with an hour for urgent cases before noon."""
    urgent = Opening(NINE + timedelta(hours=2), NINE + timedelta(hours=3), "rathaus", "urgent", None)
    kept = Opening(NINE, NINE + timedelta(minutes=30), "rathaus", "internal", 0)
    public = Opening(NINE + timedelta(minutes=30), NINE + timedelta(hours=2), "rathaus")
    day = NINE.date()
    more = OpenDay(day, (kept, public, urgent))
    booking.clock = lambda: NOW
    for fact in (*TOWN, ClerkHoursNoted("c-17", day, day, (more,))):
        booking.handle(Note("c", NOW, fact))
    booking.handle(SetCatalogue("c", NOW, CONCERNS))
    booking.clock = lambda: AT
    return booking


@pytest.fixture
def at_desk(town: Booking) -> Client:
    """Somebody who is signed in there."""
    return over_http(BookingService, town, roles=("info_desk",))


def _text(response: TestResponse) -> str:
    return unescape(response.get_data(as_text=True))


def _times(response: TestResponse) -> list[tuple[str, str]]:
    """Ids and labels of the times on the page."""
    found = re.findall(r'name="proposal" value="([^"]+)".*?<label[^>]*>(.*?)</label>', response.get_data(as_text=True))
    return [(proposal, re.sub(r"<[^>]*>", "", unescape(label))) for proposal, label in found]


def _wrong(response: TestResponse) -> list[str]:
    return [unescape(text) for text in re.findall(r'-wrong">.*?kern-body">(.*?)<', response.get_data(as_text=True))]


def _ask(at_desk: Client, said: str = "Reisepass beantragen", **more: str) -> TestResponse:
    given = {"q": said, "name": ODD_NAME, "party_size": "1", **more}
    return at_desk.post("/desk", data=given)


def _take(at_desk: Client, **more: str) -> TestResponse:
    shown = _ask(at_desk)
    key = re.findall(r'name="key" value="([^"]+)"', _text(shown))[0]
    given = {"proposal": _times(shown)[0][0], "name": ODD_NAME, "party_size": "1", "key": key, "concern": "pass"}
    return at_desk.post("/desk/visits", data=given | {"q": "Reisepass beantragen"} | more)


def _visit(response: TestResponse) -> str:
    assert response.status_code == 303, _text(response)
    return str(response.headers["Location"]).rpartition("/")[2]


def _confirm(town: Booking, appointment: str, number: str = "7K3M9QXZ") -> None:
    pending = town.life(appointment).pending
    assert pending is not None
    for who in ("rooms", "staff"):
        answer = holds(who, pending.attempt, pending.plan)
        town.handle(type(answer)("c", AT, appointment, pending.attempt, who, answer.held))
    town.handle(NotePass("c", AT, appointment, number))


def test_the_next_time_is_now(at_desk: Client):
    """Kept hours, and no lead time: the guest is there. Then the rest of today, then later."""
    shown = _ask(at_desk)
    labels = [label for _, label in _times(shown)]
    assert labels[0].startswith("Jetzt, 09:05")
    assert all(label.startswith("Heute") for label in labels[1:4])
    assert shown.status_code == 200


def test_the_first_time_is_chosen_and_has_the_focus(at_desk: Client):
    """So that Enter does the rest."""
    assert re.search(r'id="time-1"[^>]* checked autofocus', _ask(at_desk).get_data(as_text=True))


def test_what_is_reserved_for_urgent_cases_is_offered_for_those_only(town: Booking, at_desk: Client):
    """By a tick; shortly before eleven nothing else is left of the day."""
    town.clock = lambda: NINE + timedelta(hours=1, minutes=58)
    assert not any(label.startswith(("Jetzt", "Heute")) for _, label in _times(_ask(at_desk)))
    assert _times(_ask(at_desk, urgent="1"))[0][1].startswith("Jetzt, 11:00")


def test_a_lead_time_does_not_hold_at_the_desk(at_desk: Client):
    """It is for getting ready; the guest is there already."""
    shown = _ask(at_desk, "Reisepass abholen")
    assert _times(shown)[0][1].startswith("Jetzt")
    assert "Kommt ein Kind mit?" in _text(shown)


def test_what_may_be_meant_is_offered(at_desk: Client):
    """The best first; another one can be chosen."""
    shown = _text(_ask(at_desk, "pass"))
    assert "Reisepass beantragen" in shown
    assert "Reisepass abholen" in shown
    other = _text(_ask(at_desk, "pass", concern="collect", searched="pass"))
    assert re.search(r'value="collect" checked', other)


def test_a_second_concern_goes_along(town: Booking, at_desk: Client):
    """One visit for both, questions of either; what is meant by the second can be chosen, too."""
    shown = _ask(at_desk, q2="Reisepass abholen")
    assert "Kommt ein Kind mit?" in _text(shown)
    hidden = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', _text(shown)))
    assert {name: hidden[name] for name in ("q2", "concern", "concern2")} == {
        "q2": "Reisepass abholen", "concern": "pass", "concern2": "collect",
    }  # fmt: skip
    given = {name: unescape(value) for name, value in hidden.items()} | {"proposal": _times(shown)[0][0]}
    state = town.life(_visit(at_desk.post("/desk/visits", data=given)))
    assert state.plan is not None
    assert sorted(stop.concern for stop in state.plan.stops) == ["collect", "pass"]
    other = _text(_ask(at_desk, "pass", q2="pass", concern="collect", searched="pass"))
    assert re.search(r'name="concern2" value="pass"', other), "the first one is not offered twice"


def test_a_second_concern_that_is_lost_is_kept_with_the_rest(town: Booking, at_desk: Client):
    """The time is gone: other times, for both."""
    shown = _ask(at_desk, q2="Reisepass abholen")
    given = {"proposal": _times(shown)[0][0], "q": "Reisepass beantragen", "name": "A", "party_size": "1"}
    _confirm(town, _visit(at_desk.post("/desk/visits", data=given | {"key": "one"})))
    again = at_desk.post("/desk/visits", data=given | {"key": "two", "q2": "Reisepass abholen"})
    assert again.status_code == 409
    assert 'name="q2" type="text" value="Reisepass abholen"' in _text(again)
    assert _times(again)[0][0] != given["proposal"]


def test_a_visit_for_two_concerns_that_was_declined_is_looked_for_anew_with_both(town: Booking, at_desk: Client):
    """One key, and other times are there."""
    given = {"proposal": _times(_ask(at_desk, q2="Reisepass abholen"))[0][0], "name": "A", "key": "one"}
    appointment = _visit(at_desk.post("/desk/visits", data=given))
    town.handle(HearAnswer("c", AT, appointment, 1, "rooms", (), "taken"))
    shown = _text(at_desk.get(f"/desk/visits/{appointment}"))
    anew = at_desk.post("/desk", data=dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', shown)))
    hidden = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', _text(anew)))
    assert {hidden["concern"], hidden["concern2"]} == {"pass", "collect"}
    assert _times(anew)


def test_a_guest_is_booked_and_gets_a_pass(town: Booking, at_desk: Client):
    """With number and code to print; the name as typed, never as markup."""
    appointment = _visit(_take(at_desk))
    waiting = at_desk.get(f"/desk/visits/{appointment}")
    assert '<noscript><meta http-equiv="refresh"' in _text(waiting)
    _confirm(town, appointment)
    shown = at_desk.get(f"/desk/visits/{appointment}")
    assert "7K3M 9QXZ" in _text(shown)
    assert ODD_NAME in _text(shown)
    assert "<script>alert" not in shown.get_data(as_text=True)
    assert shown.headers["Cache-Control"] == "no-store"
    code = at_desk.get(f"/desk/visits/{appointment}/code.svg")
    assert code.content_type == "image/svg+xml"


def test_pressing_twice_books_once(town: Booking, at_desk: Client):
    """By the form's own key."""
    shown = _ask(at_desk)
    given = {"proposal": _times(shown)[0][0], "name": "A", "key": "same"}
    first, second = (at_desk.post("/desk/visits", data=given) for _ in range(2))
    assert _visit(first) == _visit(second)


def test_a_time_that_is_gone_leads_to_others_with_nothing_typed_twice(town: Booking, at_desk: Client):
    """Somebody was quicker."""
    shown = _ask(at_desk)
    taken = {"proposal": _times(shown)[0][0], "name": ODD_NAME, "q": "Reisepass beantragen", "party_size": "1"}
    _confirm(town, _visit(at_desk.post("/desk/visits", data=taken | {"key": "one"})))
    again = at_desk.post("/desk/visits", data=taken | {"key": "two"})
    assert again.status_code == 409
    assert desk.GONE in _text(again)
    assert ODD_NAME in _text(again)
    assert _times(again)[0][0] != taken["proposal"]


def test_a_time_that_has_begun_meanwhile_leads_to_the_next(town: Booking, at_desk: Client):
    """What was "now" when it was shown is not any more."""
    shown = _ask(at_desk)
    first = {"proposal": _times(shown)[0][0], "name": ODD_NAME, "q": "Reisepass beantragen", "party_size": "1"}
    town.clock = lambda: AT + timedelta(minutes=4)
    again = at_desk.post("/desk/visits", data=first | {"key": "one"})
    assert again.status_code == 409
    assert desk.BEGUN in _text(again)
    _visit(at_desk.post("/desk/visits", data=first | {"key": "two", "proposal": _times(again)[0][0]}))


def test_so_it_is_when_a_visit_is_moved(town: Booking, at_desk: Client):
    """From later to now."""
    later = {"proposal": _times(_ask(at_desk))[1][0], "name": "Ada", "key": "one"}
    appointment = _visit(at_desk.post("/desk/visits", data=later))
    _confirm(town, appointment)
    given = {"proposal": _times(at_desk.get(f"/desk/visits/{appointment}/times"))[0][0]}
    town.clock = lambda: AT + timedelta(minutes=4)
    assert desk.BEGUN in _text(at_desk.post(f"/desk/visits/{appointment}/move", data=given))


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ({"q": ""}, ["q"]),
        ({"q": "xyzzy"}, ["unknown"]),
        ({"name": ""}, ["name"]),
        ({"name": "x" * 201}, ["name"]),
        ({"party_size": "0"}, ["party_size"]),
        ({"party_size": "99"}, ["party_size"]),
        ({"party_size": "many"}, ["party_size"]),
        ({"email": "nowhere"}, ["email"]),
        ({"email": f"{'ü' * 40}@example.org"}, ["email"]),
        ({"q": "", "name": ""}, ["q", "name"]),
        ({"q2": "xyzzy"}, ["unknown"]),
        ({"q2": "Reisepass beantragen"}, ["twice"]),
    ],
    ids=str,
)
def test_what_is_wrong_is_said_beside_its_field(at_desk: Client, given: dict[str, str], wrong: list[str]):
    """With what would be right, and what was typed still there."""
    shown = at_desk.post("/desk", data={"q": "Reisepass beantragen", "name": "A", "party_size": "1"} | given)
    assert shown.status_code == 422
    assert _wrong(shown) == [desk.WRONG[name] for name in wrong]
    assert all(f'value="{value}"' in _text(shown) for value in given.values())
    assert shown.get_data(as_text=True).count("autofocus") == 1


def test_of_a_long_word_the_beginning_is_looked_for(at_desk: Client):
    """As on the pages of citizens; the stem of half a megabyte would be cut letter by letter."""
    for shown in (_ask(at_desk, "nd" * 200_000), _ask(at_desk, q2="nd" * 200_000)):
        assert f'value="{"nd" * 100}"' in _text(shown)


def _booked(town: Booking, at_desk: Client, name: str, number: str, **more: str) -> str:
    shown = _ask(at_desk)
    given = {"proposal": _times(shown)[0][0], "name": name, "key": number, **more}
    appointment = _visit(at_desk.post("/desk/visits", data=given))
    _confirm(town, appointment, number)
    return appointment


def test_a_visit_is_found_by_number_name_and_mail(town: Booking, at_desk: Client):
    """However the number is typed; names are opened for this page only."""
    mine = _booked(town, at_desk, ODD_NAME, "7K3M9QXZ", email="ada@example.org")
    for said in ("7K3M9QXZ", "7k3m 9qxz", "7k3m-9qxz", "o'brien", "LÜDENSCHEIDT obrien"[:12], "ada@example"):
        shown = at_desk.post("/desk/find", data={"said": said})
        assert mine in _text(shown), said
    assert mine not in _text(at_desk.post("/desk/find", data={"said": "somebody else"}))
    assert _wrong(at_desk.post("/desk/find", data={"said": ""})) == [desk_pages.ASK]
    assert mine not in _text(at_desk.get("/desk/find?said=7K3M9QXZ")), "a name has no place in an address"


def test_a_visit_is_moved_and_cancelled(town: Booking, at_desk: Client):
    """For the guest who stands there."""
    appointment = _booked(town, at_desk, "Ada", "7K3M9QXZ")
    choice = at_desk.get(f"/desk/visits/{appointment}/times")
    assert choice.status_code == 200, _text(choice)
    given = {"proposal": _times(choice)[-1][0]}
    assert at_desk.post(f"/desk/visits/{appointment}/move", data=given).status_code == 303
    assert town.life(appointment).pending is not None
    gone = at_desk.post(f"/desk/visits/{appointment}/move", data={"proposal": "nonsense"})
    assert gone.status_code == 409
    assert at_desk.post(f"/desk/visits/{appointment}/cancel").status_code == 303
    assert town.life(appointment).status == "cancelled"
    assert desk_visit.TOO_LATE[0] in _text(at_desk.get(f"/desk/visits/{appointment}/times"))


def test_why_a_visit_stays_where_it_was_is_told(town: Booking, at_desk: Client):
    """Nobody knows whether a time is taken where the answers did not come."""
    appointment = _booked(town, at_desk, "Ada", "7K3M9QXZ")
    taken = HearAnswer("c", AT, appointment, 2, "rooms", (), "taken")
    run_out = ExpireHold("c", AT + timedelta(hours=1), appointment)
    for end, told in ((taken, "war nicht mehr frei"), (run_out, "konnten wir nicht rechtzeitig bestätigen")):
        given = {"proposal": _times(at_desk.get(f"/desk/visits/{appointment}/times"))[-1][0]}
        at_desk.post(f"/desk/visits/{appointment}/move", data=given)
        town.handle(end)
        assert f"{told}. Der alte bleibt." in _text(at_desk.get(f"/desk/visits/{appointment}"))


def test_a_visit_is_not_moved_to_when_it_is(town: Booking, at_desk: Client):
    """Another time is asked for: nothing would come of it."""
    present = _times(_ask(at_desk))[0][0]
    appointment = _booked(town, at_desk, "Ada", "7K3M9QXZ")
    again = at_desk.post(f"/desk/visits/{appointment}/move", data={"proposal": present})
    assert again.status_code == 409
    assert desk_visit.SAME in _text(again)
    assert _times(again)


def test_other_times_are_not_the_present_one(town: Booking, at_desk: Client):
    """Although another clerk and room are free then."""
    for fact in TOWN:
        if isinstance(fact, ClerkNoted | ClerkHoursNoted):
            town.handle(Note("c", NOW, replace(fact, clerk="c-18")))
    appointment = _booked(town, at_desk, "Ada", "7K3M9QXZ")
    offer = town.reads.tokens.offer
    shown = [offer(one).stops[0].starts_at for one, _ in _times(at_desk.get(f"/desk/visits/{appointment}/times"))]
    plan = town.life(appointment).plan
    assert plan is not None
    assert town.reads.instead(plan, AT)[0]["starts_at"] == plan.starts_at
    assert shown
    assert plan.starts_at not in shown


def test_how_full_today_is(town: Booking, at_desk: Client):
    """Minutes that are open, taken and still free, by department."""
    before = desk_day.fullness(town)[0]
    assert (before.site, before.department, before.guests, before.taken) == ("rathaus", "buergerbuero", 0, 0)
    assert before.open == 180
    assert before.free == 178
    _booked(town, at_desk, "Ada", "7K3M9QXZ")
    after = desk_day.fullness(town)[0]
    assert after.guests == 1
    assert after.taken == before.free - after.free
    assert after.taken > 0


def test_what_is_found_can_be_made_anew_from_the_log(town: Booking, at_desk: Client):
    """Visits that stand, were cancelled, asked for or forgotten; and accounts."""
    gone, forgotten = (_booked(town, at_desk, name, number) for name, number in (("A", "AAAAAAA1"), ("B", "AAAAAAA2")))
    at_desk.post(f"/desk/visits/{gone}/cancel")
    _visit(_take(at_desk))
    town.handle(ForgetGuest("c", NOW + timedelta(days=60), forgotten))
    for order in (SetAccount("c", NOW, "desk-1", ("info_desk",)), CloseAccount("c", NOW, "desk-1")):
        town.handle(order)
    before = _stored(town)
    assert [len(rows) for rows in before] == [2, 1, 1]
    rebuild(town)
    assert _stored(town) == before


def _stored(town: Booking) -> list[list[tuple[object, ...]]]:
    with town.read() as connection:
        tables = (appointments, accounts, ended_sessions)
        return [sorted(map(tuple, connection.execute(select(table))), key=str) for table in tables]


@pytest.mark.parametrize("path", ["/desk", "/desk/find", "/desk/visits/x", "/desk/visits/x/times"])
def test_only_the_info_desk_has_these_pages(town: Booking, path: str):
    """Others are led to the sign-in page, or told so."""
    nobody = over_http(BookingService, town, roles=()).get(path)
    assert nobody.status_code == 303
    assert nobody.headers["Location"].startswith("/sign-in?next=%2Fdesk")
    assert over_http(BookingService, town, roles=("clerk",)).get(path).status_code == 403


def test_an_unknown_visit_has_a_plain_page(at_desk: Client):
    """Not found, and nothing else."""
    shown = at_desk.get("/desk/visits/nope")
    assert shown.status_code == 404
    assert desk_visit.NO_SUCH[0] in _text(shown)


def test_who_is_responsible_may_depend_on_the_street(town: Booking, at_desk: Client):
    """Then the page asks for it."""
    rule = Rule("bauamt", "district", "nord", fallback=True)
    concern = Concern("build", Text("Bauantrag", "Building"), "bauamt", 10, responsibility="district")
    town.handle(Note("c", NOW, ClerkNoted("c-2", "B", ("bauamt",), (), (rule,), ("de",))))
    town.handle(SetCatalogue("c", NOW, (*CONCERNS, concern)))
    shown = _ask(at_desk, "Bauantrag")
    assert _wrong(shown) == [desk.WRONG["street"]]
    assert 'name="street"' in _text(shown)
    assert _ask(at_desk, "Bauantrag", street="Kirchstraße 1").status_code == 200
