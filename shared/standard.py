"""The three calls that every service answers: is it well, how much has it done, what can be asked."""

import contextlib
import re
from collections.abc import Iterable
from datetime import timedelta
from inspect import cleandoc
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from apispec.ext.marshmallow.openapi import OpenAPIConverter
from marshmallow import Schema, fields
from prometheus_client import CONTENT_TYPE_LATEST
from sqlalchemy import func, select
from werkzeug.wrappers import Request, Response

from shared import metrics, sequencer
from shared.app import App
from shared.fields import whole
from shared.refusal import REFUSES
from shared.tables import held, instant
from shared.web import KEY, LONGEST, MOST_ERRORS, PRINTABLE, Api, api, json_response
from shared.writer import Unavailable

_KEYED = {
    "in": "header",
    "name": KEY,
    "description": "The same key and body lead to the same answer, however often they come; another body to 422.",
    "schema": {"type": "string", "maxLength": LONGEST, "pattern": whole(PRINTABLE)},
}
_WRONG = {
    "type": "object",
    "properties": {name: {"type": "string"} for name in ("field", "pointer", "detail")},
    "required": ["field", "pointer", "detail"],
}
_PROBLEM = {
    "type": "object",
    "properties": {
        "type": {"type": "string", "description": "about:blank, or which problem it is, as in /problems/place_taken"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": _WRONG,
            "maxItems": MOST_ERRORS,
            "description": "Each wrong field, and what would be right; of more, `detail` says how many",
        },
    },
    "required": ["type", "title", "status"],
}
BEHIND = timedelta(seconds=30)
"""An unpublished event or a waiting message older than this is worth a line in /health."""


def health(app: App) -> dict[str, Any]:
    """Readiness and its reasons: `ready` is false when the service can't work; `notes` say what needs a look."""
    problems: list[str] = []
    notes: list[str] = []
    counts: dict[str | None, int] = {}
    long_waiting = unpublished = 0
    if app.definition.hears and not app.listening:
        problems.append(f"{REFUSES}: {app.refused}" if app.refused else "the message broker cannot be reached")
    late = instant(app.clock() - BEHIND)
    try:
        with app.read() as connection:
            rows = connection.execute(select(held.c.reason, func.count()).group_by(held.c.reason))
            counts = {row[0]: row[1] for row in rows}
            waiting = select(func.count()).where(held.c.reason.is_(None), held.c.held_at < late)
            long_waiting = connection.execute(waiting).scalar() or 0
            unpublished, _ = sequencer.unpublished(connection, late)
    except Unavailable:
        problems.append("the database cannot be reached")
    for reason, count in counts.items():
        if reason:
            notes.append(f"{count} messages parked: {reason}")
    if long_waiting:
        notes.append(f"{long_waiting} messages wait for a predecessor")
    if unpublished:
        problems.append(f"the publisher is behind: {unpublished} events are older than {BEHIND.seconds} seconds")
    return {"service": app.definition.name, "ready": not problems, "problems": problems, "notes": notes}


class _Converter(OpenAPIConverter):
    def schema2jsonschema(self, schema: Any) -> dict[str, Any]:
        """With what the schema tells of itself: some rules go across its fields."""
        found: dict[str, Any] = super().schema2jsonschema(schema)  # type: ignore[no-untyped-call]
        return found | _described(type(schema))

    def schema2parameters(self, schema: Any, *, location: str, **kwargs: Any) -> list[dict[str, Any]]:
        """An empty value in a query counts as not given."""
        found: list[dict[str, Any]] = super().schema2parameters(schema, location=location, **kwargs)
        may_be_empty = {"allowEmptyValue": True}
        return [one | may_be_empty if location == "query" and not one["required"] else one for one in found]


class _Plugin(MarshmallowPlugin):
    Converter = _Converter


def openapi(app: App, calls: Iterable[Api]) -> dict[str, Any]:
    """OpenAPI 3.1 of a service's calls."""
    spec = APISpec(f"Foyer {app.definition.name}", "1", "3.1.0", plugins=[_Plugin()])
    spec.components.schema("Problem", _PROBLEM)
    spec.components.security_scheme("bearer", {"type": "http", "scheme": "bearer"})
    for call in calls:
        if not call.hidden:
            path, parameters = _path(call)
            operation: dict[str, Any] = {"summary": call.summary, "parameters": parameters, "responses": {}}
            if call.query is not None:
                operation["parameters"] = [*parameters, {"in": "query", "schema": call.query}]
                operation |= _described(call.query)
            if call.keyed:
                operation["parameters"] = [*operation["parameters"], _KEYED]
            if call.body is not None:
                required = any(field.required for field in call.body().fields.values())
                content = {"application/json": {"schema": call.body}}
                operation["requestBody"] = {"required": required, "content": content}
            if call.role or call.bearer:
                operation["security"] = [*[{}] * (not call.role), {"bearer": []}]
            for status, meaning in {call.status: call.summary or "done", **call.also}.items():
                operation["responses"][str(status)] = {"description": meaning, **_content(call)}
            if call.body is not None:
                operation["responses"]["413"] = _problem(f"The body has more than {call.max_body} bytes")
            operation["responses"]["default"] = _problem("What is wrong, as RFC 9457 says")
            spec.path(path, operations={call.method.lower(): operation})
    document: dict[str, Any] = spec.to_dict()
    return document


def _problem(description: str) -> dict[str, Any]:
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {"description": description, "content": content}


def _content(call: Api) -> dict[str, Any]:
    match call.answer:
        case None:
            return {}
        case str() as media_type:
            return {"content": {media_type: {"schema": {"type": "string"}}}}
        case schema:
            return {"content": {"application/json": {"schema": schema}}}


def _described(schema: type[Schema]) -> dict[str, Any]:
    """By its own `told`: services run without docstrings (deploy/run.py)."""
    told = vars(schema).get("told")
    return {"description": cleandoc(told)} if told else {}


def _path(call: Api) -> tuple[str, list[dict[str, Any]]]:
    names = [part[1:-1].rpartition(":")[2] for part in call.url.split("/") if part.startswith("<")]
    path = re.sub(r"<(?:[^:>]*:)?([^>]*)>", r"{\1}", call.url)
    if call.path is not None:
        return path, [{"in": "path", "schema": call.path}]
    return path, [{"in": "path", "name": name, "required": True, "schema": {"type": "string"}} for name in names]


class HealthAnswer(Schema):
    told = "`problems` keep the service from work; `notes` say what needs a look."

    service = fields.String(required=True)
    ready = fields.Boolean(required=True)
    problems = fields.List(fields.String(), required=True)
    notes = fields.List(fields.String(), required=True)


class DocumentAnswer(Schema):
    told = "This document, as OpenAPI 3.1 has it."

    openapi = fields.String(required=True)
    info = fields.Dict(required=True)
    paths = fields.Dict(required=True)
    components = fields.Dict(required=True)


class Standard:
    """Base of the nameko service classes; they provide `app`."""

    app: Any

    @api(
        "GET",
        "/health",
        answer=HealthAnswer,
        also={503: "It can't work; `problems` say why"},
        summary="Is it ready to work?",
        quiet=True,
    )
    def health(self, request: Request) -> Response:
        """200 when ready, 503 with reasons when not."""
        state = health(self.app)
        state["notes"] += dict.fromkeys(note for call in self._calls() for note in call.notes)
        with contextlib.suppress(Unavailable):
            state["notes"] += self.notes()
        return json_response(state, 200 if state["ready"] else 503)

    def notes(self) -> list[str]:
        """What else of this service needs a look. May raise Unavailable."""
        return []

    @api("GET", "/metrics", answer=CONTENT_TYPE_LATEST, summary="Figures for Prometheus", quiet=True)
    def metrics(self, request: Request) -> Response:
        """Prometheus text."""
        return Response(metrics.exposition(self.app), content_type=CONTENT_TYPE_LATEST)

    @api("GET", "/openapi.json", answer=DocumentAnswer, summary="What can be asked here", quiet=True)
    def openapi(self, request: Request) -> Response:
        """What can be asked here."""
        return json_response(openapi(self.app, self._calls()))

    def _calls(self) -> list[Api]:
        methods = [getattr(type(self), name) for name in dir(type(self))]
        entries = [entry for method in methods for entry in getattr(method, "nameko_entrypoints", ())]
        return [entry for entry in entries if isinstance(entry, Api)]
