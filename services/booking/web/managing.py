"""A guest's own appointment, by its link: see, move, cancel, take it along; and what happens when it can't be had."""

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from hashlib import sha256
from io import BytesIO
from typing import Any

import orjson
import segno
from werkzeug.wrappers import Request, Response

from services.booking import http, planning
from services.booking.appointment import Appointment, Refused
from services.booking.events import Plan
from services.booking.web import calendar_file, house
from services.booking.web.choosing import Choice, choice
from services.booking.web.details import FIELDS
from services.booking.web.house import House
from services.booking.web.journey import address
from services.booking.web.pages import KIT, page, place
from services.booking.web.times import NO_TIME, SAID
from shared.pages import Sorry, events
from shared.web import Problem

LOOKS = (0.2, 0.2, 0.2, 0.4, 0.5, 0.5, 1.0)
"""Seconds between looks at what has become of an appointment; then the last, again and again."""
REFRESH = 2
"""Seconds after which a browser without JavaScript looks again."""
BEAT = 15
"""Looks after which the line is shown to be open."""
NO_SUCH = (
    "Diese Seite gibt es nicht",
    "Der Link ist nicht vollständig oder nicht mehr gültig. Bitte nehmen Sie den ganzen Link aus der E-Mail.",
)
OVER = (
    "Dieser Termin ist vorbei",
    "Wir haben die Angaben dazu gelöscht. Für einen neuen Besuch können Sie jederzeit einen neuen Termin buchen.",
)
UNCONFIRMED = (
    "Die Zeit zum Bestätigen ist vorbei",
    "Der Platz war bis dahin für Sie festgehalten. Sie können jederzeit einen neuen Termin buchen.",
)
TOO_LATE = ("Das geht nicht mehr", "Der Termin hat schon begonnen, ist vorbei oder wird gerade geändert.")
SAME = "Zu dieser Zeit findet Ihr Termin schon statt. Bitte wählen Sie eine andere."
WRONG = {"nothing": NO_TIME, "same": SAME}
"""What is wrong with a choice, by the word in the address."""


def mine(app: House, request: Request, appointment: str) -> tuple[Appointment, str]:
    """The appointment and its token. Raises Sorry for a foreign token, and for one whose guest is forgotten."""
    token = request.values.get("token", "")
    state = app.life(appointment) if app.reads.tokens.may_manage(appointment, token) else Appointment()
    if state.status == "unknown":
        raise Sorry(404, *NO_SUCH)
    if state.forgotten:
        raise Sorry(410, *OVER)
    return state, token


def see(app: House, request: Request, appointment: str) -> Response:
    """What has become of it; the page follows by itself."""
    status, said, wrong = _said(request)
    state, token = mine(app, request, appointment)
    visit, now = _visit(app, appointment, state), app.clock()
    lost = state.status in ("declined", "expired")
    changeable = now < visit["starts_at"] and state.pending is None and state.status == "confirmed"
    return page(
        "citizen/appointment.html",
        request,
        status,
        refresh=REFRESH if _open(state) else 0,
        here=_ways(appointment, token)["see"],
        errors={"proposal": wrong} if wrong else {},
        said=said,
        visit=visit,
        guest=_guest(app, state),
        number=state.number if state.status == "confirmed" else "",
        live=_open(state),
        ahead=now < visit["starts_at"],
        changeable=changeable,
        questioned=changeable and state.question is not None,
        rather=state.rather and state.rather.astimezone(app.reads.zone),
        ways=_ways(appointment, token),
        token=token,
        mark=_mark(state),
        confirm_by=_confirm_by(app, state),
        other_times=_other_times(app, state, _ways(appointment, token)["times"]),
        choice=_others(app, state, None) if lost else Choice(),
        retention_days=app.settings.retention_days,
    )


def news(app: House, request: Request, appointment: str) -> Response:
    """Tells the page when there is something new to see."""
    state, _ = mine(app, request, appointment)
    known = request.args.get("mark", "") or _mark(state)

    def looks() -> Iterator[tuple[str, object] | None]:
        number = 0
        while True:
            state = app.life(appointment)
            if (mark := _mark(state)) != known:
                yield "changed", {"mark": mark}
                return
            if not _open(state):
                return
            if number % BEAT == 0:
                yield None
            time.sleep(LOOKS[min(number, len(LOOKS) - 1)])
            number += 1

    return events(request, looks())


def _mark(state: Appointment) -> str:
    """Changes with everything the page shows."""
    held = state.pending is not None and state.pending.held
    shown = (state.status, state.attempts, state.pending is not None, held, state.number, state.because, state.question)
    return sha256(repr(shown).encode()).hexdigest()[:12]


def _open(state: Appointment) -> bool:
    """Is there something still to come by itself?"""
    return state.pending is not None or (state.status == "confirmed" and not state.number)


# ---------------------------------------------------------------------------------------------------------------- move


def choose_move(app: House, request: Request, appointment: str) -> Response:
    """Other times for the same visit."""
    status, said, wrong = _said(request)
    state, token = mine(app, request, appointment)
    if state.status != "confirmed" or state.pending or state.plan is None or state.plan.starts_at <= app.clock():
        raise Sorry(409, *TOO_LATE)
    found = _others(app, state, _first(request))
    path = f"/appointments/{appointment}/times"
    days = {"earlier": found.earlier, "later": found.later}
    return page(
        "citizen/move.html",
        request,
        status,
        here=address(path, [("token", token)]),
        errors={"proposal": wrong} if wrong else {},
        said=said,
        visit=_visit(app, appointment, state),
        choice=found,
        token=token,
        turns={name: address(path, [("token", token), ("from", str(day))]) for name, day in days.items() if day},
        ways=_ways(appointment, token),
    )


def move(app: House, request: Request, appointment: str) -> Response:
    """Ask for another time; the old one is kept until the new one is held."""
    _, token = mine(app, request, appointment)
    proposal = request.form.get("proposal", "")
    if not proposal:
        return house.see_other(_ways(appointment, token)["times"] + "&said=nothing")
    try:
        app.move(appointment, proposal, house.cause(request))
    except Problem as problem:
        return house.see_other(_ways(appointment, token)["times"] + f"&said={_because(problem)}")
    except Refused as refused:
        if refused.reason == "same_time":
            return house.see_other(_ways(appointment, token)["times"] + "&said=same")
        raise Sorry(409, *TOO_LATE) from None
    return house.see_other(_ways(appointment, token)["see"])


def confirm(app: House, request: Request, appointment: str) -> Response:
    """The link of the mail: nothing happens before the button is pressed, whoever looks at links beforehand."""
    token = request.values.get("token", "")
    if not app.reads.tokens.may_confirm(appointment, token) or app.life(appointment).forgotten:
        raise Sorry(404, *NO_SUCH)
    state, see_ = app.life(appointment), _ways(appointment, app.reads.tokens.manage(appointment))["see"]
    if state.status != "requested":
        return house.see_other(see_)
    by = _confirm_by(app, state)
    if by and by <= app.clock():
        raise Sorry(410, *UNCONFIRMED)  # the place is let go within a moment
    if request.method != "POST":
        visit = _visit(app, appointment, state)
        return page("citizen/confirm.html", request, visit=visit, token=token, confirm_by=by)
    try:
        app.confirm(appointment, house.cause(request))
    except Refused:
        raise Sorry(409, *TOO_LATE) from None
    return house.see_other(see_)


def _confirm_by(app: House, state: Appointment) -> datetime | None:
    """Until when the guest must say yes; None where nobody is asked."""
    by = state.pending.confirm_by if state.pending and state.status == "requested" else None
    return by and by.astimezone(app.reads.zone)


def cancel(app: House, request: Request, appointment: str) -> Response:
    """Ask once, then do it."""
    state, token = mine(app, request, appointment)
    if state.status == "cancelled":
        return house.see_other(_ways(appointment, token)["see"])
    if request.method != "POST":
        ways, visit = _ways(appointment, token), _visit(app, appointment, state)
        return page("citizen/cancel.html", request, visit=visit, token=token, ways=ways)
    try:
        app.cancel(appointment, house.cause(request))
    except Refused:
        raise Sorry(409, *TOO_LATE) from None
    return house.see_other(_ways(appointment, token)["see"])


def again(app: House, request: Request, appointment: str) -> Response:
    """It could not be had, and another time was chosen: ask for that, with all that was typed before."""
    state, token = mine(app, request, appointment)
    proposal = request.form.get("proposal", "")
    guest = _guest(app, state)
    if state.status not in ("declined", "expired") or state.plan is None or not guest:
        raise Sorry(409, *TOO_LATE)
    if not proposal:
        return house.see_other(_ways(appointment, token)["see"] + "&said=nothing")
    body = {"proposal": proposal, "guest": {name: guest.get(name, "") for name in FIELDS}}
    loaded = http.AppointmentBody().load(body | {"language": state.plan.language})
    raw = orjson.dumps(loaded, option=orjson.OPT_SORT_KEYS)
    key = f"{appointment}/{sha256(proposal.encode()).hexdigest()[:16]}"
    try:
        accepted = app.request(loaded, key, raw, house.cause(request), by_mail=True)
    except Problem as problem:
        return house.see_other(_ways(appointment, token)["see"] + f"&said={_because(problem)}")
    except Refused:
        raise Sorry(409, *TOO_LATE) from None
    return house.see_other(_ways(accepted["appointment"], accepted["manage_token"])["see"])


# ------------------------------------------------------------------------------------------------------ to take along


def calendar(app: House, request: Request, appointment: str) -> Response:
    """The file for one's calendar."""
    state, _ = mine(app, request, appointment)
    if state.status not in ("confirmed", "cancelled"):
        raise Sorry(409, *TOO_LATE)
    visit, guest = _visit(app, appointment, state), _guest(app, state)
    told = guest.get("name", ""), state.number, state.attempts if state.status == "cancelled" else state.attempt
    body = calendar_file.ics(visit, *told, app.clock(), KIT.words(request), app.reads.zone)
    name = f"Termin-{visit['starts_at']:%Y-%m-%d}.ics"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(body, headers=headers, content_type="text/calendar; charset=utf-8")


def pass_picture(app: House, request: Request, appointment: str) -> Response:
    """The QR code that the entrance scans: the number, and nothing else."""
    state, _ = mine(app, request, appointment)
    if not state.number or state.status != "confirmed":
        raise Sorry(404, *NO_SUCH)
    picture = BytesIO()
    segno.make_qr(state.number, error="m").save(picture, kind="png", scale=8, border=4)
    return Response(picture.getvalue(), headers={"Cache-Control": "no-store"}, content_type="image/png")


# --------------------------------------------------------------------------------------------------------------- parts


def _visit(app: House, appointment: str, state: Appointment) -> dict[str, Any]:
    now = app.clock()
    shown = app.reads.appointment(appointment, replace(state, status=_plain(state)), now)
    return shown | {"status": state.status, "address": place(app, shown["site"]).address}


def _plain(state: Appointment) -> Any:
    """So that no alternatives are looked for twice: the page shows its own."""
    return "cancelled" if state.refused else state.status


def _guest(app: House, state: Appointment) -> dict[str, str]:
    """What the guest typed; nothing once forgotten."""
    if not state.guest:
        return {}
    with app.read() as connection:
        return app.vault.open(connection, [state.guest])[state.guest] or {}


def _others(app: House, state: Appointment, first: date | None) -> Choice:
    """Times for the same visit, from its own day on; without the one that it has."""
    plan: Plan | None = state.plan
    if plan is None:
        return Choice()
    question = planning.again(plan, first or max(plan.date, house.today(app)), 1)
    try:
        return choice(app.reads, replace(question, site=None), app.clock(), but=state.present)
    except planning.NotPossible:
        return Choice(nothing={"detail": {}})  # a concern was withdrawn meanwhile


def _other_times(app: House, state: Appointment, times: str) -> str:
    """Where another time is chosen: first those of the day that the clerk would rather have."""
    day = state.rather and state.rather.astimezone(app.reads.zone).date()
    return f"{times}&from={day}" if day and day >= house.today(app) else times


def _because(problem: Problem) -> str:
    return "gone" if problem.status == 409 else "old"


def _said(request: Request) -> tuple[int, str, str]:
    """Status, what to say above, and what to say beside the times, of a choice that could not be taken."""
    said = request.args.get("said", "")
    if said in WRONG:
        return 422, "", WRONG[said]
    return (409, SAID[said], "") if said in SAID else (200, "", "")


def _first(request: Request) -> date | None:
    try:
        return date.fromisoformat(request.args.get("from", ""))
    except ValueError:
        return None


def _ways(appointment: str, token: str) -> dict[str, str]:
    """Where each thing is done."""
    base, query = f"/appointments/{appointment}", f"?token={token}"
    parts = {"see": "", "times": "/times", "cancel": "/cancel", "calendar": "/calendar.ics", "pass": "/pass.png"}
    return {name: base + path + query for name, path in parts.items()} | {
        "move": f"{base}/move",
        "again": f"{base}/again",
        "news": f"{base}/news{query}",
    }
