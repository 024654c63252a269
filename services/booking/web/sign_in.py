"""The pages on which people sign in and out; those of all services lead here."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from environs import Env
from werkzeug.wrappers import Request, Response

from services.booking.sign_in import door
from services.booking.sign_in.door import Wait
from services.booking.web.staff_kit import STAFF, page, pages
from shared import admission
from shared.pages.kit import see_other
from shared.sessions import Session, Sessions

REFUSED = "Name oder Passwort stimmt nicht."
WAIT = "Zu viele Versuche. Bitte warten Sie {seconds} Sekunden."
STAFF_CALENDAR = "FOYER_HTTP_STAFF_CALENDAR", "127.0.0.1:8003"
# Where roles work: the setting of the service that has it, its default, the path, and what it is called.
AREAS = (
    (("info_desk",), "", "", "/desk", "Infotheke"),
    (("clerk",), *STAFF_CALENDAR, "/staff", "Mein Arbeitstag"),
    (("security_desk",), "FOYER_HTTP_VISITOR_ACCESS", "127.0.0.1:8004", "/entrance", "Besucherliste"),
    (("catalogue",), "", "", "/admin/concerns", "Anliegen verwalten"),
    (("catalogue", "operations"), "FOYER_HTTP_ROOMS", "127.0.0.1:8002", "/admin/rooms", "Räume verwalten"),
    (("catalogue", "operations"), *STAFF_CALENDAR, "/staff", "Kalender der Sachbearbeitung"),
)


class SignInPages:
    """Entrypoints of the service."""

    app: Any

    @pages("GET,POST", "/sign-in")
    def sign_in_page(self, request: Request) -> Response:
        return sign_in(self.app, request)

    @pages("GET,POST", "/sign-out")
    def sign_out_page(self, request: Request) -> Response:
        return sign_out(self.app, request)


def sign_in(app: Any, request: Any) -> Response:
    """The form; where somebody is signed in already, where to go."""
    back = request.values.get("next", "")
    if request.method == "POST":
        return _try(app, request, back)
    if request.visitor is not None and not back:
        return page("staff/signed_in.html", request, areas=areas(app, request, request.visitor))
    return _form(app, request, back)


def _try(app: Any, request: Any, back: str) -> Response:
    name, password = request.form.get("name", ""), request.form.get("password", "")
    # Enter pressed too early is no try to guess, and locks nobody out.
    outcome = door.sign_in(app, name[:200], password[:1000], address(request)) if name and password else None
    if isinstance(outcome, Wait):
        response = _form(app, request, back, {"password": STAFF.words(request).say(WAIT, seconds=outcome.seconds)}, 429)
        response.headers["Retry-After"] = str(outcome.seconds)
        return response
    if outcome is None:
        return _form(app, request, back, {"password": REFUSED}, 422)
    response = see_other(allowed(app, request, back) or "/sign-in")
    keep(app, request, response, Sessions(app.settings.secret).sealed(outcome))
    return response


def sign_out(app: Any, request: Any) -> Response:
    """Ask, then do it; nothing happens by following a link."""
    session: Session | None = request.visitor
    if request.method == "POST" and session is not None:
        given = request.form.get(admission.FORM_TOKEN, "")
        if Sessions(app.settings.secret).may_send(session, given):
            door.sign_out(app, session, everywhere="everywhere" in request.form)
            request.visitor = None
            response = page("staff/signed_out.html", request, here="/sign-in")
            response.delete_cookie(admission.COOKIE, path="/")
            return response
    if session is None:
        return page("staff/signed_out.html", request, here="/sign-in")
    return page("staff/sign_out.html", request)


def keep(app: Any, request: Request, response: Response, sealed: str) -> None:
    """The cookie of a new session; the browser drops it when it is closed."""
    secure = request.scheme == "https" or app.settings.public_url.startswith("https://")
    response.set_cookie(admission.COOKIE, sealed, path="/", secure=secure, httponly=True, samesite="Lax")


def allowed(app: Any, request: Request, back: str) -> str:
    """Where to go after signing in: only to pages of this house. "" = nowhere in particular."""
    if back.startswith("/") and back[1:2] not in ("/", "\\") and back.isprintable():
        return back
    try:
        there, here = urlsplit(back), urlsplit(request.host_url)
        public = urlsplit(app.settings.public_url)
    except ValueError:
        return ""
    ours = {(url.scheme, url.hostname) for url in (here, public) if url.hostname}
    # On one machine each service has a port of its own.
    fits = (there.scheme, there.hostname) in ours and "@" not in there.netloc and "\\" not in back
    return back if fits and back.isprintable() else ""


def areas(app: Any, request: Request, session: Session) -> list[tuple[str, str]]:
    """Address and German name of what the account's roles are for."""
    found = []
    for roles, setting, default, path, text in AREAS:
        if session.may(roles):
            found.append((_where(app, request, setting, default) + path, text))
    return found


def address(request: Request) -> str:
    """Where the request comes from; behind FOYER_PROXIES proxies, what the outermost of them has seen."""
    proxies = Env().int("FOYER_PROXIES", 0)
    seen = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",")]
    return seen[-proxies] if proxies and len(seen) >= proxies else request.remote_addr or ""


def _where(app: Any, request: Request, setting: str, default: str) -> str:
    if not setting or app.settings.public_url:
        return ""
    host, port = urlsplit(request.host_url).hostname, Env().str(setting, default).rpartition(":")[2]
    return f"{request.scheme}://{host}:{port}"


def _form(
    app: Any, request: Request, back: str, errors: Mapping[str, str] | None = None, status: int = 200
) -> Response:
    values = {"name": request.form.get("name", "")[:200]}
    there = allowed(app, request, back)
    # The form leads on to another port, which the policy has to know.
    origin = f"{urlsplit(there).scheme}://{urlsplit(there).netloc}" if there and not there.startswith("/") else ""
    return page(
        "staff/sign_in.html",
        request,
        status,
        values=values,
        errors=errors or {},
        back=there,
        here="/sign-in",
        form_action=(origin,) if origin else (),
    )
