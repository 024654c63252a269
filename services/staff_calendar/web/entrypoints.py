"""The addresses of the clerks' pages."""

from typing import Any

from werkzeug.wrappers import Request, Response

from services.staff_calendar.web import away, my_calendar, my_dates, my_day, my_week
from services.staff_calendar.web.pages import KIT, ROLES, pages


class StaffPages:
    """Entrypoints of the service; the rules are in the modules named after the pages."""

    app: Any

    @pages("GET", KIT.files.rule)
    def staff_static(self, request: Request, group: str, name: str) -> Response:
        return KIT.static(request, group, name)

    @pages("GET", "/staff", role=ROLES)
    def staff_day(self, request: Request) -> Response:
        return my_day.show(self.app, request)

    @pages("GET", "/staff/changes", role=ROLES)
    def staff_changes(self, request: Request) -> Response:
        return my_day.changes(self.app, request)

    @pages("POST", "/staff/calls", role=ROLES)
    def staff_call(self, request: Request) -> Response:
        return my_day.call(self.app, request)

    @pages("POST", "/staff/finished", role=ROLES)
    def staff_finished(self, request: Request) -> Response:
        return my_day.finish(self.app, request)

    @pages("GET,POST", "/staff/substitute", role=ROLES)
    def staff_substitute(self, request: Request) -> Response:
        return my_day.hand_over(self.app, request)

    @pages("GET", "/staff/dates", role=ROLES)
    def staff_dates(self, request: Request) -> Response:
        return my_dates.show(self.app, request)

    @pages("GET", "/staff/week", role=ROLES)
    def staff_week(self, request: Request) -> Response:
        return my_week.show(self.app, request)

    @pages("GET,POST", "/staff/week/hours", role=ROLES)
    def staff_hours(self, request: Request) -> Response:
        return my_week.hours(self.app, request)

    @pages("GET,POST", "/staff/week/exception", role=ROLES)
    def staff_exception(self, request: Request) -> Response:
        return my_week.exception(self.app, request)

    @pages("GET,POST", "/staff/absences", role=ROLES)
    def staff_absences(self, request: Request) -> Response:
        return away.show(self.app, request)

    @pages("POST", "/staff/absences/end", role=ROLES)
    def staff_back(self, request: Request) -> Response:
        return away.come_back(self.app, request)

    @pages("GET,POST", "/staff/calendar", role=ROLES)
    def staff_calendar_address(self, request: Request) -> Response:
        return my_calendar.show(self.app, request)
