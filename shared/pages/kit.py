"""What a service makes its pages with: templates on the common layout, the reader's language, strict headers."""

import gzip
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import structlog
from environs import Env
from jinja2 import ChoiceLoader, Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Request, Response

from shared import admission
from shared.pages.entrypoint import Page
from shared.pages.static_files import StaticFiles
from shared.problems import Problem
from shared.sessions import RENEW_AFTER, Session, Sessions
from shared.words import SOURCE, Words, load

log = structlog.get_logger()
FOLDER = Path(__file__).parent
LANGUAGE = "foyer_language"
YEAR = 365 * 24 * 3600
WORTH_PACKING = 1_000
SAID = {
    401: ("Bitte melden Sie sich an", "Sie sind nicht angemeldet, oder Ihre Anmeldung ist abgelaufen."),
    403: (
        "Das dürfen Sie nicht",
        "Ihr Konto hat die Berechtigung dafür nicht. Wer die Konten verwaltet, kann sie geben.",
    ),
    404: ("Diese Seite gibt es nicht", "Der Link ist nicht vollständig oder nicht mehr gültig."),
    409: ("Das geht nicht mehr", "Inzwischen hat sich etwas geändert. Bitte sehen Sie sich den neuen Stand an."),
    410: ("Das gibt es nicht mehr", "Die Angaben dazu wurden gelöscht."),
    413: ("Das ist zu groß", "Bitte senden Sie weniger auf einmal."),
    503: ("Das geht gerade nicht", "Bitte versuchen Sie es gleich noch einmal."),
}
FOREIGN_FORM = (
    "Bitte noch einmal",
    "Das Formular ist zu alt. Bitte gehen Sie zurück, laden Sie die Seite neu und senden Sie es noch einmal.",
)
STILL_THERE = {
    401: (
        "Bitte melden Sie sich an",
        "Ihre Anmeldung ist abgelaufen. Was Sie eingegeben haben, ist noch da: "
        "Melden Sie sich in einem neuen Fenster an, und senden Sie es dann hier noch einmal.",
    ),
    403: ("Bitte noch einmal", "Das Formular ist zu alt. Was Sie eingegeben haben, ist noch da."),
}
"""Of a form of ours that came too late for its session."""
BARE = Markup(
    '<!doctype html>\n<html lang="{language}">\n<meta charset="utf-8">\n<title>{title}</title>\n'
    "<h1>{title}</h1>\n<p>{detail}</p>\n</html>\n"
)
FAILED = ("Hier ist etwas schiefgegangen", "Es wurde aufgezeichnet, und nichts wurde geändert.")


class Sorry(Problem):
    """An error page of a service's own: title and sentence in German, as the catalogue has them."""

    def __init__(self, status: int, title: str, detail: str) -> None:
        super().__init__(status, title, detail=detail)
        self.said = (title, detail)


@dataclass(frozen=True, slots=True)
class Link:
    """A way of the navigation: `text` in German; shown to `roles`, or to all where there are none."""

    url: str
    text: str
    roles: tuple[str, ...] = ()


class Kit:
    """One for each service that has pages.

    `folder`: with `templates/` and `static/`; the catalogue is in `locale/` beside it. `portal`: name and default of
    the setting that says where the service with /sign-in, /accessibility and /privacy listens; () = it is this one.
    """

    def __init__(
        self,
        service: str,
        folder: Path,
        *,
        title: str,
        home: str = "/",
        navigation: Sequence[Link] = (),
        portal: Sequence[str] = (),
        stylesheets: Sequence[str] = (),
    ) -> None:
        self.title, self.home, self.navigation = title, home, tuple(navigation)
        self.spoken: Mapping[str, Words] = load(folder.parent / "locale", FOLDER / "locale")
        self.files = StaticFiles(service, folder / "static")
        self.stylesheets = tuple(stylesheets)
        self._portal = tuple(portal)
        loaders = [FileSystemLoader(folder / "templates"), FileSystemLoader(FOLDER / "templates")]
        self.templates = Environment(
            loader=ChoiceLoader(loaders),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self.templates.globals |= {"static": self.files.url, "kit": self}

    # ------------------------------------------------------------------------------------------------------- entrypoint

    def pages(self, method: str, url: str, role: Sequence[str] = (), **kwargs: Any) -> Any:
        """The entrypoint of a page, beside `api`: @pages("GET,POST", "/desk", role=("info_desk",))."""
        return Page.decorator(method, url, kit=self, role=role, **kwargs)

    def static(self, request: Request, group: str, name: str) -> Response:
        """What the service answers for `kit.files.rule`."""
        return self.files.response(request, group, name)

    # -------------------------------------------------------------------------------------------------------- rendering

    def words(self, request: Request) -> Words:
        """The language of the page: as chosen now (`lang`) or before (cookie), else the browser's, else German."""
        for chosen in (_chosen(request), request.cookies.get(LANGUAGE, "")):
            if chosen in self.spoken:
                return self.spoken[chosen]
        return self.spoken[request.accept_languages.best_match(self.spoken, SOURCE) or SOURCE]

    def page(
        self,
        template: str,
        request: Request,
        status: int = 200,
        *,
        refresh: int = 0,
        here: str | None = None,
        form_action: Sequence[str] = (),
        **values: Any,
    ) -> Response:
        """Render a page.

        `refresh`: seconds after which a browser without JavaScript asks again; 0 = never. `here`: the page's address
        for the language switch, where it is not the one asked for. `form_action`: other origins a form may lead to.
        """
        spoken, session = self.words(request), _visitor(request)
        body = self.templates.get_template(template).render(
            w=spoken,
            visitor=session,
            form_token=self.form_token(request),
            refresh=refresh,
            path=request.path,
            languages=self._languages(request, here),
            portal=self.portal(request),
            town=self.town,
            **{"errors": {}, **values},
        )
        headers = {"Content-Security-Policy": policy(form_action), "Content-Language": spoken.language}
        return Response(body, status, headers, content_type="text/html; charset=utf-8")

    def problem(self, app: Any, request: Request, problem: Problem) -> Response:
        """What is wrong, as a page; whoever has to sign in is led there."""
        if problem.kind == "/problems/sign_in" and request.method in admission.SAFE:
            return see_other(self.sign_in_url(request))
        said = FOREIGN_FORM if problem.kind == "/problems/form_token" else SAID.get(problem.status, FAILED)
        typed = _typed(app, request) if problem.kind in ("/problems/form_token", "/problems/sign_in") else None
        if typed is not None:
            said = STILL_THERE[problem.status]
        title, detail = problem.said if isinstance(problem, Sorry) else said
        more: dict[str, Any] = {
            "title": title,
            "detail": detail,
            "typed": typed,
            "forbidden": problem.status == 403,
            "again": request.full_path.rstrip("?"),
        }
        sign_in = self.sign_in_url(request) if problem.status == 401 else None
        try:
            response = self.page("problem.html", request, problem.status, sign_in=sign_in, **more)
        except Exception as error:
            log.error("error_page_failed", exc_info=error)
            response = self._bare(request, problem.status, title, detail)
        response.headers.extend({name: value for name, value in problem.headers.items() if name != "WWW-Authenticate"})
        return response

    def _bare(self, request: Request, status: int, title: str, detail: str) -> Response:
        """Needs no template."""
        spoken = self.words(request)
        body = BARE.format(language=spoken.language, title=spoken.text(title), detail=spoken.text(detail))
        return Response(body, status, content_type="text/html; charset=utf-8")

    def finish(self, app: Any, request: Request, response: Response) -> Response:
        """Headers that every page has, the choice of language, and the session kept alive."""
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        secure = request.scheme == "https" or app.settings.public_url.startswith("https://")
        if secure:
            response.headers.setdefault("Strict-Transport-Security", f"max-age={YEAR}")
        cookie = partial(response.set_cookie, path="/", secure=secure, httponly=True, samesite="Lax")
        chosen = request.args.get("lang", "")
        if chosen in self.spoken and request.cookies.get(LANGUAGE) != chosen:
            cookie(LANGUAGE, chosen, max_age=YEAR)
        session, now = _visitor(request), app.clock()
        untouched = admission.COOKIE not in response.headers.get("Set-Cookie", "")
        if session and not session.token and untouched and now - session.seen_at > RENEW_AFTER:
            cookie(admission.COOKIE, Sessions(app.settings.secret).sealed(session, now))
        return _packed(request, response, private=session is not None)

    # -------------------------------------------------------------------------------------------------- what is around

    @cached_property
    def town(self) -> str:
        """Whose pages these are."""
        return Env().str("FOYER_TOWN", "Stadt Gütersloh")

    def portal(self, request: Request) -> str:
        """What the addresses of the portal's pages begin with; "" = this service has them."""
        if not self._portal:
            return ""
        if url := _public_url():
            return url
        name, default = self._portal
        # The same host as the reader sees: cookies are kept by host.
        return f"{request.scheme}://{_host(request)}:{Env().str(name, default).rpartition(':')[2]}"

    def sign_in_url(self, request: Request) -> str:
        """Where to sign in, to come back here afterwards."""
        where = Env().str("FOYER_SIGN_IN_URL", "") or f"{self.portal(request)}/sign-in"
        back = request.full_path.rstrip("?") if request.method in admission.SAFE else self.home
        own = (_public_url() or request.host_url.rstrip("/")) + back if self._portal else back
        return f"{where}?{urlencode({'next': own})}"

    def form_token(self, request: Request) -> Markup:
        """The hidden field that every form of a signed-in page has; nothing for whoever is not signed in."""
        session = _visitor(request)
        page = getattr(request, "page", None)
        if session is None or page is None:
            return Markup()
        token = Sessions(page.app.settings.secret).form_token(session)
        return Markup('<input type="hidden" name="{}" value="{}">').format(admission.FORM_TOKEN, token)

    def _languages(self, request: Request, here: str | None) -> list[tuple[str, str]]:
        """The same page in the other languages; nothing where an address would not lead to it."""
        methods = getattr(getattr(request, "page", None), "method", "GET")
        if here is None and request.method not in admission.SAFE and "GET" not in methods:
            return []
        path, _, query = (here or _asked_for(request)).partition("?")
        kept = f"{query}&" if query else ""
        return [(name, f"{path}?{kept}lang={name}") for name in self.spoken if name != self.words(request).language]


SELF = "'self'"
HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(), microphone=()",
    "Content-Security-Policy": "default-src 'none'",
    "Vary": "Cookie, Accept-Language",
}


def policy(form_action: Sequence[str] = ()) -> str:
    """What a page may load, and where its forms may lead."""
    return (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "font-src 'self'; manifest-src 'self'; worker-src 'self'; "
        f"form-action {' '.join((SELF, *form_action))}; "
        "frame-ancestors 'none'; base-uri 'none'"
    )


def see_other(url: str) -> Response:
    """On to another page."""
    return Response(status=303, headers={"Location": url})


def _asked_for(request: Request) -> str:
    if request.method not in admission.SAFE:
        return quote(request.path)
    kept = [(name, value) for name, value in request.args.items(multi=True) if name != "lang"]
    return f"{quote(request.path)}?{urlencode(kept)}" if kept else quote(request.path)


def _chosen(request: Request) -> str:
    try:
        return request.values.get("lang", "")
    except HTTPException:  # a form that is too large can't be looked into
        return request.args.get("lang", "")


def _typed(app: Any, request: Request) -> list[tuple[str, str]] | None:
    """The fields of a form that was sent, for certain, by a page of ours; None where nobody can tell."""
    told = "Sec-Fetch-Site" in request.headers or "Origin" in request.headers
    if request.method in admission.SAFE or not told or not admission.same_origin(request, app.settings.public_url):
        return None
    try:
        return [(name, value) for name, value in request.form.items(multi=True) if name != admission.FORM_TOKEN]
    except HTTPException:
        return None


def _public_url() -> str:
    """What the addresses of all services begin with, as readers see them; "" = each has a port of its own."""
    return Env().str("FOYER_PUBLIC_URL", "").rstrip("/")


def _host(request: Request) -> str:
    host = urlsplit(f"//{request.host}").hostname or request.host
    return f"[{host}]" if ":" in host else host


def _visitor(request: Request) -> Session | None:
    return getattr(request, "visitor", None)


def _packed(request: Request, response: Response, *, private: bool) -> Response:
    """Compressed where that is worth it. Pages with secrets of a session in them are not: their length would tell."""
    small = response.is_streamed or (response.content_length or 0) < WORTH_PACKING
    if private or small or response.mimetype != "text/html" or not request.accept_encodings.best_match(["gzip"]):
        return response
    response.set_data(gzip.compress(response.get_data(), 5, mtime=0))
    response.headers["Content-Encoding"] = "gzip"
    response.headers.add("Vary", "Accept-Encoding")
    return response
