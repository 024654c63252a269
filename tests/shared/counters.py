"""The toy as a nameko service: what it hears, and calls that take what people send."""

import threading
from collections.abc import Iterator
from typing import Any

from marshmallow import Schema, fields, validate
from werkzeug.wrappers import Request, Response

from shared.app import Delivery
from shared.fields import Instant, Key, Line
from shared.nameko_parts import Running, hear
from shared.standard import Standard
from shared.web import api, json_response
from tests.shared import toy

GO_ON = threading.Event()


def _stream() -> Iterator[bytes]:
    yield b"first "
    GO_ON.wait()
    yield b"last"


class Person(Schema):
    """Somebody."""

    name = Line(required=True, longest=20)


class Order(Schema):
    """What to count."""

    tally = Key(required=True)
    by = fields.Integer(load_default=1, strict=True, validate=validate.Range(-5, 5))
    people = fields.List(fields.Nested(Person), load_default=[])
    at = Instant(load_default=None)


class Page(Schema):
    """How much to show."""

    limit = fields.Integer(load_default=10, validate=validate.Range(1, 100))


class CountersService(Standard):
    """Counts what `toy` counts, and what callers want counted."""

    name = toy.COUNTERS.name
    app = Running(toy.COUNTERS)

    @hear
    def hear(self, batch: list[Delivery]) -> None:
        """What `toy` and `other` say."""
        self.app.hear(batch)

    @api("POST", "/api/tallies", body=Order, status=202, summary="Count", keyed=True)
    def count(self, request: Any, body: dict[str, Any]) -> Response:
        """Under the name of the caller's tally."""
        order = toy.Count(request.cause.correlation, self.app.clock(), body["tally"], body["by"])
        decided = self.app.handle(order, cause=request.cause)
        return json_response({"total": decided[-1].total, "at": body["at"]}, 202)

    @api("GET", "/api/tallies/<tally>", query=Page, answer=Order, summary="What was counted")
    def total(self, request: Request, tally: str, query: dict[str, Any]) -> Response:
        """As it stands now."""
        return json_response({"total": self.app.state(f"tally-{tally}").total, "limit": query["limit"]})

    @api("GET", "/slow/<what>", hidden=True)
    def slow(self, request: Request, what: str) -> Response:
        """An answer, or the end of a stream, that comes only after a call of `go_on`."""
        if what == "answer":
            GO_ON.wait()
            return Response("at last")
        request.environ["eventlet.minimum_write_chunk_size"] = 1
        return Response(_stream(), content_type="text/plain")

    @api("GET", "/go-on", hidden=True)
    def go_on(self, request: Request) -> Response:
        """What has waited goes on."""
        GO_ON.set()
        return Response()

    @api("GET", "/api/broken", summary="Always fails")
    def broken(self, request: Request) -> Response:
        """With a secret in its error."""
        raise RuntimeError("the secret name Ada")
