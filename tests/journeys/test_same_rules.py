"""booking and staff_calendar share no code: these tests hold their rules of responsibility together."""

from typing import Literal

from hypothesis import given
from hypothesis import strategies as st

from services.booking.proposals import letters, street_faults, streets
from services.booking.proposals.surnames import NOTHING_SKIPPED, filed
from services.staff_calendar import duties
from services.staff_calendar.events import Responsibility, StreetPart

ENDS = st.text("abcdsthyzäöüßÄÖÜSC -'", min_size=1, max_size=4).filter(lambda text: any(map(str.isalpha, text)))
NUMBERS = st.one_of(st.none(), st.integers(1, 30).map(str), st.integers(1, 30).map(lambda n: f"{n}b"))
SIDES: st.SearchStrategy[Literal["odd", "even", "both"]] = st.sampled_from(["odd", "even", "both"])


@given(told=st.lists(st.tuples(st.sampled_from("abc"), ENDS, ENDS), max_size=6))
def test_gaps_and_overlaps_of_surnames_are_the_same(told: list[tuple[str, str, str]]):
    """The same letters from where to where, and whose."""
    rules = [Responsibility("d", "surname", key, first.strip(), last.strip()) for key, first, last in told]
    theirs = [fault for fault in duties.faults(rules, ["d"]) if fault.what in ("gap", "overlap")]
    ours: dict[str, set[tuple[str, str]]] = {}
    for rule in rules:
        first, last = duties.letters(rule.first or ""), duties.letters(rule.last or "")
        if first <= last or first.startswith(last):
            ours.setdefault(rule.key or "", set()).update(letters.ranges(f"{first}-{last}"))
    known = [letters.LetterRule(key, tuple(some)) for key, some in ours.items()]
    expected = letters.faults(known) if known else ()
    assert [(f.what, f.first, f.before, f.keys) for f in theirs] == [
        (f.what, f.first, f.before, f.keys) for f in expected
    ]


@given(text=ENDS)
def test_letters_are_filed_alike(text: str):
    """Umlauts as their base letters, ß as ss, marks and blanks dropped."""
    assert duties.letters(text) == filed(text, NOTHING_SKIPPED)


PARTS = st.builds(StreetPart, st.sampled_from(["Am Bach", "am bach", "Goethestr."]), NUMBERS, NUMBERS, SIDES)


@given(told=st.lists(st.tuples(st.sampled_from("abc"), PARTS), max_size=6))
def test_gaps_and_overlaps_of_streets_are_the_same(told: list[tuple[str, StreetPart]]):
    """House by house on each side."""
    rules = [Responsibility("d", "district", key, streets=(part,)) for key, part in told]
    theirs = list(duties.faults(rules, ["d"]))
    known = [streets.StreetRule(key, p.street, p.first, p.last, p.side, p.postcode) for key, p in told]  # type: ignore[arg-type]
    ours = street_faults.street_faults(known)
    assert {(f.what, streets.plain(f.street or ""), f.side, f.first, f.last, f.keys) for f in theirs} == {
        (f.what, streets.plain(f.street), f.side, str(f.first), None if f.last is None else str(f.last), f.keys)
        for f in ours
    }
