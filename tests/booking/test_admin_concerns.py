"""The catalogue on pages: seen, changed, added to, retired, read from a file; what it affects is seen first."""

import io
import re
import time
import unicodedata
from dataclasses import fields, replace
from gettext import NullTranslations
from html import unescape
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import event
from werkzeug.test import Client, TestResponse

from services.booking import http
from services.booking.commands import Note, SetCatalogue
from services.booking.events import Concern, Document, Text, YesNo
from services.booking.service import Booking, BookingService
from services.booking.web import admin_concerns, concern_form
from services.booking.web.concern_form import LABELS, RULES, WRONG
from shared.fields import CONTROL, VISIBLE
from shared.messages import Cause
from shared.words import Words
from tests.booking.facts import NOW, TOWN, ask, plan
from tests.over_http import over_http

ODD = '<b>"Ärger"</b> & O\'Brien'
PASS = Concern(
    "reisepass-ausgabe",
    Text("Reisepass", "Passport"),
    "buergerbuero",
    10,
    topic="Ausweise",
    keywords=("Pass",),
    competences=("pass",),
    documents=(Document("foto", "Foto", "Photo"), Document("alt", "Alter Pass", "Old passport")),
    questions=(YesNo("child", Text("Für ein Kind?", "For a child?")),),
)
OTHER = Concern("umzug", Text("Umzug", "Moving"), "buergerbuero", 15, topic="Meldewesen", competences=("pass",))


@pytest.fixture
def database_kind() -> str:
    """What is stored is tried on both elsewhere."""
    return "sqlite"


@pytest.fixture
def town(booking: Booking) -> Booking:
    """Two concerns, and somebody who can deal with the first."""
    for fact in TOWN:
        booking.handle(Note("c", NOW, fact))
    booking.handle(SetCatalogue("c", NOW, (PASS, OTHER)))
    return booking


@pytest.fixture
def admin(town: Booking) -> Client:
    """Somebody who keeps the catalogue."""
    return over_http(BookingService, town, roles=("catalogue",))


def _text(response: TestResponse) -> str:
    return unescape(response.get_data(as_text=True))


def _fields(response: TestResponse) -> dict[str, str]:
    """What the form on the page would send."""
    html = response.get_data(as_text=True)
    found = re.findall(r'<input [^>]*name="([^"]+)"[^>]*? value="([^"]*)"', html)
    found += re.findall(r'<textarea [^>]*name="([^"]+)"[^>]*>\n?(.*?)</textarea>', html, re.DOTALL)
    found += re.findall(r'<select [^>]*name="([^"]+)".*?<option value="([^"]*)" selected', html, re.DOTALL)
    return {name: unescape(value) for name, value in found}


def _edit(admin: Client, key: str = "reisepass-ausgabe", **changed: str) -> TestResponse:
    given = _fields(admin.get(f"/admin/concerns/{key}")) | changed
    return admin.post(f"/admin/concerns/{key}", data=given)


def _save(admin: Client, shown: TestResponse, path: str) -> TestResponse:
    return admin.post(path, data=_fields(shown) | {"save": "1"})


def _wrong(response: TestResponse) -> list[str]:
    return [unescape(text) for text in re.findall(r'-wrong">.*?kern-body">(.*?)<', response.get_data(as_text=True))]


def test_the_form_shows_a_concern_as_it_is(admin: Client):
    """Sent back unchanged, nothing changes: documents and rules, too."""
    assert "Reisepass" in _text(admin.get("/admin/concerns"))
    assert "Es ändert sich nichts." in _text(_edit(admin))


def test_the_list_speaks_the_language_of_the_page(admin: Client, town: Booking):
    """Names and topics; a topic that has no English name keeps its own."""
    town.handle(SetCatalogue("c2", NOW, (replace(PASS, topic_en="Identity documents"), OTHER)))
    german, english = (_text(admin.get(f"/admin/concerns{query}")) for query in ("", "?lang=en"))
    assert ["Ausweise" in german, "Meldewesen" in german] == [True, True]
    assert [topic in english for topic in ("Identity documents", "Meldewesen", "Ausweise")] == [True, True, False]


LINES = (
    st.text(st.sampled_from("a,=|\\\\ ") | st.characters(exclude_categories=("Cc", "Cs")), max_size=9)
    .filter(lambda text: not CONTROL.search(text))
    .map(lambda text: unicodedata.normalize("NFC", text).strip())
    .filter(VISIBLE.search)
)
DOCUMENTS = st.lists(st.builds(Document, st.sampled_from("abc"), LINES, LINES), unique_by=lambda one: one.key)


@settings(max_examples=40)
@given(name=st.builds(Text, LINES, LINES), topic=LINES, keywords=st.lists(LINES), documents=DOCUMENTS)
def test_the_form_keeps_what_files_and_calls_allow(
    name: Text, topic: str, keywords: list[str], documents: list[Document]
):
    """Commas in keywords, equals signs in documents: read again, they are what was shown."""
    concern = _with(PASS, name=name, topic=topic, keywords=tuple(keywords), documents=tuple(documents))
    assert concern_form.read(concern_form.shown(concern), Words(NullTranslations(), "de")) == concern


def test_every_field_of_a_concern_is_on_the_form(admin: Client):
    """Whoever adds one has to show it: what the form lacks would be lost by saving."""
    shown = {name.partition(".")[0] for name in LABELS} - {"rules"} | set(RULES)
    assert {field.name for field in fields(Concern)} == shown


def test_a_change_is_shown_before_it_is_saved(town: Booking, admin: Client):
    """With what was, what would be, and what it affects; then it is so, at once."""
    body = {"name": "Ada", "email": "a@example.org", "phone": ""}
    asked = town.reads.proposals(_query(), NOW)["proposals"][0]
    full = {"proposal": asked["id"], "guest": body, "party_size": 1, "language": "de"}
    town.request(full, "key", b"raw", _cause())
    shown = _edit(admin, **{"name.de": ODD, "minutes": "20"})
    text = _text(shown)
    assert ODD in text
    assert "<b>" not in shown.get_data(as_text=True)
    assert "1 Termin ist dafür schon vereinbart." in text
    assert "Tage mit freien Zeiten" in text
    assert town.reads.catalogue.concerns["reisepass-ausgabe"] == PASS, "nothing is saved yet"
    assert _save(admin, shown, "/admin/concerns/reisepass-ausgabe").status_code == 303
    saved = town.reads.catalogue.concerns["reisepass-ausgabe"]
    assert (saved.name.de, saved.minutes) == (ODD, 20)
    assert (saved.documents, saved.questions, saved.keywords) == (PASS.documents, PASS.questions, PASS.keywords)
    assert town.reads.catalogue.concerns["umzug"] == OTHER


def test_a_change_that_leaves_no_time_says_so(admin: Client):
    """Before anybody is turned away by it."""
    assert "So kann niemand einen Termin bekommen" in _text(_edit(admin, competences="flying"))


def test_a_change_by_somebody_else_meanwhile_is_seen_first(town: Booking, admin: Client):
    """And nothing of theirs is undone unseen."""
    shown = _edit(admin, minutes="20")
    town.handle(SetCatalogue("c", NOW, (OTHER, _with(PASS, minutes=30))))
    again = _save(admin, shown, "/admin/concerns/reisepass-ausgabe")
    assert again.status_code == 409
    assert admin_concerns.CHANGED in _text(again)
    assert town.reads.catalogue.concerns["reisepass-ausgabe"].minutes == 30
    assert _save(admin, again, "/admin/concerns/reisepass-ausgabe").status_code == 303


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"name.de": ""}, "name.de"),
        ({"name.en": "x" * 201}, "name.en"),
        ({"minutes": "4"}, "minutes"),
        ({"minutes": "many"}, "minutes"),
        ({"horizon_days": "181"}, "horizon_days"),
        ({"department": "Bürgerbüro"}, "department"),
        ({"competences": "pass, Größe"}, "competences"),
        ({"online_url": "javascript:alert(1)"}, "online_url"),
        ({"documents": "foto = Foto"}, "documents"),
        ({"responsibility": "nobody"}, "responsibility"),
    ],
    ids=str,
)
def test_what_is_wrong_is_said_beside_its_field(admin: Client, given: dict[str, str], field: str):
    """With what would be right, and everything else still typed."""
    shown = _edit(admin, **given)
    assert shown.status_code == 422
    assert _wrong(shown) == [WRONG[field]]
    assert shown.get_data(as_text=True).count("autofocus") == 1
    kept = _fields(shown)
    assert kept["topic"] == "Ausweise"


@pytest.mark.parametrize("rules", ["{", "[]", '{"questions": 1}', '{"other": []}', '{"effects": [{"when": "nope+"}]}'])
def test_rules_that_make_no_sense_are_refused(admin: Client, rules: str):
    """With what is wrong about them."""
    shown = _edit(admin, rules=rules)
    assert shown.status_code == 422
    assert _wrong(shown)[0].startswith("Das sind keine Fragen und Regeln")


def test_a_concern_is_added(town: Booking, admin: Client):
    """Under a key of its own."""
    given = _fields(admin.get("/admin/concerns/new")) | {"key": "neu", "name.de": "Neu", "name.en": "New"}
    given |= {"department": "buergerbuero", "documents": "foto = Foto = Photo\n\nalt=Alter Pass=Old"}
    shown = admin.post("/admin/concerns/new", data=given)
    assert shown.status_code == 200, _wrong(shown)
    assert _save(admin, shown, "/admin/concerns/new").status_code == 303
    assert [one.key for one in town.reads.catalogue.concerns["neu"].documents] == ["foto", "alt"]
    taken = admin.post("/admin/concerns/new", data=given)
    assert _wrong(taken) == [WRONG["taken"]]


def test_a_concern_is_retired_after_a_look(town: Booking, admin: Client):
    """At what stands for it."""
    shown = admin.get("/admin/concerns/umzug/retire")
    assert "kein Termin vereinbart" in _text(shown)
    assert admin.post("/admin/concerns/umzug/retire").status_code == 303
    assert set(town.reads.catalogue.concerns) == {"reisepass-ausgabe"}
    assert admin.get("/admin/concerns/umzug").status_code == 404


@pytest.mark.parametrize("kind", ["csv", "json"])
def test_what_is_downloaded_can_be_read_back(town: Booking, admin: Client, kind: str):
    """And changes nothing."""
    town.handle(SetCatalogue("c", NOW, (_with(PASS, questions=()), OTHER)))
    file = admin.get(f"/admin/concerns/export.{kind}")
    assert file.status_code == 200
    shown = admin.post("/admin/concerns/import", data={"file": (io.BytesIO(file.data), f"a.{kind}")})
    assert "Es ändert sich nichts." in _text(shown), _wrong(shown)


def test_a_file_is_shown_before_it_replaces_all(town: Booking, admin: Client):
    """What is new, changed and retired."""
    text = admin.get("/admin/concerns/export.json").get_data(as_text=True)
    changed = text.replace('"umzug"', '"umzug-neu"').replace('"Passport"', '"Passport, collection"')
    shown = admin.post("/admin/concerns/import", data={"text": changed})
    for word in ("Neu: Umzug", "Gestrichen: Umzug", "Geändert: Reisepass", "Passport, collection"):
        assert word in _text(shown), word
    assert "umzug" in town.reads.catalogue.concerns
    assert _save(admin, shown, "/admin/concerns/import").status_code == 303
    assert set(town.reads.catalogue.concerns) == {"reisepass-ausgabe", "umzug-neu"}


def test_a_large_file_leaves_others_their_turn(town: Booking, admin: Client, monkeypatch: pytest.MonkeyPatch):
    """While it is read, compared and shown; and what stands is counted once for all of it."""
    both = replace(plan(), stops=(*plan().stops, replace(plan().stops[0], stop=2, concern="umzug")))
    for number in range(3):
        town.handle(replace(ask(asked=both), appointment=f"a{number}"))
    header, row = admin.get("/admin/concerns/export.csv").get_data(as_text=True).split("\n")[::2][:2]
    many = "\n".join([header, *(row.replace("umzug", f"umzug-{number}") for number in range(100))])
    turns: list[float] = []
    queries: list[str] = []
    monkeypatch.setattr(time, "sleep", turns.append)
    event.listen(town.engine, "before_cursor_execute", lambda *said: queries.append(said[2]))
    shown = admin.post("/admin/concerns/import", data={"text": many})
    assert _text(shown).count("3 Termine sind dafür schon vereinbart.") == 2
    assert turns.count(0) >= 5 * 100, "read, loaded twice, compared, shown"
    assert len([query for query in queries if "FROM appointments" in query]) == 1
    turns.clear()
    admin.post("/admin/concerns/import", data={"text": many.replace(";15;", ";fünfzehn;")})
    assert turns.count(0) >= 100


@pytest.mark.parametrize("text", ["", "{", '{"concerns": [{}]}', "key;nope\na;b", "[1]"])
def test_a_file_that_is_none_changes_nothing(town: Booking, admin: Client, text: str):
    """And says why."""
    shown = admin.post("/admin/concerns/import", data={"text": text})
    assert shown.status_code == 422
    assert _wrong(shown)
    assert len(town.reads.catalogue.concerns) == 2


FAULTS = [
    (b"key;nope\na;b", "Zeile 1, Spalte leika: fehlt in der Kopfzeile", "column leika: is missing in the header"),
    (b'{"concerns": [', "Ab Zeile 1, Zeichen", "From line 1, character"),
    ("key;name\nGr\u00f6\u00dfe".encode("latin-1"), "nicht in UTF-8 gespeichert", "not saved in UTF-8"),
]


@pytest.mark.parametrize(("file", "german", "english"), FAULTS, ids=["column", "no JSON", "no UTF-8"])
def test_what_is_wrong_with_a_file_is_said_in_the_language_of_the_page(
    admin: Client, file: bytes, german: str, english: str
):
    """Each in its own."""
    for query, said, other in (("", german, english), ("?lang=en", english, german)):
        shown = admin.post(f"/admin/concerns/import{query}", data={"file": (io.BytesIO(file), "a.csv")})
        assert shown.status_code == 422
        assert said in _wrong(shown)[0]
        assert other not in _wrong(shown)[0]


def test_cells_are_told_of_in_german(town: Booking, admin: Client):
    """With the column's name as the file has it, and what would be right."""
    town.handle(SetCatalogue("c", NOW, (OTHER,)))
    header, row = admin.get("/admin/concerns/export.csv").get_data(as_text=True).split()[:2]
    wrong = {"key": "Größe", "minutes": "", "grid_minutes": "7", "documents": "a=b", "responsibility": "?"}
    cells = dict(zip(header.removeprefix("\ufeff").split(";"), row.split(";"), strict=True)) | wrong
    text = "\n".join(";".join(line) for line in (cells.keys(), cells.values()))
    [said] = _wrong(admin.post("/admin/concerns/import", data={"text": text}))
    for fault in (
        "'Größe' ist kein Schlüssel aus 1 bis 64 Kleinbuchstaben",
        "Spalte minutes: die leere Zelle ist keine ganze Zahl von 5 bis 480",
        "ist keine ganze Zahl von 5 bis 240 in Schritten von 5",
        "'a=b' enthält 'a=b'; geschrieben wird es als Schlüssel=deutscher Text=englischer Text",
        "'?' ist keines von anyone, surname, district",
    ):
        assert fault in said


def test_only_those_who_keep_the_catalogue_may(town: Booking):
    """Others are told so."""
    for path in ("/admin/concerns", "/admin/concerns/umzug", "/admin/concerns/export.json"):
        assert over_http(BookingService, town, roles=("info_desk",)).get(path).status_code == 403


def _with(concern: Concern, **changed: Any) -> Concern:
    return replace(concern, **changed)


def _query() -> dict[str, Any]:
    query: dict[str, Any] = http.ProposalsQuery().load({"concern": ["reisepass-ausgabe"]})
    return query


def _cause() -> Any:
    return Cause("c", "d")
