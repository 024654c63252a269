"""Who is responsible for a guest: exactly one rule, found by surname or address; only its key is kept."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.booking import feed, responsibility
from services.booking.catalogue import Catalogue
from services.booking.events import ClerkNoted, Concern, Rule, StreetPart, Text
from services.booking.planning import NotPossible
from services.booking.proposals.index import Index

OFFICE, BUILDING = "social", "building"
CATALOGUE = Catalogue(
    {
        "housing": Concern("housing", Text("Wohngeld", "Housing benefit"), OFFICE, 20, responsibility="surname"),
        "permit": Concern("permit", Text("Bauantrag", "Permit"), BUILDING, 20, responsibility="district"),
        "advice": Concern("advice", Text("Rat", "Advice"), OFFICE, 20),
    }
)


def letters(key: str, first: str | None, last: str | None, fallback: bool = False) -> Rule:
    return Rule(OFFICE, "surname", key, first, last, fallback=fallback)


def clerk(name: str, *rules: Rule) -> ClerkNoted:
    return ClerkNoted(name, name, tuple({rule.department for rule in rules}), (), rules, ("de",))


def town(*clerks: ClerkNoted) -> Index:
    index = Index()
    for one in clerks:
        feed.learn(index, one)
    return index


LETTERS = town(
    clerk("c-1", letters("a-k", "A", "K")),
    clerk("c-2", letters("l-r", "L", "P", fallback=True), letters("l-r", "R", "R")),
    clerk("c-3", letters("s-sch", "S", "Sch"), letters("s-sch", "Q", "Q")),
    clerk("c-4", letters("st-z", "Sci", "Z")),
)


@pytest.mark.parametrize(
    ("surname", "key"),
    [
        ("Ähling", "a-k"),
        ("von der Heide", "a-k"),
        ("Schröder", "s-sch"),
        ("Stumpf", "st-z"),
        ("Quast", "s-sch"),
        ("Müller-Zorn", "l-r"),
        ("Ørsted", "l-r"),
        ("Иванов", "l-r"),
        ("王", "l-r"),
        ("'t Hooft", "a-k"),
    ],
)
def test_a_surname_has_one_rule(surname: str, key: str):
    """Umlauts, prefixes and double names are filed as a German office does; other scripts go to the fallback."""
    assert responsibility.rules(LETTERS, CATALOGUE, ["housing"], surname, None) == (key,)


@given(surname=st.text(min_size=1, max_size=40).filter(str.strip))
def test_every_text_has_one_rule(surname: str):
    """Whatever is typed: somebody is responsible."""
    (key,) = responsibility.rules(LETTERS, CATALOGUE, ["housing"], surname, None)
    assert key in {"a-k", "l-r", "s-sch", "st-z"}


def test_rules_without_letters_have_those_of_their_key():
    """As they were said before letters were."""
    index = town(clerk("c-1", letters("A–K", None, None)), clerk("c-2", letters("L–Z", None, None)))
    assert responsibility.rules(index, CATALOGUE, ["housing"], "Zorn", None) == ("L–Z",)
    assert responsibility.rules(index, CATALOGUE, ["housing"], "李", None) == ("L–Z",), "the last one, unless named"


def test_only_what_is_needed_is_asked_for():
    """And the field is named."""
    assert responsibility.rules(LETTERS, CATALOGUE, ["advice"], None, None) == (None,)
    with pytest.raises(NotPossible) as refused:
        responsibility.rules(LETTERS, CATALOGUE, ["housing"], None, "Berliner Straße 1")
    assert refused.value.field == "surname"


def district(key: str, *streets: StreetPart, fallback: bool = False) -> Rule:
    return Rule(BUILDING, "district", key, streets=streets, fallback=fallback)


DISTRICTS = town(
    clerk("c-1", district("nord", StreetPart("Berliner Straße", "1", "99", "odd"), StreetPart("Nordring"))),
    clerk("c-2", district("süd", StreetPart("Berliner Straße", "2", "98", "even"), StreetPart("Am Bach", "1", "9"))),
    clerk("c-3", district("rest", StreetPart("Straße des 17. Juni"), fallback=True)),
)


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("Berliner Str. 12a", "süd"),
        ("Berliner Str.12", "süd"),
        ("BERLINER STRASSE 13, 33330 Gütersloh", "nord"),
        ("Berliner Straße 14 - 18", "süd"),
        ("Nordring", "nord"),
        ("Nordring 7, Gütersloh", "nord"),
        ("Straße des 17. Juni 135", "rest"),
        ("Süd", "süd"),
        ("Sued", "süd"),
        ("SÜD ", "süd"),
        ("Süd Nr. 3", "rest"),
        ("–", "rest"),
        ("Nirgendweg 1", "rest"),
        ("Am Bach 11", "rest"),
        ("Am Bach Nr. 3", "süd"),
        ("Am Bach nr.3a, 33330 Gütersloh", "süd"),
        ("Am Bach Nr 11", "rest"),
        ("Berliner Str. Hausnummer 13", "nord"),
        ("Berliner Straße Haus-Nr. 12", "süd"),
        ("33330 Gütersloh", "rest"),
    ],
)
def test_an_address_has_one_rule(address: str, key: str):
    """Odd and even sides, abbreviations, a district named by itself; what nobody has goes to the fallback."""
    assert responsibility.rules(DISTRICTS, CATALOGUE, ["permit"], None, address) == (key,)


def test_a_house_number_is_asked_for_where_it_decides():
    """Without repeating what was given."""
    with pytest.raises(NotPossible) as refused:
        responsibility.rules(DISTRICTS, CATALOGUE, ["permit"], None, "Berliner Straße")
    assert refused.value.field == "street"
    assert "house number" in refused.value.detail
    assert "Berliner" not in refused.value.detail


NUMBERED = town(
    clerk("c-1", district("nord", StreetPart("Straße 9"), StreetPart("Platz", "1", "9"))),
    clerk("c-2", district("süd", StreetPart("Straße 97"), StreetPart("Platz 3"), StreetPart("Platz 12"))),
    clerk("c-4", district("ost", StreetPart("Platz des 9. November 1989"))),
    clerk("c-3", district("rest", fallback=True)),
)


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("Straße 9", "nord"),
        ("Straße 97", "süd"),
        ("Straße 97, 33330 Gütersloh", "süd"),
        ("Straße 97 12", "süd"),
        ("Straße 9 7", "nord"),
        ("Platz 3", "nord"),
        ("Platz 3 7", "süd"),
        ("Platz 12", "süd"),
        ("Platz 1 2", "rest"),
        ("Platz 1-2", "nord"),
        ("Straße 9-7", "rest"),
        ("Platz des 9. November 1989", "ost"),
        ("Platz des 9. November 1989 7", "ost"),
        ("Platz 30", "rest"),
        ("Platz Nr. 3", "nord"),
    ],
)
def test_a_number_may_belong_to_the_name_of_a_street(address: str, key: str):
    """Unless the street without it has a rule for a house of that number."""
    assert responsibility.rules(NUMBERED, CATALOGUE, ["permit"], None, address) == (key,)
