"""The services' HTTP calls, as a client of them makes them: from any thread, again when a service is busy."""

import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import requests
from environs import Env

from deploy.home import HTTP_DEFAULTS, BadInput
from deploy.own_token import own_token
from deploy.parts import SERVICES

TRIES = 4
PAUSE = 0.3
"""Seconds between two tries."""
TIMEOUT = 15.0
"""Seconds until a call counts as unanswered."""


class NotUp(Exception):
    """A service does not answer; the text is one sentence that says what to do."""


class Refused(Exception):
    """A service has refused: `status`, and the problem+json it gave, as one text."""

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        self.status = status
        self.kind = str(problem.get("type", "")).rpartition("/")[2]
        self.errors: dict[str, str] = {
            str(error.get("field")): str(error.get("detail")) for error in problem.get("errors", ())
        }
        detail = problem.get("detail") or ""
        super().__init__(f"{problem.get('title', f'HTTP status {status}')}{f': {detail}' if detail else ''}")


def addresses() -> dict[str, str]:
    """Where the services listen, as host:port, by service; from FOYER_HTTP_BOOKING and so on."""
    env = Env()
    names = {service: f"FOYER_HTTP_{service.upper()}" for service in SERVICES}
    return {service: env.str(name, HTTP_DEFAULTS[name]) for service, name in names.items()}


class Calls:
    """Every call raises NotUp or Refused, and BadInput where the service is another ensemble's.

    All calls made here may be repeated: they are idempotent or bear a key. They are made
    as operations: `home` is the ensemble's folder with its secret, FOYER_HOME if left out.
    """

    def __init__(self, at: Mapping[str, str] | None = None, home: Path | None = None) -> None:
        self.at = dict(at or addresses())
        self._home, self._token = home, ""
        self._of_thread = threading.local()

    def get(self, service: str, path: str, query: Mapping[str, Any] | None = None, token: str = "") -> Any:
        """The JSON of an answer. `query` may hold lists: the name is repeated."""
        return self._call("GET", service, path, token, params=query)

    def put(self, service: str, path: str, body: Any) -> Any:
        """Set something; the answer's JSON, or None."""
        return self._call("PUT", service, path, json=body)

    def post(self, service: str, path: str, body: Any, token: str = "", key: str = "") -> Any:
        """Order something under an Idempotency-Key; the answer's JSON, or None."""
        return self._call("POST", service, path, token, json=body, headers={"Idempotency-Key": key} if key else {})

    def _call(self, method: str, service: str, path: str, token: str = "", **how: Any) -> Any:
        headers = {**how.pop("headers", {}), **bearer(token or self.token)}
        for last in (False,) * (TRIES - 1) + (True,):
            try:
                answer = self._session().request(
                    method, f"http://{self.at[service]}{path}", headers=headers, timeout=TIMEOUT, **how
                )
            except requests.RequestException as error:
                if last:
                    raise NotUp(
                        f"{service} does not answer at {self.at[service]}; `foyer up` starts the services, "
                        "`foyer status` says what is wrong."
                    ) from error
            else:
                if answer.status_code == requests.codes.unauthorized and not token:
                    raise self._strange(service)
                if answer.status_code != requests.codes.service_unavailable or last:
                    return _json(answer)
            time.sleep(PAUSE)
        raise AssertionError

    def _strange(self, service: str) -> BadInput:
        folder = (self._home or Path(Env().str("FOYER_HOME", "var"))).absolute()
        return BadInput(
            f"{service} at {self.at[service]} is not of the ensemble in {folder}: has `foyer up` run here? FOYER_HOME "
            f"or FOYER_HTTP_{service.upper()} say which one is meant."
        )

    @property
    def token(self) -> str:
        """With which calls are made that bear none of their own; empty where nothing was ever started."""
        self._token = self._token or own_token(self._home)
        return self._token

    def delete(self, service: str, path: str) -> Any:
        """Take something away."""
        return self._call("DELETE", service, path)

    def _session(self) -> requests.Session:
        # A session keeps its connection open but is not made for several threads.
        if not hasattr(self._of_thread, "session"):
            self._of_thread.session = requests.Session()
            self._of_thread.session.trust_env = False
        session: requests.Session = self._of_thread.session
        return session


def bearer(token: str) -> dict[str, str]:
    """The header that bears a token."""
    return {"Authorization": f"Bearer {token}"} if token else {}


def _json(answer: requests.Response) -> Any:
    try:
        body = answer.json() if answer.content else None
    except requests.JSONDecodeError:
        body = None
    if answer.ok:
        return body
    raise Refused(answer.status_code, body if isinstance(body, dict) else {})
