"""The pages of the info desk: entrypoints only."""

from typing import Any

from werkzeug.wrappers import Request, Response

from services.booking.web import desk, desk_day, desk_visit
from services.booking.web.staff_kit import page, pages

DESK = ("info_desk",)
ASK = "Bitte geben Sie eine Besuchsnummer, einen Namen oder eine E-Mail-Adresse an."


class DeskPages:
    """A part of booking's nameko service, which provides `app`."""

    app: Any

    @pages("GET,POST", "/desk", role=DESK)
    def desk_page(self, request: Request) -> Response:
        return desk.search(self.app, request) if request.method == "POST" else desk.show(self.app, request)

    @pages("POST", "/desk/visits", role=DESK)
    def take_page(self, request: Request) -> Response:
        return desk.take(self.app, request)

    @pages("GET,POST", "/desk/find", role=DESK)
    def find_page(self, request: Request) -> Response:
        # By POST: a name has no place in an address.
        said = request.form.get("said", "").strip()[:200]
        found, more = desk_day.find(self.app, said) if said else ([], False)
        wrong = {"said": ASK} if request.method == "POST" and not said else {}
        values, sites = {"said": said}, self.app.reads.sites
        shown = {"values": values, "found": found, "more": more, "errors": wrong, "sites": sites}
        return page("staff/find.html", request, 422 if wrong else 200, here="/desk/find", **shown)

    @pages("GET", "/desk/visits/<appointment>", role=DESK)
    def visit_of_desk_page(self, request: Request, appointment: str) -> Response:
        return desk_visit.see(self.app, request, appointment)

    @pages("GET", "/desk/visits/<appointment>/code.svg", role=DESK)
    def code_page(self, request: Request, appointment: str) -> Response:
        return desk_visit.qr(self.app, request, appointment)

    @pages("GET", "/desk/visits/<appointment>/times", role=DESK)
    def other_times_page(self, request: Request, appointment: str) -> Response:
        return desk_visit.choose(self.app, request, appointment)

    @pages("POST", "/desk/visits/<appointment>/move", role=DESK)
    def move_of_desk_page(self, request: Request, appointment: str) -> Response:
        return desk_visit.move(self.app, request, appointment)

    @pages("POST", "/desk/visits/<appointment>/cancel", role=DESK)
    def cancel_of_desk_page(self, request: Request, appointment: str) -> Response:
        return desk_visit.cancel(self.app, request, appointment)
