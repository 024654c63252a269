"""A service's HTTP calls and pages without broker, worker and port: all but nameko's container is real.

http = over_http(RoomsService, app, token=operations(app))
http.put("/api/rooms/r-1", json={...})
"""

import sys
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

from nameko.web import handlers
from werkzeug.routing import Map, Rule
from werkzeug.test import Client
from werkzeug.wrappers import Request, Response

from shared.app import App
from shared.sessions import Sessions, begin
from shared.web import Api


def token(app: App, *roles: str, account: str = "tester", person: str | None = None) -> str:
    """A token with these roles."""
    session = begin(account, roles, app.clock(), person=person, token=True)
    return Sessions(app.settings.secret).sealed(session)


def over_http(service: type, app: App, *, roles: tuple[str, ...] = ("operations",)) -> Client:
    """A client; its calls bear a token with these roles, or none where there are no roles."""
    client = Client(Wsgi(service, app), Response)
    if roles:
        plain, bearer = client.open, f"Bearer {token(app, *roles)}"

        def with_token(*args: Any, **how: Any) -> Any:
            headers = dict(how.pop("headers", None) or {})
            return plain(*args, headers={"Authorization": bearer} | headers, **how)

        client.open = with_token  # type: ignore[method-assign]
    return client


class Wsgi:
    """The entrypoints of a service, called as nameko's server does."""

    def __init__(self, service: type, app: App) -> None:
        self.container = _Container(service, app)
        self.urls = _urls(service)
        self.bound: dict[Any, Any] = {}

    def __call__(self, environ: Any, start_response: Any) -> Any:
        request = Request(environ)
        (entry, name), request.path_values = self.urls.bind_to_environ(environ).match()  # type: ignore[attr-defined]
        if entry not in self.bound:
            self.bound[entry] = entry.bind(self.container, name)
        return self.bound[entry].handle_request(request)(environ, start_response)


@lru_cache
def _urls(service: type) -> Map:
    entries = [
        (entry, name)
        for name in dir(service)
        for entry in getattr(getattr(service, name), "nameko_entrypoints", ())
        if isinstance(entry, Api)
    ]
    return Map([Rule(entry.url, methods=entry.method.split(","), endpoint=(entry, name)) for entry, name in entries])


class _Result:
    """What nameko waits for; it is there already.

    eventlet's own would make a hub in each thread of a server, whose greenlet and file stay behind when the thread
    ends; a run of many pages in one process has crashed on that.
    """

    def send(self, result: Any, wrong: Any) -> None:
        """Once."""
        self._result, self._wrong = result, wrong

    def wait(self) -> Any:
        """What was sent. Raises what went wrong."""
        if self._wrong:
            raise self._wrong[1]
        return self._result


# Both are looked up by name when a request comes; no test that asks for this module runs nameko's server.
handlers.Event = _Result


class _Container:
    def __init__(self, service: type, app: App) -> None:
        self.service_cls = service
        self.shared_extensions: dict[Any, Any] = {}
        self.dependencies = [SimpleNamespace(app=app)]
        self.service = service()
        self.service.app = app

    def spawn_worker(self, entry: Any, args: Any, kwargs: Any, *, context_data: Any, handle_result: Any) -> None:
        result, wrong = None, None
        try:
            result = getattr(self.service, entry.method_name)(*args, **kwargs)
        except Exception:
            wrong = sys.exc_info()
        handle_result(None, result, wrong)
