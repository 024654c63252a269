"""Absences: what would become of the appointments is shown before it is saved, and exactly that is done."""

from datetime import datetime
from typing import Any
from uuid import uuid4

from werkzeug.wrappers import Response

from services.staff_calendar import queries
from services.staff_calendar.absences import plan_of
from services.staff_calendar.commands import EndAbsence, RecordAbsence
from services.staff_calendar.decider import Refused
from services.staff_calendar.events import StaffSubstituted, StaffWithdrawn
from services.staff_calendar.web.agenda import Row
from services.staff_calendar.web.forms import REFUSED, Wrong, moments
from services.staff_calendar.web.hours import closed_dates
from services.staff_calendar.web.my_day import agenda
from services.staff_calendar.web.pages import NobodyNamed, Owner, about, now, owner, zone
from shared.app import App
from shared.pages.kit import see_other

CHANGED = "Inzwischen haben sich Termine geändert. Bitte sehen Sie die Liste noch einmal an."


def show(app: App, request: Any) -> Response:
    """The form with the absences that are known; after a POST what would follow, and then what has followed."""
    try:
        who = owner(app, request, change=request.method == "POST")
    except NobodyNamed:
        return see_other("/staff")
    if request.method == "POST":
        return _post(app, request, who)
    values = {name: request.args.get(name, "") for name in ("from_date", "until_date")}
    return _form(app, request, who, values)


def come_back(app: App, request: Any) -> Response:
    """An absence is taken back."""
    who = owner(app, request, change=True)
    absence = request.form.get("absence", "")
    order = EndAbsence(str(uuid4()), app.clock(), who.clerk, absence, app.settings.timezone, closed_dates(app))
    app.handle(order, cause=request.cause)
    return see_other(who.to("/staff/absences", said="back"))


def _post(app: App, request: Any, who: Owner) -> Response:
    form = request.form
    if form.get("step") == "edit":
        return _form(app, request, who, form)
    try:
        begins, until = moments(form, zone(app))
        order = _order(app, who, begins, until, form)
        events = app.foresee(order)
        if form.get("step") != "save":
            return _check(app, request, who, order, events)
        app.handle(order, cause=request.cause)
    except Wrong as wrong:
        return _form(app, request, who, form, wrong.errors)
    except Refused as refused:
        if refused.reason == "changed_meanwhile":
            order = _order(app, who, begins, until, form, plan=None)
            return _check(app, request, who, order, app.foresee(order), changed=True)
        return _form(app, request, who, form, {"until_date": REFUSED.get(refused.reason, refused.detail)})
    return see_other(who.to("/staff/absences", said="saved"))


def _order(app: App, who: Owner, begins: datetime, until: datetime, form: Any, plan: str | None = "") -> RecordAbsence:
    """The order that the form stands for; its id is made once, so that a second click saves nothing twice."""
    return RecordAbsence(
        str(uuid4()),
        app.clock(),
        who.clerk,
        form.get("absence") or str(uuid4()),
        begins,
        until,
        form.get("reason", "").strip()[:200] or None,
        app.settings.timezone,
        closed_dates(app),
        (form.get("plan") or None) if plan == "" else plan,
    )


def _check(
    app: App, request: Any, who: Owner, order: RecordAbsence, events: list[Any], *, changed: bool = False
) -> Response:
    found = [event for event in events if isinstance(event, StaffSubstituted | StaffWithdrawn)]
    with app.read() as connection:
        tokens = queries.guests(connection, [event.appointment for event in found])
        names = queries.opened(connection, app.vault, list(tokens.values()))
    rows = [_row(event, names.get(tokens.get(event.appointment, "")), who, zone(app)) for event in found]
    others = {(event.appointment, event.attempt, stop.stop) for event in found for stop in event.stops}
    rows += _staying(app, who, order, others)
    return about(
        "away_check.html",
        request,
        who,
        409 if changed else 200,
        order=order,
        begins=order.from_.astimezone(zone(app)),
        until=order.until.astimezone(zone(app)),
        rows=sorted(rows, key=lambda row: row["starts_at"]),
        plan=plan_of(events),
        values=request.form,
        changed=changed,
    )


def _row(event: StaffSubstituted | StaffWithdrawn, personal: Any, who: Owner, local: Any) -> dict[str, Any]:
    own = [stop for stop in event.stops if isinstance(event, StaffSubstituted) or stop.clerk == who.clerk]
    return {
        "starts_at": own[0].starts_at.astimezone(local),
        "title": " + ".join(stop.title or stop.concern for stop in own),
        "name": personal and personal.get("name"),
        "substitute": own[0].name if isinstance(event, StaffSubstituted) else None,
        "stays": False,
    }


def _staying(app: App, who: Owner, order: RecordAbsence, others: set[tuple[str, int, int]]) -> list[dict[str, Any]]:
    """Stops of visits that have begun and stay with the clerk, who must see to them; `others` do not."""
    first, last = (moment.astimezone(zone(app)).date() for moment in (order.from_, order.until))
    return [
        {"starts_at": one.starts_at, "title": one.title, "name": one.name, "substitute": None, "stays": True}
        for one in agenda(app, who, first, last)
        if one.open and (one.appointment, one.attempt, one.stop) not in others and _within(order, one)
    ]


def _within(order: RecordAbsence, row: Row) -> bool:
    return row.starts_at < order.until and max(order.from_, order.now) < row.ends_at


def _form(app: App, request: Any, who: Owner, values: Any, errors: dict[str, str] | None = None) -> Response:
    with app.read() as connection:
        known = queries.away(connection, who.clerk, app.clock())
    local = zone(app)
    absences = [
        one | {name: datetime.fromisoformat(one[f"{name}_at"]).astimezone(local) for name in ("from", "until")}
        for one in known
    ]
    return about(
        "away.html",
        request,
        who,
        422 if errors else 200,
        values=values,
        errors=errors or {},
        absences=absences,
        today=now(app).date(),
        said=request.args.get("said", ""),
    )
