"""Gaps and overlaps of the rules by which a department shares out its guests are told when they are saved."""

from typing import Any

from services.staff_calendar.duties import Fault, faults
from services.staff_calendar.events import Responsibility, StreetPart
from tests.staff_calendar.office import CLERK, Office

SOCIAL, BUILDING = "social", "building"


def by_name(key: str, first: str, last: str) -> Responsibility:
    return Responsibility(SOCIAL, "surname", key, first, last)


def found(*rules: Responsibility) -> list[Fault]:
    return list(faults(rules, [SOCIAL, BUILDING]))


def test_rules_that_share_out_the_alphabet_have_no_faults() -> None:
    """However fine: Sch beside S to Scg and Sci to Z."""
    assert (
        found(by_name("1", "A", "K"), by_name("2", "L", "Scg"), by_name("3", "Sch", "Sch"), by_name("4", "Sci", "Z"))
        == []
    )
    assert found(by_name("1", "A", "Z"), by_name("1", "A", "Z")) == []
    assert found() == []


def test_a_gap_says_from_where_to_where() -> None:
    """In the letters by which names are filed."""
    (gap,) = found(by_name("1", "A", "K"), by_name("2", "M", "Ü"), by_name("2", "V", "Z"))
    assert gap == Fault("gap", SOCIAL, "surname", (), "l", "m")
    (end,) = found(by_name("1", "A", "K"))
    assert (end.first, end.before) == ("l", None)


def test_an_overlap_says_whose() -> None:
    """Each name has one answer nevertheless: the rule with more letters."""
    assert found(by_name("1", "A", "St"), by_name("2", "S", "Z")) == [
        Fault("overlap", SOCIAL, "surname", ("1", "2"), "s", "su")
    ]


def test_a_rule_that_runs_backwards_or_has_no_letters_is_told() -> None:
    """It would catch nobody."""
    whats = [fault.what for fault in found(by_name("1", "K", "A"), by_name("2", "А", "Я"), by_name("3", "A", "Z"))]
    assert whats == ["reversed", "unreadable"]


def district(key: str, *parts: StreetPart) -> Responsibility:
    return Responsibility(BUILDING, "district", key, streets=parts)


def test_streets_shared_by_districts_are_looked_at_house_by_house() -> None:
    """On each side of the street; a street of one district as a whole has no faults."""
    whole = district("c", StreetPart("Nordring"))
    north = district("a", StreetPart("Berliner Str.", "1", "21", "odd"), StreetPart("Am Bach", "1", "20"))
    south = district("b", StreetPart("Berliner Straße", "19", None, "odd"), StreetPart("Am Bach", "22", None))
    assert found(whole) == []
    told = {(f.what, f.street, f.side, f.first, f.last, f.keys) for f in found(whole, north, south)}
    assert told == {
        ("overlap", "Berliner Str.", "odd", "19", "21", ("a", "b")),
        ("gap", "Berliner Str.", "even", "2", None, ()),
        ("gap", "Am Bach", "odd", "21", "21", ()),
    }


def test_a_house_numbers_range_that_runs_backwards_is_told() -> None:
    """And does not count as a gap of the street besides."""
    assert [f.what for f in found(district("a", StreetPart("Am Bach", "9", "1")))] == ["reversed"]


def _surname(key: str, first: str, last: str, **more: Any) -> dict[str, Any]:
    return {"department": "soziales", "kind": "surname", "key": key, "first": first, "last": last} | more


def test_saving_a_clerk_tells_what_is_wrong_in_the_clerks_departments(office: Office) -> None:
    """With the rules of all clerks taken together; when the other half is there, all is well."""
    clerk = CLERK | {"departments": ["soziales"]}
    first = office.put("/api/staff/c-1", clerk | {"responsibility": [_surname("a-k", "A", "K", fallback=True)]})
    assert first.status_code == 200
    (gap,) = first.json["warnings"]
    assert (gap["what"], gap["department"], gap["first"], gap["before"]) == ("gap", "soziales", "l", None)
    second = office.put("/api/staff/c-2", clerk | {"responsibility": [_surname("l-z", "L", "Z")]})
    assert second.json["warnings"] == []
    assert office.put("/api/staff/c-1", CLERK).json["warnings"] == []


def test_streets_and_fallback_are_kept_and_said(office: Office) -> None:
    """As given, in the answer and in the log."""
    street = {"street": "Am Bach", "first": "1", "last": "9", "side": "odd", "postcode": None}
    rule = {"department": "bauamt", "kind": "district", "key": "nord", "first": None, "last": None}
    rule |= {"streets": [street], "fallback": True}
    answer = office.put("/api/staff/c-1", CLERK | {"departments": ["bauamt"], "responsibility": [rule]})
    assert answer.json["responsibility"] == [rule]
    assert {fault["what"] for fault in answer.json["warnings"]} == {"gap"}
