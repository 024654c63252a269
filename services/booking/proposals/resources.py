"""Rooms and clerks as the owners describe them, and whether they fit a need."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import cast

from services.booking.proposals.streets import Side, StreetRule
from services.booking.proposals.wish import Need

Rule = tuple[str | None, str, str | None]  # department, kind ("anyone", "surname", "district"), key

Letters = tuple[str | None, str, str, str]  # department, key, first and last letters of a surname range

Numbers = tuple[str | None, StreetRule]  # department, house numbers of a street


@dataclass(frozen=True, slots=True)
class Room:
    id: str
    name: str
    site: str
    seats: int
    equipment: frozenset[str]
    step_free: bool


@dataclass(frozen=True, slots=True)
class Clerk:
    id: str
    name: str
    departments: frozenset[str]
    competences: frozenset[str]
    rules: frozenset[Rule]
    languages: frozenset[str]
    letters: frozenset[Letters] = frozenset()
    streets: frozenset[Numbers] = frozenset()
    fallbacks: frozenset[Rule] = frozenset()  # the rules for what no rule covers


def room_fits(room: Room, need: Need) -> bool:
    return not room_lacks(room, need)


def room_lacks(room: Room, need: Need) -> str | None:
    """What makes a room unfit: "equipment", "step_free" or "seats"; None = it fits."""
    if not room.equipment.issuperset(need.equipment):
        return "equipment"
    if need.step_free and not room.step_free:
        return "step_free"
    return "seats" if room.seats < need.seats else None


def clerk_fits(clerk: Clerk, need: Need, language: str | None = None) -> bool:
    return not clerk_lacks(clerk, need, language)


def clerk_lacks(clerk: Clerk, need: Need, language: str | None = None) -> str | None:
    """What makes a clerk unfit: "department", "competence", "responsibility" or "language"; None = they fit."""
    if need.department is not None and need.department not in clerk.departments:
        return "department"
    if not clerk.competences.issuperset(need.competences):
        return "competence"
    if not responsible(clerk, need.department, need.responsibility):
        return "responsibility"
    return "language" if language is not None and language not in clerk.languages else None


def responsible(clerk: Clerk, department: str | None, key: str | None) -> bool:
    """No key asked for: everybody is. Else the rule of that key, or "anyone", in the department."""
    return key is None or any(
        where in (None, department) and (kind == "anyone" or rule == key) for where, kind, rule in clerk.rules
    )


def rule_of(told: Mapping[str, object]) -> Rule:
    """A responsibility as the staff calendar says it."""
    return _text(told, "department"), str(told["kind"]), _text(told, "key")


def letters_of(told: Mapping[str, object]) -> tuple[Letters, ...]:
    """Its range of surnames, if it is one with letters."""
    key, first, last = (_text(told, name) for name in ("key", "first", "last"))
    if told["kind"] != "surname" or key is None or first is None:
        return ()
    return ((_text(told, "department"), key, first, last or first),)


def streets_of(told: Mapping[str, object]) -> tuple[Numbers, ...]:
    """Its streets, if it is a district with streets."""
    key, streets = _text(told, "key"), cast("Iterable[Mapping[str, object]]", told.get("streets") or ())
    if told["kind"] != "district" or key is None:
        return ()
    return tuple((_text(told, "department"), _street(key, one)) for one in streets)


def _street(key: str, told: Mapping[str, object]) -> StreetRule:
    side = cast("Side", told.get("side") or "both")
    first, last, postcode = (_text(told, name) for name in ("first", "last", "postcode"))
    return StreetRule(key, str(told["street"]), first, last, side, postcode)


def _text(told: Mapping[str, object], name: str) -> str | None:
    value = told.get(name)
    return None if value is None else str(value)
