"""The pages of those who keep the catalogue: entrypoints only."""

from typing import Any

from werkzeug.wrappers import Request, Response

from services.booking.web import admin_concerns
from services.booking.web.staff_kit import pages
from shared.web import LONG_BODY

KEEPERS = ("catalogue",)


class AdminPages:
    """A part of booking's nameko service, which provides `app`."""

    app: Any

    @pages("GET", "/admin/concerns", role=KEEPERS)
    def concerns_of_admin_page(self, request: Request) -> Response:
        return admin_concerns.listed(self.app, request)

    @pages("GET,POST", "/admin/concerns/new", role=KEEPERS)
    def new_concern_page(self, request: Request) -> Response:
        if request.method == "POST":
            return admin_concerns.preview(self.app, request, None)
        return admin_concerns.edit(self.app, request, None)

    @pages("GET,POST", "/admin/concerns/import", role=KEEPERS, max_form=LONG_BODY)
    def import_concerns_page(self, request: Request) -> Response:
        return admin_concerns.import_(self.app, request)

    @pages("GET", "/admin/concerns/export.<any(csv,json):kind>", role=KEEPERS)
    def export_concerns_page(self, request: Request, kind: str) -> Response:
        return admin_concerns.export(self.app, kind)

    @pages("GET,POST", "/admin/concerns/<key>", role=KEEPERS)
    def concern_page(self, request: Request, key: str) -> Response:
        if request.method == "POST":
            return admin_concerns.preview(self.app, request, key)
        return admin_concerns.edit(self.app, request, key)

    @pages("GET,POST", "/admin/concerns/<key>/retire", role=KEEPERS)
    def retire_concern_page(self, request: Request, key: str) -> Response:
        return admin_concerns.retire(self.app, request, key)
