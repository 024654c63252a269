"""What is wrong, as an answer: problem+json (RFC 9457)."""

from collections.abc import Mapping
from typing import Any

import orjson
from werkzeug.wrappers import Response

PROBLEM = "application/problem+json"


class Problem(Exception):
    """An answer in problem+json. `errors` maps dotted field names to sentences that say what would be right."""

    def __init__(
        self,
        status: int,
        title: str,
        *,
        kind: str = "about:blank",
        detail: str = "",
        errors: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> None:
        super().__init__(title)
        self.status = status
        self.kind = kind
        self.headers = dict(headers or {})
        body: dict[str, Any] = {"type": kind, "title": title, "status": status}
        if detail:
            body["detail"] = detail
        if errors:
            body["errors"] = [
                {"field": name, "pointer": "#/" + name.replace(".", "/"), "detail": text}
                for name, text in errors.items()
            ]
        self.body = body | more

    def response(self) -> Response:
        """The problem as a response."""
        return json_response(self.body, self.status, self.headers, content_type=PROBLEM)


def json_response(
    body: Any, status: int = 200, headers: Mapping[str, str] | None = None, content_type: str = "application/json"
) -> Response:
    """A JSON response; datetimes become RFC 3339."""
    return Response(orjson.dumps(body), status, dict(headers or {}), content_type=content_type)
