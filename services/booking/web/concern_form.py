"""A concern as the fields of a form, and back. Lists are typed with commas, documents one a line, rules as data."""

import re
from collections.abc import Mapping
from typing import Any

import orjson
from marshmallow import ValidationError

from services.booking import http
from services.booking.events import Concern
from services.booking.web.catalogue_cells import escaped, split, unescaped
from shared.web import flatten
from shared.words import Words

NUMBERS = (
    "minutes",
    "extra_minutes_per_person",
    "max_party",
    "lead_minutes",
    "lead_days",
    "horizon_days",
    "buffer_before_minutes",
    "buffer_minutes",
    "grid_minutes",
)
LISTS = ("keywords", "competences", "equipment")
TEXTS = ("key", "department", "topic", "topic_en", "leika", "online_url", "responsibility")
_ANSWER, _BODY = http.ConcernAnswer(), http.ConcernBody()
"""Made once: to make one takes longer than to write a concern with it."""
RULES = ("questions", "effects", "release")
DOCUMENT = ("key", "de", "en")
LABELS = {
    "key": "Kürzel",
    "name.de": "Name auf Deutsch",
    "name.en": "Name auf Englisch",
    "department": "Bereich",
    "topic": "Thema",
    "topic_en": "Thema auf Englisch",
    "keywords": "Stichworte",
    "leika": "LeiKa-Schlüssel",
    "online_url": "Online-Dienst",
    "minutes": "Minuten",
    "extra_minutes_per_person": "Minuten mehr je weitere Person",
    "max_party": "Personen höchstens",
    "lead_minutes": "Vorlauf in Minuten",
    "lead_days": "Vorlauf in Tagen",
    "horizon_days": "Tage im Voraus buchbar",
    "buffer_before_minutes": "Minuten frei davor",
    "buffer_minutes": "Minuten frei danach",
    "grid_minutes": "Beginn alle … Minuten",
    "competences": "Kenntnisse",
    "equipment": "Ausstattung des Raums",
    "responsibility": "Zuständig ist",
    "documents": "Mitzubringen",
    "rules": "Fragen und Regeln",
}
WRONG = {
    "key": "1 bis 64 kleine Buchstaben ohne Umlaute, Ziffern, Punkt, Binde- und Unterstrich.",
    "taken": "Dieses Kürzel hat schon ein anderes Anliegen.",
    "name.de": "Bitte geben Sie einen Namen an, höchstens 200 Zeichen.",
    "name.en": "Bitte geben Sie einen Namen an, höchstens 200 Zeichen.",
    "department": "Das Kürzel des Bereichs: kleine Buchstaben ohne Umlaute, Ziffern, Punkt, Binde- und Unterstrich.",
    "topic": "Höchstens 200 Zeichen.",
    "topic_en": "Höchstens 200 Zeichen.",
    "keywords": "Stichworte, mit Komma getrennt, jedes höchstens 200 Zeichen.",
    "leika": "Höchstens 20 Zeichen, oder leer.",
    "online_url": "Eine Adresse, die mit https:// beginnt, oder leer.",
    "minutes": "Eine ganze Zahl von 5 bis 480.",
    "extra_minutes_per_person": "Eine ganze Zahl von 0 bis 120.",
    "max_party": "Eine ganze Zahl von 1 bis 50.",
    "lead_minutes": "Eine ganze Zahl von 0 bis 525600.",
    "lead_days": "Eine ganze Zahl von 0 bis 180.",
    "horizon_days": "Eine ganze Zahl von 1 bis 180.",
    "buffer_before_minutes": "Eine ganze Zahl von 0 bis 120.",
    "buffer_minutes": "Eine ganze Zahl von 0 bis 120.",
    "grid_minutes": "Eine ganze Zahl von 5 bis 240.",
    "competences": "Kürzel, mit Komma getrennt.",
    "equipment": "Kürzel, mit Komma getrennt.",
    "responsibility": "Bitte wählen Sie, wer zuständig ist.",
    "documents": "In jeder Zeile: Kürzel = deutscher Text = englischer Text.",
    "rules": "Das sind keine Fragen und Regeln: {detail}",
}


class Faults(ValueError):
    """What is wrong, by field, said in the reader's language."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__("the form is not right")
        self.errors = {name: errors[name] for name in LABELS if name in errors}


def raw(concern: Concern) -> dict[str, Any]:
    """As data, for comparing and for files."""
    said: dict[str, Any] = _ANSWER.dump(concern)
    return said


def shown(concern: Concern) -> dict[str, str]:
    """The fields of a form."""
    said = raw(concern)
    values = {name: str(said[name] if said[name] is not None else "") for name in (*NUMBERS, *TEXTS)}
    values |= {name: ", ".join(escaped(one, ",") for one in said[name]) for name in LISTS}
    values |= {f"name.{language}": said["name"][language] for language in ("de", "en")}
    documents = (" = ".join(escaped(one[name], "=") for name in DOCUMENT) for one in said["documents"])
    values["documents"] = "\n".join(documents)
    rules = {name: said[name] for name in RULES if said[name]}
    values["rules"] = orjson.dumps(rules, option=orjson.OPT_INDENT_2).decode() if rules else ""
    return values


EMPTY = {
    **dict.fromkeys(LABELS, ""),
    "minutes": "15",
    "extra_minutes_per_person": "0",
    "max_party": "10",
    "lead_minutes": "0",
    "lead_days": "0",
    "horizon_days": "60",
    "buffer_before_minutes": "0",
    "buffer_minutes": "0",
    "grid_minutes": "5",
    "responsibility": "anyone",
}


def read(form: Mapping[str, str], words: Words) -> Concern:
    """The concern that was typed. Raises Faults."""
    values = {name: form.get(name, "").strip() for name in LABELS}
    body: dict[str, Any] = {name: values[name] for name in TEXTS}
    body |= {name: None for name in ("leika", "online_url") if not body[name]}
    body["name"] = {language: values[f"name.{language}"] for language in ("de", "en")}
    body |= {name: [one for one in _parts(values[name], ",") if one] for name in LISTS}
    body |= {name: int(values[name]) if re.fullmatch(r"-?[0-9]{1,7}", values[name]) else None for name in NUMBERS}
    errors: dict[str, str] = {}
    body["documents"] = _documents(values["documents"], errors)
    body |= _rules(values["rules"], errors)
    try:
        concern: Concern = _BODY.load(body)
    except ValidationError as error:
        errors |= _beside(flatten(error.messages))
    if errors:
        raise Faults({name: words.say(WRONG[name], detail=detail) for name, detail in errors.items()})
    return concern


def _documents(text: str, errors: dict[str, str]) -> list[dict[str, str]]:
    found = []
    for line in text.splitlines():
        parts = _parts(line, "=")
        if len(parts) == len(DOCUMENT):
            found.append(dict(zip(DOCUMENT, parts, strict=True)))
        elif line.strip():
            errors["documents"] = line
    return found


def _parts(text: str, mark: str) -> list[str]:
    """What stands between the marks; one that belongs to a text has a backslash before it."""
    return [unescaped(part.strip(), mark) for part in split(text, mark)]


def _rules(text: str, errors: dict[str, str]) -> dict[str, Any]:
    if not text:
        return {}
    try:
        given = orjson.loads(text)
        unknown = set(given) - set(RULES)
    except (orjson.JSONDecodeError, TypeError) as error:
        errors["rules"] = str(error)
        return {}
    if not isinstance(given, dict) or unknown:
        errors["rules"] = f"{{{', '.join(RULES)}}}"
        return {}
    return given


def _beside(errors: Mapping[str, str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for path, detail in errors.items():
        first = path.partition(".")[0]
        name = path if path in WRONG else "rules" if first in RULES else first
        found.setdefault(name if name in WRONG else "rules", f"{path}: {detail}")
    return found
