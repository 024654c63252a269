"""Who may call what: every call that is not for the public needs a role, in all five services."""

import json
from pathlib import Path

import pytest

from deploy.parts import SERVICES, definition, service_class
from shared.app import App, Delivery
from shared.messages import CONTENT_TYPE
from shared.migrate import migrate
from shared.web import MAX_BODY, Api
from tests.line import settings
from tests.over_http import over_http, token

PUBLIC = {
    "GET /health",
    "GET /metrics",
    "GET /openapi.json",
    # Guests have the token of their appointment.
    "GET /api/concerns",
    "GET /api/proposals",
    "POST /api/appointments",
    "GET /api/appointments/<appointment>",
    "POST /api/appointments/<appointment>/cancellation",
    "POST /api/appointments/<appointment>/move",
    # The address of the feed holds its key.
    "GET /api/staff/<clerk>/calendar.ics",
}
LISTENERS = [service for service in SERVICES if "booking" in definition(service).hears]
ENDED = Path(__file__).parent.parent / "contracts" / "booking.SessionsEnded.v1.json"


def _calls(service: str) -> list[Api]:
    cls = service_class(service)
    methods = [getattr(cls, name) for name in dir(cls)]
    entries = [entry for method in methods for entry in getattr(method, "nameko_entrypoints", ())]
    return [entry for entry in entries if isinstance(entry, Api)]


@pytest.mark.parametrize("service", SERVICES)
def test_every_call_needs_a_role_or_is_for_the_public(service: str):
    """Whoever adds one has to say which."""
    api = [call for call in _calls(service) if call.url.startswith(("/api/", "/health", "/metrics", "/openapi"))]
    open_ones = {f"{call.method} {call.url}" for call in api if not call.role}
    assert api
    assert open_ones <= PUBLIC


@pytest.mark.parametrize("service", SERVICES)
def test_only_who_has_a_role_may_send_much(service: str):
    """Anybody else could keep the service busy with it."""
    assert [call.url for call in _calls(service) if call.max_body > MAX_BODY and not call.role] == []


@pytest.mark.parametrize("service", LISTENERS)
def test_every_service_hears_that_sessions_were_ended(service: str, home: Path):
    """Without asking anybody at the call."""
    of_line = settings(home, f"sqlite:///{home}/{{service}}.db", service)
    migrate(definition(service), of_line)
    app = App(definition(service), of_line)
    call = next(call for call in _calls(service) if call.role and "<" not in call.url and call.method == "GET")
    client = over_http(service_class(service), app, roles=())
    ours = {"Authorization": f"Bearer {token(app, 'operations', account='infotheke-1')}"}
    other = {"Authorization": f"Bearer {token(app, 'operations', account='infotheke-2')}"}
    assert client.get(call.url).status_code == 401
    assert client.get(call.url, headers=ours).status_code in (200, 422)
    message = json.loads(ENDED.read_text())
    message["data"]["before"] = app.clock().isoformat()
    app.hear([Delivery(CONTENT_TYPE, json.dumps(message).encode())])
    assert client.get(call.url, headers=ours).status_code == 401
    assert client.get(call.url, headers=other).status_code in (200, 422)
    app.engine.dispose()


@pytest.mark.parametrize("service", LISTENERS)
def test_a_role_that_does_not_fit_is_told_so(service: str, home: Path):
    """403, with the roles that would do."""
    of_line = settings(home, f"sqlite:///{home}/{{service}}.db", service)
    migrate(definition(service), of_line)
    app = App(definition(service), of_line)
    call = next(call for call in _calls(service) if call.role and "<" not in call.url and call.method == "GET")
    answer = over_http(service_class(service), app, roles=("gardener",)).get(call.url)
    assert answer.status_code == 403
    assert "operations" in answer.get_json()["detail"]
    app.engine.dispose()
