"""My hours: those of each week that are open for appointments, drawn, listed, and changed one at a time."""

from collections.abc import Mapping
from datetime import date as Date
from datetime import datetime, timedelta
from typing import Any

from marshmallow import ValidationError
from werkzeug.wrappers import Response

from services.staff_calendar import queries
from services.staff_calendar.decider import Refused
from services.staff_calendar.events import PUBLIC, WEEKDAYS
from services.staff_calendar.web import forms
from services.staff_calendar.web.bodies import QuotasBody
from services.staff_calendar.web.forms import Wrong
from services.staff_calendar.web.hours import order_quotas
from services.staff_calendar.web.pages import NobodyNamed, Owner, about, now, owner, zone
from shared.app import App
from shared.named import names
from shared.pages.kit import see_other

QUARTER = 15
"""Minutes of a row of the drawing."""
STALE = "Ihre Zeiten wurden inzwischen in einem anderen Fenster geändert. Bitte prüfen Sie sie noch einmal."


def show(app: App, request: Any) -> Response:
    """The drawing and the lists."""
    try:
        who = owner(app, request)
    except NobodyNamed:
        return see_other("/staff")
    today = now(app).date()
    with app.read() as connection:
        absences = queries.away(connection, who.clerk, app.clock())
    weekly = list(enumerate(who.quotas["weekly"]))
    local = zone(app)
    return about(
        "my_week.html",
        request,
        who,
        days=[(day, [_block(n, told) for n, told in weekly if told["weekday"] == day]) for day in _shown(who)],
        weekly=sorted(weekly, key=lambda one: (WEEKDAYS.index(one[1]["weekday"]), one[1]["from"])),
        exceptions=[one for one in enumerate(who.quotas["exceptions"]) if one[1]["date"] >= today.isoformat()],
        absences=[
            one | {name: datetime.fromisoformat(one[f"{name}_at"]).astimezone(local) for name in ("from", "until")}
            for one in absences
        ],
        rhythm_of=forms.rhythm_of,
        date_of=Date.fromisoformat,
        said=request.args.get("said", ""),
    )


def _shown(who: Owner) -> list[str]:
    """Monday to Friday, and the weekend where somebody works on it."""
    used = {told["weekday"] for told in who.quotas["weekly"]}
    return [day for n, day in enumerate(WEEKDAYS) if n < 5 or day in used]


def _block(number: int, told: Mapping[str, Any]) -> dict[str, Any]:
    """A quota in the drawing: its first row and how many, in quarters of an hour of the day."""
    first, last = (_minutes(told[name]) // QUARTER for name in ("from", "until"))
    return {"class": PUBLIC, **told, "n": number, "row": first, "rows": max(last - first, 1)}


def _minutes(clock: str) -> int:
    hours, _, minutes = clock.partition(":")
    return int(hours) * 60 + int(minutes)


def hours(app: App, request: Any) -> Response:
    """One quota: a new one, one changed, or one deleted."""
    try:
        who = owner(app, request, change=True)
    except NobodyNamed:
        return see_other("/staff")
    weekly = list(who.quotas["weekly"])
    number = _number(request, len(weekly))
    if request.method == "GET":
        known = forms.form_of(weekly[number]) if number is not None else _new(app)
        drawn = {name: request.args[name] for name in ("weekday", "from", "until") if name in request.args}
        return _hours_form(app, request, who, number, known | drawn)
    if request.form.get("was") != forms.fingerprint(who.quotas):
        return _hours_form(app, request, who, number, request.form, {"weekday": STALE})
    try:
        weekly = _changed(weekly, number, request.form)
        _save(app, request, who, weekly, who.quotas["exceptions"])
    except Wrong as wrong:
        return _hours_form(app, request, who, number, request.form, wrong.errors)
    return see_other(who.to("/staff/week", said="saved"))


def _changed(weekly: list[Any], number: int | None, form: Mapping[str, str]) -> list[Any]:
    if form.get("do") == "delete":
        return [one for n, one in enumerate(weekly) if n != number]
    told = forms.quota(form)
    return [*weekly, told] if number is None else [told if n == number else one for n, one in enumerate(weekly)]


def _new(app: App) -> dict[str, str]:
    return {"weekday": "mon", "from": "08:00", "until": "12:00", "rhythm": "1", "class": "public", "release": ""}


def _number(request: Any, most: int) -> int | None:
    text = request.values.get("n", "")
    return int(text) if text.isdecimal() and len(text) < 5 and int(text) < most else None


def _hours_form(
    app: App, request: Any, who: Owner, number: int | None, values: Any, errors: dict[str, str] | None = None
) -> Response:
    today = now(app).date()
    return about(
        "hours.html",
        request,
        who,
        422 if errors else 200,
        number=number,
        values=values,
        errors=errors or {},
        weekdays=WEEKDAYS,
        rhythms=forms.RHYTHMS,
        releases=forms.RELEASES,
        sites=_sites(who),
        was=forms.fingerprint(who.quotas),
        monday=today - timedelta(days=today.weekday()),
    )


def _sites(who: Owner) -> list[str]:
    """The town's sites, and those that the clerk has used."""
    own = [told["site"] for told in who.quotas["weekly"]]
    return list(dict.fromkeys([*names("FOYER_SITES"), *own])) or ["rathaus"]


def exception(app: App, request: Any) -> Response:
    """Another arrangement for one date, or the end of one."""
    try:
        who = owner(app, request, change=True)
    except NobodyNamed:
        return see_other("/staff")
    values = {"open": "1", "from": "08:00", "until": "12:00", "class": "public", "release": ""}
    if request.method == "GET":
        return _exception_form(request, who, values | {"date": request.args.get("date", "")})
    kept = list(who.quotas["exceptions"])
    try:
        if request.form.get("do") == "delete":
            kept = [one for one in kept if one["date"] != request.form.get("date")]
        else:
            kept = [*kept, forms.exception(request.form)]
        _save(app, request, who, who.quotas["weekly"], kept)
    except Wrong as wrong:
        return _exception_form(request, who, request.form, wrong.errors)
    return see_other(who.to("/staff/week", said="saved"))


def _exception_form(request: Any, who: Owner, values: Any, errors: dict[str, str] | None = None) -> Response:
    status = 422 if errors else 200
    return about("exception.html", request, who, status, values=values, errors=errors or {}, sites=_sites(who))


def _save(app: App, request: Any, who: Owner, weekly: list[Any], exceptions: list[Any]) -> None:
    """Raises Wrong."""
    try:
        body = QuotasBody().load({"weekly": weekly, "exceptions": exceptions})
    except ValidationError:
        raise Wrong({"weekday": "Es sind zu viele Zeiten. Bitte löschen Sie zuerst einige."}) from None
    try:
        order_quotas(app, request, who.clerk, body)
    except Refused as refused:
        field = (refused.field or "").rpartition(".")[2]
        name = "date" if refused.reason == "date_twice" else field if field in ("until", "anchor") else "from"
        raise Wrong({name: forms.REFUSED.get(refused.reason, refused.detail)}) from None
