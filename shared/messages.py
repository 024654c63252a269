"""The wire: CloudEvents 1.0 in structured JSON, with the extensions that carry order and cause."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import orjson

CONTENT_TYPE = "application/cloudevents+json"
LONGEST = 200
"""Characters of an id, a stream or a subject, at most."""
_TYPE = re.compile(r"foyer\.([a-z0-9_]{1,50})\.([A-Za-z0-9]{1,100})\.v([0-9]{1,4})")
KEY_CONTENT_TYPE = "application/vnd.foyer.key+json"


class Unreadable(ValueError):
    """The body is not a message of ours; its text says why, without quoting the body."""


@dataclass(frozen=True, slots=True)
class Said:
    """What an event is to outsiders: the type and version of the message, whom it is about, and its data."""

    type: str
    version: int
    subject: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Cause:
    """Where a command comes from: carried unchanged (correlation, traceparent) or step by step (causation)."""

    correlation: str
    causation: str
    traceparent: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """A heard message. `sequence` counts what was published on `stream`, from 0 and without holes."""

    id: str
    source: str
    type: str
    version: int
    subject: str
    time: datetime
    stream: str
    sequence: int
    position: int
    correlation: str
    causation: str
    traceparent: str
    data: dict[str, Any]
    body: bytes
    replay: str = ""
    """The id of the replay that has brought it again; empty for a live one."""
    mode: str = ""
    """What that replay is for."""
    replaces: str = ""
    """The id of the message that operations have edited to make this one."""

    @property
    def cause(self) -> Cause:
        """The cause that whatever follows from this message carries."""
        return Cause(self.correlation, self.replaces or self.id, self.traceparent)


def following(message: Message, by: str, n: int = 0) -> str:
    """Id of the n-th command that service `by` makes of a message: the same at every delivery."""
    return str(uuid5(NAMESPACE_URL, f"{by}/{n}/{message.id}"))


def envelope(said: Said, *, source: str, event_id: str, time: str, stream: str, sequence: int, cause: Cause) -> str:
    """The message as JSON but for its position, which the sequencer adds with `numbered`."""
    return orjson.dumps(
        {
            "specversion": "1.0",
            "id": event_id,
            "source": f"/{source}",
            "type": f"foyer.{source}.{said.type}.v{said.version}",
            "subject": said.subject,
            "time": time,
            "datacontenttype": "application/json",
            "stream": stream,
            "sequence": sequence,
            "correlationid": cause.correlation,
            "causationid": cause.causation,
            "traceparent": cause.traceparent,
            "data": said.data,
        }
    ).decode()


def numbered(envelope_json: str, position: int) -> bytes:
    """Add the position to a stored envelope without parsing it again."""
    return f'{envelope_json[:-1]},"position":{position}}}'.encode()


def again(envelope_json: str, position: int, replay: str, mode: str) -> bytes:
    """The same message once more: with its original id, and that of the replay (without a character to escape)."""
    return f'{envelope_json[:-1]},"position":{position},"replayid":"{replay}","replaymode":"{mode}"}}'.encode()


def read(body: bytes) -> Message:
    """Open an envelope. Raises Unreadable."""
    try:
        e = orjson.loads(body)
        named = _TYPE.fullmatch(e["type"])
        if named is None:
            raise Unreadable("type must be like foyer.{source}.{type}.v1")
        source, kind, version = named.groups()
        if e["source"] != f"/{source}" or not isinstance(e["data"], dict):
            raise Unreadable("source and type do not agree, or data is not an object")
        time = datetime.fromisoformat(e["time"])
        if time.tzinfo is None:
            raise Unreadable("time must have an offset")
        return Message(
            id=_text(e, "id"),
            source=source,
            type=kind,
            version=int(version),
            subject=_text(e, "subject"),
            time=time,
            stream=_text(e, "stream"),
            sequence=_count(e, "sequence", 2**31),
            position=_count(e, "position", 2**63),
            correlation=_trace(e, "correlationid"),
            causation=_trace(e, "causationid"),
            traceparent=_trace(e, "traceparent"),
            data=e["data"],
            body=body,
            replay=_trace(e, "replayid"),
            mode=_trace(e, "replaymode"),
            replaces=_trace(e, "replaces"),
        )
    except Unreadable:
        raise
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise Unreadable(f"not a CloudEvent of ours: {type(error).__name__}") from None


def _text(e: dict[str, Any], name: str) -> str:
    return checked_text(e[name], name)


def _trace(e: dict[str, Any], name: str) -> str:
    return checked_text(e[name], name) if e.get(name) else ""


def checked_text(value: object, name: str) -> str:
    """A short text that either database can keep. Raises Unreadable."""
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST or not value.isprintable():
        raise Unreadable(f"{name} must be a text of 1 to {LONGEST} printable characters")
    return value


def _count(e: dict[str, Any], name: str, limit: int) -> int:
    value = e[name]
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < limit:
        raise Unreadable(f"{name} must be a whole number from 0, below {limit}")
    return value
