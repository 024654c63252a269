"""A concern is found by what somebody would say, also with a slip of the keys, in a part of a word, or in English."""

import pytest

from deploy.town import facts
from services.booking.events import Concern, Text
from services.booking.finder import Finder, likeness, stem
from services.booking.http import CatalogueBody


@pytest.fixture(scope="module")
def finder() -> Finder:
    """Of the demo's town."""
    return Finder(CatalogueBody().load({"concerns": facts.load().concerns})["concerns"])


SAID = {
    "Pass abgelaufen": "reisepass",
    "Ausweis abgelaufen": "personalausweis",
    "mein Perso ist weg": "personalausweis-verlust",
    "Pass verloren": "reisepass-verlust",
    "Umzug": "wohnsitz-anmeldung",
    "ich bin umgezogen": "wohnsitz-anmeldung",
    "neue Wohnung": "wohnsitz-anmeldung",
    "ummelden": "wohnsitz-anmeldung",
    "Reisepas": "reisepass",
    "Personalausweiß": "personalausweis",
    "heiraten": "eheschliessung",
    "Auto abmelden": "fahrzeug-abmelden",
    "fuehrungszeugnis": "fuehrungszeugnis",
    "Fuhrungszeugniss": "fuehrungszeugnis",
    "lost my passport": "reisepass-verlust",
    "moving house": "wohnsitz-anmeldung",
    "Geburtsurkunde": "urkunden",
    "Wann kann ich in Rente?": "rentenberatung",
    "Witwenrente": "hinterbliebenenrente",
    "Miete zu hoch": "wohngeld",
    "Kita Platz": "kinderbetreuung",
    "Baum fällen": "baumschutz",
    "selbständig": "gewerbe-anmeldung",
    "Visum verlängern": "aufenthalt-arbeit",
    "EINBÜRGERN": "einbuergerung",
    "Zeugnis kopieren und beglaubigen": "beglaubigung-dokumente",
    "Anwohnerparken": "bewohnerparkausweis",
    "Schlüssel verloren": "fundsache",
    "PIN vergessen": "online-ausweis-pin",
    "BAföG": "bafoeg",
    "Ausweis abholen": "personalausweis-ausgabe",
    "parking permit": "bewohnerparkausweis",
}


@pytest.mark.parametrize("said", SAID)
def test_what_people_say_leads_to_the_concern(finder: Finder, said: str) -> None:
    """As the first one, or among those that fit as well."""
    assert SAID[said] in finder.find(said)[:3]


@pytest.mark.parametrize("said", ["", "   ", "xyzzy", "??", "ß" * 300, "Steuererklärung"])
def test_what_the_town_does_not_do_finds_nothing(finder: Finder, said: str) -> None:
    """Better nothing, and the list, than anything."""
    assert finder.find(said) == []


def test_two_words_narrow_down(finder: Finder) -> None:
    """Who says what is the matter with the passport is not shown all that has to do with one."""
    assert finder.find("Pass") != finder.find("Pass verloren")
    assert finder.find("Pass gestohlen")[0] == "reisepass-verlust"


def test_the_name_itself_comes_first(finder: Finder) -> None:
    """Whatever else bears the word."""
    assert finder.find("Reisepass")[0] == "reisepass"
    assert finder.find("Wohngeld – Antrag")[0] == "wohngeld"


def test_synonyms_are_data() -> None:
    """Whoever keeps the catalogue adds a keyword, and it is found."""
    plain = Concern("dog", Text("Hundesteuer", "Dog tax"), "kasse", 10)
    assert Finder([plain]).find("Welpe") == []
    known = Concern("dog", Text("Hundesteuer", "Dog tax"), "kasse", 10, keywords=("Welpe", "Hund anmelden"))
    assert Finder([known]).find("welpen") == ["dog"]


@pytest.mark.parametrize(
    ("one", "other"), [("Pässe", "Pass"), ("Ausweise", "Ausweis"), ("Führung", "Fuehrung"), ("Kinder", "Kind")]
)
def test_forms_of_a_word_are_one(one: str, other: str) -> None:
    """Plural, umlaut, capitals."""
    assert stem(one.casefold()) == stem(other.casefold())


@pytest.mark.parametrize(
    ("said", "known", "alike"),
    [("pas", "pin", False), ("reisepas", "reisepass", True), ("riesepass", "reisepass", True), ("rat", "rad", False)],
)
def test_a_slip_is_forgiven_in_long_words_only(said: str, known: str, alike: bool) -> None:
    """In short ones it would be another word."""
    assert (likeness(said, known) > 0) is alike
