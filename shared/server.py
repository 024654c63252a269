"""The web server of a service: whatever it can't make sense of is answered with a problem, too."""

from typing import Any, cast

from eventlet import wsgi
from nameko.web.server import WebServer, WsgiApp
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Request, Response

from shared.problems import Problem
from shared.protocol import Protocol


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
    """nameko's, with these two."""

    def get_wsgi_app(self) -> _Application:
        return _Application(self)

    def get_wsgi_server(self, sock: Any, wsgi_app: Any, protocol: type = Protocol, debug: bool = False) -> Any:
        """The one that reads what comes. It would log the first lines of requests."""
        return wsgi.Server(sock, sock.getsockname(), wsgi_app, protocol=protocol, debug=debug, log_output=False)
