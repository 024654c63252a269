"""The words of the letters: German is written where it is said, the locale folder says it in other languages."""

from collections.abc import Mapping
from pathlib import Path

from services.notifications.events import Wording
from shared.words import SOURCE, Words, load

FOLDER = Path(__file__).parent.parent / "locale"
LANGUAGES: Mapping[str, Words] = load(FOLDER)


def words(language: str) -> Words:
    """The words of a language; German for any that we don't have."""
    return LANGUAGES.get(language, LANGUAGES[SOURCE])


def of(said: Words, wording: Wording) -> str:
    """The side of a text of the house in this language."""
    return wording.en if said.language == "en" else wording.de
