"""Which rule of a department a guest falls under: a range of surnames, or the district of an address. Pure.

What the guest gives is used here and forgotten: from now on only the key of the rule is kept and said.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

from services.booking.catalogue import Catalogue
from services.booking.events import Concern
from services.booking.planning import NotPossible
from services.booking.proposals.index import Index
from services.booking.proposals.letters import LetterRule, ranges, responsible_key
from services.booking.proposals.resources import Letters, Numbers
from services.booking.proposals.streets import Streets, plain

_POSTCODE = re.compile(r"(?:^|[\s,])(\d{5})(?:\s.*)?$")
_NUMBER = re.compile(r"^(.*[^\W\d_].*?)(?:[\s,]+|(?<=\.))(\d{1,5}\s?[A-Za-z]?)(?:\s*[-–/].*)?$")
_CALLED_NUMBER = re.compile(r"[\s,]+(?:haus[\s-]?)?(?:nr\.?|nummer)$", re.IGNORECASE)
# Not "Straße 9 7" and "Straße 9-7": without blanks and hyphens, as streets are compared, they would be "Straße 97".
_NAME_WITH_NUMBER = re.compile(r".*[^\W\d]\.?\s+\d{1,5}\s?[A-Za-z]?")


def rules(
    index: Index, catalogue: Catalogue, concerns: Sequence[str], surname: str | None, street: str | None
) -> tuple[str | None, ...]:
    """The key of the responsible rule for each concern, None = anyone. Raises NotPossible, which names the field."""
    return tuple(_rule(index, catalogue, key, surname, street) for key in concerns)


def _rule(index: Index, catalogue: Catalogue, key: str, surname: str | None, street: str | None) -> str | None:
    concern = catalogue.concerns.get(key)
    if concern is None or concern.responsibility == "anyone":
        return None
    department, kind = concern.department, concern.responsibility
    keys, fallbacks = _keys(index, department, kind)
    if not keys:
        return None
    given, field = (surname, "surname") if kind == "surname" else (street, "street")
    if not given:
        raise NotPossible(field, f"Who is responsible for '{key}' depends on the {field}; please give it.")
    if kind == "surname":
        letters = frozenset(found for clerk in index.clerks.values() for found in clerk.letters)
        return by_surname(given, _letter_rules(letters, department, keys), fallbacks)
    numbers = frozenset(found for clerk in index.clerks.values() for found in clerk.streets)
    return by_address(given, numbers, department, keys, fallbacks)


def _keys(index: Index, department: str, kind: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The keys of a department's rules of that kind, and those for what no rule covers, both in order."""
    clerks = index.clerks.values()
    keys = {key for clerk in clerks for where, what, key in clerk.rules if (where, what) == (department, kind) and key}
    rest = {key for clerk in clerks for where, what, key in clerk.fallbacks if (where, what) == (department, kind)}
    return tuple(sorted(keys)), tuple(sorted(key for key in rest if key))


def needed(index: Index, concern: Concern) -> bool:
    """Does anybody have to say a surname or a street for this concern?"""
    return concern.responsibility != "anyone" and bool(_keys(index, concern.department, concern.responsibility)[0])


def by_surname(surname: str, letter_rules: Sequence[LetterRule], fallbacks: Sequence[str]) -> str:
    """Exactly one rule. For a name in another script, or of letters nobody has: the fallback, else the last letters."""
    return responsible_key(surname, letter_rules, next(iter(fallbacks), letter_rules[-1].key))


def by_address(
    address: str, numbers: frozenset[Numbers], department: str, keys: Sequence[str], fallbacks: Sequence[str]
) -> str:
    """Exactly one rule of a district, named by itself or by an address like "Berliner Str. 12a, 33330 Gütersloh".

    For a street nobody has: the fallback, else the first key. Raises NotPossible where a house number decides.
    """
    named = _district(address, keys)
    if named is not None:
        return named
    streets = _streets(numbers, department, next(iter(fallbacks), keys[0]))
    meant = readings(address)
    found = streets.find(*next((one for one in meant if streets.there(*one)), meant[0]))
    if found.missing == "house_number":
        raise NotPossible("street", "This street belongs to several districts; please add the house number.")
    if found.missing == "postcode":
        raise NotPossible("street", "There are several streets of this name; please add the postcode.")
    return found.key


def _district(name: str, keys: Sequence[str]) -> str | None:
    """The district of that name; of two that are compared as one, the one that is written so."""
    written, compared = name.strip().casefold(), plain(name)
    so = next((key for key in keys if key.casefold() == written), None)
    return so or next((key for key in keys if compared and plain(key) == compared), None)


def readings(address: str) -> tuple[tuple[str, str | None, str | None], ...]:
    """What an address on one line may mean, the likelier first: street, house number and postcode.

    "Platz 3" is a house of "Platz", since a number is what is asked for; where that has no rule for it, a street of
    that name. If there are both, one says a house of the second as "Platz 3 7"; had the name come first, nobody could
    say the house of "Platz".
    """
    text = address.strip()
    found = _POSTCODE.search(text)
    if found:
        text = text[: found.start()]
    postcode = found[1] if found else None
    text = text.split(",")[0].strip() or text.strip(" ,")
    named = (text, None, postcode)
    number = _NUMBER.match(text)
    if not number:
        return (named,)
    numbered = (_CALLED_NUMBER.sub("", number[1].rstrip(" ,")), number[2], postcode)
    return (numbered, named) if _NAME_WITH_NUMBER.fullmatch(text) else (numbered,)


@lru_cache(maxsize=64)
def _letter_rules(letters: frozenset[Letters], department: str, keys: tuple[str, ...]) -> tuple[LetterRule, ...]:
    """The rules of a department in order of their letters; a rule without letters has those of its key ("A-K")."""
    found: dict[str, set[tuple[str, str]]] = {}
    for where, key, first, last in letters:
        if where in (None, department):
            found.setdefault(key, set()).update(_ranges(f"{first}-{last}"))
    for key in keys:
        if not found.get(key):
            found[key] = set(_ranges(key))
    rules_ = (LetterRule(key, tuple(sorted(some))) for key, some in found.items())
    return tuple(sorted(rules_, key=lambda rule: (rule.ranges, rule.key)))


def _ranges(text: str) -> tuple[tuple[str, str], ...]:
    try:
        return ranges(text)
    except ValueError:
        return ()  # reported when it was saved; a visit must be possible nevertheless


@lru_cache(maxsize=64)
def _streets(numbers: frozenset[Numbers], department: str, fallback: str) -> Streets:
    return Streets((rule for where, rule in numbers if where in (None, department)), fallback)
