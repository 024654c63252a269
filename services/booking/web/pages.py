"""Plain pages for guests: find a time, ask for it, see it, move it, cancel it. They work without JavaScript."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any

from shared.pages import Kit

FOLDER = Path(__file__).parent
KIT = Kit("booking", FOLDER, title="Termin im Rathaus", stylesheets=("own/booking.css",))
pages, page = KIT.pages, KIT.page


def by_day(proposals: Sequence[Mapping[str, Any]]) -> list[tuple[datetime, list[Mapping[str, Any]]]]:
    """Proposals grouped by their local day, in order of time."""
    ordered = sorted(proposals, key=lambda proposal: proposal["starts_at"])
    days = groupby(ordered, key=lambda proposal: proposal["starts_at"].date())
    return [(group[0]["starts_at"], group) for _, it in days if (group := list(it))]


def by_topic(concerns: Sequence[Any]) -> list[tuple[str, list[Any]]]:
    """Concerns grouped by topic, as the catalogue orders them."""
    return [(topic, list(group)) for topic, group in groupby(concerns, key=lambda concern: concern.topic)]


def nested(form: Mapping[str, str]) -> dict[str, Any]:
    """A form's fields as the body of the API call: `guest.name` goes into `guest`. Empty fields are left out."""
    body: dict[str, Any] = {"guest": {}}
    for name, value in form.items():
        outer, _, inner = name.partition(".")
        if value and inner:
            body.setdefault(outer, {})[inner] = value
        elif value:
            body[outer] = value
    return body
