"""The pages about rooms over HTTP: what is shown, checked before it is saved, and refused beside its field."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import escape

from services.rooms.service import DEFINITION, RoomsService
from services.rooms.web import admin, forms, pages
from services.rooms.web.pages import KIT
from shared import config
from shared.app import App, Delivery
from shared.messages import CONTENT_TYPE
from tests.over_http import over_http
from tests.rooms.heard import body as requested

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
HOUR, MINUTE = st.integers(0, 23), st.integers(0, 59)
database_kind = pytest.fixture(lambda: "sqlite")
ROOM = {
    "name": "Raum 101",
    "site": "rathaus",
    "seats": "3",
    "parties": "1",
    "equipment": "fingerprint, screen",
    "step_free": "yes",
    "tue": "8-12, 14:00 bis 17:30 Uhr",
}


@pytest.fixture
def http(make_database, home, monkeypatch):
    """The rooms with one room, r-101."""
    monkeypatch.setenv("FOYER_HOME", str(home))
    monkeypatch.setenv("FOYER_DATABASE_URL", make_database("rooms", migrated=True))
    settings = config.load("rooms")
    app = App(DEFINITION, settings, clock=lambda: NOW)
    http = over_http(RoomsService, app, roles=("catalogue",))
    http.app = app
    save(http, "/admin/rooms/new", room="r-101", **ROOM)
    return http


def save(http, path, **form):
    """Fill in the form, look at the effects, save them. Returns the page with the effects."""
    effects = http.post(path, data=form)
    assert effects.status_code == 200, effects.text
    fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', effects.text))
    done = http.post(path, data=fields | form | {"save": "yes"})
    assert done.status_code == 303, done.text
    return effects.text


def room(http, name="r-101"):
    """What the call says of it."""
    return http.get(f"/api/rooms/{name}").json


def test_a_room_is_made_and_changed(http):
    """Hours may be typed as people write them."""
    assert room(http)["weekly"]["tue"] == [["08:00", "12:00"], ["14:00", "17:30"]]
    assert room(http)["equipment"] == ["fingerprint", "screen"]
    effects = save(http, "/admin/rooms/r-101", **(ROOM | {"seats": "5", "name": "Großer Raum"}))
    assert "Großer Raum" in effects
    assert (room(http)["seats"], room(http)["step_free"]) == (5, True)
    assert "Großer Raum" in http.get("/admin/rooms").text


def test_a_form_shows_what_is_known(http):
    """And saving it as it is changes nothing."""
    page = http.get("/admin/rooms/r-101").text
    for text in ('value="Raum 101"', 'value="08:00–12:00, 14:00–17:30"', 'value="fingerprint, screen"', "checked"):
        assert text in page
    assert "Es ändert sich nichts." in http.post("/admin/rooms/r-101", data=forms.shown(room(http))).text


def test_nothing_is_saved_before_the_effects_were_seen(http):
    """Nor when somebody else has changed something meanwhile."""
    assert http.post("/admin/rooms/r-101", data=ROOM | {"seats": "9"}).status_code == 200
    assert http.post("/admin/rooms/r-101", data=ROOM | {"seats": "9", "save": "yes"}).status_code == 409
    assert room(http)["seats"] == 3
    page = http.post("/admin/rooms/r-101", data=ROOM | {"seats": "9"}).text
    standing = re.search(r'name="standing" value="(\w+)"', page)[1]
    save(http, "/admin/rooms/new", room="r-102", **ROOM)
    late = http.post("/admin/rooms/r-101", data=ROOM | {"seats": "9", "save": "yes", "standing": standing})
    assert late.status_code == 409
    assert "Inzwischen" in late.text


def test_visits_that_a_change_would_leave_outside_are_named(http):
    """They stand until somebody moves them."""
    http.app.hear([Delivery(CONTENT_TYPE, requested("AppointmentRequested"))])
    [held] = http.get("/api/rooms/r-101/days/2026-11-24").json["reservations"]
    effects = http.post("/admin/rooms/r-101", data=ROOM | {"tue": "15-17"}).text
    assert held["appointment"] in effects
    assert "1 vergebener Termin ist betroffen" in effects
    closed = {"closure-0-from": "2026-11-24", "closure-0-until": "", "closure-0-reason": "<Umzug>"}
    effects = save(http, "/admin/rooms/sites/rathaus", **closed)
    assert held["appointment"] in effects
    assert str(escape("<Umzug>")) in http.get("/admin/rooms").text
    assert http.get("/api/rooms/r-101/days/2026-11-24").json["open"] == []


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("name", ""),
        ("name", "x" * 201),
        ("site", "Rat haus"),
        ("seats", "viele"),
        ("seats", "0"),
        ("parties", "99"),
        ("equipment", "Finger print"),
        ("tue", "acht bis zwölf"),
        ("tue", "12-8"),
        ("tue", "8-12, 11-13"),
        ("tue", "8-25"),
        ("closure-0-from", "31.02.2026"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(http, field, typed):
    """And what was typed stays."""
    response = http.post("/admin/rooms/r-101", data=ROOM | {field: typed})
    assert response.status_code == 422
    assert f'id="{field}-wrong"' in response.text
    assert f'value="{escape(typed)}"' in response.text


def test_a_closure_ends_after_it_begins(http):
    """In any row."""
    rows = {"closure-1-from": "2026-12-24", "closure-1-until": "2026-12-01"}
    response = http.post("/admin/rooms/sites/rathaus", data=rows)
    assert response.status_code == 422
    assert 'id="closure-1-until-wrong"' in response.text


def test_a_new_room_needs_a_name_of_its_own(http):
    """A short name belongs to one room."""
    assert 'id="room-wrong"' in http.post("/admin/rooms/new", data=ROOM | {"room": "r-101"}).text


@pytest.mark.parametrize("path", ["/admin/rooms/r-9", "/admin/rooms/sites/nowhere"])
def test_what_is_not_there_has_a_plain_page(http, path):
    """With a sentence."""
    response = http.get(path)
    assert response.status_code == 404
    assert "gibt es nicht" in response.text


@given(
    st.lists(
        st.tuples(st.integers(0, 23), st.integers(0, 59), st.integers(0, 23), st.integers(0, 59)),
        min_size=1,
        max_size=4,
    ),
    st.sampled_from(["-", " - ", "–", " bis ", " to "]),
    st.sampled_from([":", "."]),
    st.sampled_from([", ", "; ", " und "]),
)
def test_hours_are_read_as_they_are_written(spans, dash, point, comma):
    """In many ways, and all mean the same."""
    written = comma.join(f"{a}{point}{b:02d}{dash}{c}{point}{d:02d}" for a, b, c, d in spans)
    assert forms.hours(written, "mon") == [[f"{a:02d}:{b:02d}", f"{c:02d}:{d:02d}"] for a, b, c, d in spans]


def test_every_german_text_has_its_english_one():
    """And the catalogue holds no text that no page says."""
    web = Path(pages.__file__).parent
    catalogue = read_po((web.parent / "locale" / "en" / "LC_MESSAGES" / "messages.po").open("rb"))
    one = {m.id if isinstance(m.id, str) else m.id[0]: m.string for m in catalogue if m.id}
    said = {KIT.title, *(link.text for link in KIT.navigation), "ja", "nein"}
    for path in (web / "templates").glob("*.html"):
        said |= set(re.findall(r'w\.(?:text|say|count)\("([^"]+)"', path.read_text()))
    said |= {*forms.WRONG.values(), *forms.WEEKDAY_NAMES.values(), *admin.GONE.said, *admin.NO_SITE.said}
    assert said == set(one)
    assert all(all(string) for string in one.values())
