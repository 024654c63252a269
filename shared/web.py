"""HTTP for the services: a nameko entrypoint with marshmallow in, JSON or problem+json (RFC 9457) out.

Nothing of a request's content is logged: method, route pattern, status and duration only.
"""

import re
import time
from collections.abc import Mapping, Sequence
from functools import cached_property
from itertools import islice
from typing import Any, cast
from uuid import uuid4

import orjson
import structlog
from marshmallow import EXCLUDE, Schema, ValidationError
from nameko.exceptions import IncorrectSignature
from nameko.web.handlers import HttpRequestHandler
from prometheus_client import Counter
from webargs.core import Parser
from webargs.multidictproxy import MultiDictProxy
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge
from werkzeug.wrappers import Request, Response

from shared import admission
from shared.messages import Cause
from shared.problems import Problem as Problem
from shared.problems import json_response as json_response
from shared.server import Server
from shared.writer import Unavailable

MAX_BODY = 2 * 1024 * 1024
"""Bytes of a request body that are read at most, unless the call says otherwise: a text of a megabyte is still told by
the name of its field."""
LONG_BODY = 4 * 1024 * 1024
"""For calls that take long lists; each needs a role."""
MOST_ERRORS = 50
"""Fields that one answer names."""
KEY = "Idempotency-Key"
LONGEST = 200
"""Characters of such a key."""
PRINTABLE = re.compile(r"[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?")
"""What such a key is; blanks around the value of a header are no part of it."""
# W3C Trace Context; all zeros name nobody.
_TRACE = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
_REQUESTS = Counter("foyer_http_requests_total", "HTTP requests", ["method", "route", "status"])
log = structlog.get_logger()


class _Arguments(Parser[Request]):
    """webargs for Werkzeug requests."""

    DEFAULT_UNKNOWN_BY_LOCATION = {"query": EXCLUDE, "json": None}

    def load_querystring(self, req: Request, schema: Schema) -> Any:
        # `?site=&until=` is what a form sends when nothing was chosen.
        return MultiDictProxy(MultiDict(pair for pair in req.args.items(multi=True) if pair[1]), schema)

    def load_json(self, req: Request, schema: Schema) -> Any:
        if req.headers.get("Content-Encoding", "").lower() not in ("", "identity"):
            plain = {"Accept-Encoding": "identity"}
            raise Problem(415, "The body is encoded", detail="Send it without Content-Encoding.", headers=plain)
        # eventlet ends a body in chunks, but does not say so, and Werkzeug would take it for empty.
        if "chunked" in req.headers.get("Transfer-Encoding", "").lower():
            req.environ["wsgi.input_terminated"] = True
        most: int = req.max_body  # type: ignore[attr-defined]
        # Werkzeug cuts it off there without a word.
        req.max_content_length = most + 1
        try:
            body = req.get_data(cache=False)
            if len(body) > most:
                raise RequestEntityTooLarge
        except RequestEntityTooLarge:
            raise Problem(413, "The body is too large", detail=f"At most {most} bytes are taken.") from None
        try:
            parsed = orjson.loads(body or b"{}")
        except orjson.JSONDecodeError as error:
            raise _no_json(body, error) from None
        if not isinstance(parsed, dict):
            raise Problem(400, "The body must be a JSON object", detail="It begins with { and names its fields.")
        return parsed

    def handle_error(self, error: ValidationError, *args: Any, **kwargs: Any) -> Any:
        messages: Any = error.messages
        (location,) = messages
        raise invalid(messages[location])


_arguments = _Arguments()


def _no_json(body: bytes, error: orjson.JSONDecodeError) -> Problem:
    try:
        body.decode()
    except UnicodeDecodeError as other:
        return Problem(400, "The body must be JSON in UTF-8", detail=f"It is not from byte {other.start + 1} on.")
    return Problem(400, "The body is not JSON", detail=f"{error.msg} at line {error.lineno}, column {error.colno}.")


def invalid(messages: Mapping[str, Any]) -> Problem:
    """The problem that names the fields which marshmallow found wrong; of many the first, and how many more."""
    errors = flatten(messages)
    named = dict(islice(errors.items(), MOST_ERRORS))
    field, sentence = next(iter(named.items()))
    more = f" ({len(errors) - len(named)} more fields than are named here)" if len(errors) > len(named) else ""
    return Problem(422, "Some fields are not right", detail=f"{field}: {sentence}{more}", errors=named)


def flatten(messages: Any, prefix: str = "") -> dict[str, str]:
    """Marshmallow's nested messages as {dotted field: sentence}."""
    if isinstance(messages, Mapping):
        flat: dict[str, str] = {}
        for name, inner in messages.items():
            own = "" if name == "_schema" else str(name)
            flat |= flatten(inner, ".".join(part for part in (prefix, own) if part))
        return flat
    texts = messages if isinstance(messages, list) else [messages]
    return {prefix or "body": " ".join(str(text) for text in texts)}


class Api(HttpRequestHandler):
    """One HTTP call. The method gets `request`, the path's values, and, where schemas are given, `query` and `body`.
    An empty value in a query counts as not given.

    `path`: the schema of the path's values, where they are not any text.
    `answer`: the schema of a JSON answer, or the media type of another one.
    `also`: further statuses that come with such an answer, and what they mean.
    `hidden`: it is in no document, as pages are; like what is `quiet` it is not logged.
    `role`: who may make it: one of these roles; () = everybody. `request.visitor` is who is signed in, or None.
    `bearer`: a bearer token may come with it although everybody may make it.
    `max_body`: bytes of its body that are read at most.
    `keyed`: it may bear an Idempotency-Key, which is then `request.key`; None where it bears none.
    """

    server = Server()

    def __init__(
        self,
        method: str,
        url: str,
        *,
        path: type[Schema] | None = None,
        query: type[Schema] | None = None,
        body: type[Schema] | None = None,
        answer: type[Schema] | str | None = None,
        status: int = 200,
        summary: str = "",
        also: Mapping[int, str] | None = None,
        hidden: bool = False,
        quiet: bool = False,
        role: Sequence[str] = (),
        bearer: bool = False,
        keyed: bool = False,
        max_body: int = MAX_BODY,
        **kwargs: Any,
    ) -> None:
        self.path, self.query, self.body, self.answer, self.keyed = path, query, body, answer, keyed
        # Made once: a schema keeps nothing of what it has loaded.
        self._path: Any = path and path()
        self._query, self._body = query and query(), body and body()
        self.status, self.summary, self.also = status, summary, also or {}
        self.hidden, self.quiet = hidden, hidden or quiet
        self.role, self.bearer, self.max_body = tuple(role), bearer, max_body
        super().__init__(method, url, **kwargs)

    def get_entrypoint_parameters(self, request: Request) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Who is it, may they, and is what came right? Raises Problem."""
        self.admit(request)
        if self.keyed:
            request.key = _key(request)  # type: ignore[attr-defined]
        values = dict(request.path_values)  # type: ignore[attr-defined]
        if self._path is not None:
            values = self._path.load(values)
        if self._query is not None:
            values["query"] = _arguments.parse(self._query, request, location="query")
        if self._body is not None:
            request.max_body = self.max_body  # type: ignore[attr-defined]
            values["body"] = _arguments.parse(self._body, request, location="json")
        return (request,), values

    @cached_property
    def app(self) -> Any:
        """The running service's App. Raises AttributeError before there is one: nameko looks at all members early."""
        for one in self.container.dependencies:
            if hasattr(one, "app"):
                return one.app
        raise AttributeError("the service is not set up yet")

    def admit(self, request: Request) -> None:
        """Raises Problem unless whoever asks may."""
        request.visitor = admission.visitor(self.app, request)  # type: ignore[attr-defined]
        if self.role:
            admission.admit(self.app, request, self.role)

    @property
    def notes(self) -> Sequence[str]:
        """What needs a look before it works as it should, for /health."""
        return ()

    def unknown(self, request: Request, problem: Problem) -> Response | None:
        """What to show for an address that nobody has; None = I have no pages."""
        return None

    def handle_request(self, request: Request) -> Response:
        """Called by nameko's web server."""
        started = time.monotonic()
        cause = _cause(request)
        request.cause = cause  # type: ignore[attr-defined]
        structlog.contextvars.bind_contextvars(correlation=cause.correlation)
        response: Response = super().handle_request(request)
        response.headers.setdefault("X-Correlation-ID", cause.correlation)
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        response.headers.setdefault("Cache-Control", "no-store")
        _REQUESTS.labels(self.method, self.url, response.status_code).inc()
        milliseconds = round((time.monotonic() - started) * 1000, 1)
        if not self.quiet:
            log.info("http", method=self.method, route=self.url, status=response.status_code, ms=milliseconds)
        return response

    def response_from_exception(self, exc: Exception) -> Response:
        """Every error is a problem; what we did not foresee is logged and says no more than that."""
        match exc:
            case Problem():
                return exc.response()
            case ValidationError():
                return invalid(cast(Any, exc).normalized_messages()).response()
            case Unavailable():
                title = "Not possible at the moment"
                return Problem(503, title, detail="Please try again.", headers={"Retry-After": "2"}).response()
            case HTTPException():
                return Problem(exc.code or 500, exc.name, detail=exc.description or "").response()
            case IncorrectSignature():
                return Problem(400, "The call is not right").response()
            case _ if type(exc).__name__ == "Refused":
                return _refusal(exc).response()
            case _:
                pass
        log.error("request_failed", route=self.url, exc_info=exc)
        return Problem(500, "Something went wrong here", detail="It has been recorded; nothing was changed.").response()


def _refusal(refused: Any) -> Problem:
    """A decider's refusal: 422 where a field is to blame, else 409."""
    errors = {refused.field: refused.detail} if refused.field else None
    kind = f"/problems/{refused.reason}"
    title = refused.reason.replace("_", " ").capitalize()
    return Problem(422 if refused.field else 409, title, kind=kind, detail=refused.detail, errors=errors)


def _key(request: Request) -> str | None:
    """Raises Problem for a key that nobody could mean: under it a repetition would not be known again."""
    key: str | None = request.headers.get(KEY)
    if key is not None and not (len(key) <= LONGEST and PRINTABLE.fullmatch(key)):
        raise invalid({KEY: f"Send 1 to {LONGEST} printable ASCII characters, or no such header."})
    return key


def _cause(request: Request) -> Cause:
    given = request.headers.get("X-Correlation-ID", "")
    fits = 0 < len(given) <= 64 and all(c.isascii() and (c.isalnum() or c in "-_.") for c in given)
    trace = request.headers.get("traceparent", "")
    return Cause(given if fits else str(uuid4()), "", trace if _TRACE.fullmatch(trace) else "")


api = Api.decorator
