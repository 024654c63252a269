"""What each service knew of an appointment at some moment: its streams folded up to then, ready to be shown."""

from collections.abc import Iterator
from datetime import date, datetime
from enum import Enum
from typing import Any
from zoneinfo import ZoneInfo

from cattrs import Converter
from sqlalchemy import select

from deploy.parts import SERVICES, definition
from shared.codec import Codec
from shared.config import url_of
from shared.database import connect, reading
from shared.tables import events

_SEALED = "sealed"
_BITS = 53


def states(database_url_pattern: str, appointment: str, at: datetime | None, zone: ZoneInfo) -> dict[str, Any]:
    """By service: the state of its stream about the appointment, as JSON; None where it knew nothing."""
    converter = _converter(zone)
    return {service: _state(service, database_url_pattern, appointment, at, converter) for service in SERVICES}


def _state(
    service: str, database_url_pattern: str, appointment: str, at: datetime | None, converter: Converter
) -> dict[str, Any] | None:
    of = definition(service)
    codec, decider = Codec(of.events, of.upcasts), of.decider
    engine = connect(url_of(service, database_url_pattern))
    found: dict[str, Any] = {}
    with reading(engine) as connection:
        for prefix in of.stories:
            stream = f"{prefix}-{appointment}"
            query = select(events).where(events.c.stream == stream).order_by(events.c.version)
            state, version = decider.initial(stream), -1
            for row in connection.execute(query):
                if at is not None and datetime.fromisoformat(row.recorded_at) > at:
                    break
                state, version = decider.evolve(state, codec.load(row.type, row.schema_version, row.data)), row.version
            if version >= 0:
                found |= {"stream": stream, "version": version} | _plain(_json(converter.unstructure(state)))
    engine.dispose()
    return found or None


def _json(value: Any) -> Any:
    """What JSON can hold of it: sets in order, and no bit sets of a day, which nobody reads."""
    match value:
        case dict():
            return {str(name): _json(one) for name, one in value.items()}
        case list() | tuple():
            return [_json(one) for one in value]
        case set() | frozenset():
            return sorted((_json(one) for one in value), key=str)
        case int() if value.bit_length() > _BITS:
            return f"{value.bit_count()} bits"
        case _:
            return value


def _plain(state: Any) -> dict[str, Any]:
    values = state if isinstance(state, dict) else {"state": state}
    return {name: value for name, value in values.items() if value not in (None, "", [], {})}


def _converter(zone: ZoneInfo) -> Converter:
    converter = Converter()
    converter.register_unstructure_hook(datetime, lambda moment: moment.astimezone(zone).isoformat())
    converter.register_unstructure_hook(date, lambda day: day.isoformat())
    converter.register_unstructure_hook(Enum, lambda one: one.value)
    converter.register_unstructure_hook(str, lambda text: _SEALED if text.startswith("s1.") else text)
    return converter


def lines(state: dict[str, Any], indent: int = 0) -> Iterator[str]:
    """A state in lines that a person reads: `name: value`, lists of names in one line."""
    for name, value in state.items():
        if isinstance(value, dict):
            yield f"{' ' * indent}{name}:"
            yield from lines(_plain(value), indent + 2)
        elif isinstance(value, list | tuple) and any(isinstance(one, dict | list) for one in value):
            for number, one in enumerate(value, 1):
                yield f"{' ' * indent}{name} {number}:"
                yield from lines(_plain(one), indent + 2)
        else:
            yield f"{' ' * indent}{name}: {', '.join(map(str, value)) if isinstance(value, list | tuple) else value}"
