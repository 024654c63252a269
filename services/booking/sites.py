"""What a town says of itself in settings of booking: the names of its sites, and what counts as a better proposal.

FOYER_SITES is a JSON file, or the JSON itself, as notifications reads it, too; FOYER_OBJECTIVE the JSON of weights.

{"rathaus": {"name": "Rathaus" or {"de": .., "en": ..}, "address": ".." or {"street", "postal_code", "city"}}}. A site
that is not there is called by its key.
"""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from environs import Env

from services.booking.events import Text
from services.booking.proposals.ranking import Objective, objective_of


def sites() -> Mapping[str, Text]:
    """The names by key. Raises ValueError, which names the variable."""
    given = Env().str("FOYER_SITES", "{}")
    try:
        _addresses(given)
        return {key: _text(site["name"]) for key, site in _stored(given).items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"FOYER_SITES is not a list of sites: {type(error).__name__}") from error


def objective() -> Objective:
    """The weights of proposals/ranking.py. Raises ValueError, which names the variable."""
    try:
        return objective_of(json.loads(Env().str("FOYER_OBJECTIVE", "{}")))
    except ValueError as error:
        raise ValueError(f"FOYER_OBJECTIVE: {error}") from error


def _stored(given: str) -> dict[str, Any]:
    text = given if given.lstrip().startswith("{") else Path(given).read_text(encoding="utf-8")
    stored: dict[str, Any] = json.loads(text)
    return stored


def _text(name: str | Mapping[str, str]) -> Text:
    return Text(name, name) if isinstance(name, str) else Text(name["de"], name.get("en", name["de"]))


def addresses() -> Mapping[str, str]:
    """Street, postcode and town by site, for those of which it was said."""
    return _addresses(Env().str("FOYER_SITES", "{}"))


@cache
def _addresses(given: str) -> Mapping[str, str]:
    found = {}
    for key, site in _stored(given).items():
        found[key] = _address(site.get("address") or "")
    return found


def _address(said: str | Mapping[str, str]) -> str:
    if isinstance(said, str):
        return said
    line = f"{said.get('postal_code', '')} {said.get('city', '')}".strip()
    return ", ".join(part for part in (said.get("street", ""), line) if part)
