"""The documents for readers outside are made of the contracts, up to date, and true of the examples."""

import json
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from deploy.documents import FILES, FOLDER, asyncapi, hearers
from deploy.parts import SERVICES, definition, place
from deploy.said import sayings

EXAMPLES = sorted((Path(__file__).parents[1] / "contracts").glob("*.json"))
KEY = re.compile(r"[A-Za-z0-9.\-_]+")


@pytest.mark.parametrize("name", FILES)
def test_the_committed_file_is_what_make_docs_writes(name: str) -> None:
    """Whoever changes a contract runs `make docs`."""
    assert (FOLDER / name).read_text() == FILES[name](), f"docs/{name} is not up to date: run `make docs`"


def test_every_example_fits_the_schema_of_its_message() -> None:
    """What is promised to outsiders is what is said."""
    document = asyncapi()
    for example in EXAMPLES:
        said = json.loads(example.read_text())
        payload = document["components"]["messages"][said["type"]]["payload"]
        schema = {**payload, "components": document["components"]}
        errors = list(Draft202012Validator(schema).iter_errors(said))
        assert errors == [], example.name
        assert list(Draft202012Validator(schema).iter_errors({**said, "data": {}})) != [], "it would notice"


def test_every_message_has_an_example() -> None:
    """Nothing said is left out, neither of the document nor of the contracts."""
    assert {saying.full_type.removeprefix("foyer.") for saying in sayings()} == {one.stem for one in EXAMPLES}


def references(part: Any) -> Iterator[str]:
    """All $ref in a document."""
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        for one in part.values():
            yield from references(one)
    elif isinstance(part, list):
        for one in part:
            yield from references(one)


def resolved(document: dict[str, Any], reference: str) -> Any:
    """What a $ref points to. Raises KeyError."""
    found: Any = document
    for name in reference.removeprefix("#/").split("/"):
        found = found[name]
    return found


def test_the_document_is_asyncapi_3() -> None:
    """Its parts are where the specification wants them, and every reference leads somewhere."""
    document = json.loads((FOLDER / "asyncapi.json").read_text())
    assert document["asyncapi"] == "3.0.0"
    assert {"title", "version"} <= document["info"].keys()
    assert set(document) <= {"asyncapi", "id", "info", "defaultContentType"} | {
        *("servers", "channels", "operations", "components")
    }
    for kind in ("channels", "operations", "servers"):
        assert all(KEY.fullmatch(name) for name in document[kind])
    for kind in document["components"].values():
        assert all(KEY.fullmatch(name) for name in kind)
    assert all(resolved(document, reference) for reference in references(document))
    for server in document["servers"].values():
        assert {"host", "protocol"} <= server.keys()
    for channel in document["channels"].values():
        assert channel["messages"]
        assert channel["bindings"]["amqp"]["is"] in ("routingKey", "queue")
    for operation in document["operations"].values():
        assert operation["action"] in ("send", "receive")
        channel = operation["channel"]["$ref"]
        assert all(one["$ref"].startswith(f"{channel}/messages/") for one in operation["messages"])
    for schema in document["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


def test_who_hears_what_is_found_in_the_contracts() -> None:
    """The request of an appointment is heard by the four others."""
    requested = next(saying for saying in sayings() if saying.type == "AppointmentRequested")
    assert hearers(requested) == [service for service in SERVICES if service != "booking"]


@pytest.mark.parametrize("service", SERVICES)
def test_every_version_said_is_known_to_who_hears_it(service: str) -> None:
    """Or it would be parked there; and none is heard without saying up to which version."""
    heard = definition(service).heard
    sources = place(service).hears
    said = {saying.type: saying.version for saying in sayings() if saying.service in sources}
    assert {kind: version for kind, version in said.items() if version > heard.get(kind, version)} == {}
    used = {kind if isinstance(kind, str) else kind[1] for kind in import_module(f"services.{service}.contracts").HEARD}
    assert used <= heard.keys() <= said.keys()
