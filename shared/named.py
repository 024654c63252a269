"""What a setting calls the things behind keys: JSON, or the path of a JSON file, as
{"key": {"name": "Name" or {"de": "..", "en": ".."}}}."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from environs import Env

Names = Mapping[str, Mapping[str, str]]


def names(setting: str) -> Names:
    """Names by key and language. Raises ValueError, which names the setting."""
    try:
        return _names(Env().str(setting, "{}"))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{setting} is not a list of names: {type(error).__name__}") from error


@cache
def _names(given: str) -> Names:
    text = given if given.lstrip().startswith("{") else Path(given).read_text(encoding="utf-8")
    return {key: _name(one["name"]) for key, one in json.loads(text).items()}


def _name(name: str | Mapping[str, str]) -> Mapping[str, str]:
    return {"de": name} if isinstance(name, str) else name


def called(known: Names, key: str, language: str) -> str:
    """The name in a language, German for want of it, and the key for want of any."""
    name = known.get(key, {})
    return name.get(language) or name.get("de") or key
