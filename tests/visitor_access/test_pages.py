"""The pages of the entrance over HTTP: what is shown, entered, looked for and refused, without any script."""

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from babel.messages.pofile import read_po
from markupsafe import escape

from services.visitor_access.service import VisitorAccessService
from services.visitor_access.web import pages
from services.visitor_access.web.pages import KIT
from services.visitor_access.web.told import DONE, NOT_BACK, REFUSED, told
from tests.over_http import over_http
from tests.visitor_access.facts import at

NAMES = ["<script>alert(1)</script>", "Seán O'Brien", "محمد الأحمد", "Müller-Lüdenscheidt" + "x" * 181]


@pytest.fixture
def number(entrance):
    """The pass of a guest who is expected today at nine."""
    number = entrance.register()
    entrance.now = at("08:55")
    return number


def shown(entrance, path="/entrance", **form):
    """The text of a page that answers well, after a form has led to it."""
    response = entrance.http.post(path, data=form) if form else entrance.http.get(path)
    while response.status_code == 303:
        response = entrance.http.get(response.headers["Location"])
    assert response.status_code == 200, response.text
    return response.text


def test_who_is_expected_is_on_the_list(entrance, number):
    """With time, name, way and number; and nothing else of the guest."""
    page = shown(entrance)
    for text in ("09:00", "Ada Größe", f"{number[:4]}-{number[4:]}"):
        assert text in page
    assert "example.org" not in page
    assert "05241 1" not in page


def test_a_scanned_number_is_an_arrival(entrance, number):
    """The page says the name and the way, and the arrival is in the log."""
    page = shown(entrance, wanted=f" {number[:4].lower()}-{number[4:]} ")
    assert "Angekommen" in page
    assert entrance.guest()["status"] == "arrived"


def test_a_number_that_a_script_hands_over_as_typed_leaves_the_list_as_it_was(entrance, number):
    """It is an arrival, no search, also where the page stays."""
    page = entrance.http.post("/entrance?view=all", data={"wanted": number}, headers={"X-Live": "1"}).text
    assert "Angekommen" in page
    assert "gefunden für" not in page
    assert f'value="{number}"' not in page


def test_the_address_after_an_entry_tells_no_name(entrance, number):
    """What is entered is posted; where it leads to names the appointment only."""
    response = entrance.http.post("/entrance?view=all", data={"wanted": number})
    assert response.status_code == 303
    assert urlsplit(response.headers["Location"]).query == "done=arrival&of=a1&view=all"


def test_departure_and_undo(entrance, number):
    """Each is a button of the list or of what was told."""
    shown(entrance, arrival="a1")
    assert "Ada Größe" in shown(entrance, "/entrance/house")
    entrance.now = at("09:20")
    assert "Gegangen" in shown(entrance, departure="a1")
    assert entrance.guest()["status"] == "left"
    assert "Zurückgenommen" in shown(entrance, undo="a1")
    assert entrance.guest()["status"] == "registered"


def test_whoever_called_off_is_not_said_to_be_expected(entrance, number):
    """The arrival was a mis-click; the guest had cancelled meanwhile."""
    shown(entrance, arrival="a1")
    entrance.hear("AppointmentCancelled")
    page = shown(entrance, undo="a1")
    assert "Der Gast steht nicht mehr auf der Liste: Der Termin gilt nicht mehr." in page
    assert "wieder als erwartet" not in page


def test_an_entry_that_comes_again_when_the_guest_is_removed_is_no_mistake(entrance, number):
    """It is told as before, and that the guest is not expected any more."""
    shown(entrance, arrival="a1", key="k1")
    entrance.hear("AppointmentCancelled")
    shown(entrance, undo="a1")
    for again, title in (({"undo": "a1"}, "Zurückgenommen"), ({"arrival": "a1", "key": "k1"}, "Angekommen")):
        page = shown(entrance, **again)
        assert title in page
        assert "Der Gast steht nicht mehr auf der Liste: Der Termin gilt nicht mehr." in page


def test_a_name_is_looked_for_in_all_views(entrance, number):
    """Nobody arrives by it."""
    entrance.register("a2", name="Grace Hopper")
    page = shown(entrance, "/entrance?view=house", wanted="hopp")
    assert "Grace Hopper" in page
    assert "Ada Größe" not in page
    assert entrance.guest("a2")["status"] == "registered"


@pytest.mark.parametrize("name", ["Hoffmann", "Jan Weber"])
def test_a_name_that_could_be_a_number_is_looked_for(entrance, name):
    """Eight letters: an expected guest is found by them, not sent away."""
    entrance.register(name=name)
    entrance.now = at("08:55")
    page = shown(entrance, wanted=name)
    assert f"<bdi>{name}</bdi>" in page
    assert "Nicht auf der Liste" not in page
    assert entrance.guest()["status"] == "registered"


def test_an_empty_list_says_when_somebody_comes_next(entrance):
    """As soon as nobody more is expected today, and only where the list of those to come is looked at."""
    entrance.register(day=26, party_size=2)
    entrance.register("a2", day=26)
    entrance.register("nord", day=25, site="nord")
    entrance.now = at("08:55")
    expected = "Als Nächstes werden 4 Personen erwartet: Donnerstag, 26. November."
    assert expected in shown(entrance, "/entrance?site=rathaus")
    assert expected in shown(entrance, "/entrance?site=rathaus&view=all")
    assert "Mittwoch, 25. November." in shown(entrance)
    assert "Als Nächstes" not in shown(entrance, "/entrance?view=house")
    assert "Next, 4 people are expected: Thursday, 26 November." in shown(entrance, "/entrance?site=rathaus&lang=en")
    entrance.hear("AppointmentCancelled")
    entrance.hear("AppointmentCancelled", "a2")
    assert "Als Nächstes" not in shown(entrance, "/entrance?site=rathaus&lang=de")


def test_a_name_that_nobody_has_leads_to_the_info_desk(entrance, number):
    """And says so."""
    page = shown(entrance, wanted="Niemand")
    assert "Infotheke" in page
    assert 'value="Niemand"' in page


@pytest.mark.parametrize(
    ("code", "title"),
    [("ZZZZZZZZ", "Nicht auf der Liste"), ("a2", None)],
)
def test_an_unknown_number_is_told(entrance, number, code, title):
    """Beside the field, with what to do; what was typed stays."""
    response = entrance.http.post("/entrance", data={"wanted": code} if title else {"arrival": code})
    assert response.status_code == 422
    assert (title or "Nicht auf der Liste") in response.text
    assert "Infotheke" in response.text
    assert code in response.text


def test_a_guest_of_another_site_is_told(entrance, number):
    """The desk stands at one site."""
    response = entrance.http.post("/entrance?site=nord", data={"wanted": number})
    assert response.status_code == 422
    assert "Anderer Standort" in response.text


def test_what_a_desk_without_a_line_wrote_down_comes_in_once(entrance, number):
    """With its own time, however often it is sent."""
    entrance.now = at("09:30")
    for _ in range(3):
        shown(entrance, arrival=number, at=at("09:04").isoformat(), key="k1")
    assert entrance.guest()["arrived_at"] == at("09:04").isoformat()


def test_a_wrong_time_is_told(entrance, number):
    """Not a stack."""
    response = entrance.http.post("/entrance", data={"arrival": number, "at": "gestern"})
    assert response.status_code == 422
    assert "Diese Zeit ist nicht lesbar." in response.text


@pytest.mark.parametrize("name", NAMES)
def test_names_are_shown_as_typed(entrance, name):
    """On the list, in the house and on paper."""
    entrance.register(name=name)
    entrance.now = at("08:55")
    shown(entrance, arrival="a1")
    for path in ("/entrance?view=all", "/entrance/house", "/entrance/print"):
        assert f"<bdi>{escape(name)}</bdi>" in shown(entrance, path)


def test_an_english_desk_reads_english(entrance, number):
    """By choice."""
    page = shown(entrance, "/entrance?lang=en")
    assert "Scan or type the visit number" in page
    assert "Tuesday, 24 November 2026" in page


@pytest.mark.parametrize("path", ["/entrance", "/entrance/house", "/entrance/print", "/entrance/changes"])
def test_only_the_security_desk_sees_it(entrance, path):
    """Others are led to the sign-in page, or told that they may not."""
    anybody = over_http(VisitorAccessService, entrance.app, roles=())
    response = anybody.get(path)
    assert response.status_code == 303
    assert "/sign-in?next=" in response.headers["Location"]
    assert over_http(VisitorAccessService, entrance.app, roles=("clerk",)).get(path).status_code == 403


def test_every_german_text_has_its_english_one():
    """And the catalogue holds no text that no page says."""
    web = Path(pages.__file__).parent
    catalogue = read_po((web.parent / "locale" / "en" / "LC_MESSAGES" / "messages.po").open("rb"))
    one = {m.id if isinstance(m.id, str) else m.id[0]: m.string for m in catalogue if m.id}
    said = {KIT.title, *(link.text for link in KIT.navigation)}
    for path in (web / "templates").glob("*.html"):
        said |= set(re.findall(r'w\.(?:text|say|count)\("([^"]+)"', path.read_text()))
    said |= {text for _, title, more in DONE.values() for text in (title, more) if text}
    said |= {text for pair in REFUSED.values() for text in pair} | {told("?", "").title, told("?", "").text}
    assert said | {NOT_BACK} == set(one)
    assert all(all(string) for string in one.values())
