"""Under which letters a surname is filed, and whose letters these are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.booking.proposals.letters import Fault, LetterRule, faults, ranges, responsible_key, rules_of
from services.booking.proposals.surnames import LIBRARY, NOTHING_SKIPPED, Filing, filed
from tests.proposals.town import clerk, town

FOREIGNERS = tuple(LetterRule(text, ranges(text)) for text in ("A–K", "L–Sb", "Sc–St", "Su–Z"))


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Müller", "muller"),
        ("Mu\u0308ller", "muller"),
        ("Ölmann", "olmann"),
        ("Weiß", "weiss"),
        ("von der Heyde", "heyde"),
        ("Von Der Heyde", "heyde"),
        ("van Beethoven", "beethoven"),
        ("v. d. Berg", "berg"),
        ("zur Mühlen", "muhlen"),
        ("Vonhausen", "vonhausen"),
        ("Graf Lambsdorff", "lambsdorff"),
        ("Prof. Dr. von Below", "below"),
        ("Schnorr von Carolsfeld", "schnorrvoncarolsfeld"),
        ("Meier-Weber", "meierweber"),
        ("d'Alembert", "dalembert"),
        ("O’Connor", "oconnor"),
        ("Łukaszewski", "lukaszewski"),
        ("Þórsson", "thorsson"),
        ("Nguyễn", "nguyen"),
        ("von", "von"),
        ("Иванов", None),
        ("王", None),
        ("", None),
        ("42", None),
    ],
)
def test_a_surname_is_filed_under(name: str, letters: str | None) -> None:
    """DIN 5007-1, prefixes and titles skipped, the first part of a double name, other scripts none."""
    assert filed(name) == letters


def test_what_is_skipped_is_the_authoritys_choice() -> None:
    """Library rules keep "zum"; some skip nothing; phone books write ä as ae."""
    assert [filed("zum Berge", one) for one in (Filing(), LIBRARY, NOTHING_SKIPPED)] == [
        "berge",
        "zumberge",
        "zumberge",
    ]
    assert [filed("von Berg", one) for one in (LIBRARY, NOTHING_SKIPPED)] == ["berg", "vonberg"]
    assert filed("Müller", Filing(phone_book=True)) == "mueller"


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Özil", "L–Sb"),
        ("Schäfer", "Sc–St"),
        ("Stüwe", "Sc–St"),
        ("Sulzer", "Su–Z"),
        ("Ärmel", "A–K"),
        ("Šarić", "L–Sb"),
    ],
)
def test_a_name_has_one_rule(name: str, key: str) -> None:
    """The last letters of a range count in full: "Sc–St" has Stüwe."""
    assert responsible_key(name, FOREIGNERS, "other") == key


def test_another_script_goes_to_the_named_fallback() -> None:
    """As does a name without letters."""
    assert responsible_key("Иванов", FOREIGNERS, "other") == "other"


@given(st.text(max_size=12))
def test_every_text_has_exactly_one_answer(name: str) -> None:
    """Rules without gaps leave only other scripts to the fallback."""
    key = responsible_key(name, FOREIGNERS, "other")
    fit = [
        rule.key
        for rule in FOREIGNERS
        if (letters := filed(name)) and responsible_key(letters, (rule,), "") == rule.key
    ]
    assert fit == ([] if filed(name) is None else [key])


@given(st.sets(st.from_regex(r"[b-z][a-z]{0,2}", fullmatch=True), min_size=1, max_size=6))
def test_any_division_of_the_alphabet_has_no_fault(cuts: set[str]) -> None:
    """Wherever it is cut, whole letters or more of them; without one part there is a gap, twice it is an overlap."""
    firsts = ["a", *sorted(cuts)]
    rules = [
        LetterRule(first, ((first, _before(following)),))
        for first, following in zip(firsts, [*firsts[1:], "{"], strict=True)
    ]
    if any(rule.ranges[0][0] > rule.ranges[0][1] for rule in rules):
        return  # cut closer than letters can say
    assert faults(rules) == ()
    assert {fault.what for fault in faults(rules[1:])} == {"gap"}
    assert {fault.keys for fault in faults([*rules, LetterRule("twice", rules[0].ranges)])} == {("a", "twice")}


def _before(letters: str) -> str:
    """The last letters before some others, as a range's end: z for {, aaz for ab, l for m."""
    head, last = letters[:-1], letters[-1]
    return head + chr(ord(last) - 1) if last > "a" else head + "`"


def test_gaps_and_overlaps_are_named() -> None:
    """L is nobody's, S is two's."""
    rules = [LetterRule("one", ranges("A–K, S")), LetterRule("two", ranges("M–Z"))]
    assert faults(rules) == (Fault("gap", "l", "m"), Fault("overlap", "s", "t", ("one", "two")))
    assert responsible_key("Schmidt", rules, "other") == "one"
    assert responsible_key("Lang", rules, "other") == "other"


def test_the_narrower_rule_wins() -> None:
    """ "S" beside "Sch" means S without Sch."""
    rules = [LetterRule("s", ranges("S")), LetterRule("sch", ranges("Sch"))]
    assert [responsible_key(name, rules, "other") for name in ("Schmidt", "Sommer")] == ["sch", "s"]


@pytest.mark.parametrize("text", ["", "-", "K-A", "A-B-C", "1-5"])
def test_a_range_without_sense_is_refused(text: str) -> None:
    """Nothing, backwards, three ends, no letters."""
    with pytest.raises(ValueError, match="no range of letters"):
        ranges(text)


def test_ranges_are_read_as_towns_write_them() -> None:
    """Dashes, "bis", lists."""
    assert ranges("A - D") == ranges("a bis d") == ranges("A–D") == (("a", "d"),)
    assert ranges("A, C-F; Sch") == (("a", "a"), ("c", "f"), ("sch", "sch"))


def test_a_departments_rules_are_its_clerks() -> None:
    """Two clerks of one range make one rule; another department's do not count."""
    index = town()
    for name, key, first, last in (("c", "l-z", "L", "Z"), ("d", "a-k", "A", "K"), ("e", "a-k", "A", "K")):
        rule = {"department": "buergerbuero", "kind": "surname", "key": key, "first": first, "last": last}
        clerk(index, name, responsibility=(rule,))
    clerk(index, "f", responsibility=({"department": "x", "kind": "surname", "key": "q", "first": "Q", "last": "Q"},))
    rules = rules_of(index.clerks.values(), "buergerbuero")
    assert rules == (LetterRule("a-k", (("a", "k"),)), LetterRule("l-z", (("l", "z"),)))
    assert faults(rules) == ()
