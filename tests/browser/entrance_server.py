"""An entrance in this process, its pages served on loopback, for a browser to look at."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from werkzeug.http import http_date
from werkzeug.serving import WSGIRequestHandler, make_server

from services.visitor_access.service import VisitorAccessService
from shared.admission import COOKIE
from shared.sessions import Sessions, begin
from tests.over_http import Wsgi
from tests.visitor_access.entrance import Entrance


@contextmanager
def served(entrance: Entrance) -> Iterator[str]:
    """The address of its pages; the clock is the entrance's."""

    class Handler(WSGIRequestHandler):
        def date_time_string(self, timestamp: float | None = None) -> str:
            return http_date(entrance.app.clock())

        def log(self, *_: Any) -> None:
            pass

    wsgi = Wsgi(VisitorAccessService, entrance.app)
    server = make_server("127.0.0.1", 0, wsgi, threaded=True, request_handler=Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()


def cookie(entrance: Entrance, url: str) -> dict[str, str]:
    """Of a security desk that has signed in."""
    app = entrance.app
    session = begin("eingang", ["security_desk"], app.clock())
    return {"name": COOKIE, "value": Sessions(app.settings.secret).sealed(session), "url": url}
