"""What is typed into the forms of hours and absences, read with the rules of the calls; errors stand beside fields."""

import hashlib
import json
from collections.abc import Mapping
from datetime import date as Date
from datetime import datetime, time, timedelta
from typing import Any

from marshmallow import ValidationError

from services.staff_calendar.calendar import beginning, end
from services.staff_calendar.web.bodies import HoursBody, QuotaBody

RHYTHMS = ("1", "2", "3", "4", "m1", "m2", "m3", "m4", "m-1")
"""Every n-th week, or the n-th such weekday of a month."""
RELEASES = ("", "0", "60", "1440", "2880", "4320", "10080")
"""Minutes; "" = never."""
SENTENCES = {
    "from": "Bitte schreiben Sie die Uhrzeit so: 08:00.",
    "until": "Bitte schreiben Sie die Uhrzeit so: 12:30.",
    "site": "Bitte wählen Sie einen Standort.",
    "weekday": "Bitte wählen Sie einen Wochentag.",
    "anchor": "Bitte wählen Sie ein Datum in einer Woche, in der die Zeit gilt.",
    "valid_from": "Bitte schreiben Sie das Datum so: 24.11.2026.",
    "valid_until": "Bitte schreiben Sie das Datum so: 24.11.2026.",
    "date": "Bitte wählen Sie ein Datum.",
}
REFUSED = {
    "until_not_after_from": "Das Ende muss nach dem Anfang liegen.",
    "overlap": "Diese Zeit überschneidet sich mit einer anderen von Ihnen. Bitte ändern Sie eine von beiden.",
    "anchor_missing": "Bitte wählen Sie ein Datum in einer Woche, in der die Zeit gilt.",
    "date_twice": "Für diesen Tag gibt es schon eine Ausnahme.",
    "over": "Die Zeit ist schon vorbei. Bitte geben Sie eine an, die noch kommt.",
    "too_long": "Bitte höchstens 190 Tage auf einmal.",
}


class Wrong(Exception):
    """The form can't be taken: `errors` by field, in German."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__(", ".join(errors))
        self.errors = dict(errors)


def quota(form: Mapping[str, str]) -> dict[str, Any]:
    """A weekly quota as QuotaBody has it. Raises Wrong."""
    rhythm = form.get("rhythm", "1")
    told: dict[str, Any] = {
        "weekday": form.get("weekday", ""),
        **_hours(form),
        "every_weeks": int(rhythm) if rhythm in RHYTHMS and not rhythm.startswith("m") else 1,
        "of_month": int(rhythm[1:]) if rhythm in RHYTHMS and rhythm.startswith("m") else None,
        "anchor": form.get("anchor") or None,
        "valid_from": form.get("valid_from") or None,
        "valid_until": form.get("valid_until") or None,
    }
    if told["every_weeks"] == 1:
        told["anchor"] = None
    return _checked(QuotaBody(), told)


def exception(form: Mapping[str, str]) -> dict[str, Any]:
    """What replaces the weekly quotas on a date, as ExceptionBody has it. Raises Wrong."""
    try:
        day = Date.fromisoformat(form.get("date", ""))
    except ValueError:
        raise Wrong({"date": SENTENCES["date"]}) from None
    if form.get("open") != "1":
        return {"date": day.isoformat(), "open": [], "reason": None}
    return {"date": day.isoformat(), "open": [_checked(HoursBody(), _hours(form))], "reason": None}


def _hours(form: Mapping[str, str]) -> dict[str, Any]:
    kept, release = form.get("class", "public"), form.get("release", "")
    return {
        "from": _clock(form.get("from", "")),
        "until": _clock(form.get("until", "")),
        "site": form.get("site", ""),
        "class": kept,
        "release_minutes": int(release) if kept != "public" and release in RELEASES and release else None,
    }


def _checked(schema: Any, told: dict[str, Any]) -> dict[str, Any]:
    try:
        loaded = schema.load(told)
    except ValidationError as error:
        wrong: Any = error.messages
        raise Wrong({name: SENTENCES.get(name, "Bitte prüfen Sie diese Angabe.") for name in wrong}) from None
    if loaded["until"] <= loaded["from_"]:
        raise Wrong({"until": REFUSED["until_not_after_from"]})
    dumped: dict[str, Any] = schema.dump(loaded)
    return dumped


def _clock(typed: str) -> str:
    """08:00 for 8, 8:00, 08.00 and 8 Uhr too; what else was typed stays as it is."""
    text = typed.strip().lower().removesuffix("uhr").strip().replace(".", ":")
    hours, _, minutes = text.partition(":")
    if hours.isdecimal() and len(hours) <= 2 and (not minutes or (minutes.isdecimal() and len(minutes) == 2)):
        return f"{int(hours):02}:{minutes or '00'}"
    return typed


def moments(form: Mapping[str, str], zone: Any) -> tuple[datetime, datetime]:
    """From when until when: whole days where no time is given. Raises Wrong."""
    errors, days = {}, {}
    for name in ("from_date", "until_date"):
        try:
            days[name] = Date.fromisoformat(form.get(name, ""))
        except ValueError:
            errors[name] = SENTENCES["date"]
    clocks = {name: _clock(form.get(name, "")) for name in ("from_time", "until_time")}
    for name, clock in clocks.items():
        if clock and not _is_clock(clock):
            errors[name] = SENTENCES["from"]
    if errors:
        raise Wrong(errors)
    begins = beginning(days["from_date"], clocks["from_time"] or "00:00", zone)
    if clocks["until_time"]:
        return begins, end(days["until_date"], clocks["until_time"], zone)
    return begins, beginning(days["until_date"] + timedelta(days=1), "00:00", zone)


def _is_clock(text: str) -> bool:
    try:
        time.fromisoformat(text)
    except ValueError:
        return False
    return len(text) == 5


def fingerprint(quotas: Mapping[str, Any]) -> str:
    """Tells quotas from others, so that nobody overwrites what was changed in another window."""
    return hashlib.sha256(json.dumps(quotas, sort_keys=True).encode()).hexdigest()[:16]


def rhythm_of(told: Mapping[str, Any]) -> str:
    """The rhythm of a stored quota, as the form has it."""
    if told.get("of_month"):
        return f"m{told['of_month']}"
    return str(told.get("every_weeks", 1))


def form_of(told: Mapping[str, Any]) -> dict[str, str]:
    """A stored quota as the fields of the form."""
    names = ("weekday", "from", "until", "site", "anchor", "valid_from", "valid_until")
    release = told.get("release_minutes")
    return {
        **{name: str(told.get(name) or "") for name in names},
        "class": str(told.get("class") or "public"),
        "release": "" if release is None else str(release),
        "rhythm": rhythm_of(told),
    }
