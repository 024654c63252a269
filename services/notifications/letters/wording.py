"""German is written where it is said; a catalogue of the locale folder says it in another language.

A message id is the German text itself. `locale/<language>/LC_MESSAGES/messages.po` is read once, at import (Babel), so
that there is nothing to compile; what it lacks is said in German. For pages too: `Words(load(folder, "en"), "en")`.
"""

from collections.abc import Mapping
from datetime import datetime
from gettext import NullTranslations
from io import BytesIO
from pathlib import Path

from babel import Locale
from babel.dates import format_date, format_time
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations

from services.notifications.events import Wording

SOURCE = "de"
LOCALES = {"de": Locale("de", "DE"), "en": Locale("en", "GB")}
FOLDER = Path(__file__).parent.parent / "locale"


def load(folder: Path, language: str) -> NullTranslations:
    """The catalogue of a language. Raises FileNotFoundError where there is none."""
    with (folder / language / "LC_MESSAGES" / "messages.po").open("rb") as file:
        catalogue = read_po(file, locale=language)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Translations(compiled)


class Words:
    """One language: texts, plurals and times as they are said in it."""

    def __init__(self, catalogue: NullTranslations, language: str) -> None:
        self.language = language
        self._catalogue = catalogue
        self._locale = LOCALES[language]

    def text(self, text: str) -> str:
        """The German `text` in this language, its {placeholders} left as they are."""
        return self._catalogue.gettext(text)

    def say(self, text: str, **values: object) -> str:
        """The German `text` in this language, its {placeholders} filled."""
        return self.text(text).format(**values)

    def count(self, one: str, many: str, n: int) -> str:
        """`one` or `many` as the language counts; {n} is the number."""
        return self._catalogue.ngettext(one, many, n).format(n=n)

    def of(self, wording: Wording) -> str:
        """The side of a text of the house in this language."""
        return wording.en if self.language == "en" else wording.de

    def day(self, at: datetime) -> str:
        """Weekday and date of a local time: Dienstag, 24. November 2026."""
        return format_date(at.date(), format="full", locale=self._locale)

    def time(self, at: datetime) -> str:
        """Hours and minutes of a local time: 09:00."""
        return format_time(at.time(), format="HH:mm", locale=self._locale)


LANGUAGES: Mapping[str, Words] = {
    "de": Words(NullTranslations(), "de"),
    "en": Words(load(FOLDER, "en"), "en"),
}


def words(language: str) -> Words:
    """The words of a language; German for any that we don't have."""
    return LANGUAGES.get(language, LANGUAGES[SOURCE])
