"""How the sites are called on pages, from FOYER_SITES: a JSON file, or the JSON itself, as notifications reads it, too.

{"rathaus": {"name": "Rathaus" or {"de": .., "en": ..}}}. A site that is not there is called by its key.
"""

import json
from collections.abc import Mapping
from pathlib import Path

from environs import Env

from services.booking.events import Text


def sites() -> Mapping[str, Text]:
    """The names by key. Raises ValueError, which names the variable."""
    given = Env().str("FOYER_SITES", "{}")
    try:
        stored = json.loads(given if given.lstrip().startswith("{") else Path(given).read_text(encoding="utf-8"))
        return {key: _text(site["name"]) for key, site in stored.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"FOYER_SITES is not a list of sites: {type(error).__name__}") from error


def _text(name: str | Mapping[str, str]) -> Text:
    return Text(name, name) if isinstance(name, str) else Text(name["de"], name.get("en", name["de"]))
