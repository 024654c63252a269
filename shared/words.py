"""Page and letter texts in several languages: German is written where it is said, catalogues say it in others.

A message id is the German text itself. `{folder}/{language}/LC_MESSAGES/*.po` are read once (Babel), so that
there is nothing to compile; what it lacks is said in German.
"""

from collections.abc import Mapping
from datetime import date, datetime
from gettext import NullTranslations
from io import BytesIO
from pathlib import Path

from babel import Locale
from babel.dates import format_date, format_interval, format_skeleton, format_time
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations

SOURCE = "de"
LOCALES = {"de": Locale("de", "DE"), "en": Locale("en", "GB")}


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

    def day(self, at: date) -> str:
        """Weekday and date of a local time: Dienstag, 24. November 2026."""
        day = at.date() if isinstance(at, datetime) else at
        return format_date(day, format="full", locale=self._locale)

    def days(self, first: date, last: date) -> str:
        """From one day to another: 23.–29. Nov. 2026."""
        return format_interval(first, last, "yMMMMd", locale=self._locale)

    def weekday(self, day: date) -> str:
        """A day among its neighbours, without the year: Dienstag, 24. November."""
        return f"{format_date(day, 'EEEE', self._locale)}, {format_skeleton('MMMMd', day, locale=self._locale)}"

    def time(self, at: datetime) -> str:
        """Hours and minutes of a local time: 09:00."""
        return format_time(at.time(), format="HH:mm", locale=self._locale)


def load(folder: Path, *more: Path) -> Mapping[str, Words]:
    """German, and every language that the folder has a catalogue of; what that lacks is looked up in `more`."""
    spoken = {SOURCE: Words(NullTranslations(), SOURCE)}
    for path in sorted(folder.glob("*/LC_MESSAGES/messages.po")):
        language = path.parent.parent.name
        catalogue = _translations(path, language)
        beside = [other for other in sorted(path.parent.glob("*.po")) if other != path]
        for other in (*beside, *(place / path.relative_to(folder) for place in more)):
            catalogue.add_fallback(_translations(other, language))
        spoken[language] = Words(catalogue, language)
    return spoken


def _translations(path: Path, language: str) -> NullTranslations:
    with path.open("rb") as file:
        catalogue = read_po(file, locale=language)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return Translations(compiled)
