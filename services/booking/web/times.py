"""The page of times, and the way from the chosen one to the request: details, check, send."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import orjson
from marshmallow import ValidationError
from werkzeug.wrappers import Request, Response

from services.booking import http
from services.booking.appointment import Refused
from services.booking.events import Plan
from services.booking.planning import PARTS, WEEKDAYS, NotPossible
from services.booking.proposals.index import Index
from services.booking.web import details, house, steps
from services.booking.web.asking import has_details
from services.booking.web.choosing import choice
from services.booking.web.details import Details
from services.booking.web.house import House
from services.booking.web.journey import Journey
from services.booking.web.pages import KIT, page, place
from shared.pages import Sorry
from shared.web import Problem

NO_TIME = "Bitte wählen Sie einen der freien Termine."
GONE = "Dieser Termin wurde gerade vergeben. Hier sind andere; Ihre Angaben haben wir behalten."
TOO_OLD = "Diese Auswahl ist älter als einen Tag oder der Termin ist vorbei. Bitte wählen Sie noch einmal."
SAID = {"gone": GONE, "old": TOO_OLD}
"""Why one has to choose again, by the word in the address."""
BECAUSE = {
    "no_clerk": "Dafür ist zurzeit niemand eingeteilt.",
    "not_responsible": "Für Ihre Angaben ist zurzeit niemand eingeteilt.",
    "no_language": "Niemand, der dafür zuständig ist, spricht diese Sprache.",
    "no_room": "Dort gibt es keinen Raum dafür.",
    "no_equipment": "Dort gibt es keinen Raum mit der nötigen Ausstattung.",
    "not_step_free": "Dort gibt es keinen passenden Raum mit stufenlosem Zugang.",
    "too_few_seats": "Für so viele Personen ist kein Raum groß genug.",
    "outside_horizon": "An diesen Tagen kann noch nicht oder nicht mehr gebucht werden.",
    "not_released": "Weitere Termine werden erst später freigegeben.",
    "clerk_absent": "An diesen Tagen arbeitet niemand, der dafür zuständig ist.",
    "room_closed": "An diesen Tagen ist dort geschlossen.",
    "closed": "An diesen Tagen ist dort geschlossen.",
    "too_long": "Der Besuch dauert länger, als geöffnet ist.",
    "full": "Alle Termine, die zu Ihren Angaben passen, sind vergeben.",
    "not_together": "Alle Anliegen in einem Besuch passen nirgends zusammen. Einzeln sind Termine frei.",
}
OPENS = {
    "other_times": ("Ohne Wunsch nach Wochentag oder Tageszeit", ("part", "weekday")),
    "later": ("Zu späteren Tagen", ("from",)),
    "earlier": ("Zu früheren Tagen", ("from",)),
    "other_site": ("An einem anderen Standort", ("site",)),
    "other_language": ("In einer anderen Sprache", ("spoken",)),
}


def times(app: House, request: Request) -> Response:
    """Free times for the visit in the address."""
    said = SAID.get(request.args.get("said", ""), "")
    return _times(app, request, house.asked(app, request.args), 409 if said else 200, said)


def _times(
    app: House, request: Request, given: Journey, status: int = 200, said: str = "", typed: Details | None = None
) -> Response:
    """`said`: why one has to choose again; `typed`: details to carry along, where they are not in the cookie."""
    journey = steps.tidy(given, app.reads.catalogue)
    if not journey.concerns or steps.step(journey, app.reads.catalogue, app.reads.index):
        return house.see_other(house.address(app, "/visit", journey) if journey.concerns else "/")
    try:
        found = choice(app.reads, journey.question(), app.clock())
    except NotPossible:
        return house.see_other("/")
    errors = {"proposal": NO_TIME} if status == 422 else {}
    nothing = found.nothing
    return page(
        "citizen/times.html",
        request,
        status,
        here=house.address(app, "/times", journey) if request.method == "POST" else None,
        errors=errors,
        said=said,
        typed=typed,
        choice=found,
        journey=journey,
        carried=house.pairs(app, journey),
        asked=house.pairs(app, journey, "from", "part", "weekday", "site", "spoken"),
        action="/check" if has_details(app, request) else "/details",
        turns=_turns(app, journey, found.earlier, found.later),
        documents=steps.documents(journey, app.reads.catalogue),
        checked=steps.checked(journey, app.reads.catalogue),
        wishes=_wishes(app, journey),
        because=BECAUSE.get(str(nothing.get("because")), "") if nothing is not None else "",
        opens=_opens(nothing or {}),
        ways=_chances(app, journey, nothing or {}),
        changes=changes(app, journey),
        back=house.address(app, "/visit", journey, ("change", "documents")),
    )


def _turns(app: House, journey: Journey, earlier: date | None, later: date | None) -> dict[str, str]:
    days = {"earlier": earlier, "later": later}
    return {name: house.address(app, "/times", replace(journey, first=day)) for name, day in days.items() if day}


def _wishes(app: House, journey: Journey) -> dict[str, Any]:
    """What the times can be narrowed down to."""
    index = app.reads.index
    return {
        "parts": list(PARTS),
        "weekdays": WEEKDAYS[:6],
        "sites": [(site, app.reads.site_name(site)) for site in index.sites()],
        "spoken": _spoken(index),
        "today": house.today(app),
        "any": bool(journey.wishes()),
    }


def _spoken(index: Index) -> list[str]:
    return sorted({language for clerk in index.clerks.values() for language in clerk.languages} - {"de"})


def _opens(nothing: Mapping[str, Any]) -> date | None:
    """The day on which the next place can be booked, where that is not yet."""
    opens = nothing.get("detail", {}).get("bookable_from")
    return date.fromisoformat(opens) if opens else None


def _chances(app: House, journey: Journey, nothing: Mapping[str, Any]) -> list[tuple[str, str, Any]]:
    """What would open something: text, address, and the first time there."""
    ways = []
    for chance in nothing.get("chances", ()):
        if chance.opens in OPENS:
            text, without = OPENS[chance.opens]
            ways.append((text, house.address(app, "/times", journey, without=without), chance.starts_at))
    return ways


def changes(app: House, journey: Journey) -> dict[str, str]:
    """Where each answer can be changed; the way leads back to the times."""
    ways = {name: house.address(app, "/visit", journey, ("change", name)) for name in ("concerns", "party", "access")}
    return ways | {"time": house.address(app, "/times", journey)}


# ------------------------------------------------------------------------------------------------------------- details


def ask_details(app: House, request: Request) -> Response:
    """Name and address; what was typed before stands there again."""
    journey, proposal = _chosen(app, request)
    plan = _plan(app, proposal, KIT.words(request).language) if proposal else None
    if plan is None:
        return _times(app, request, journey, 422 if not proposal else 409, TOO_OLD if proposal else "")
    kept = details.of_cookie(request, app.settings.secret) or Details()
    errors = details.wrong(kept) if request.args.get("sent") == "details" else {}
    return _details(app, request, journey, proposal, plan, kept, errors)


def take_details(app: House, request: Request) -> Response:
    """Keep them, and go on; or say what is wrong."""
    journey, proposal = _chosen(app, request)
    typed = details.of_form(request.form)
    kept = details.of_cookie(request, app.settings.secret)
    if kept is not None and kept.guest() == typed.guest() and kept.draft:
        typed = kept
    else:
        typed = replace(typed, draft=details.new_draft())
    errors = details.wrong(typed)
    if details.COOKIE in request.cookies:
        path, more = ("/details", [("sent", "details")]) if errors else ("/check", [])
        url = house.address(app, path, journey, ("proposal", proposal), *more)
        return details.keep(house.see_other(url), request, typed, app.settings)
    plan = _plan(app, proposal, KIT.words(request).language)
    if plan is None:
        others = _times(app, request, journey, 409 if proposal else 422, TOO_OLD if proposal else "", typed)
        return _kept(app, request, typed, others)
    if errors:
        return _details(app, request, journey, proposal, plan, typed, errors)
    return _check(app, request, journey, proposal, plan, typed)


def _details(
    app: House,
    request: Request,
    journey: Journey,
    proposal: str,
    plan: Plan,
    typed: Details,
    errors: Mapping[str, str] | None = None,
) -> Response:
    response = page(
        "citizen/details.html",
        request,
        422 if errors else 200,
        here=house.address(app, "/details", journey, ("proposal", proposal)),
        errors=errors or {},
        values=typed.guest(),
        carried=[*house.pairs(app, journey), ("proposal", proposal)],
        plan=plan,
        back=house.address(app, "/times", journey),
        place=place(app, plan.site),
        retention_days=app.settings.retention_days,
    )
    return _kept(app, request, typed, response)


def _kept(app: House, request: Request, typed: Details, response: Response) -> Response:
    """Also where the cookie has ended meanwhile; whether a browser takes one is seen when it comes back."""
    if details.COOKIE not in request.cookies:
        details.keep(response, request, typed, app.settings)
    return response


def check(app: House, request: Request) -> Response:
    """Everything once more, before it is sent."""
    journey, proposal = _chosen(app, request)
    kept = details.of_cookie(request, app.settings.secret)
    if kept is not None and kept.booked and kept.booked[0] == details.mark(proposal):
        return page("citizen/booked.html", request, link=f"/appointments/{kept.booked[1]}?token={kept.booked[2]}")
    if not proposal:
        return _times(app, request, journey, 422)
    plan = _plan(app, proposal, KIT.words(request).language)
    if plan is None:
        return _times(app, request, journey, 409, TOO_OLD)
    if not has_details(app, request) or kept is None:
        return house.see_other(house.address(app, "/details", journey, ("proposal", proposal)))
    return _check(app, request, journey, proposal, plan, kept)


def _check(app: House, request: Request, journey: Journey, proposal: str, plan: Plan, typed: Details) -> Response:
    response = page(
        "citizen/check.html",
        request,
        here=house.address(app, "/check", journey, ("proposal", proposal)),
        plan=plan,
        typed=typed,
        carried=[*house.pairs(app, journey), ("proposal", proposal), *typed.guest().items(), ("draft", typed.draft)],
        changes=changes(app, journey)
        | {"details": house.address(app, "/details", journey, ("proposal", proposal)), "documents": "#documents"},
        place=place(app, plan.site),
        retention_days=app.settings.retention_days,
    )
    return _kept(app, request, typed, response)


def send(app: House, request: Request) -> Response:
    """Ask for the appointment; pressing twice asks once."""
    journey, proposal = _chosen(app, request)
    typed = details.of_form(request.form)
    errors, language = details.wrong(typed), KIT.words(request).language
    plan = _plan(app, proposal, language)
    if errors and plan is not None:
        return _details(app, request, journey, proposal, plan, typed, errors)
    body = {"proposal": proposal, "guest": typed.guest(), "language": language}
    try:
        loaded = http.AppointmentBody().load(body)
        raw = orjson.dumps(loaded, option=orjson.OPT_SORT_KEYS)
        accepted = app.request(loaded, typed.key(proposal), raw, house.cause(request), by_mail=True)
    except ValidationError:
        return _kept(app, request, typed, _times(app, request, journey, 422, typed=typed))
    except Refused:
        raise Sorry(409, *SENT_ALREADY) from None
    except Problem as problem:
        said = "gone" if problem.status == 409 else "old"
        if details.COOKIE not in request.cookies:
            return _kept(app, request, typed, _times(app, request, journey, 409, SAID[said], typed))
        again = house.see_other(house.address(app, "/times", journey, ("said", said)))
        return details.keep(again, request, typed, app.settings)
    appointment, token = accepted["appointment"], accepted["manage_token"]
    response = house.see_other(f"/appointments/{appointment}?token={token}")
    if details.COOKIE in request.cookies:
        kept = details.of_cookie(request, app.settings.secret)
        left = kept if kept is not None and kept.draft != typed.draft else Details()
        done = replace(left, booked=(details.mark(proposal), appointment, token))
        details.keep(response, request, done, app.settings)
    return response


SENT_ALREADY = (
    "Das haben Sie schon abgeschickt",
    "Dieses Formular wurde schon mit anderen Angaben gesendet. Den Link zu Ihrem Termin finden Sie in der E-Mail.",
)


def _chosen(app: House, request: Request) -> tuple[Journey, str]:
    given = request.values
    return steps.tidy(house.asked(app, given), app.reads.catalogue), given.get("proposal", "")[:4000]


def _plan(app: House, proposal: str, language: str) -> Plan | None:
    """The plan of a proposal that can still be taken, as far as its time goes."""
    try:
        plan = app.plan(proposal, language)
    except Problem:
        return None
    return plan if plan.starts_at > app.clock() else None
