"""What people send over HTTP, to a running service: clear answers to all of it, and no word of it in the log."""

import gzip
import http.client
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from deploy.servers import Process, RabbitMQ, wait_until
from shared.web import MAX_BODY, flatten
from tests.nursery import Nursery
from tests.shared.wire import Wire


@dataclass(frozen=True)
class Answer:
    """Of the service."""

    status: int
    headers: dict[str, str]
    body: Any

    @property
    def errors(self) -> dict[str, str]:
        """What is wrong with which field."""
        return {error["field"]: error["detail"] for error in self.body.get("errors", ())}


@dataclass(frozen=True)
class Service:
    """The toy, running."""

    port: int
    process: Process

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        data = body if body is None or isinstance(body, bytes | Iterator) else json.dumps(body).encode()
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, data, names, encode_chunked=isinstance(data, Iterator))
        response = connection.getresponse()
        content = response.read()
        is_json = "json" in response.headers.get("content-type", "")
        found = {name.lower(): value for name, value in response.headers.items()}
        return Answer(response.status, found, json.loads(content) if is_json else content)


@pytest.fixture(scope="module")
def call(rabbitmq: RabbitMQ, servers_folder: Path, nursery: Nursery) -> Iterator[Service]:
    """One service for all tests of this file."""
    home = servers_folder / "web"
    home.mkdir()
    rabbitmq.start()
    wire = Wire(home, rabbitmq.add_vhost("web"), lambda name: f"sqlite:///{home}/{name}.db", nursery)
    with wire.running("service") as process:
        service = Service(wire.http_port, process)
        wait_until(lambda: answers(service), 40, "the service answers")
        yield service
    rabbitmq.remove_vhost("web")


def answers(service: Service) -> bool:
    try:
        return service("GET", "/health").status == 200
    except OSError:
        return False


def check_problem(answer: Answer, status: int, *fields: str) -> None:
    """An answer as RFC 9457 wants it, that names these fields."""
    assert answer.status == status, answer
    assert answer.headers["content-type"] == "application/problem+json"
    assert {"type", "title", "status"} <= answer.body.keys()
    assert answer.body["status"] == status
    assert set(answer.errors) == set(fields)
    for error in answer.body.get("errors", ()):
        assert error["pointer"] == "#/" + error["field"].replace(".", "/")
        assert error["detail"]


def test_a_good_call_is_carried_out(call: Service) -> None:
    """The answer carries the caller's correlation id, and is kept by no cache."""
    order = {"tally": "good", "by": 3, "at": "2026-11-24T09:00:00+01:00", "people": [{"name": "  Ada\u0308 "}]}
    answer = call("POST", "/api/tallies", order, X_Correlation_ID="mine-1")
    assert (answer.status, answer.body) == (202, {"total": 3, "at": "2026-11-24T09:00:00+01:00"})
    assert answer.headers["x-correlation-id"] == "mine-1"
    assert answer.headers["cache-control"] == "no-store"
    assert call("GET", "/api/tallies/good?limit=5").body == {"total": 3, "limit": 5}


LONG = "x" * 1_000_000
WRONG: dict[str, tuple[Any, tuple[str, ...]]] = {
    "nothing": ({}, ("tally",)),
    "wrong types": ({"tally": 5, "by": "many", "people": "Ada", "at": 7}, ("tally", "by", "people", "at")),
    "a number as text": ({"tally": "a", "by": 1.5}, ("by",)),
    "out of range": ({"tally": "a", "by": 10_000}, ("by",)),
    "a huge number": ({"tally": "a", "by": 10**30}, ("by",)),
    "an unknown field": ({"tally": "a", "colour": "red"}, ("colour",)),
    "a megabyte": ({"tally": "a", "people": [{"name": LONG}]}, ("people.0.name",)),
    "a megabyte of key": ({"tally": LONG}, ("tally",)),
    "nested": ({"tally": "a", "people": [{"name": "ok"}, {}, 5]}, ("people.1.name", "people.2")),
    "a control character": ({"tally": "a", "people": [{"name": "A\u0000da"}]}, ("people.0.name",)),
    "a line break": ({"tally": "a", "people": [{"name": "Ada\nBcc: x"}]}, ("people.0.name",)),
    "a line separator": ({"tally": "a", "people": [{"name": "Ada\u2028"+"x"}]}, ("people.0.name",)),
    "a turned direction": ({"tally": "a", "people": [{"name": "Ada\u202eadA"}]}, ("people.0.name",)),
    "only blanks": ({"tally": "a", "people": [{"name": "   "}]}, ("people.0.name",)),
    "no offset": ({"tally": "a", "at": "2026-11-24T09:00:00"}, ("at",)),
    "no such day": ({"tally": "a", "at": "2026-02-30T09:00:00+01:00"}, ("at",)),
    "what the decider refuses": ({"tally": "a", "by": 0}, ("by",)),
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_is_named(call: Service, what: str) -> None:
    """Every field of it, with its place in the body."""
    body, fields = WRONG[what]
    check_problem(call("POST", "/api/tallies", body), 422, *fields)


def test_of_many_faults_the_first_are_named(call: Service) -> None:
    """And it is said how many more there are: the answer is not many times the body."""
    answer = call("POST", "/api/tallies", {"tally": "a"} | {f"x{n}": 1 for n in range(4_000)})
    check_problem(answer, 422, *answer.errors)
    assert len(answer.errors) == 50
    assert answer.body["detail"].endswith(": Unknown field. (3950 more fields than are named here)")


@pytest.mark.parametrize("key", ["", "x" * 201, "a\tb", "sch\u00f6n"], ids=["empty", "long", "a tab", "no ASCII"])
def test_a_key_that_nobody_could_mean_is_refused(call: Service, key: str) -> None:
    """Under it, a repetition would not be known again."""
    check_problem(call("POST", "/api/tallies", {"tally": "keyed"}, Idempotency_Key=key), 422, "Idempotency-Key")
    assert call("POST", "/api/tallies", {"tally": "keyed"}, Idempotency_Key="x" * 200).status == 202


@pytest.mark.parametrize("body", [b"{", b"[1]", b'"x"', b"null", b"\xff\xfe", b"{" * 5000, b'{"tally": "a" "by": 1}'])
def test_what_is_not_a_json_object_is_said_so(call: Service, body: bytes) -> None:
    """With the place where it ends to be JSON."""
    check_problem(call("POST", "/api/tallies", body), 400)


@pytest.mark.parametrize("encoding", ["iso-8859-1", "utf-16"])
def test_a_body_in_another_encoding_is_said_so(call: Service, encoding: str) -> None:
    """Not in words about surrogates."""
    answer = call("POST", "/api/tallies", '{"tally": "schön"}'.encode(encoding))
    check_problem(answer, 400)
    assert answer.body["title"] == "The body must be JSON in UTF-8"


def test_a_body_that_is_packed_is_not_opened(call: Service) -> None:
    """The header that says so is named; one that says nothing of the kind hurts nobody."""
    answer = call("POST", "/api/tallies", gzip.compress(b'{"tally": "packed"}'), Content_Encoding="gzip")
    check_problem(answer, 415)
    assert "Content-Encoding" in answer.body["detail"]
    assert answer.headers["accept-encoding"] == "identity"
    assert call("POST", "/api/tallies", {"tally": "packed"}, Content_Encoding="Identity").status == 202


@pytest.mark.parametrize("chunked", [False, True], ids=["with a length", "in chunks"])
def test_a_body_that_is_too_large_is_not_read(call: Service, chunked: bool) -> None:
    """Whether it says so beforehand or not."""
    body: Any = (b'"' * 65536 for _ in range(100)) if chunked else b'"' * 5_000_000
    try:
        check_problem(call("POST", "/api/tallies", body), 413)
        check_problem(call("POST", "/api/tallies", b'"' * (MAX_BODY + 1)), 413)
    except (ConnectionError, http.client.RemoteDisconnected):
        pytest.fail("the connection was closed without an answer")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/nothing", 404),
        ("GET", "//api//tallies/a", 404),
        ("GET", "/api/tallies//a", 404),
        ("DELETE", "/api/tallies/a", 405),
        ("GET", "/api/tallies/a?limit=0", 422),
        ("GET", "/api/tallies/a?limit=many", 422),
        ("GET", "/", 404),
    ],
)
def test_wrong_calls_are_problems_too(call: Service, method: str, path: str, status: int) -> None:
    """Unknown paths, methods and values of a query."""
    check_problem(call(method, path), status, *(["limit"] if status == 422 else []))


@pytest.mark.parametrize("before", ["http://127.0.0.1:8001", "HTTPS://termine.example", "http://termine.example/"])
def test_an_address_may_be_whole(call: Service, before: str) -> None:
    """As clients of a proxy send it: scheme and host are no part of the path."""
    assert call("GET", f"{before}/api/tallies/whole?limit=5").body == {"total": 0, "limit": 5}


@pytest.mark.parametrize(
    ("path", "header", "status"),
    [
        ("/api/tallies/" + "a" * 9_000, "", 414),
        ("/api/tallies/a?limit=" + "1" * 200_000, "", 414),
        ("/api/tallies/a", "x" * 9_000, 431),
        ("/api/tallies/a", "x" * 90_000, 431),
    ],
)
def test_what_is_too_long_to_be_read_is_said_so(call: Service, path: str, header: str, status: int) -> None:
    """And the next one is answered as ever."""
    check_problem(call("GET", path, Cookie=header), status)
    check_problem(call("GET", "/api/nothing", **{f"X_{n}": "x" * 7_000 for n in range(12)}), 431)
    check_problem(call("GET", "/api/nothing"), 404)


def test_what_nobody_foresaw_says_nothing_of_itself(call: Service) -> None:
    """The answer is a problem without a word of the error."""
    answer = call("GET", "/api/broken")
    check_problem(answer, 500)
    assert "Ada" not in json.dumps(answer.body)


@pytest.mark.parametrize("given", ["x" * 65, "a b", "ä", "", "a\tb"])
def test_a_correlation_id_that_is_none_is_replaced(call: Service, given: str) -> None:
    """It goes into logs and messages."""
    answer = call("GET", "/api/tallies/a", X_Correlation_ID=given)
    assert answer.headers["x-correlation-id"] != given
    assert len(answer.headers["x-correlation-id"]) == 36


def test_a_body_in_chunks_is_read(call: Service) -> None:
    """Some clients don't know its length beforehand."""
    assert call("POST", "/api/tallies", iter([b'{"tally":', b'"chunks"}'])).status == 202


def test_the_log_does_not_show_what_was_sent(call: Service) -> None:
    """Neither values nor keys of a request: method, route and status only."""
    call("POST", "/api/tallies", {"tally": "geheim.1", "people": [{"name": "Zweistein\nZweistein"}]})
    call("GET", "/api/tallies/geheim.2?limit=Zweistein")
    call("POST", "/api/tallies", b'{"Zweistein')
    log = call.process.last_lines(10_000)
    assert '"/api/tallies"' in log
    assert "Zweistein" not in log
    assert "geheim" not in log


def test_the_standard_calls_answer(call: Service) -> None:
    """Health with reasons, metrics for Prometheus, and OpenAPI of all calls; none of them is logged."""
    health = call("GET", "/health")
    assert health.body == {"service": "counters", "ready": True, "problems": [], "notes": []}
    call("POST", "/api/tallies", {"tally": "m"})
    told = call("GET", "/metrics")
    metrics = told.body.decode()
    assert 'foyer_http_requests_total{method="POST",route="/api/tallies",status="202"}' in metrics
    openapi = call("GET", "/openapi.json").body
    assert openapi["openapi"].startswith("3.1")
    assert set(openapi["paths"]) == {
        *("/api/tallies", "/api/tallies/{tally}", "/api/broken"),
        *("/health", "/metrics", "/openapi.json"),
    }
    assert told.headers["content-type"] in openapi["paths"]["/metrics"]["get"]["responses"]["200"]["content"]
    assert '"/health"' not in call.process.last_lines(10_000)
    assert openapi["paths"]["/api/tallies"]["post"]["requestBody"]["required"]
    names = {p["name"]: p["in"] for p in openapi["paths"]["/api/tallies/{tally}"]["get"]["parameters"]}
    assert names == {"tally": "path", "limit": "query"}


def test_messages_are_flattened() -> None:
    """Whatever marshmallow nests: lists, schemas, single sentences."""
    nested = {"a": ["one", "two"], "b": {0: {"c": ["three"]}, 2: ["four"]}, "_schema": ["five"]}
    assert flatten(nested) == {"a": "one two", "b.0.c": "three", "b.2": "four", "body": "five"}
    assert flatten({"b": {"_schema": ["x"]}}) == {"b": "x"}
