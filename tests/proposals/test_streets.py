"""Whose an address is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.booking.proposals.street_faults import StreetFault, street_faults
from services.booking.proposals.streets import Answer, Side, StreetRule, Streets, parsed, plain, sided

TOWN = Streets(
    [
        *sided(
            [
                ("Alicenstraße", "1", "15", "west"),
                ("Alicenstraße", "2", "14", "west"),
                ("Alicenstraße", "16", None, "east"),
                ("Alicenstraße", "17", None, "east"),
                ("Bahnhofstraße", "1", "25Z", "west"),
                ("Bahnhofstraße", "26", None, "east"),
                ("Ahornweg", None, None, "west"),
            ]
        ),
        StreetRule("north", "Dorfstraße", postcode="33330"),
        StreetRule("south", "Dorfstraße", postcode="33334"),
    ],
    "town hall",
)


@pytest.mark.parametrize(
    ("street", "number", "postcode", "answer"),
    [
        ("Alicenstraße", "15", None, Answer("west")),
        ("Alicenstraße", "15 b", None, Answer("west")),
        ("Alicenstr.", "16", None, Answer("east")),
        ("ALICEN-STRASSE", "17 a", None, Answer("east")),
        ("Alicenstraße", None, None, Answer("town hall", "house_number")),
        ("Bahnhofstr", "25 d", None, Answer("west")),
        ("Bahnhofstr", "24", None, Answer("west")),
        ("Ahornweg", None, None, Answer("west")),
        ("Dorfstraße", "3", "33334", Answer("south")),
        ("Dorfstraße", "3", None, Answer("town hall", "postcode")),
        ("Unbekannter Weg", "1", None, Answer("town hall")),
        ("", None, None, Answer("town hall", "street")),
    ],
)
def test_an_address_has_one_answer(street: str, number: str | None, postcode: str | None, answer: Answer) -> None:
    """Sides, letters, spellings; what is missing is named."""
    assert TOWN.find(street, number, postcode) == answer


@pytest.mark.parametrize(("text", "number"), [("12", (12, "")), ("12 A", (12, "a")), ("12-14", (12, "")), ("x", None)])
def test_house_numbers_are_read(text: str, number: object) -> None:
    """The first number and its letter."""
    assert parsed(text) == number


def test_streets_are_compared_without_their_spelling() -> None:
    """Capitals, hyphens, abbreviations, umlauts."""
    assert len({plain(one) for one in ("Königstr.", "KÖNIG-STRASSE", "Koenig Straße", "königstraße")}) == 1


cuts = st.lists(st.integers(1, 60), min_size=1, max_size=4, unique=True)


@given(cuts, st.booleans(), st.integers(1, 99))
def test_a_street_cut_anywhere_has_no_fault(cuts: list[int], one_sided: bool, number: int) -> None:
    """Each number has exactly one rule; a rule for what has one already is an overlap."""
    firsts = [1, *sorted(cut + 1 for cut in cuts)]
    lasts = [str(first - 1) for first in firsts[1:]] + [None]
    sides: tuple[Side, ...] = ("odd", "even") if one_sided else ("both",)
    rules = [
        StreetRule(str(first), "Weg", str(first), last, side)
        for first, last in zip(firsts, lasts, strict=True)
        for side in sides
    ]
    assert street_faults(rules) == ()
    assert Streets(rules, "town hall").find("Weg", str(number)) == Answer(str(max(f for f in firsts if f <= number)))
    assert {fault.what for fault in street_faults([*rules, StreetRule("again", "Weg", "1", "99")])} == {"overlap"}


def test_gaps_overlaps_and_reversed_ranges_are_named() -> None:
    """As in a real directory: 100 to 240 beside 229; 25 to 11."""
    rules = [
        StreetRule("a", "Lahnstraße", "1", "221", "odd"),
        StreetRule("b", "Lahnstraße", "219", None, "odd"),
        StreetRule("a", "Lahnstraße", "100", None, "even"),
        StreetRule("c", "Lahnstraße", "25", "11"),
    ]
    assert street_faults(rules) == (
        StreetFault("reversed", "Lahnstraße", "both", 25, 11, ("c",)),
        StreetFault("overlap", "Lahnstraße", "odd", 219, 221, ("a", "b")),
        StreetFault("gap", "Lahnstraße", "even", 2, 98),
    )
