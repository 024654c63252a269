"""One visit as the info desk sees it: the pass to print, another time, or none."""

from datetime import timedelta
from io import BytesIO
from typing import Any
from uuid import uuid4

import segno
from werkzeug.wrappers import Request, Response

from services.booking.appointment import Appointment, Refused
from services.booking.commands import CancelAppointment
from services.booking.web import desk, desk_day
from services.booking.web.staff_kit import page
from shared.pages import Sorry
from shared.pages.kit import see_other
from shared.problems import Problem

REFRESH = 1
"""Seconds between two looks, as long as something is being reserved."""
TIMES = 12
NO_SUCH = ("Diesen Termin gibt es nicht", "Er wurde nie angefragt, oder seine Angaben wurden schon gelöscht.")
TOO_LATE = ("Das geht nicht mehr", "Der Termin hat schon begonnen, ist vorbei oder wird gerade geändert.")
SAME = "Zu dieser Zeit findet der Termin schon statt. Bitte wählen Sie eine andere."


def see(app: Any, request: Request, appointment: str) -> Response:
    """The pass with number and code; before that, that it is being reserved."""
    state = _known(app, appointment)
    visit = app.reads.appointment(appointment, state, app.clock())
    guest = guest_of(app, state)
    waiting = state.pending is not None or (state.status == "confirmed" and not state.number)
    ahead = app.clock() < visit["starts_at"]
    return page(
        "staff/visit.html",
        request,
        refresh=REFRESH if waiting else 0,
        visit=visit,
        guest=guest,
        number=state.number if state.status == "confirmed" else "",
        waiting=waiting,
        changeable=ahead and not state.pending and state.status == "confirmed",
    )


def qr(app: Any, request: Request, appointment: str) -> Response:
    """The number as the scanner at the entrance reads it."""
    state = _known(app, appointment)
    if not state.number or state.status != "confirmed":
        raise Sorry(404, *NO_SUCH)
    picture = BytesIO()
    segno.make_qr(state.number, error="m").save(picture, kind="svg", scale=6, border=4, xmldecl=False, light="#fff")
    return Response(picture.getvalue(), content_type="image/svg+xml", headers={"Cache-Control": "no-store"})


def choose(app: Any, request: Request, appointment: str, message: str = "", status: int = 200) -> Response:
    """Other times for the same visit, without the one that it has."""
    state = _changeable(app, appointment)
    plan, now = state.plan, app.clock()
    assert plan is not None  # noqa: S101  (what is changeable has one)
    first = desk_day.today(app)
    proposals = app.reads.instead(plan, now, TIMES, first, state.present)
    visit = app.reads.appointment(appointment, state, now)
    ordered = sorted(proposals, key=lambda one: one["starts_at"])
    return page(
        "staff/move.html",
        request,
        status,
        here=f"/desk/visits/{appointment}/times",
        visit=visit,
        guest=guest_of(app, state),
        proposals=[one | {"when": desk.when(one["starts_at"], now, first)} for one in ordered],
        message=message,
    )


def move(app: Any, request: Any, appointment: str) -> Response:
    """Ask for the other time; the old one is kept until the new one is held."""
    _changeable(app, appointment)
    try:
        app.move(appointment, request.form.get("proposal", ""), request.cause)
    except Problem as problem:
        return choose(app, request, appointment, desk.LOST.get(problem.kind, desk.WRONG["proposal"]), 409)
    except Refused as refused:
        if refused.reason == "same_time":
            return choose(app, request, appointment, SAME, 409)
        raise Sorry(409, *TOO_LATE) from None
    return see_other(f"/desk/visits/{appointment}")


def cancel(app: Any, request: Any, appointment: str) -> Response:
    """For the guest who asked for it."""
    _known(app, appointment)
    try:
        app.handle(CancelAppointment(str(uuid4()), app.clock(), appointment, "info_desk"), cause=request.cause)
    except Refused:
        raise Sorry(409, *TOO_LATE) from None
    return see_other(f"/desk/visits/{appointment}")


def guest_of(app: Any, state: Appointment) -> dict[str, Any]:
    """Opened for this page; empty where the guest is forgotten."""
    with app.read() as connection:
        opened: dict[str, Any] | None = app.vault.open(connection, [state.guest]).get(state.guest)
    return opened or {}


def _known(app: Any, appointment: str) -> Appointment:
    state: Appointment = app.life(appointment)
    if state.status == "unknown" or state.forgotten:
        raise Sorry(404, *NO_SUCH)
    return state


def _changeable(app: Any, appointment: str) -> Appointment:
    state = _known(app, appointment)
    begun = state.plan is None or state.plan.starts_at - app.clock() <= timedelta()
    if state.status != "confirmed" or state.pending or begun:
        raise Sorry(409, *TOO_LATE)
    return state
