"""Events to and from their stored JSON. A stored event is never edited: older schema versions are lifted by upcasts."""

from collections.abc import Callable, Mapping
from types import UnionType
from typing import Any, get_args

from cattrs.preconf.orjson import make_converter

Upcast = Callable[[dict[str, Any]], dict[str, Any]]
"""Lifts the stored data of one schema version to the next."""

# One for all: it works out once for each class how to read and write it.
_CONVERTER = make_converter()


class UnknownEvent(LookupError):
    """The log holds an event type, or a newer schema version, that this code does not know."""


class Codec:
    """Dumps and loads the events of one union.

    `upcasts` maps (type, from_version) to a function; an event class says its present version in the class
    attribute `SCHEMA` (default 1).
    """

    def __init__(self, union: UnionType | type, upcasts: Mapping[tuple[str, int], Upcast]) -> None:
        self._types: dict[str, type] = {cls.__name__: cls for cls in get_args(union) or (union,)}
        self._upcasts = upcasts

    def dump(self, event: object) -> tuple[str, int, str]:
        """Type name, schema version and JSON text of an event."""
        kind = type(event).__name__
        if kind not in self._types:
            raise UnknownEvent(f"{kind} is not an event of this service")
        return kind, version_of(type(event)), _CONVERTER.dumps(event).decode()

    def structurer(self, of: Any) -> Callable[[Any], Any]:
        """What makes a value of type `of` out of parsed JSON."""
        hook = _CONVERTER.get_structure_hook(of)
        return lambda value: hook(value, of)

    def load(self, kind: str, version: int, data: str) -> Any:
        """The event of a stored row. Raises UnknownEvent."""
        cls = self._types.get(kind)
        if cls is None or version > version_of(cls):
            raise UnknownEvent(f"{kind} version {version} is not known here")
        if version == version_of(cls):
            return _CONVERTER.loads(data, cls)
        fields = _CONVERTER.loads(data, dict[str, Any])
        for old in range(version, version_of(cls)):
            fields = self._upcasts[kind, old](fields)
        return _CONVERTER.structure(fields, cls)


def version_of(cls: type) -> int:
    """The schema version in which this code stores events of that class."""
    return int(getattr(cls, "SCHEMA", 1))
