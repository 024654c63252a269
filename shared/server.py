"""The web server of a service: whatever it can't make sense of is answered with a problem, too."""

import errno
import time
from functools import partial
from typing import Any, cast

import eventlet
import structlog
from eventlet import wsgi
from nameko.web.server import WebServer, WsgiApp
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map
from werkzeug.wrappers import Request, Response

from shared.problems import Problem
from shared.protocol import Protocol

_OVER = {errno.EBADF, errno.EINVAL, errno.ENOTSOCK}
"""What accept(2) says when no connection can come any more; all else passes, as a lack of file descriptors does."""
_PAUSE = 0.2
"""Seconds until it is tried again to take one more connection."""
_SILENCE = 60.0
"""Seconds in which it is logged once that none could be taken."""
log = structlog.get_logger()


class _Application(WsgiApp):
    """nameko's, but an unknown path or method is answered with a problem, too."""

    def __call__(self, environ: Any, start_response: Any) -> Any:
        try:
            self.url_map.bind_to_environ(environ).match()
        except HTTPException as error:
            allowed = getattr(error, "valid_methods", None)
            headers = {"Allow": ", ".join(allowed)} if allowed else None
            problem = Problem(error.code or 404, error.name, detail=error.description or "", headers=headers)
            return self._unknown(Request(environ), problem)(environ, start_response)
        return super().__call__(environ, start_response)

    def _unknown(self, request: Request, problem: Problem) -> Response:
        """A page for people, where this service has pages; else the problem."""
        if request.accept_mimetypes.best_match(["application/json", "text/html"]) == "text/html":
            for provider in self.server._providers:
                if (shown := provider.unknown(request, problem)) is not None:
                    return cast(Response, shown)
        return problem.response()


class Server(WebServer):
    """nameko's, but no connection and no lack of them ends the service."""

    def get_wsgi_app(self) -> _Application:
        return _Application(self)

    def make_url_map(self) -> Map:
        """An address with more slashes is another one, that nobody has; Werkzeug would send on to the right one."""
        urls: Map = super().make_url_map()
        urls.merge_slashes = False
        return urls

    def get_wsgi_server(self, sock: Any, wsgi_app: Any, protocol: type = Protocol, debug: bool = False) -> Any:
        """The one that reads what comes. It would log the first lines of requests."""
        return wsgi.Server(sock, sock.getsockname(), wsgi_app, protocol=protocol, debug=debug, log_output=False)

    def run(self) -> None:
        """Take connections; where there is no room for one more, it waits until there is."""
        silent_until = 0.0
        while self._is_accepting:
            try:
                sock, address = self._sock.accept()
            except OSError as error:
                if error.errno in _OVER:
                    raise
                if time.monotonic() > silent_until:
                    log.error("no_connection_taken", reason=errno.errorcode.get(error.errno or 0))
                    silent_until = time.monotonic() + _SILENCE
                eventlet.sleep(_PAUSE)
            else:
                self.container.spawn_managed_thread(partial(self.process_request, sock, address))

    def process_request(self, sock: Any, address: Any) -> None:
        """Called once per connection; nameko would end the service for one that breaks off."""
        try:
            super().process_request(sock, address)
        except OSError:
            pass  # whoever asked is gone
        except Exception as error:
            log.error("connection_failed", reason=type(error).__name__)
        finally:
            sock.close()
