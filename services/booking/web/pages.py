"""Booking's kit of pages, and what its templates share."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from babel import Locale
from environs import Env

from services.booking import sites
from services.booking.events import Concern, Text
from services.booking.planning import WEEKDAYS
from services.booking.web.journey import address
from shared.pages import Kit
from shared.pages.kit import Link

FOLDER = Path(__file__).parent
KIT = Kit(
    "booking",
    FOLDER,
    title="Termin im Rathaus",
    navigation=(Link("/", "Termin buchen"), Link("/help", "Hilfe")),
    stylesheets=("own/portal.css",),
)
pages, page = KIT.pages, KIT.page


class SitePlace(NamedTuple):
    """Where to go."""

    name: Text
    address: str


def place(app: Any, site: str) -> SitePlace:
    """Name and address of a site."""
    return SitePlace(app.reads.site_name(site), sites.addresses().get(site, ""))


def by_topic(concerns: Sequence[Concern], language: str) -> list[tuple[str, list[Concern]]]:
    """Concerns grouped by topic, in alphabetical order of that language's topics; those without one, "", at the end."""
    groups: dict[str, list[Concern]] = {}
    for concern in concerns:
        groups.setdefault(concern.topic, []).append(concern)
    named = [(_topic(topic, some, language), some) for topic, some in groups.items()]
    return sorted(named, key=lambda group: (not group[0], _sortable(group[0])))


def _topic(topic: str, concerns: Sequence[Concern], language: str) -> str:
    english = next((one.topic_en for one in concerns if one.topic_en), topic)
    return english if language == "en" else topic


def letters(concerns: Sequence[Concern], language: str) -> list[tuple[str, list[Concern]]]:
    """In alphabetical order of that language's names, under their first letters."""
    groups: dict[str, list[Concern]] = {}
    for concern in sorted(concerns, key=lambda one: _sortable(in_language(one.name, language))):
        groups.setdefault(_sortable(in_language(concern.name, language))[:1].upper(), []).append(concern)
    return list(groups.items())


def in_language(text: Any, language: str) -> str:
    """One of the texts of the catalogue."""
    said: str = text.en if language == "en" else text.de
    return said


def weekday_names(weekdays: Sequence[str], language: str) -> list[tuple[str, str]]:
    """As checkboxes show them: ("mon", "Montag")."""
    names = _locale(language).days["format"]["wide"]
    return [(day, names[WEEKDAYS.index(day)]) for day in weekdays]


def language_names(codes: Sequence[str], language: str) -> list[tuple[str, str]]:
    """As a choice shows them: ("tr", "Türkisch")."""
    names: Mapping[str, str] = _locale(language).languages
    return sorted(((code, names.get(code, code)) for code in codes), key=lambda one: _sortable(one[1]))


@cache
def _locale(language: str) -> Locale:
    return Locale(language)


def _sortable(name: str) -> str:
    return name.casefold().translate(str.maketrans("äöüé", "aoue")).replace("ß", "ss")


def contact() -> str:
    """Whom to write to."""
    return Env().str("FOYER_CONTACT", "") or Env().str("FOYER_MAIL_FROM", "termine@guetersloh.example")


_shared: Mapping[str, Callable[..., Any]] = {
    "address": address,
    "letters": letters,
    "weekday_names": weekday_names,
    "language_names": language_names,
}
KIT.templates.globals |= {**_shared, "contact": contact()}
