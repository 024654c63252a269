"""What a caller may send, and which field is named when it is not right."""

from typing import Any

import pytest
from marshmallow import Schema, ValidationError

from services.staff_calendar.web.bodies import ClerkBody, ClerkPath, QuotasBody
from shared.web import flatten
from tests.staff_calendar.office import CLERK, QUOTAS

RULE = {
    "department": "buergerbuero",
    "kind": "surname",
    "key": "A-K",
    "first": "A",
    "last": "K",
    "streets": [],
    "fallback": False,
}
STREET = {"street": "Am Bach", "first": "1", "last": "9a", "side": "odd", "postcode": None}
DISTRICT = RULE | {"kind": "district", "first": None, "last": None}
QUOTA = QUOTAS["weekly"][0]
HOURS = {"site": "rathaus", "from": "09:00", "until": "10:00"}


def faults(schema: Schema, body: Any) -> dict[str, str]:
    """The fields at fault and what is said about each."""
    with pytest.raises(ValidationError) as error:
        schema.load(body)
    return flatten(error.value.messages)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": "x" * 101}, "name"),
        ({"name": "a\x00b"}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"name": "a\u2028b"}, "name"),
        ({"name": "  "}, "name"),
        ({"name": 7}, "name"),
        ({"name": None}, "name"),
        ({"departments": []}, "departments"),
        ({"departments": "buergerbuero"}, "departments"),
        ({"departments": [f"d{n}" for n in range(51)]}, "departments"),
        ({"competences": ["Pässe"]}, "competences.0"),
        ({"competences": [f"c{n}" for n in range(301)]}, "competences"),
        ({"languages": [None]}, "languages.0"),
        ({"shoe_size": 43}, "shoe_size"),
        ({"responsibility": [RULE | {"kind": "mood"}]}, "responsibility.0.kind"),
        ({"responsibility": [RULE | {"kind": "district", "key": None}]}, "responsibility.0.key"),
        ({"responsibility": [RULE | {"first": None}]}, "responsibility.0.first"),
        ({"responsibility": [RULE, RULE | {"last": "\x1b"}]}, "responsibility.1.last"),
        ({"responsibility": [RULE, RULE | {"department": "bauamt"}]}, "responsibility.1.department"),
        ({"responsibility": [RULE] * 201}, "responsibility"),
        ({"responsibility": [RULE | {"streets": [STREET]}]}, "responsibility.0.streets"),
        ({"responsibility": [DISTRICT | {"streets": [STREET | {"side": "left"}]}]}, "responsibility.0.streets.0.side"),
        ({"responsibility": [DISTRICT | {"streets": [STREET | {"last": "x"}]}]}, "responsibility.0.streets.0.last"),
    ],
)
def test_a_clerk_that_is_not_right_is_refused(change: dict[str, Any], field: str) -> None:
    """Exactly the field at fault is named."""
    assert set(faults(ClerkBody(), CLERK | change)) == {field}


def test_all_faults_are_named_at_once() -> None:
    """Nobody has to send a form five times."""
    assert set(faults(ClerkBody(), {})) == {"name", "departments", "competences"}


@pytest.mark.parametrize("rule", [RULE, RULE | {"fallback": True}, DISTRICT, DISTRICT | {"streets": [STREET]}])
def test_a_clerk_may_have_rules(rule: dict[str, Any]) -> None:
    """By surname or by district."""
    assert ClerkBody().load(CLERK | {"responsibility": [rule]})["responsibility"] == [rule]


@pytest.mark.parametrize("name", ["", "C-17", "c 17", "ä", "-c", "c/17", "c" * 65, "c\n", "c\x00", "c\u0660"])
def test_an_id_that_is_none_is_refused(name: str) -> None:
    """Small letters, digits, dot, underscore, hyphen; at most 64."""
    assert set(faults(ClerkPath(), {"clerk": name})) == {"clerk"}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"until": "24:00"}, "until"),
        ({"until": "12:60"}, "until"),
        ({"until": None}, "until"),
        ({"from": "8:00"}, "from"),
        ({"from": "08:00\n"}, "from"),
        ({"from": "08:00:00"}, "from"),
        ({"from": "०८:००"}, "from"),
        ({"from": 8}, "from"),
        ({"weekday": "tuesday"}, "weekday"),
        ({"weekday": 2}, "weekday"),
        ({"site": "Rathaus!"}, "site"),
        ({"every_weeks": 0}, "every_weeks"),
        ({"every_weeks": 53}, "every_weeks"),
        ({"every_weeks": 1.5}, "every_weeks"),
        ({"anchor": "2026-02-30"}, "anchor"),
        ({"of_month": 0}, "of_month"),
        ({"of_month": 6}, "of_month"),
        ({"of_month": "1"}, "of_month"),
        ({"valid_from": "soon"}, "valid_from"),
        ({"valid_until": "2026-02-30"}, "valid_until"),
        ({"mood": "good"}, "mood"),
    ],
)
def test_a_quota_that_is_not_right_is_refused(change: dict[str, Any], field: str) -> None:
    """The quota, by its number, and its field are named."""
    assert set(faults(QuotasBody(), {"weekly": [QUOTA, QUOTA | change]})) == {f"weekly.1.{field}"}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "weekly"),
        ({"weekly": None}, "weekly"),
        ({"weekly": [QUOTA] * 101}, "weekly"),
        ({"weekly": [], "exceptions": [{"date": "2026-12-01", "open": []}] * 501}, "exceptions"),
        ({"weekly": [], "exceptions": [{"date": "soon", "open": []}]}, "exceptions.0.date"),
        ({"weekly": [], "exceptions": [{"date": "2026-12-01"}]}, "exceptions.0.open"),
        ({"weekly": [], "exceptions": [{"date": "2026-12-01", "open": [HOURS] * 21}]}, "exceptions.0.open"),
        ({"weekly": [], "exceptions": [{"date": "2026-12-01", "open": [], "reason": "\x07"}]}, "exceptions.0.reason"),
        (
            {"weekly": [], "exceptions": [{"date": "2026-12-01", "open": [HOURS | {"until": "noon"}]}]},
            "exceptions.0.open.0.until",
        ),
    ],
)
def test_quotas_that_are_not_right_are_refused(body: dict[str, Any], field: str) -> None:
    """Missing, too many, or no date."""
    assert set(faults(QuotasBody(), body)) == {field}
