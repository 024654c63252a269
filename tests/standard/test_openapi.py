"""What each service says can be asked is valid OpenAPI 3.1, and names its calls."""

from types import SimpleNamespace
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from deploy.parts import SERVICES, definition, service_class
from shared.standard import openapi
from shared.web import Api

CALLS = {
    "booking": {
        "/api/concerns",
        "/api/proposals",
        "/api/appointments",
        "/api/appointments/{appointment}",
        "/api/appointments/{appointment}/cancellation",
        "/api/appointments/{appointment}/move",
    },
    "rooms": {"/api/rooms", "/api/rooms/{room}", "/api/rooms/{room}/days/{date}"},
    "staff_calendar": {
        "/api/staff/{clerk}",
        "/api/staff/{clerk}/quotas",
        "/api/staff/{clerk}/days/{date}",
        "/api/staff/{clerk}/calendar.ics",
    },
    "visitor_access": {"/api/access-list", "/api/visits/{code}/arrival", "/api/visits/{code}/departure"},
    "notifications": {"/api/messages"},
}


def _document(service: str) -> dict[str, Any]:
    cls = service_class(service)
    methods = [getattr(cls, name) for name in dir(cls)]
    entries = [entry for method in methods for entry in getattr(method, "nameko_entrypoints", ())]
    app: Any = SimpleNamespace(definition=definition(service))
    return openapi(app, [entry for entry in entries if isinstance(entry, Api)])


@pytest.mark.parametrize("service", SERVICES)
def test_it_is_valid(service: str):
    """By the rules of the specification, with every reference resolved."""
    errors = list(OpenAPIV31SpecValidator(_document(service)).iter_errors())
    assert errors == []


@pytest.mark.parametrize("service", SERVICES)
def test_it_names_the_calls_that_others_rely_on(service: str):
    """More may be there, none may be missing."""
    assert CALLS[service] <= _document(service)["paths"].keys()


@pytest.mark.parametrize(
    ("service", "path"), [("booking", "/api/appointments"), ("visitor_access", "/api/visits/{code}/arrival")]
)
def test_it_names_the_key_that_makes_a_repetition_safe(service: str, path: str):
    """A client that reads nothing else knows of it."""
    parameters = _document(service)["paths"][path]["post"]["parameters"]
    assert ["header", "Idempotency-Key"] in [[one["in"], one["name"]] for one in parameters]


def test_two_methods_of_one_path_are_both_there():
    """A path is said once, with all that can be done with it."""
    assert {"get", "put"} <= _document("booking")["paths"]["/api/concerns"].keys()


def test_it_names_each_status_of_an_appointment():
    """Whoever writes a client need not find them out one by one."""
    status = _document("booking")["components"]["schemas"]["AppointmentAnswer"]["properties"]["status"]
    assert set(status["enum"]) >= {"requested", "confirmed", "declined", "expired", "cancelled"}
