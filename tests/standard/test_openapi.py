"""What each service says can be asked is valid OpenAPI 3.1, and names its calls."""

import json
import re
import subprocess
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from marshmallow import Schema, ValidationError, fields
from openapi_spec_validator import OpenAPIV31SpecValidator

from deploy.parts import SERVICES, definition, service_class
from deploy.run import COMMAND
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


def _calls(service: str) -> list[Api]:
    cls = service_class(service)
    methods = [getattr(cls, name) for name in dir(cls)]
    entries = [entry for method in methods for entry in getattr(method, "nameko_entrypoints", ())]
    return [entry for entry in entries if isinstance(entry, Api)]


def _document(service: str) -> dict[str, Any]:
    app: Any = SimpleNamespace(definition=definition(service))
    return openapi(app, _calls(service))


def _operations(service: str) -> dict[str, dict[str, Any]]:
    """By method and path, as in "get /api/rooms"."""
    paths = _document(service)["paths"]
    return {f"{method} {path}": told for path, methods in paths.items() for method, told in methods.items()}


@pytest.mark.parametrize("service", SERVICES)
def test_it_is_valid(service: str):
    """By the rules of the specification, with every reference resolved."""
    errors = list(OpenAPIV31SpecValidator(_document(service)).iter_errors())
    assert errors == []


@pytest.mark.parametrize("service", SERVICES)
def test_it_names_the_calls_that_others_rely_on(service: str):
    """More may be there, none may be missing."""
    assert CALLS[service] <= _document(service)["paths"].keys()


@pytest.mark.parametrize("service", SERVICES)
def test_it_names_the_calls_that_every_service_answers(service: str):
    """With all statuses and media types."""
    operations = _operations(service)
    told = {path: operations[f"get {path}"]["responses"] for path in ("/health", "/metrics", "/openapi.json")}
    health = {"application/json": {"schema": {"$ref": "#/components/schemas/HealthAnswer"}}}
    assert [told["/health"][status]["content"] for status in ("200", "503")] == [health, health]
    assert [media.partition(";")[0] for media in told["/metrics"]["200"]["content"]] == ["text/plain"]
    assert told["/openapi.json"]["200"]["content"].keys() == {"application/json"}


@pytest.mark.parametrize(
    ("service", "path"), [("booking", "/api/appointments"), ("visitor_access", "/api/visits/{code}/arrival")]
)
def test_it_names_the_key_that_makes_a_repetition_safe(service: str, path: str):
    """A client that reads nothing else knows of it."""
    parameters = _document(service)["paths"][path]["post"]["parameters"]
    assert ["header", "Idempotency-Key"] in [[one["in"], one["name"]] for one in parameters]


def test_what_is_no_json_is_said_to_be_what_it_is():
    """A clerk's feed is a calendar."""
    answers = _operations("staff_calendar")["get /api/staff/{clerk}/calendar.ics"]["responses"]
    assert answers["200"]["content"].keys() == {"text/calendar"}


def test_two_methods_of_one_path_are_both_there():
    """A path is said once, with all that can be done with it."""
    assert {"get", "put"} <= _document("booking")["paths"]["/api/concerns"].keys()


def test_it_names_each_status_of_an_appointment():
    """Whoever writes a client need not find them out one by one."""
    status = _document("booking")["components"]["schemas"]["AppointmentAnswer"]["properties"]["status"]
    assert set(status["enum"]) >= {"requested", "confirmed", "declined", "expired", "cancelled"}


@pytest.mark.parametrize("service", SERVICES)
def test_it_says_which_calls_need_a_token(service: str):
    """Those that need a role, and no others."""
    document, operations = _document(service), _operations(service)
    assert document["components"]["securitySchemes"] == {"bearer": {"type": "http", "scheme": "bearer"}}
    needs = {name for name, told in operations.items() if told.get("security") == [{"bearer": []}]}
    calls = [call for call in _calls(service) if call.role and not call.hidden]
    assert len(needs) == len(calls) > 0
    assert {told["summary"] for name, told in operations.items() if name in needs} == {call.summary for call in calls}


def test_it_says_where_a_token_may_come():
    """A guest's, who may also name it in the address; and the info desk's, for hours that are kept."""
    operations = _operations("booking")
    assert {name for name, told in operations.items() if told.get("security") == [{}, {"bearer": []}]} == {
        "get /api/proposals",
        "get /api/appointments/{appointment}",
        "post /api/appointments/{appointment}/cancellation",
        "post /api/appointments/{appointment}/move",
    }


@pytest.mark.parametrize("service", SERVICES)
def test_a_body_is_required_where_one_of_its_fields_is(service: str):
    """An empty one is taken everywhere else."""
    schemas = _document(service)["components"]["schemas"]
    for name, told in _operations(service).items():
        if "requestBody" in told:
            (content,) = told["requestBody"]["content"].values()
            schema = schemas[content["schema"]["$ref"].rpartition("/")[2]]
            assert told["requestBody"]["required"] == bool(schema.get("required")), name


@pytest.mark.parametrize("service", SERVICES)
def test_it_says_how_long_a_body_may_be(service: str):
    """Where one is taken at all."""
    for name, told in _operations(service).items():
        assert ("413" in told["responses"]) == ("requestBody" in told), name


@pytest.mark.parametrize(("call", "most"), [("post /api/appointments", 2_097_152), ("put /api/concerns", 4_194_304)])
def test_a_catalogue_may_be_longer_than_a_booking(call: str, most: int):
    """Each call says itself how much it takes."""
    assert str(most) in _operations("booking")[call]["responses"]["413"]["description"]


def test_every_answer_of_booking_is_described():
    """Also where the work goes on after it; only 204 has none."""
    for name, told in _operations("booking").items():
        for status, answer in told["responses"].items():
            assert status == "204" or answer["content"], (name, status)


@pytest.mark.parametrize("service", ["booking", "staff_calendar", "visitor_access"])
def test_what_may_be_left_out_of_a_query_may_be_left_empty(service: str):
    """As forms send what nobody has filled in."""
    operations = _operations(service).values()
    queries = [one for told in operations for one in told["parameters"] if one["in"] == "query"]
    assert queries
    assert [one.get("allowEmptyValue", False) for one in queries] == [not one["required"] for one in queries]


KEY = {"type": "string", "pattern": "^[a-z0-9][a-z0-9._-]{0,63}$"}
DAY = {"type": "string", "format": "date"}
ACCOUNT = {"type": "string", "pattern": "^[a-z0-9][a-z0-9._-]{1,39}$"}


@pytest.mark.parametrize(
    ("service", "call", "told"),
    [
        ("rooms", "get /api/rooms/{room}/days/{date}", {"room": KEY, "date": DAY}),
        ("rooms", "put /api/sites/{site}/closures", {"site": KEY}),
        ("staff_calendar", "get /api/staff/{clerk}/days/{date}", {"clerk": KEY, "date": DAY}),
        ("booking", "put /api/accounts/{account}", {"account": ACCOUNT}),
        ("visitor_access", "post /api/visits/{code}/arrival", {"code": {"type": "string"}}),
    ],
)
def test_it_says_what_may_stand_in_an_address(service: str, call: str, told: dict[str, Any]):
    """As the call checks it; of a guest's number any text may be looked for."""
    parameters = _operations(service)[call]["parameters"]
    paths = [one for one in parameters if one["in"] == "path"]
    assert {one["name"]: one["schema"] for one in paths} == told
    assert all(one["required"] for one in paths)


@pytest.mark.parametrize(
    ("service", "schema", "field", "told"),
    [
        ("booking", "Guest", "email", {"format": "email", "maxLength": 254}),
        ("booking", "Release", "time", {"pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$"}),
        ("booking", "Concern", "leika", {"pattern": "^99[0-9]{12}$"}),
        ("booking", "Password", "password", {"minLength": 12, "maxLength": 200}),
        ("rooms", "Room", "equipment", {"items": KEY}),
        ("staff_calendar", "Clerk", "departments", {"items": KEY}),
        ("staff_calendar", "Quota", "from", {"pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$"}),
    ],
)
def test_it_says_what_a_field_takes(service: str, schema: str, field: str, told: dict[str, Any]):
    """A client that follows it is not refused for that."""
    properties = _document(service)["components"]["schemas"][f"{schema}Body"]["properties"][field]
    assert {name: properties.get(name) for name in told} == told


def _patterns(told: Any) -> Iterator[str]:
    if isinstance(told, dict):
        yield from [told["pattern"]] if isinstance(told.get("pattern"), str) else []
    for inner in told.values() if isinstance(told, dict) else told if isinstance(told, list) else []:
        yield from _patterns(inner)


@pytest.mark.parametrize("service", SERVICES)
def test_patterns_are_of_whole_values_and_not_pythons(service: str):
    """JSON Schema looks for a pattern anywhere, and knows no end as Python writes it."""
    patterns = set(_patterns(_document(service)))
    assert patterns
    for pattern in patterns:
        assert re.fullmatch(r"\^[^\\]*(\\[xusS.][^\\]*)*\$", pattern), pattern


AS_IT_RUNS = """
import json
from types import SimpleNamespace
from deploy.parts import SERVICES, definition, service_class
from shared.standard import openapi
apps = {name: SimpleNamespace(definition=definition(name)) for name in SERVICES}
print(json.dumps({name: openapi(app, service_class(name)()._calls()) for name, app in apps.items()}))
"""


@pytest.mark.slow
def test_running_services_describe_rules_across_fields():
    """No pattern says them; processes run without docstrings."""
    ask = [*COMMAND[:2], "-W", "ignore", "-c", AS_IT_RUNS]
    documents = json.loads(subprocess.run(ask, stdout=subprocess.PIPE, text=True, check=True).stdout)
    schemas = {name: document["components"]["schemas"] for name, document in documents.items()}
    assert "add up to 100 percent" in schemas["booking"]["ReleaseBody"]["description"]
    assert "not before `from`" in schemas["rooms"]["ClosureBody"]["description"]
    assert "`until` is after `from`" in schemas["staff_calendar"]["QuotaBody"]["description"]
    assert "`until` is not before" in documents["booking"]["paths"]["/api/proposals"]["get"]["description"]
    assert documents == {name: _document(name) for name in SERVICES}


def _inside(field: Any) -> Iterator[fields.Field[Any]]:
    """The field, those in its list, and those of its object."""
    yield field
    for inner in [field.inner] if isinstance(field, fields.List) else []:
        yield from _inside(inner)
    for schema in [field.schema] if isinstance(field, fields.Nested) else []:
        yield from _all_fields(schema)


def _all_fields(schema: Schema) -> Iterator[fields.Field[Any]]:
    for field in schema.fields.values():
        yield from _inside(field)


@pytest.mark.parametrize("service", ["booking", "rooms", "staff_calendar"])
def test_only_true_and_false_are_true_and_false_in_a_body(service: str):
    """As the document says; a query has other words for them."""
    bodies = [call.body() for call in _calls(service) if call.body]
    booleans = [field for body in bodies for field in _all_fields(body) if isinstance(field, fields.Boolean)]
    assert booleans
    for field in booleans:
        with pytest.raises(ValidationError):
            field.deserialize(0)


def test_whole_numbers_in_a_query_are_plain_digits():
    """As the document says: an integer."""
    queries = [call.query() for service in SERVICES for call in _calls(service) if call.query]
    numbers = [field for query in queries for field in _all_fields(query) if isinstance(field, fields.Integer)]
    assert numbers
    for field in numbers:
        with pytest.raises(ValidationError):
            field.deserialize("1_0")


@pytest.mark.parametrize("service", SERVICES)
def test_what_a_schema_tells_is_no_docstring(service: str):
    """The document of a running service would lack it."""
    shapes = [shape for call in _calls(service) for shape in (call.query, call.body, call.answer)]
    given = {shape for shape in shapes if isinstance(shape, type)}
    inside = [field for shape in given for field in _all_fields(shape())]
    nested = {type(field.schema) for field in inside if isinstance(field, fields.Nested)}
    assert [shape.__name__ for shape in given | nested if shape.__doc__] == []
