"""docs/events.md and docs/asyncapi.json, made of the contracts: `make docs`.

python -m deploy.documents [--check]    write them; with --check only say (status 1) whether they are up to date
"""

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from marshmallow import Schema

from deploy.parts import SERVICES, place
from deploy.said import Saying, sayings
from shared import topology
from shared.messages import CONTENT_TYPE

FOLDER = Path(__file__).parent.parent / "docs"
VERSION = "1"
ENVELOPE: dict[str, Any] = {
    "specversion": {"const": "1.0"},
    "id": {"type": "string", "description": "the same at every delivery"},
    "source": {"type": "string", "description": "the speaker, as in /booking"},
    "type": {"type": "string", "description": "as in foyer.booking.AppointmentConfirmed.v1"},
    "subject": {"type": "string", "description": "whom it is about: an appointment, a room, a clerk"},
    "time": {"type": "string", "format": "date-time"},
    "datacontenttype": {"const": "application/json"},
    "stream": {"type": "string", "description": "what it is in order with"},
    "sequence": {"type": "integer", "minimum": 0, "description": "counts the messages of its stream, without holes"},
    "position": {"type": "integer", "minimum": 1, "description": "rises with every message of its source"},
    "correlationid": {"type": "string"},
    "causationid": {"type": "string", "description": "id of the message or command that led to it"},
    "traceparent": {"type": "string"},
}
_REQUIRED = ["specversion", "id", "source", "type", "subject", "time", "stream", "sequence", "position", "data"]


def hearers(saying: Saying) -> list[str]:
    """The services that make use of a message."""
    return [service for service in SERVICES if saying.service in place(service).hears and _hears(service, saying)]


def _hears(service: str, saying: Saying) -> bool:
    known: Mapping[str, int] = import_module(f"services.{service}.contracts").VERSIONS
    return saying.version <= known.get(saying.type, 0)


@cache
def schemas() -> dict[str, dict[str, Any]]:
    """JSON Schema of every message's data and of what is nested in it, by name."""
    found: dict[str, dict[str, Any]] = {}
    for service in SERVICES:
        naming = _namer(service)
        spec = APISpec("x", "1", "3.1.0", plugins=[MarshmallowPlugin(schema_name_resolver=naming)])
        for saying in sayings():
            if saying.service == service and (name := naming(saying.schema)) not in found:
                spec.components.schema(name, schema=saying.schema)
                found |= json.loads(json.dumps(spec.to_dict()["components"]["schemas"]))
    for schema in found.values():
        schema.pop("additionalProperties", None)  # fields may be added
    return dict(sorted(found.items()))


def _namer(service: str) -> Callable[[Any], str]:
    def name(schema: Any) -> str:
        cls = schema if isinstance(schema, type) else type(schema)
        return f"{service}.{cls.__name__}"

    return name


def asyncapi() -> dict[str, Any]:
    """The whole document, AsyncAPI 3.0."""
    channels = {service: _channel(service) for service in SERVICES}
    channels["archive"] = {
        "address": topology.ARCHIVE,
        "description": "A stream with a copy of every message; read it from any offset or time.",
        "messages": {saying.full_type: _ref("messages", saying.full_type) for saying in sayings()},
        "bindings": {"amqp": {"is": "queue", "queue": {"name": topology.ARCHIVE, "durable": True}}},
    }
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Foyer",
            "version": VERSION,
            "description": "What the services of a town hall visit say. Fields are added, never removed or renamed.",
            "license": {"name": "EUPL-1.2"},
        },
        "defaultContentType": CONTENT_TYPE,
        "servers": {"broker": {"host": "127.0.0.1:5672", "protocol": "amqp", "protocolVersion": "0.9.1"}},
        "channels": channels,
        "operations": dict(_operations()),
        "components": {"messages": {saying.full_type: _message(saying) for saying in sayings()}, "schemas": _all()},
    }


def _channel(service: str) -> dict[str, Any]:
    exchange = {"name": topology.exchange(service), "type": "topic", "durable": True, "autoDelete": False}
    mine = [saying for saying in sayings() if saying.service == service]
    return {
        "address": topology.exchange(service),
        "description": f"What {service} says; the routing key is the name of the message, as in {mine[0].type}.",
        "messages": {saying.full_type: _ref("messages", saying.full_type) for saying in mine},
        "bindings": {"amqp": {"is": "routingKey", "exchange": exchange}},
    }


def _operations() -> Iterator[tuple[str, dict[str, Any]]]:
    for service in SERVICES:
        mine = [saying for saying in sayings() if saying.service == service]
        yield f"{service}.says", _operation("send", service, mine)
    for listener in SERVICES:
        for speaker in place(listener).hears:
            heard = [s for s in sayings() if s.service == speaker and listener in hearers(s)]
            yield f"{listener}.hears.{speaker}", _operation("receive", speaker, heard)


def _operation(action: str, channel: str, messages: list[Saying]) -> dict[str, Any]:
    refs = [{"$ref": f"#/channels/{channel}/messages/{saying.full_type}"} for saying in messages]
    return {"action": action, "channel": {"$ref": f"#/channels/{channel}"}, "messages": refs}


def _message(saying: Saying) -> dict[str, Any]:
    kind = {"type": "object", "properties": {"type": {"const": saying.full_type}}}
    data = {"type": "object", "properties": {"data": _ref("schemas", _namer(saying.service)(saying.schema))}}
    message = {
        "name": saying.full_type,
        "title": saying.type,
        "contentType": CONTENT_TYPE,
        "payload": {"allOf": [_ref("schemas", "Envelope"), kind, data]},
    }
    return message | ({"summary": said} if (said := meaning(saying.schema)) else {})


def _all() -> dict[str, Any]:
    envelope = {
        "type": "object",
        "description": "A CloudEvent 1.0 in structured JSON, with extensions for order and cause.",
        "properties": ENVELOPE,
        "required": _REQUIRED,
    }
    return {"Envelope": envelope} | schemas()


def _ref(kind: str, name: str) -> dict[str, str]:
    return {"$ref": f"#/components/{kind}/{name}"}


def meaning(schema: Schema) -> str:
    """What its own docstring says, in one line."""
    return " ".join((type(schema).__dict__.get("__doc__") or "").split())


# ---------------------------------------------------------------------------------------------------------- events.md


def markdown() -> str:
    """docs/events.md."""
    return "\n".join(_markdown()) + "\n"


def _markdown() -> Iterator[str]:
    yield "# What the services say"
    yield ""
    yield "Made of the contracts by `make docs`; the same for programs is in [asyncapi.json](asyncapi.json)."
    yield "How to read it from outside is in [operations.md](operations.md)."
    yield ""
    yield "Every message is a CloudEvent (`application/cloudevents+json`) on the exchange `<service>.events`;"
    yield "the routing key is its name."
    yield "Fields are added, never removed or renamed; a change that breaks has a new version."
    yield "A service that makes use of a message, and does not know its version yet, parks it."
    yield ""
    yield "| attribute | type | |"
    yield "|---|---|---|"
    for name, of in ENVELOPE.items():
        yield f"| `{name}` | {_type(of)} | {of.get('description', '')} |"
    for service in SERVICES:
        yield from _of(service)
    yield ""
    yield "## Parts"
    named = {_namer(saying.service)(saying.schema) for saying in sayings()}
    for name, schema in schemas().items():
        if name not in named:
            yield from ("", f"### {name}", "", *_table(schema))


def _of(service: str) -> Iterator[str]:
    yield from ("", f"## {service}")
    for saying in sayings():
        if saying.service != service:
            continue
        yield from ("", f"### {saying.type}", "", f"`{saying.full_type}`")
        if said := meaning(saying.schema):
            yield said
        yield f"Heard by: {', '.join(hearers(saying)) or 'nobody here'}."
        yield from ("", *_table(schemas()[_namer(service)(saying.schema)]))


def _table(schema: dict[str, Any]) -> Iterator[str]:
    yield "| field | type | |"
    yield "|---|---|---|"
    required = schema.get("required", ())
    for name, of in schema.get("properties", {}).items():
        notes = [*([] if name in required else ["not always there"]), *_notes(of)]
        yield f"| `{name}` | {_type(of)} | {'; '.join(notes)} |"


def _notes(of: dict[str, Any]) -> list[str]:
    allowed = of.get("enum")
    return [f"one of {', '.join(f'`{value}`' for value in allowed)}"] if allowed else []


def _type(of: dict[str, Any]) -> str:
    if "$ref" in of:
        name = of["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower().replace('.', '')})"
    if "const" in of:
        return f"`{of['const']}`"
    for joined in ("allOf", "anyOf"):
        if joined in of:
            return " or ".join(_type(one) for one in of[joined])
    kind = of.get("type", "any")
    kinds = kind if isinstance(kind, list) else [kind]
    said = [f"list of {_type(of.get('items', {}))}" if one == "array" else str(one) for one in kinds]
    return " or ".join(said) + (f", {of['format']}" if "format" in of else "")


FILES: dict[str, Callable[[], str]] = {
    "events.md": markdown,
    "asyncapi.json": lambda: json.dumps(asyncapi(), indent=1, ensure_ascii=False) + "\n",
}


def main(arguments: list[str]) -> int:
    """Write the documents, or check them."""
    old = [name for name, made in FILES.items() if _read(FOLDER / name) != made()]
    if "--check" in arguments:
        for name in old:
            print(f"docs/{name} is not up to date: run `make docs`", file=sys.stderr)
        return 1 if old else 0
    for name in old:
        (FOLDER / name).write_text(FILES[name]())
        print(f"docs/{name}")
    return 0


def _read(file: Path) -> str:
    return file.read_text() if file.exists() else ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
