"""The questions before the times, one page each."""

from dataclasses import replace

from werkzeug.wrappers import Request, Response

from services.booking.planning import NotPossible
from services.booking.queries import settled
from services.booking.responsibility import rules
from services.booking.web import details, house, steps
from services.booking.web.details import Details
from services.booking.web.house import House
from services.booking.web.journey import Journey
from services.booking.web.pages import page

LONGEST = 200
"""Characters of a surname or an address."""
WRONG = {
    "answer": "Bitte wählen Sie Ja oder Nein.",
    "step_free": "Bitte wählen Sie Ja oder Nein.",
    "party": "Bitte geben Sie eine Zahl an, die für dieses Anliegen möglich ist.",
    "surname": "Bitte geben Sie den Nachnamen an.",
    "street": "Bitte geben Sie Straße und Hausnummer an.",
}
UNCLEAR = {
    "house number": "Diese Straße gehört zu mehreren Bezirken. Bitte geben Sie auch die Hausnummer an.",
    "postcode": "Diese Straße gibt es mehrmals. Bitte geben Sie auch die Postleitzahl an.",
}
FIELD = {"party": "party", "access": "step_free", "surname": "surname", "street": "street"}
"""What each page asks for."""


def visit(app: House, request: Request) -> Response:
    """The next page of the visit in the address: a question, or on to the times."""
    return _next(app, request, house.asked(app, request.args), request.args.get("sent", ""))


def responsible(app: House, request: Request, field: str) -> Response:
    """A surname or an address was typed: find whose it is, and forget it."""
    journey = steps.tidy(house.asked(app, request.form), app.reads.catalogue)
    typed = _typed(request.form.get(field, ""))
    found, unclear = _whose(app, journey, field, typed)
    if not unclear:
        return house.see_other(house.address(app, "/visit", journey.knowing(found)))
    if details.COOKIE not in request.cookies:
        step = steps.Step(field, {"asking": steps.to_come_for(journey, app.reads.catalogue)})
        return _page(app, request, journey, step, {field: unclear}, {field: typed})
    kept = details.of_cookie(request, app.settings.secret) or Details()
    back = house.see_other(house.address(app, "/visit", journey, ("change", field), ("sent", field)))
    return details.keep(back, request, replace(kept, asked=typed), app.settings)


def _whose(app: House, journey: Journey, field: str, typed: str) -> tuple[dict[str, str], str]:
    """The key of the rule for each concern that asks; or what is wrong with what was typed."""
    kind = "surname" if field == "surname" else "district"
    coming = steps.to_come_for(journey, app.reads.catalogue)
    asking = [one.key for one in coming if one.responsibility == kind]
    surname, street = (typed or None, None) if field == "surname" else (None, typed or None)
    try:
        keys = rules(app.reads.index, app.reads.catalogue, asking, surname, street)
    except NotPossible as error:
        return {}, next((text for word, text in UNCLEAR.items() if word in error.detail), WRONG[field])
    return {concern: key for concern, key in zip(asking, keys, strict=True) if key is not None}, ""


def _typed(text: str) -> str:
    return " ".join(text.split())[:LONGEST]


def _next(app: House, request: Request, given: Journey, sent: str) -> Response:
    catalogue = app.reads.catalogue
    journey = steps.tidy(given, catalogue)
    if not journey.concerns:
        return house.see_other("/")
    step = steps.step(journey, catalogue, app.reads.index, request.args.get("change", ""))
    if step is None:
        return house.see_other(house.address(app, "/times", journey))
    field = "answer" if step.name.startswith("question-") else FIELD.get(step.name, "")
    values, errors = request.args.to_dict(), {}
    if field and sent == step.name:  # sent, and still open: it was left empty, or makes no sense
        errors = {field: WRONG[field]}
        if field in ("surname", "street"):
            kept = details.of_cookie(request, app.settings.secret) or Details()
            values[field] = kept.asked
            errors = {field: _whose(app, journey, field, kept.asked)[1] or WRONG[field]}
    response = _page(app, request, journey, step, errors, values)
    if field in ("surname", "street") and details.COOKIE not in request.cookies:
        details.keep(response, request, Details(), app.settings)
    return response


def _page(
    app: House, request: Request, journey: Journey, step: steps.Step, errors: dict[str, str], values: dict[str, str]
) -> Response:
    name = "question" if step.name.startswith("question-") else step.name
    checked = steps.checked(journey, app.reads.catalogue)
    more = {**step.more, "asking": list(step.more.get("asking", ()))}
    known: dict[str, str] = {
        "party": str(journey.party_size or 1),
        "step_free": "" if journey.step_free is None else "yes" if journey.step_free else "no",
        **{key: values[key] for key in ("party", "surname", "street") if key in values},
    }
    if "key" in more:
        known["answer"] = next((f"{q}:{'yes' if y else 'no'}" for q, y in journey.answers if q == more["key"]), "")
    return page(
        f"citizen/{name}.html",
        request,
        422 if errors else 200,
        here=house.address(app, "/visit", journey) if request.method == "POST" else None,
        errors=errors,
        values=known,
        step=step,
        checked=checked,
        documents=steps.documents(journey, app.reads.catalogue),
        settled=settled(checked),
        carried=house.pairs(app, _without(journey, step)),
        ways=_ways(app, journey),
        back=_back(app, journey, step),
        **more,
    )


def _back(app: House, journey: Journey, step: steps.Step) -> str:
    """The page before."""
    before = steps.before(journey, app.reads.catalogue, app.reads.index, step.name)
    if before is None:
        return house.address(app, "/", replace(journey, concerns=journey.concerns[:-1]), without=("seen", "from"))
    return house.address(app, "/visit", journey, ("change", before))


def _without(journey: Journey, step: steps.Step) -> Journey:
    """What the page's form carries on: all but its own answer."""
    if step.name.startswith("question-"):
        own = step.more["key"]
        return replace(journey, answers=tuple(one for one in journey.answers if one[0] != own))
    if step.name == "party":
        return replace(journey, party_size=None)
    return replace(journey, step_free=None) if step.name == "access" else journey


def _ways(app: House, journey: Journey) -> dict[str, str]:
    """Addresses that lead on from the page of chosen concerns."""
    ways = {"add": house.address(app, "/", journey, without=("seen", "from"))}
    for key in journey.concerns:
        rest = replace(journey, concerns=tuple(one for one in journey.concerns if one != key))
        ways[f"remove-{key}"] = house.address(app, "/visit" if rest.concerns else "/", rest, without=("seen",))
    return ways


def has_details(app: House, request: Request) -> bool:
    """Has this browser typed name and address already?"""
    kept = details.of_cookie(request, app.settings.secret)
    return kept is not None and not details.wrong(kept)
