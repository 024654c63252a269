"""Which rule of a department a guest falls under: anyone, a range of surnames, the district of a street. Pure."""

import unicodedata
from collections.abc import Sequence

from services.booking.catalogue import Catalogue
from services.booking.planning import NotPossible
from services.booking.proposals.index import Index


def rules(
    index: Index, catalogue: Catalogue, concerns: Sequence[str], surname: str | None, street: str | None
) -> tuple[str | None, ...]:
    """The key of the responsible rule for each concern, None = anyone. Raises NotPossible, which names the field."""
    return tuple(_rule(index, catalogue, key, surname, street) for key in concerns)


def _rule(index: Index, catalogue: Catalogue, key: str, surname: str | None, street: str | None) -> str | None:
    concern = catalogue.concerns.get(key)
    if concern is None or concern.responsibility == "anyone":
        return None
    keys = sorted(
        rule
        for clerk in index.clerks.values()
        for department, kind, rule in clerk.rules
        if department == concern.department and kind == concern.responsibility and rule is not None
    )
    if not keys:
        return None
    given, field = (surname, "surname") if concern.responsibility == "surname" else (street, "street")
    if not given:
        raise NotPossible(field, f"Who is responsible for '{key}' depends on the {field}; please give it.")
    if concern.responsibility == "district":
        return next((rule for rule in keys if rule.casefold() == given.casefold()), keys[0])
    letters = filed(given)
    return next((rule for rule in keys if _within(letters, rule)), keys[-1])


def filed(surname: str) -> str:
    """A surname as it is filed: DIN 5007-1, umlauts as their base letters."""
    plain = unicodedata.normalize("NFKD", surname.replace("ß", "ss").casefold())
    return "".join(letter for letter in plain if letter.isalpha())


def _within(letters: str, rule: str) -> bool:
    first, _, last = rule.replace("–", "-").partition("-")
    low, high = filed(first), filed(last or first)
    return low <= letters[: len(low)] and letters[: len(high)] <= high
