"""What the pages do: ask the app as the API does, and show the answer or what is wrong beside its field."""

import secrets
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Protocol
from urllib.parse import urlencode

import orjson
from marshmallow import ValidationError
from werkzeug.wrappers import Request, Response

from services.booking import http
from services.booking.appointment import Appointment, Refused
from services.booking.planning import NotPossible
from services.booking.queries import ReadSide
from services.booking.web.pages import by_day, by_topic, nested, page
from shared.config import Settings
from shared.messages import Cause
from shared.web import Problem, flatten
from shared.words import SOURCE

SHOWN = 12
"""Times on one page."""
WRONG = {
    "concern": "Bitte wählen Sie ein Anliegen.",
    "party_size": "Bitte geben Sie eine Zahl an, die für dieses Anliegen möglich ist.",
    "surname": "Wer zuständig ist, hängt vom Nachnamen ab. Bitte geben Sie ihn an.",
    "street": "Wer zuständig ist, hängt von der Straße ab. Bitte geben Sie sie an.",
    "proposal": "Bitte wählen Sie einen der freien Termine.",
    "guest.name": "Bitte geben Sie Ihren Namen an, höchstens 200 Zeichen.",
    "guest.email": "Bitte geben Sie eine E-Mail-Adresse an, wie name@example.org.",
    "guest.phone": "Bitte geben Sie höchstens 40 Zeichen an.",
}
LISTS = ("concern", "part", "weekday", "answer")
GONE = "Dieser Termin wurde gerade vergeben. Hier sind andere."


class Asked(Protocol):
    """What the pages need of the app."""

    reads: ReadSide
    settings: Settings

    def clock(self) -> Any: ...
    def life(self, appointment: str) -> Appointment: ...
    def request(self, body: dict[str, Any], key: str, raw: bytes, cause: Cause) -> dict[str, Any]: ...
    def move(self, appointment: str, proposal: str, cause: Cause) -> None: ...
    def cancel(self, appointment: str, cause: Cause) -> None: ...


def start(app: Asked, request: Request, errors: Mapping[str, str] | None = None) -> Response:
    """What is it about?"""
    values = {"party_size": "1", **request.values.to_dict()}
    topics = by_topic(app.reads.concerns())
    return page("start.html", request, 422 if errors else 200, topics=topics, values=values, errors=errors or {})


def times(app: Asked, request: Request) -> Response:
    """Free times for what was asked; back to the first page where that makes no sense.

    The form posts: a surname or a street has no place in an address.
    """
    given = {name: value for name, value in request.values.items() if value}
    lists = {name: [one for one in request.values.getlist(name) if one] for name in LISTS}
    try:
        asked = http.ProposalsQuery(unknown="exclude").load(given | lists)
        found = app.reads.proposals(asked | {"limit": SHOWN}, app.clock())
    except ValidationError as error:
        return start(app, request, _beside(flatten(error.messages)))
    except NotPossible as error:
        return start(app, request, _beside({error.field: error.detail}))
    if found["questions"]:
        fields = list(request.values.items(multi=True))
        return page("question.html", request, question=found["questions"][0], asked=fields)
    if found["no_visit_needed"] and not found["proposals"] and not found["nothing_because"]:
        return page("online.html", request, settled=found["no_visit_needed"])
    return _times(app, request, found, values=given, key=secrets.token_urlsafe(16), later=_later(request, found))


def ask(app: Asked, request: Request) -> Response:
    """Ask for the chosen time; nothing that was typed is lost when something is wrong."""
    form = request.form.to_dict()
    body = nested({name: value for name, value in form.items() if name not in ("key", "lang")})
    try:
        loaded = http.AppointmentBody().load(body | {"language": form.get("lang") or SOURCE})
        raw = orjson.dumps(loaded, option=orjson.OPT_SORT_KEYS)
        accepted = app.request(loaded, form.get("key") or secrets.token_urlsafe(16), raw, request.cause)  # type: ignore[attr-defined]
    except ValidationError as error:
        return _again(app, request, form, _beside(flatten(error.messages)))
    except Problem as problem:
        gone = GONE if problem.status == 409 else ""
        return _again(app, request, form, {} if gone else {"proposal": WRONG["proposal"]}, gone)
    return _see_other(accepted["appointment"], accepted["manage_token"], form.get("lang", ""))


def see(app: Asked, request: Request, appointment: str) -> Response:
    """One's appointment; the page asks again by itself as long as something is being reserved."""
    return _mine(app, request, appointment, lambda token: _shown(app, request, appointment, token))


def cancel(app: Asked, request: Request, appointment: str) -> Response:
    """Cancel, and show that."""

    def do(token: str) -> Response:
        app.cancel(appointment, request.cause)  # type: ignore[attr-defined]
        return _see_other(appointment, token, request.values.get("lang", ""))

    return _mine(app, request, appointment, do)


def choose_move(app: Asked, request: Request, appointment: str, message: str = "") -> Response:
    """Other times for the same visit."""

    def do(token: str) -> Response:
        plan = app.life(appointment).plan
        if plan is None:
            return _no_such(request)
        first = request.args.get("from", "")
        day = http.ProposalsQuery().fields["first"].deserialize(first) if first else None
        proposals = app.reads.instead(plan, app.clock(), SHOWN, day)
        later = None
        if proposals:
            after = (proposals[-1]["starts_at"] + timedelta(days=1)).date().isoformat()
            later = f"/appointments/{appointment}/times?" + urlencode({"token": token, "from": after})
        visit = app.reads.appointment(appointment, app.life(appointment), app.clock())
        days = by_day(proposals)
        return page("move.html", request, visit=visit, days=days, token=token, message=message, later=later)

    return _mine(app, request, appointment, do)


def move(app: Asked, request: Request, appointment: str) -> Response:
    """Ask for another time, and show what happens."""

    def do(token: str) -> Response:
        try:
            app.move(appointment, request.form.get("proposal", ""), request.cause)  # type: ignore[attr-defined]
        except Problem:
            return choose_move(app, request, appointment, GONE)
        return _see_other(appointment, token, request.values.get("lang", ""))

    return _mine(app, request, appointment, do)


def _mine(app: Asked, request: Request, appointment: str, do: Callable[[str], Response]) -> Response:
    """Only with the appointment's own token, and only while its data is there."""
    token = request.values.get("token", "")
    if not app.reads.tokens.may_manage(appointment, token) or app.life(appointment).forgotten:
        return _no_such(request)
    try:
        return do(token)
    except Refused:
        return page("problem.html", request, 409, title=_TOO_LATE[0], detail=_TOO_LATE[1])
    except ValidationError:
        return _no_such(request)


_TOO_LATE = ("Das geht nicht mehr", "Der Termin hat schon begonnen, ist vorbei oder wird gerade geändert.")
_NO_SUCH = ("Diese Seite gibt es nicht", "Der Link ist nicht vollständig oder nicht mehr gültig.")


def _no_such(request: Request) -> Response:
    return page("problem.html", request, 404, title=_NO_SUCH[0], detail=_NO_SUCH[1])


def _shown(app: Asked, request: Request, appointment: str, token: str) -> Response:
    state = app.life(appointment)
    visit = app.reads.appointment(appointment, state, app.clock())
    if not visit or state.plan is None:
        return _no_such(request)
    again = [("concern", stop.concern) for stop in state.plan.stops]
    query = urlencode([*again, ("party_size", state.plan.party_size), ("from", str(state.plan.date))])
    return page(
        "appointment.html",
        request,
        refresh=1 if state.pending else 0,
        visit=visit,
        token=token,
        changeable=app.clock() < state.plan.starts_at and not state.pending,
        again=f"/times?{query}",
    )


def _again(
    app: Asked, request: Request, form: dict[str, str], errors: Mapping[str, str], message: str = ""
) -> Response:
    """The page of times once more, with what was typed; fresh times, where the chosen one says what was asked."""
    try:
        plan = app.plan(form.get("proposal", ""), SOURCE)  # type: ignore[attr-defined]
    except Problem:
        return start(app, request, {"concern": WRONG["concern"]})
    proposals = app.reads.instead(plan, app.clock(), SHOWN)
    chosen = [proposal for proposal in proposals if proposal["starts_at"] == plan.starts_at]
    values = form | {"proposal": chosen[0]["id"] if chosen else ""}
    found = {"proposals": proposals, "nothing_because": None}
    key = secrets.token_urlsafe(16) if message else form.get("key", "")
    return _times(app, request, found, 409 if message else 422, errors=errors, values=values, message=message, key=key)


def _times(app: Asked, request: Request, found: Mapping[str, Any], status: int = 200, **values: Any) -> Response:
    nothing = found["nothing_because"] or {}
    chance, kept = nothing.get("next_chance"), app.settings.retention_days
    shown = {"errors": {}, "message": "", "later": [], "next_chance": chance, "retention_days": kept, **values}
    return page("times.html", request, status, days=by_day(found["proposals"]), **shown)


def _later(request: Request, found: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The fields of the same question from the day after the last time shown."""
    if not found["proposals"]:
        return []
    last = max(proposal["starts_at"] for proposal in found["proposals"])
    asked = [(name, value) for name, value in request.values.items(multi=True) if name != "from"]
    return [*asked, ("from", (last + timedelta(days=1)).date().isoformat())]


def _beside(errors: Mapping[str, str]) -> dict[str, str]:
    names = {name.partition(".")[0] if name.startswith("concern") else name for name in errors}
    return {name: WRONG.get(name, WRONG["proposal"]) for name in names}


def _see_other(appointment: str, token: str, language: str) -> Response:
    query = urlencode({"token": token, **({"lang": language} if language else {})})
    return Response(status=303, headers={"Location": f"/appointments/{appointment}?{query}"})
