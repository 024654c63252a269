"""The pages of citizens: entrypoints only."""

from typing import Any

from werkzeug.wrappers import Request, Response

from services.booking.web import asking, finding, managing, times
from services.booking.web.pages import page, pages


class CitizenPages:
    """A part of booking's nameko service, which provides `app`."""

    app: Any

    @pages("GET", "/")
    def start_page(self, request: Request) -> Response:
        return finding.start(self.app, request)

    @pages("GET", "/search")
    def search_page(self, request: Request) -> Response:
        return finding.search(self.app, request)

    @pages("GET", "/concerns")
    def concerns_page(self, request: Request) -> Response:
        return finding.every(self.app, request)

    @pages("GET", "/visit")
    def visit_page(self, request: Request) -> Response:
        return asking.visit(self.app, request)

    @pages("POST", "/visit/surname")
    def surname_page(self, request: Request) -> Response:
        return asking.responsible(self.app, request, "surname")

    @pages("POST", "/visit/street")
    def street_page(self, request: Request) -> Response:
        return asking.responsible(self.app, request, "street")

    @pages("GET", "/times")
    def times_page(self, request: Request) -> Response:
        return times.times(self.app, request)

    @pages("GET", "/details")
    def details_page(self, request: Request) -> Response:
        return times.ask_details(self.app, request)

    @pages("POST", "/details")
    def take_details_page(self, request: Request) -> Response:
        return times.take_details(self.app, request)

    @pages("GET", "/check")
    def check_page(self, request: Request) -> Response:
        return times.check(self.app, request)

    @pages("POST", "/requests")
    def send_page(self, request: Request) -> Response:
        return times.send(self.app, request)

    @pages("GET", "/appointments/<appointment>")
    def appointment_page(self, request: Request, appointment: str) -> Response:
        return managing.see(self.app, request, appointment)

    @pages("GET", "/appointments/<appointment>/news")
    def appointment_news(self, request: Request, appointment: str) -> Response:
        return managing.news(self.app, request, appointment)

    @pages("GET", "/appointments/<appointment>/times")
    def choose_move_page(self, request: Request, appointment: str) -> Response:
        return managing.choose_move(self.app, request, appointment)

    @pages("POST", "/appointments/<appointment>/move")
    def move_page(self, request: Request, appointment: str) -> Response:
        return managing.move(self.app, request, appointment)

    @pages("GET,POST", "/appointments/<appointment>/confirm")
    def confirm_page(self, request: Request, appointment: str) -> Response:
        return managing.confirm(self.app, request, appointment)

    @pages("GET,POST", "/appointments/<appointment>/cancel")
    def cancel_page(self, request: Request, appointment: str) -> Response:
        return managing.cancel(self.app, request, appointment)

    @pages("POST", "/appointments/<appointment>/again")
    def again_page(self, request: Request, appointment: str) -> Response:
        return managing.again(self.app, request, appointment)

    @pages("GET", "/appointments/<appointment>/calendar.ics")
    def calendar_file(self, request: Request, appointment: str) -> Response:
        return managing.calendar(self.app, request, appointment)

    @pages("GET", "/appointments/<appointment>/pass.png")
    def pass_picture(self, request: Request, appointment: str) -> Response:
        return managing.pass_picture(self.app, request, appointment)

    @pages("GET", "/help")
    def help_page(self, request: Request) -> Response:
        return page("citizen/help.html", request)

    @pages("GET", "/accessibility")
    def accessibility_page(self, request: Request) -> Response:
        return page("citizen/accessibility.html", request)

    @pages("GET", "/privacy")
    def privacy_page(self, request: Request) -> Response:
        return page("citizen/privacy.html", request, retention_days=self.app.settings.retention_days)
