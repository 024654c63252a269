"""The info desk: a guest without an appointment gets one, or a time at once, with a few keys."""

import re
import secrets
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import orjson
from marshmallow import ValidationError
from werkzeug.wrappers import Request, Response

from services.booking import http
from services.booking.events import Concern
from services.booking.finder import Finder
from services.booking.planning import NotPossible
from services.booking.web import desk_day
from services.booking.web.finding import LONGEST
from services.booking.web.staff_kit import STAFF, page
from shared.fields import Line
from shared.pages.kit import see_other
from shared.problems import Problem
from shared.web import flatten
from shared.words import Words

AUDIENCE = ("internal",)
URGENT = "urgent"
TODAY, LATER = 4, 4
"""Times that are shown of today, and of later days."""
AT_ONCE = timedelta(minutes=12)
"""What begins so soon is called "now"."""
FOUND = 6
WRONG = {
    "q": "Bitte sagen Sie, worum es geht: ein Anliegen oder ein Stichwort.",
    "unknown": "Dazu gibt es kein Anliegen. Bitte versuchen Sie ein anderes Wort.",
    "twice": "Das ist schon das erste Anliegen. Bitte geben Sie ein anderes an, oder lassen Sie das Feld leer.",
    "party_size": "Bitte geben Sie eine Zahl an, die für dieses Anliegen möglich ist.",
    "name": "Bitte geben Sie den Namen an, höchstens 200 gewöhnliche Zeichen.",
    "email": "Bitte geben Sie eine E-Mail-Adresse an, wie name@example.org, oder lassen Sie das Feld leer.",
    "street": "Wer zuständig ist, hängt von der Straße ab. Bitte geben Sie sie an.",
    "surname": "Wer zuständig ist, hängt vom Nachnamen ab. Bitte geben Sie ihn an.",
    "proposal": "Bitte wählen Sie eine der freien Zeiten.",
}
GONE = "Diese Zeit wurde gerade vergeben. Hier sind andere."
BEGUN = "Diese Zeit hat inzwischen begonnen. Hier sind die nächsten."
LOST = {"/problems/place_taken": GONE, "/problems/time_passed": BEGUN}
_KEPT = ("q", "q2", "party_size", "name", "email", "street", "surname", "urgent", "step_free", "site")
_NONE: dict[str, Any] = {"meant": (), "also": (), "chosen": (), "found": None, "message": "", "answers": {}, "key": ""}
_finder: list[tuple[Any, Finder]] = []


def show(app: Any, request: Request) -> Response:
    """The empty form, and how full today is."""
    return _page(app, request, {"party_size": "1"})


def search(app: Any, request: Request, message: str = "") -> Response:
    """What is meant, and when it is possible: now, today, later."""
    values = {name: request.form.get(name, "").strip() for name in _KEPT}
    values |= {"q": _said(request, ""), "q2": _said(request, "2")}
    errors: dict[str, str] = {}
    first = _meant(app, request, "", errors)
    second = _meant(app, request, "2", errors, without=first[0].key if first else "")
    if wrong := name_fault(values["name"]):
        errors["name"] = wrong
    if wrong := email_fault(values["email"]):
        errors["email"] = wrong
    if errors:
        return _page(app, request, values, 422, errors=errors)
    chosen = (*first[:1], *second[:1])
    shown: dict[str, Any] = {"chosen": chosen}
    shown |= {"meant": _in_order(app, values["q"], first), "also": _in_order(app, values["q2"], second)}
    answers = _answers(request, chosen)
    try:
        found = times(app, values, chosen, [f"{name}:{answer}" for name, answer in answers.items()])
    except ValidationError as error:
        return _page(app, request, values, 422, errors=_beside(flatten(error.messages)), **shown)
    except NotPossible as error:
        return _page(app, request, values, 422, errors=_beside({error.field: error.detail}), **shown)
    shown |= {"found": found, "message": message, "answers": answers, "key": secrets.token_urlsafe(16)}
    return _page(app, request, values, 409 if message else 200, **shown)


def take(app: Any, request: Any) -> Response:
    """Book what was chosen for this guest; nothing has to be typed again when it can't be had."""
    form = request.form
    guest = {"name": form.get("name", "").strip(), "email": form.get("email", "").strip(), "phone": ""}
    if name_fault(guest["name"]) or email_fault(guest["email"]) or not form.get("proposal"):
        return search(app, request, WRONG["proposal"] if not form.get("proposal") else "")
    body = {
        "proposal": form["proposal"],
        "guest": guest,
        "party_size": None,
        "language": form.get("language") if form.get("language") in STAFF.spoken else "de",
    }
    key = form.get("key") or secrets.token_urlsafe(16)
    try:
        raw = orjson.dumps(body, option=orjson.OPT_SORT_KEYS)
        accepted = app.request(body, f"desk {key}", raw, request.cause)
    except Problem as problem:
        return search(app, request, LOST.get(problem.kind, WRONG["proposal"]))
    return see_other(f"/desk/visits/{accepted['appointment']}")


def meant(app: Any, said: str) -> list[Concern]:
    """The concerns that somebody may mean, best first."""
    known: Mapping[str, Concern] = app.reads.catalogue.concerns
    if not _finder or _finder[0][0] is not known:
        _finder[:] = [(known, Finder(app.reads.concerns()))]
    exact = [one for one in known.values() if _is_called(one, said)]
    found = [known[key] for key in _finder[0][1].find(said, FOUND)]
    return list(dict.fromkeys([*exact, *found]))


def _meant(app: Any, request: Request, which: str, errors: dict[str, str], without: str = "") -> list[Concern]:
    """What one field may mean, the chosen one first; a second may be left out, and is another one than the first."""
    said, key = _said(request, which), request.form.get(f"concern{which}", "")
    known = meant(app, said) if said else []
    found = [one for one in known if one.key != without]
    if known and known[0].key == without and _is_called(known[0], said):
        found = []
    if not found and (said or not which):
        errors[f"q{which}"] = WRONG["twice" if known else "unknown" if said else "q"]
    if request.form.get(f"searched{which}") == said:
        found.sort(key=lambda one: one.key != key)
    return found


def _said(request: Request, which: str) -> str:
    return request.form.get(f"q{which}", "").strip()[:LONGEST]


def _is_called(concern: Concern, said: str) -> bool:
    return said.casefold() in (concern.name.de.casefold(), concern.name.en.casefold())


def _in_order(app: Any, said: str, concerns: Sequence[Concern]) -> list[Concern]:
    """As they were found, so that a choice doesn't make them jump."""
    return [one for one in meant(app, said) if one in concerns] if said else []


def _answers(request: Request, concerns: Sequence[Concern]) -> dict[str, str]:
    """What was answered of what these concerns ask; another concern may have been meant before."""
    asked = dict.fromkeys(question.key for one in concerns for question in one.questions)
    given = {key: request.form.get(f"answer-{key}", "") for key in asked}
    return {key: answer for key, answer in given.items() if answer}


def times(app: Any, values: Mapping[str, str], concerns: Sequence[Concern], answers: Sequence[str]) -> dict[str, Any]:
    """What the search finds for today and for later, in the order of time. Raises ValidationError, NotPossible."""
    given = {name: values[name] for name in ("party_size", "street", "step_free", "site") if values.get(name)}
    words = values.get("name", "").split()
    surname = values.get("surname") or (words[-1] if words else "")
    asked = {"concern": [one.key for one in concerns], "answer": list(answers), **given}
    audience = (*AUDIENCE, URGENT) if values.get("urgent") else AUDIENCE
    query = http.ProposalsQuery(unknown="exclude").load(asked | ({"surname": surname} if surname else {}))
    now = app.clock()
    today = now.astimezone(app.reads.zone).date()
    found = app.reads.proposals(query | {"first": today, "last": today, "limit": TODAY}, now, audience)
    later = app.reads.proposals(query | {"first": today + timedelta(days=1), "limit": LATER}, now, audience)
    proposals = sorted([*found["proposals"], *later["proposals"]], key=lambda one: one["starts_at"])
    return {
        "proposals": [one | {"when": when(one["starts_at"], now, today)} for one in proposals],
        "nothing_because": None if proposals else later["nothing_because"],
        "no_visit_needed": found["no_visit_needed"],
        "questions": list({one["question"]: one for one in found["questions"]}.values()),
    }


def when(starts_at: datetime, now: datetime, today: date) -> str:
    """now, today, later."""
    if starts_at - now < AT_ONCE:
        return "now"
    return "today" if starts_at.date() == today else "later"


def name_fault(name: str) -> str:
    """What is wrong with it; "" = nothing."""
    try:
        Line().deserialize(name)
    except ValidationError:
        return WRONG["name"]
    return ""


def email_fault(email: str) -> str:
    """What is wrong with it; none at all is fine."""
    try:
        if email:
            http.GuestBody(only=("email",)).load({"email": email})
    except ValidationError:
        return WRONG["email"]
    return ""


def spoken(request: Request) -> Words:
    """The language of the page."""
    return STAFF.words(request)


def _beside(errors: Mapping[str, str]) -> dict[str, str]:
    names = {re.split(r"\W", name)[0] for name in errors}
    return {name if name in WRONG else "q": WRONG.get(name, WRONG["q"]) for name in names}


def _page(app: Any, request: Request, values: Mapping[str, str], status: int = 200, **more: Any) -> Response:
    errors = more.pop("errors", {})
    shown = _NONE | more
    needs = _needs(shown["chosen"], errors)
    return page(
        "staff/desk.html",
        request,
        status,
        here="/desk",
        values=values,
        errors=errors,
        needs=needs,
        concerns=app.reads.concerns(),
        fullness=desk_day.fullness(app),
        sites=app.reads.sites,
        site_names=[
            (key, name.en if spoken(request).language == "en" else name.de) for key, name in app.reads.sites.items()
        ],
        **shown,
    )


def _site_names(app: Any, language: str) -> list[tuple[str, str]]:
    return [(key, name.en if language == "en" else name.de) for key, name in app.reads.sites.items()]


def _needs(chosen: Sequence[Concern], errors: Mapping[str, str]) -> set[str]:
    """The fields that only some concerns ask for."""
    needed = {"street"} if any(one.responsibility == "district" for one in chosen) else set()
    return needed | ({"street", "surname"} & set(errors))
