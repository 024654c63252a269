"""A service in this process, its pages served on loopback, for a browser to look at."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from werkzeug.serving import WSGIRequestHandler, make_server

from services.staff_calendar.service import StaffCalendarService
from shared.admission import COOKIE
from shared.sessions import Sessions, begin
from tests.over_http import Wsgi
from tests.staff_calendar.office import Office


class _Quiet(WSGIRequestHandler):
    def log(self, *_: Any) -> None:
        pass


@contextmanager
def served(office: Office) -> Iterator[str]:
    """The address of the clerks' pages; the clock is the office's."""
    with serving(Wsgi(StaffCalendarService, office.app)) as url:
        yield url


@contextmanager
def serving(wsgi: Wsgi) -> Iterator[str]:
    """The address of a service's pages."""
    server = make_server("127.0.0.1", 0, wsgi, threaded=True, request_handler=_Quiet)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()


def cookie(office: Office, url: str, *roles: str, person: str | None = "c-17") -> Any:
    """Of somebody who has signed in; a clerk unless told otherwise."""
    session = begin("jb", roles or ("clerk",), office.app.clock(), person=person)
    return {"name": COOKIE, "value": Sessions(office.app.settings.secret).sealed(session), "url": url}
