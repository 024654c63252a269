"""How the sites are called, from FOYER_SITES: a JSON file, or the JSON itself, as booking reads it, too."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from environs import Env


def sites() -> Mapping[str, Mapping[str, str]]:
    """Names by key and language. A site that is not there is called by its key."""
    return _sites(Env().str("FOYER_SITES", "{}"))


@cache
def _sites(given: str) -> Mapping[str, Mapping[str, str]]:
    text = given if given.lstrip().startswith("{") else Path(given).read_text(encoding="utf-8")
    return {key: _name(site["name"]) for key, site in json.loads(text).items()}


def _name(name: str | Mapping[str, str]) -> Mapping[str, str]:
    return {"de": name} if isinstance(name, str) else name


def called(site: str, language: str) -> str:
    """The site's name in a language, German for want of it."""
    name = sites().get(site, {})
    return name.get(language) or name.get("de") or site
