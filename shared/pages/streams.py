"""Server-sent events: a page is told what has changed, for as long as it is looked at."""

import time
from collections.abc import Iterator

import orjson
from werkzeug.wrappers import Request, Response

from shared.problems import Problem

MOST = 300
"""Streams open at once in one process."""
LASTS = 600.0
"""Seconds after which a stream ends; the browser opens the next one by itself."""
_open = 0


def events(request: Request, news: Iterator[tuple[str, object] | None], lasts: float = LASTS) -> Response:
    """A stream of (event, data as JSON) for EventSource; None keeps the line open.

    `news` decides when to look: it sleeps between two looks (1 to 5 seconds) and yields None at least every 20.
    Raises Problem when too many are open.
    """
    if _open >= MOST:
        raise Problem(503, "Too many live pages at once", headers={"Retry-After": "30"})
    # eventlet's server keeps back what is shorter than 4096 bytes unless it is told otherwise.
    request.environ["eventlet.minimum_write_chunk_size"] = 1
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return Response(_lines(news, time.monotonic() + lasts), headers=headers, content_type="text/event-stream")


def _lines(news: Iterator[tuple[str, object] | None], until: float) -> Iterator[bytes]:
    global _open
    _open += 1
    try:
        yield b"retry: 3000\n\n"
        for one in news:
            yield b":\n\n" if one is None else _event(*one)
            if time.monotonic() > until:
                return
    finally:
        _open -= 1


def _event(name: str, data: object) -> bytes:
    return b"event: " + name.encode() + b"\ndata: " + orjson.dumps(data) + b"\n\n"
