"""Forms about rooms: what was typed as the body of the call, and a room as what a form shows. Pure.

Hours are typed as people write them: "8-12, 14:00 bis 17:30". Closures are rows of two dates and a reason.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from services.rooms.events import WEEKDAYS

WEEKDAY_NAMES = dict(
    zip(WEEKDAYS, ("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"), strict=True)
)
SPARE_ROWS = 2
"""Empty rows for new closures."""
MOST_ROWS = 200
WRONG = {
    "room": "Bitte geben Sie ein Kürzel an, das noch kein Raum hat: a bis z, 0 bis 9, Punkt und Bindestrich.",
    "name": "Bitte geben Sie einen Namen an, höchstens 200 Zeichen.",
    "site": "Bitte geben Sie das Kürzel des Standorts an: a bis z, 0 bis 9, Punkt und Bindestrich.",
    "seats": "Bitte geben Sie eine Zahl von 1 bis 1000 an.",
    "parties": "Bitte geben Sie eine Zahl von 1 bis 50 an, höchstens so viele, wie es Plätze gibt.",
    "equipment": "Bitte geben Sie Kürzel an, mit Komma getrennt: a bis z, 0 bis 9, Punkt und Bindestrich.",
    "hours": "Bitte geben Sie Zeiten an wie 8-12, 14-17:30: das Ende nach dem Anfang, nichts überschneidet sich.",
    "closure": "Bitte geben Sie beide Tage an; der letzte liegt nicht vor dem ersten.",
    "body": "Bitte prüfen Sie Ihre Angaben.",
}
_SPAN = re.compile(r"(\d{1,2})(?:[:.](\d\d))?\s*(?:-|–|bis|to|until)\s*(\d{1,2})(?:[:.](\d\d))?(?:\s*(?:Uhr|h))?")


class Wrong(Exception):
    """A field can't be read."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


def shown(room: Mapping[str, Any]) -> dict[str, str]:
    """A room, as the call answers it, as the values of the form."""
    values = {name: str(room[name]) for name in ("room", "name", "site", "seats", "parties")}
    values["equipment"] = ", ".join(room["equipment"])
    values["step_free"] = "yes" if room["step_free"] else ""
    for weekday in WEEKDAYS:
        spans = room.get("weekly", {}).get(weekday, [])
        values[weekday] = ", ".join(f"{a}–{b}" for a, b in spans)
    return values | closure_values(room.get("closures", []))


def closure_values(closures: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Closures as the values of a form's rows."""
    found = {}
    for n, closure in enumerate(closures):
        for part in ("from", "until", "reason"):
            found[f"closure-{n}-{part}"] = str(closure[part] or "")
    return found


def rows(values: Mapping[str, str]) -> range:
    """The rows of closures to show: those that hold something, and some to fill."""
    used = [int(name.split("-")[1]) for name in values if re.fullmatch(r"closure-\d{1,3}-from", name) and values[name]]
    return range(min(max(used, default=-1) + 1 + SPARE_ROWS, MOST_ROWS))


def body(values: Mapping[str, str]) -> dict[str, Any]:
    """The body of `PUT /api/rooms/ID`. Raises Wrong."""
    return {
        "name": values.get("name", ""),
        "site": values.get("site", "").strip(),
        "seats": _number(values, "seats"),
        "parties": _number(values, "parties"),
        "equipment": [one.strip() for one in values.get("equipment", "").split(",") if one.strip()],
        "step_free": bool(values.get("step_free")),
        "weekly": {day: spans for day in WEEKDAYS if (spans := hours(values.get(day, ""), day))},
        "closures": closures(values),
    }


def hours(typed: str, field: str) -> list[list[str]]:
    """The opening hours of a weekday: "8-12, 14:00 bis 17:30". Raises Wrong."""
    spans = []
    for part in (one.strip() for one in re.split(r"[,;/]|\bund\b|\band\b", typed)):
        found = _SPAN.fullmatch(part)
        if found:
            spans.append([_clock(field, found[1], found[2]), _clock(field, found[3], found[4])])
        elif part:
            raise Wrong(field)
    return spans


def closures(values: Mapping[str, str]) -> list[dict[str, Any]]:
    """The rows that are filled. Raises Wrong."""
    found = []
    for n in rows(values):
        first, last, reason = (values.get(f"closure-{n}-{part}", "").strip() for part in ("from", "until", "reason"))
        if first or last or reason:
            closure = {"from": _day(first, n, "from"), "until": _day(last or first, n, "until")}
            found.append(closure | ({"reason": reason} if reason else {}))
    return found


def beside(errors: Mapping[str, str], values: Mapping[str, str]) -> dict[str, str]:
    """What is wrong with a body, as fields of the form and what would be right there."""
    filled = [n for n in rows(values) if values.get(f"closure-{n}-from")]
    return {field: text for name in errors for field, text in [_place(name, filled)]}


def _place(name: str, filled: Sequence[int]) -> tuple[str, str]:
    first, *more = name.split(".")
    if first == "weekly" and more and more[0] in WEEKDAYS:
        return more[0], WRONG["hours"]
    if first == "closures" and more and more[0].isdigit() and int(more[0]) < len(filled):
        return f"closure-{filled[int(more[0])]}-until", WRONG["closure"]
    return (first, WRONG[first]) if first in WRONG else ("name", WRONG["body"])


def _number(values: Mapping[str, str], name: str) -> int:
    try:
        return int(values.get(name, ""))
    except ValueError:
        raise Wrong(name) from None


def _clock(field: str, hour: str, minute: str | None) -> str:
    if int(hour) > 23 or int(minute or 0) > 59:
        raise Wrong(field)
    return f"{int(hour):02d}:{int(minute or 0):02d}"


def _day(typed: str, n: int, part: str) -> str:
    german = re.fullmatch(r"(\d{1,2})\.(\d{1,2})\.(\d{4})", typed)
    try:
        day = date(int(german[3]), int(german[2]), int(german[1])) if german else date.fromisoformat(typed)
    except ValueError:
        raise Wrong(f"closure-{n}-{part}") from None
    return day.isoformat()


def sentence(field: str) -> str:
    """What would be right in a field that can't be read."""
    if field in WEEKDAYS:
        return WRONG["hours"]
    return WRONG["closure"] if field.startswith("closure") else WRONG.get(field, WRONG["body"])
