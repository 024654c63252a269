"""My week: its dates with hours, who comes, and what is different on them."""

from datetime import date as Date
from datetime import timedelta
from typing import Any

from werkzeug.wrappers import Response

from services.staff_calendar import queries
from services.staff_calendar.calendar import beginning
from services.staff_calendar.web.dates import LAST, Day, Known, days, monday_of
from services.staff_calendar.web.hours import closed_dates
from services.staff_calendar.web.my_day import agenda
from services.staff_calendar.web.pages import NobodyNamed, Owner, about, day_of, now, owner, zone
from shared.app import App
from shared.pages.kit import see_other


def show(app: App, request: Any) -> Response:
    """The week of the date in the address, or this one."""
    try:
        who = owner(app, request)
    except NobodyNamed:
        return see_other("/staff")
    today = now(app).date()
    monday = monday_of(day_of(request, today))
    return about(
        "my_dates.html",
        request,
        who,
        monday=monday,
        sunday=monday + LAST,
        this_week=monday_of(today),
        today=today,
        dates=_dates(app, who, monday),
        before=who.to("/staff/dates", date=monday - timedelta(days=7)),
        after=who.to("/staff/dates", date=monday + timedelta(days=7)),
    )


def _dates(app: App, who: Owner, monday: Date) -> list[Day]:
    last, local = monday + LAST, zone(app)
    with app.read() as connection:
        hours = queries.opened_hours(connection, who.clerk, monday, last)
        busy = queries.busy(connection, who.clerk, monday, last)
        absences = queries.away(connection, who.clerk, beginning(monday, "00:00", local))
    exceptions = {one["date"] for one in who.quotas["exceptions"]}
    told = agenda(app, who, monday, last)
    return days(monday, Known(hours, busy, told, absences, exceptions, closed_dates(app)), local)
