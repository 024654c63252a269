"""My day: who comes, call the next one, finished, another clerk takes over."""

import time
from collections.abc import Iterator
from datetime import date as Date
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from werkzeug.wrappers import Request, Response

from services.staff_calendar import queries
from services.staff_calendar.allocation import day_stream
from services.staff_calendar.calendars.conflicts import conflicts
from services.staff_calendar.calendars.wishes import OpenWish, wishes
from services.staff_calendar.commands import CallGuest, FinishVisit, SubstituteClerk
from services.staff_calendar.decider import Refused
from services.staff_calendar.substitution import possible, takers
from services.staff_calendar.web.agenda import Row, counts, next_guest, rows
from services.staff_calendar.web.pages import NobodyNamed, Owner, about, day_of, now, owner, page, zone
from shared.app import App
from shared.pages import Sorry, events
from shared.pages.kit import see_other

LOOK = 1.0
"""Seconds between two looks for what is new."""
QUIET = 15
"""Looks after which a quiet line is told that it is still there."""


def show(app: App, request: Any) -> Response:
    """The page of a day; for whoever has none of their own, the list of clerks."""
    try:
        who = owner(app, request)
    except NobodyNamed:
        with app.read() as connection:
            return page("choose.html", request, staff=queries.staff(connection))
    moment = now(app)
    day = day_of(request, moment.date())
    found = agenda(app, who, day)
    mine = [one for one in conflicts(app, who.clerk) if one.starts_at[:10] == day.isoformat()]
    return about(
        "my_day.html",
        request,
        who,
        day=day,
        today=moment.date(),
        now=moment,
        rows=found,
        next=next_guest(found) if day == moment.date() else None,
        counts=counts(found),
        conflicts=mine,
        wishes=[(one, _wished(one)) for one in wishes(app, who.clerk) if one.starts_at[:10] == day.isoformat()],
        before=who.to("/staff", date=day - timedelta(days=1)),
        after=who.to("/staff", date=day + timedelta(days=1)),
        live=who.to("/staff/changes", date=day),
        said=request.args.get("said", ""),
    )


def _wished(one: OpenWish) -> datetime | None:
    """To when the clerk has moved it; None: deleted."""
    return datetime.fromisoformat(one.wished_from) if one.wished_from else None


def agenda(app: App, who: Owner, day: Date, last: Date | None = None) -> list[Row]:
    """What a clerk holds on a day, or from one to another, with the guests' names."""
    with app.read() as connection:
        told = queries.agenda(connection, who.clerk, day, last)
        names = queries.opened(connection, app.vault, [one["guest"] for one in told if one["guest"]])
    return rows(told, names, app.clock(), zone(app))


def changes(app: App, request: Any) -> Response:
    """Tells an open page that the day looks different."""
    who, day = owner(app, request), day_of(request, now(app).date())
    return events(request, _changes(app, who.clerk, day))


def _changes(app: App, clerk: str, day: Date) -> Iterator[tuple[str, object] | None]:
    last, seen, quiet = _newest(app), None, 0
    while True:
        time.sleep(LOOK)
        newest, quiet = _newest(app), quiet + 1
        if newest != last:
            with app.read() as connection:
                told = queries.agenda(connection, clerk, day)
            if told != seen:
                yield "changed", {}
                quiet = 0
            last, seen = newest, told
        if quiet >= QUIET:
            yield None
            quiet = 0


def _newest(app: App) -> int:
    with app.read() as connection:
        return queries.newest(connection)


def call(app: App, request: Any) -> Response:
    """Call the guest that the form names: the next one as it was shown, or any other."""
    who = owner(app, request, change=True)
    return _do(app, request, who, CallGuest(str(uuid4()), app.clock(), *_key(request), who.clerk))


def finish(app: App, request: Any) -> Response:
    """The visit that the form names is over."""
    who = owner(app, request, change=True)
    return _do(app, request, who, FinishVisit(str(uuid4()), app.clock(), *_key(request), who.clerk))


def _do(app: App, request: Any, who: Owner, order: CallGuest | FinishVisit) -> Response:
    try:
        app.handle(order, cause=request.cause)
    except Refused:
        raise gone() from None
    day = request.form.get("date", "")
    return see_other(who.to("/staff", date=day) + f"#v-{request.form.get('of', '')}")


def gone() -> Sorry:
    """The visit is not in this calendar any more."""
    return Sorry(409, "Dieser Termin ist nicht mehr hier", "Er wurde inzwischen abgesagt, verlegt oder abgegeben.")


def hand_over(app: App, request: Any) -> Response:
    """Who could take over; and, when one is chosen, the handing over."""
    who = owner(app, request, change=True)
    appointment, attempt, stop = _key(request)
    row = next((one for one in agenda(app, who, _day(request, app)) if one.key == request.values.get("of")), None)
    if row is None:
        raise gone()
    errors: dict[str, str] = {}
    if request.method == "POST":
        chosen = request.form.get("substitute", "")
        order = SubstituteClerk(str(uuid4()), app.clock(), appointment, attempt, stop, who.clerk, chosen)
        try:
            app.handle(order, cause=request.cause)
            return see_other(who.to("/staff", date=row.starts_at.date(), said="handed"))
        except Refused as refused:
            if refused.field is None:
                raise gone() from None
            errors["substitute"] = WHY.get(refused.reason, "Bitte wählen Sie eine Person aus.")
    colleagues = _colleagues(app, appointment, attempt, stop)
    return about("hand_over.html", request, who, 422 if errors else 200, row=row, colleagues=colleagues, errors=errors)


WHY = {
    "unknown_clerk": "Bitte wählen Sie eine Person aus.",
    "not_competent": "Diese Person bearbeitet das Anliegen nicht. Bitte wählen Sie eine andere.",
    "not_on_duty": "Diese Person hat zu der Zeit keine Sprechzeit. Bitte wählen Sie eine andere.",
    "taken": "Diese Person hat inzwischen einen anderen Termin. Bitte wählen Sie eine andere.",
}


def _colleagues(app: App, appointment: str, attempt: int, stop: int) -> list[tuple[str, str]]:
    """Who could take over now: id and name, whoever has the fewest minutes that day first."""
    held = app.state(f"reservation-{appointment}").held.get(attempt, ())
    wanted = next((one for one in held if one.stop == stop), None)
    if wanted is None:
        return []
    staff = app.state("staff")
    streams = [day_stream(clerk.definition.clerk, wanted.date) for clerk in possible(wanted, staff)]
    found = takers(wanted, staff, {name: app.state(name) for name in streams})
    return [(clerk.definition.clerk, clerk.definition.name) for clerk in found]


def _day(request: Request, app: App) -> Date:
    return day_of(request, now(app).date())


def _key(request: Request) -> tuple[str, int, int]:
    """Appointment, attempt and stop of a form or an address. Raises Sorry for what is none."""
    appointment, _, rest = request.values.get("of", "").partition(".")
    attempt, _, stop = rest.partition(".")
    if not (appointment and attempt.isdecimal() and stop.isdecimal() and len(rest) < 20):
        raise gone()
    return appointment, int(attempt), int(stop)
