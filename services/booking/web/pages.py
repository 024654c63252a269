"""Plain pages for guests: find a time, ask for it, see it, move it, cancel it. They work without JavaScript."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from werkzeug.wrappers import Request, Response

from shared.words import SOURCE, Words, load

FOLDER = Path(__file__).parent
SPOKEN = load(FOLDER.parent / "locale")
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_templates = Environment(loader=FileSystemLoader(FOLDER / "templates"), autoescape=True, undefined=StrictUndefined)


def words(request: Request) -> Words:
    """The language of the page: as chosen (`lang`), else the browser's, else German."""
    chosen = request.values.get("lang", "")
    return SPOKEN[chosen if chosen in SPOKEN else request.accept_languages.best_match(SPOKEN, SOURCE) or SOURCE]


def page(name: str, request: Request, status: int = 200, refresh: int = 0, **values: Any) -> Response:
    """Render a page. `refresh`: seconds after which the browser asks again; 0 = never."""
    spoken = words(request)
    body = _templates.get_template(name).render(w=spoken, refresh=refresh, path=request.path, **values)
    headers = {"Content-Security-Policy": POLICY, "Referrer-Policy": "no-referrer", "Cache-Control": "no-store"}
    return Response(body, status, headers, content_type="text/html; charset=utf-8")


def stylesheet() -> Response:
    """The one stylesheet."""
    body = (FOLDER / "static" / "booking.css").read_bytes()
    return Response(body, headers={"Cache-Control": "public, max-age=3600"}, content_type="text/css; charset=utf-8")


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
