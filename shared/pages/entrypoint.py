"""The entrypoint of a page: like that of a call, but what goes wrong is said on a page, in the reader's language."""

from collections.abc import Sequence
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import structlog
from werkzeug.exceptions import HTTPException, NotFound
from werkzeug.wrappers import Request, Response

from shared import admission
from shared.problems import Problem
from shared.web import Api
from shared.writer import Unavailable

if TYPE_CHECKING:
    from shared.pages.kit import Kit

log = structlog.get_logger()
MAX_FORM = 1024 * 1024
"""Bytes of a form that are read at most, unless the page says otherwise."""
# Each request has a green thread of its own, and that a context of its own.
_asked: ContextVar[Request] = ContextVar("asked")


class Page(Api):
    """One page, or one form that is sent. `role` as of calls; whoever is not signed in is led to the sign-in page."""

    def __init__(self, method: str, url: str, *, kit: "Kit", max_form: int = MAX_FORM, **kwargs: Any) -> None:
        self.kit, self.max_form = kit, max_form
        super().__init__(method, url, hidden=True, **kwargs)

    def admit(self, request: Request) -> None:
        """Raises Problem unless whoever asks may, from a page of ours."""
        request.max_content_length = self.max_form
        if "chunked" in request.headers.get("Transfer-Encoding", "").lower():
            request.environ["wsgi.input_terminated"] = True
        request.page = self  # type: ignore[attr-defined]
        super().admit(request)
        own = admission.same_origin(request, self.app.settings.public_url)
        if request.method not in admission.SAFE and not own:
            raise Problem(403, "This form is not from here", kind="/problems/form_token")

    def handle_request(self, request: Request) -> Response:
        """Called by nameko's web server."""
        _asked.set(request)
        response = super().handle_request(request)
        return self.kit.finish(self.app, request, response)

    @property
    def notes(self) -> Sequence[str]:
        """What its pages lack."""
        return self.kit.files.notes

    def unknown(self, request: Request, problem: Problem) -> Response | None:
        """The page for an address that nobody has."""
        request.visitor = None  # type: ignore[attr-defined]
        return self.kit.finish(self.app, request, self.kit.problem(self.app, request, problem))

    def response_from_exception(self, exc: Exception) -> Response:
        """Every error is a plain page; what we did not foresee is logged and says no more than that."""
        match exc:
            case Problem():
                problem = exc
            case Unavailable():
                problem = Problem(503, "Not possible at the moment", headers={"Retry-After": "5"})
            case NotFound():
                problem = Problem(404, "Not found")
            case HTTPException():
                problem = Problem(exc.code or 500, exc.name)
            case _ if type(exc).__name__ == "Refused":
                problem = Problem(409, "Not possible")
            case _:
                log.error("page_failed", route=self.url, exc_info=exc)
                problem = Problem(500, "Something went wrong here")
        return self.kit.problem(self.app, _asked.get(), problem)
