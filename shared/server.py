"""The web server of a service: whatever it can't make sense of is answered with a problem, too."""

from typing import Any, cast

from eventlet.wsgi import HeaderLineTooLong, HeadersTooLarge
from nameko.web.server import HttpOnlyProtocol, WebServer, WsgiApp
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Request, Response

from shared.problems import Problem


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


class _Protocol(HttpOnlyProtocol):
    """Who asks more than a request may hold reads a problem, too; eventlet itself would answer with nothing."""

    def _read_request_line(self) -> bytes:
        line: bytes = super()._read_request_line() or b""
        if len(line) < self.server.url_length_limit:
            return line
        return self._refuse(Problem(414, "The address is too long", detail=f"At most {len(line)} bytes are read."))

    def parse_request(self) -> bool:
        """Whether there is a request to be answered."""
        try:
            return bool(super().parse_request())
        except (HeaderLineTooLong, HeadersTooLarge):
            return bool(self._refuse(Problem(431, "The headers are too long", detail="Send fewer or shorter ones.")))

    def _refuse(self, problem: Problem) -> bytes:
        answer = problem.response()
        answer.headers["Connection"] = "close"
        head = f"HTTP/1.1 {answer.status}\r\n{answer.headers}".encode()
        self.wfile.write(head + answer.get_data())
        self.close_connection = 1
        return b""


class Server(WebServer):
    """nameko's, with these two."""

    def get_wsgi_app(self) -> _Application:
        return _Application(self)

    def get_wsgi_server(self, sock: Any, wsgi_app: Any, protocol: type = _Protocol, debug: bool = False) -> Any:
        """The one that reads what comes."""
        return super().get_wsgi_server(sock, wsgi_app, protocol, debug)
